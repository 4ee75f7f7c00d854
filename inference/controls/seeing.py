"""The pictures that came along for ControlNets, as these see them: upright, fitted, prepared, from 0 to 1.

They lie on what is drawn: on width × height, margins included, and where only the masked area is drawn, on all of the
picture that it is a part of. Where a picture does not reach, nothing is said: that is black.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from PIL import Image, ImageOps

from inference.controls.edges import edges_of
from inference.protocol import Fit, GenerationParameters, Pictures, Preparation
from inference.stages.easel import Region, fitted
from inference.stages.files import Size, opened

_LANCZOS: Final = Image.Resampling.LANCZOS
# What a transparent picture lies on, so that what is not drawn on it says nothing.
_GROUND: Final = {
    Preparation.NONE: "black",
    Preparation.INVERT: "white",
    Preparation.EDGES: "white",
}


def seen(
    parameters: GenerationParameters, pictures: Pictures, region: Region | None = None
) -> list[torch.Tensor]:
    """Return what each entry of `parameters.control` sees, float32 [3, height, width]; those of scale 0 too.

    Raises:
        InvalidParameters: A file is no picture.
    """
    size = (parameters.width, parameters.height)
    made = []
    for place, (use, file) in enumerate(zip(parameters.control, pictures.control, strict=True)):
        given = opened(f"control.{place}", file, _GROUND[use.prepare]).convert("RGB")
        given = ImageOps.invert(given) if use.prepare is Preparation.INVERT else given
        edges = use.prepare is Preparation.EDGES
        if region is not None:
            # Edges are found in what is drawn; a black border around the picture would be some.
            lay = fitted if edges else _laid
            given = lay(given, region.picture.size, parameters.fit).crop(region.box)
        fit = Fit.STRETCH if region is not None else parameters.fit
        levels = np.array(_laid(given, size, fit, edges=edges), np.float32) / 255
        made.append(torch.from_numpy(levels).permute(2, 0, 1))
    return made


def _laid(picture: Image.Image, size: Size, fit: Fit, *, edges: bool = False) -> Image.Image:
    """Return a picture, or its edges, brought to `size`; what it does not reach is black."""
    pads = fit is Fit.PAD
    laid = ImageOps.contain(picture, size, _LANCZOS) if pads else fitted(picture, size, fit)
    if edges:
        laid = Image.fromarray(edges_of(np.array(laid))).convert("RGB")
    return ImageOps.pad(laid, size, color="black") if pads else laid
