"""How a picture is made larger: by how much, and whether the model draws what the larger one has more of.

Plain data. Tiles, their overlaps and what a device has memory for are inference's own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

FACTORS: Final = (2, 4)
LARGEST_SIDE: Final = 8192
"""Pixels a side of the largest picture that is made: 8K."""
USUAL_STRENGTH: Final = 0.2
"""How much is drawn anew when nobody says: finer lines, the same picture."""
USUAL_GUIDANCE: Final = 1.0
"""How literally a prompt is followed when nobody says: it tells of the whole, and each tile is a part."""


class UpscaleMethod(StrEnum):
    """Who says what stands between the pixels that there are."""

    DIFFUSION = "diffusion"
    RESAMPLE = "resample"


class Upscale(BaseModel):
    """Make the init_image larger. The image has its size times `factor`; width × height is that of one tile."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: Literal[2, 4] = Field(
        default=2, description="How many times as wide and as high: 2 or 4."
    )
    method: UpscaleMethod = Field(
        default=UpscaleMethod.DIFFUSION,
        description="diffusion: the model draws over the enlarged picture, tile by tile, as much as strength says. "
        "resample: plain Lanczos resampling; nothing is drawn.",
    )
