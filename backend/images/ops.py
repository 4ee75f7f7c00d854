"""How an image was made: from its prompt alone, over a picture, by a shape, or as a variation; and what others learn.

The ids of what was drawn over and by are told to the owner alone, on the wire. A file goes anywhere, so it never has them, and
neither has what others read about an image: an upload is nobody else's, and an image is known by its lineage to those
who may see it.
"""

from __future__ import annotations

from backend.images.schemas import Op
from inference.protocol import GenerationParameters


def op_of(parameters: GenerationParameters) -> Op | None:
    """Return how `parameters` make an image; None: from the prompt alone."""
    if parameters.upscale:
        return Op.UPSCALE
    margins = parameters.outpaint
    if margins and (margins.beside or margins.above_and_below):
        return Op.OUTPAINT
    if parameters.mask:
        return Op.INPAINT
    if parameters.init_image:
        return Op.IMG2IMG
    if parameters.control:
        return Op.CONTROL
    return Op.VARIATION if parameters.variation_strength else None


def without_pictures(parameters: GenerationParameters) -> GenerationParameters:
    """Return `parameters` without what names a picture, and without what needs one."""
    nothing = {"init_image": None, "mask": None, "outpaint": None, "upscale": None, "control": ()}
    return parameters.model_copy(update=nothing)
