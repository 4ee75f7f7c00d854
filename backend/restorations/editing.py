"""What can be had here of how an image was drawn over a picture or by a shape, or varied. No picture is in a file.

Limits are told by `limits`, as everything else's are.
"""

from __future__ import annotations

from typing import Any

from backend.restorations.found import Found, Over
from backend.restorations.limits import change, seed_within, short, within
from backend.restorations.schemas import Change, Reason
from inference.protocol import MaskedArea

Restored = tuple[dict[str, Any], list[Change]]


def varied(found: Found) -> Restored:
    """Return the settings of a variation and what is not the same about them; nothing of what was none."""
    strength, other_strength = within("variation_strength", found.variation_strength)
    if not strength:
        return {}, []
    seed, other_seed = seed_within("variation_seed", found.variation_seed)
    settings = {"variation_strength": strength, "variation_seed": seed}
    return settings, [each for each in (other_strength, other_seed) if each]


def drawn_over(over: Over | None) -> Restored:
    """Return the settings of drawing over a picture, and that the picture has to be chosen again."""
    if over is None:
        return {}, []
    strength, other_strength = within("strength", over.strength)
    settings: dict[str, Any] = {
        "strength": strength,
        "fit": over.fit,
        "outpaint": over.outpaint,
        "upscale": over.upscale,
    }
    other_blur = None
    if over.masked:
        blur, other_blur = within("mask_blur", over.mask_blur)
        area = MaskedArea.MASKED if over.only_masked else MaskedArea.WHOLE
        settings["mask_blur"] = None if blur is None else int(blur)
        settings |= {"masked_area": area, "invert_mask": over.inverted}
    changes = [other_strength, other_blur, _without_pictures(over)]
    return settings, [each for each in changes if each]


def without_shapes(found: Found) -> list[Change]:
    """Return that the shapes that it was drawn by are in no file: to draw by one, it has to be given again."""
    return [
        change(
            "control",
            shape,
            None,
            Reason.LEFT_OUT,
            f"It was drawn by a shape ({short(shape)}), which no file carries; draw or choose it again.",
        )
        for shape in found.shapes
    ]


def _without_pictures(over: Over) -> Change:
    what, them = ("a picture and a mask", "them") if over.masked else ("a picture", "it")
    how = "made of" if over.upscale else "drawn over"
    note = f"It was {how} {what}, which no file carries; choose {them} again."
    return change("init_image", what, None, Reason.LEFT_OUT, note)
