"""What a file says of the shapes that it was drawn by and of how it was made larger, in our words and in A1111's.

Which pictures those were no file says. A1111's words are those of its ControlNet extension (one quoted value for each
net), of its script that upscales in tiles (`SD upscale …`), and of what it does after drawing (`Postprocess …`).
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from inference.protocol import (
    Fit,
    GenerationParameters,
    ModelCard,
    Preparation,
    Upscale,
    UpscaleMethod,
)

SHORT: Final = 8
"""Characters of a ControlNet's digest that the extension writes."""

MODULES: Final = {
    Preparation.NONE: "none",
    Preparation.INVERT: "invert (from white bg & black line)",
    Preparation.EDGES: "canny",
}
RESIZE_MODES: Final = {
    Fit.CROP: "Crop and Resize",
    Fit.PAD: "Resize and Fill",
    Fit.STRETCH: "Just Resize",
}
_LANCZOS: Final = "Lanczos"


class ShapeSaid(BaseModel):
    """How an image was drawn by a shape, and by which net; not by whose picture."""

    model_config = ConfigDict(frozen=True)

    name: str
    prepare: Preparation
    scale: float
    start: float
    end: float
    sha256: str = ""


def said_of(parameters: GenerationParameters, card: ModelCard) -> list[ShapeSaid]:
    """Return the shapes that had a say; their net may be gone from the card since."""
    known = {net.name: net.sha256 for net in card.controls}
    return [
        ShapeSaid(**use.model_dump(exclude={"image"}), sha256=known.get(use.name, ""))
        for use in parameters.control
        if use.scale
    ]


def words_of_shapes(shapes: list[ShapeSaid], fit: Fit) -> dict[str, str]:
    """Return a pair for each shape, as the ControlNet extension writes it."""
    return {f"ControlNet {place}": _words(one, fit) for place, one in enumerate(shapes)}


def words_of_upscale(upscale: Upscale | None) -> dict[str, str]:
    """Return the pairs of an image that was made larger; in tiles, each of which has the size that stands beside."""
    if upscale is None:
        return {}
    if upscale.method is UpscaleMethod.RESAMPLE:
        return {"Postprocess upscale by": str(upscale.factor), "Postprocess upscaler": _LANCZOS}
    return {"SD upscale upscaler": _LANCZOS, "SD upscale scale factor": str(upscale.factor)}


def _words(shape: ShapeSaid, fit: Fit) -> str:
    model = f"{shape.name} [{shape.sha256[:SHORT]}]" if shape.sha256 else shape.name
    pairs = {
        "Module": MODULES[shape.prepare],
        "Model": model,
        "Weight": f"{shape.scale:g}",
        "Resize Mode": RESIZE_MODES[fit],
        "Guidance Start": f"{shape.start:g}",
        "Guidance End": f"{shape.end:g}",
        "Control Mode": "Balanced",
    }
    return ", ".join(f"{key}: {value}" for key, value in pairs.items())
