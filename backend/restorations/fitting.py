"""Makes of what was found what can be had here. What is not the same is named, never put in quietly.

One function a setting: each returns the value to use and the change to tell, either of which may be missing.
The limits are those of `GenerationParameters`, read from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import PurePosixPath
from typing import Any, Final

from backend.images.metadata import SAMPLER_NAMES
from backend.restorations import editing, samplers
from backend.restorations.found import Found
from backend.restorations.limits import FIELDS, change, seed_within, short, within
from backend.restorations.loras import with_loras
from backend.restorations.schemas import Change, Reason, Restoration, Settings
from inference.protocol import Decoder, ModelCard, Scheduler, as_characters, wrong_decoder

_GRID: Final = int(FIELDS["width"]["multipleOf"])
_LEAST: Final = int(FIELDS["width"]["minimum"])
_MOST: Final = int(FIELDS["width"]["maximum"])
_WEIGHT_FILES: Final = {".safetensors", ".ckpt", ".pt", ".pth", ".gguf", ".sft"}


_NONE: Final[Mapping[str, str]] = {}


def fitted(
    found: Found, cards: Sequence[ModelCard], retired: Mapping[str, str] = _NONE
) -> Restoration:
    """Return the settings that `cards` can draw with, the first being the default, and what they lack.

    `retired` says of models that were drawn with once why nobody does any more.
    """
    card, absent = _model(found.model, cards, retired)
    width, height, size = _size(found, card)
    worded, no_such_loras = with_loras(found, card)
    prompt, prompt_cut = _prompt("prompt", worded)
    negative, negative_cut = _prompt("negative_prompt", found.negative_prompt)
    steps, other_steps = within("num_inference_steps", found.steps)
    guidance, other_guidance = within("guidance_scale", found.guidance)
    seed, other_seed = seed_within("seed", found.seed)
    sampling, other_sampling = _sampling(found, card)
    varied, other_variation = editing.varied(found)
    over, other_over = editing.drawn_over(found.over)
    changes = [absent, size, prompt_cut, negative_cut, other_steps, other_guidance, other_seed]
    settings = Settings(
        prompt=prompt,
        negative_prompt=negative,
        width=width,
        height=height,
        num_inference_steps=None if steps is None else int(steps),
        guidance_scale=guidance,
        seed=seed,
        model=card.name if found.model else None,
        **sampling,
        **varied,
        **over,
    )
    told = [
        *(each for each in (*changes, *other_sampling) if each),
        *no_such_loras,
        *other_variation,
        *other_over,
        *editing.without_shapes(found),
        *_left_out(found),
    ]
    return Restoration(source=found.source, settings=settings, changes=told)


def _sampling(
    found: Found, card: ModelCard
) -> tuple[dict[str, Any], tuple[Change | None, Change | None]]:
    """Return how latents are made and decoded, and what had to change of it."""
    scheduler, other_sampler = _scheduler(found, card)
    decoder, other_decoder = _decoder(found, card)
    return {"scheduler": scheduler, "decoder": decoder}, (other_sampler, other_decoder)


def _model(
    name: str | None, cards: Sequence[ModelCard], retired: Mapping[str, str]
) -> tuple[ModelCard, Change | None]:
    default = cards[0]
    if name is None:
        return default, None
    for card in cards:
        if _bare(name) in {_bare(card.name), _bare(card.title)}:
            return card, None
    why = next((why for one, why in retired.items() if _bare(one) == _bare(name)), None)
    is_not = "is not here" if why is None else f"is retired ({why})"
    note = f"Model {short(name)} {is_not}; the form keeps {default.name}."
    return default, change("model", name, default.name, Reason.ABSENT, note)


def _bare(name: str) -> str:
    """Return a model's name without the folder and the kind of file that tools write with it."""
    path = PurePosixPath(name.replace("\\", "/").strip().lower())
    return path.stem if path.suffix in _WEIGHT_FILES else path.name


def _prompt(field: str, text: str | None) -> tuple[str | None, Change | None]:
    """Return the prompt; what was drawn leaves nothing open, so braces in it are characters."""
    limit = int(FIELDS[field]["maxLength"])
    text = None if text is None else as_characters(text)
    if text is None or len(text) <= limit:
        return text, None
    note = f"It has {len(text)} characters; the form takes the first {limit}."
    cut = text[:limit].strip()
    return cut, change(field, text, cut, Reason.SHORTENED, note)


def _size(found: Found, card: ModelCard) -> tuple[int | None, int | None, Change | None]:
    if not found.width or not found.height or min(found.width, found.height) < 1:
        return None, None, None
    across, down = found.width, found.height
    width, height = _within_pixels(across, down, card)
    if (width, height) == (across, down):
        return width, height, None
    asked, used = f"{across}×{down}", f"{width}×{height}"
    limit = f"{_LEAST} to {_MOST} in steps of {_GRID}, at most {card.max_pixels} pixels in all"
    note = f"{card.name} draws {limit}; {used} is the nearest to {asked}."
    return width, height, change("size", asked, used, Reason.NEAREST, note)


def _within_pixels(across: int, down: int, card: ModelCard) -> tuple[int, int]:
    """Return the largest size of about this shape that the model draws, and no larger than this."""
    shrink = min(1.0, _MOST / max(across, down), sqrt(card.max_pixels / (across * down)))
    width, height = (max(_LEAST, int(side * shrink) // _GRID * _GRID) for side in (across, down))
    if width * height > card.max_pixels:  # a shape that no size has
        return card.defaults.width, card.defaults.height
    return width, height


def _scheduler(found: Found, card: ModelCard) -> tuple[Scheduler | None, Change | None]:
    if found.sampler is None:
        return None, None
    nearest, same = samplers.named(found.sampler, found.spacing)
    offered = nearest in card.schedulers
    used = nearest if nearest and offered else card.defaults.scheduler
    if same and offered:
        return used, None
    called = " ".join(filter(None, (found.sampler, found.spacing)))
    note = f"Sampler {short(called)} is not offered; {SAMPLER_NAMES[used]} is the nearest."
    return used, change("scheduler", called, used.value, Reason.NEAREST, note)


def _decoder(found: Found, card: ModelCard) -> tuple[Decoder | None, Change | None]:
    """Return what decodes it; a draft of a model without a decoder for drafts is decoded as everything else."""
    if found.decoder is None or not wrong_decoder(card.name, card.draft, found.decoder):
        return found.decoder, None
    note = f"{card.name} has no decoder for drafts; its own is used."
    full = Decoder.FULL.value
    return Decoder.FULL, change("decoder", found.decoder.value, full, Reason.NEAREST, note)


def _left_out(found: Found) -> Iterator[Change]:
    for field, value in found.rest:
        note = f"{field.replace('_', ' ').capitalize()} {short(value)} cannot be set here."
        yield change(field, value, None, Reason.LEFT_OUT, note)
