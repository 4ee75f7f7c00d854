"""How an image came about, as the steps of a recipe: the way back along its parents, for whoever may see them.

An image counts as drawn over its parent only where that is the very picture that its row names. What belongs to
whoever drew it, a mask or a shape to draw by, is not taken along; a shape of the picture that was drawn over is.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.images import repository as images
from backend.images.models import Image
from backend.images.ops import op_of
from backend.kit.errors import NotFound
from backend.recipes.schemas import DraftStep, RecipeDraft
from backend.recipes.steps import MOST_STEPS, PLACE, Over, RecipeStep, StepShape
from inference.protocol import Decoder


def draft(session: Session, actor: Actor, image_id: str) -> RecipeDraft:
    """Return the steps that made an image, first to last, the last `MOST_STEPS` of them.

    Raises:
        NotFound: There is no such image that they may see.
    """
    image: Image | None = images.get_shown(session, actor, image_id)
    steps: list[DraftStep] = []
    earlier = False
    while image is not None:
        if len(steps) == MOST_STEPS:
            earlier = True
            break
        before = _before(session, actor, image)
        steps.append(_step(image, before))
        earlier = before is None and image.parameters.init_image is not None
        image = before
    return RecipeDraft(steps=steps[::-1], earlier=earlier)


def _before(session: Session, actor: Actor, image: Image) -> Image | None:
    """Return the image that this one was drawn over, if `actor` may see it."""
    if image.parent_id is None or image.parameters.init_image != image.parent_id:
        return None
    try:
        return images.get_shown(session, actor, image.parent_id)
    except NotFound:
        return None


def _step(image: Image, before: Image | None) -> DraftStep:
    drawn = image.parameters
    over = Over.IMAGE if drawn.init_image else Over.NOTHING
    same = before is not None and (before.width, before.height) == (drawn.width, drawn.height)
    sized = not (same or drawn.upscale or drawn.outpaint)
    edits = drawn.init_image is not None
    kept = [use for use in drawn.control if edits and use.image == drawn.init_image]
    settings = RecipeStep(
        over=over,
        masked=drawn.mask is not None,
        prompt=_words(image),
        negative_prompt=_without_place(drawn.negative_prompt) or None,
        model=drawn.model,
        width=drawn.width if sized else None,
        height=drawn.height if sized else None,
        num_inference_steps=drawn.num_inference_steps,
        guidance_scale=drawn.guidance_scale,
        scheduler=drawn.scheduler,
        decoder=drawn.decoder if drawn.decoder is Decoder.TINY else None,
        strength=drawn.strength if edits else None,
        invert_mask=drawn.invert_mask if drawn.mask else False,
        mask_blur=drawn.mask_blur if edits and drawn.repaints else None,
        masked_area=drawn.masked_area if drawn.mask else None,
        outpaint=drawn.outpaint,
        upscale=drawn.upscale,
        loras=drawn.loras,
        control=tuple(StepShape.of(use) for use in kept),
    )
    left_out = ["control"] if len(kept) < len(drawn.control) else []
    return DraftStep(image_id=image.id, op=op_of(drawn), settings=settings, left_out=left_out)


def _words(image: Image) -> str:
    written = image.template.prompt if image.template else image.parameters.prompt
    return _without_place(written)


def _without_place(written: str) -> str:
    """Return words in which nothing reads as the place of a run's words."""
    return written.replace(PLACE, "prompt")
