"""The wire shapes of restorations."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from inference.protocol import Decoder, Fit, Margins, MaskedArea, Scheduler, Upscale

MOST_TEXT: Final = 100_000


class Source(StrEnum):
    """Whose picture it is."""

    ATELIER = "atelier"
    A1111 = "a1111"
    SWARMUI = "swarmui"
    FOOOCUS = "fooocus"
    INVOKEAI = "invokeai"
    COMFYUI = "comfyui"


class Reason(StrEnum):
    """Why something is not restored as it was found."""

    ABSENT = "absent"
    NEAREST = "nearest"
    SHORTENED = "shortened"
    LEFT_OUT = "left_out"


class RestorationText(BaseModel):
    """Settings as text, as one copies them out of a tool."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        max_length=MOST_TEXT,
        description="An infotext of A1111 and its kin, or one of the JSON objects that pictures carry.",
        examples=["a red dress\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"],
    )


class Settings(BaseModel):
    """Parameters of a generation, each of which can be had here; null where the picture says nothing.

    What it was drawn over is in no file: with a `strength` or `upscale` comes a change of `init_image`, which has to be
    chosen again. Shapes that it was drawn by are told as changes of `control` only: there is none without its picture.
    """

    prompt: str | None = None
    negative_prompt: str | None = None
    width: int | None = None
    height: int | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    seed: int | None = None
    scheduler: Scheduler | None = None
    model: str | None = None
    strength: float | None = None
    fit: Fit | None = None
    invert_mask: bool | None = None
    mask_blur: int | None = None
    masked_area: MaskedArea | None = None
    outpaint: Margins | None = None
    upscale: Upscale | None = None
    variation_seed: int | None = None
    variation_strength: float | None = None
    decoder: Decoder | None = None


class Change(BaseModel):
    """One setting that is not restored as it was found."""

    field: str = Field(
        description="The parameter, or what a tool calls a setting we have none for."
    )
    found: str = Field(description="What the picture says, shortened to 200 characters.")
    used: str | None = Field(description="What `settings` says instead; null: nothing.")
    reason: Reason = Field(
        description="absent: no such model here. nearest: outside the limits, or not offered, and this is "
        "the nearest good value. shortened: longer than a prompt may be. left_out: nothing here takes it."
    )
    note: str = Field(description="The same for people.")


class Restoration(BaseModel):
    """The settings of one picture, as far as they can be had here."""

    source: Source
    settings: Settings
    changes: list[Change]
    image_id: str | None = Field(
        default=None,
        description="The image of this studio that the picture says to be, if you may see it.",
    )
