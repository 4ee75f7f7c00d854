"""What is asked: the parameters of a generation, and the cards of the models that can draw it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from inference.protocol.checks import MAX_PROMPT_CHARACTERS, prose, within, written

MAX_SEED: Final = 2**32 - 1
RANDOM_SEED: Final = -1


class Scheduler(StrEnum):
    """The samplers offered, by the names diffusers' users know."""

    DDIM = "ddim"
    EULER = "euler"
    EULER_KARRAS = "euler_karras"
    EULER_A = "euler_a"
    DPMPP_2M = "dpmpp_2m"
    DPMPP_2M_KARRAS = "dpmpp_2m_karras"
    LCM = "lcm"
    TCD = "tcd"


class Priority(StrEnum):
    """How urgently a generation is wanted; shares of a busy queue are 16 : 4 : 1."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class GenerationParameters(BaseModel):
    """Everything that decides what a generation looks like; the same object from form to file.

    A field that the caller left out takes the model's own default through `completed_by`; after that
    every value is concrete. Widths and heights are pixels. A generation of `num_images` images
    draws image k with seed `seed + k`, so that each can be made again alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Annotated[str, AfterValidator(written)] = Field(
        description="What to draw.",
        examples=["a red striped dress on a cream background"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT_CHARACTERS},
    )
    negative_prompt: Annotated[str, AfterValidator(prose)] = Field(
        default="",
        description="What to stay away from.",
        json_schema_extra={"maxLength": MAX_PROMPT_CHARACTERS},
    )
    width: Annotated[int, within(64, 1024, 8)] = Field(
        default=256, description="Pixels across; a multiple of 8 from 64 to 1024."
    )
    height: Annotated[int, within(64, 1024, 8)] = Field(
        default=256, description="Pixels down; a multiple of 8 from 64 to 1024."
    )
    num_inference_steps: Annotated[int, within(1, 100)] = Field(
        default=20, description="Denoising steps, 1 to 100; more is finer and slower."
    )
    guidance_scale: Annotated[float, within(1, 30, kind="a number")] = Field(
        default=4.0, description="How literally the prompt is followed, 1 (not guided) to 30."
    )
    seed: Annotated[int, within(RANDOM_SEED, MAX_SEED)] = Field(
        default=RANDOM_SEED, description="-1 draws one at random; the drawn seed is stored."
    )
    num_images: Annotated[int, within(1, 8)] = Field(
        default=1, description="How many images, 1 to 8, with seeds seed, seed+1, …"
    )
    model: str = Field(default="atelier-mini", max_length=100, description="Which model draws.")
    scheduler: Scheduler = Field(default=Scheduler.DDIM, description="Which sampler steps.")
    priority: Priority = Field(default=Priority.NORMAL, description="How urgently it is wanted.")

    def completed_by(self, card: ModelCard, *, seed: int) -> Self:
        """Return these parameters with `card`'s defaults where nothing was asked, and a drawn seed."""
        defaults = {
            name: value
            for name, value in card.defaults.model_dump().items()
            if name not in self.model_fields_set
        }
        if self.seed == RANDOM_SEED:
            defaults["seed"] = seed
        return self.model_validate({**self.model_dump(), **defaults, "model": card.name})

    def seed_of(self, index: int) -> int:
        """Return the seed of image `index` (0-based), wrapping after the largest seed."""
        return (self.seed + index) % (MAX_SEED + 1)


class ModelDefaults(BaseModel):
    """What a model draws with when nothing else is asked."""

    model_config = ConfigDict(frozen=True)

    width: int = 512
    height: int = 512
    num_inference_steps: int = 20
    guidance_scale: float = 7.5
    scheduler: Scheduler = Scheduler.DPMPP_2M


class ModelCard(BaseModel):
    """A model on offer: its name, what it is, its defaults and how large it can draw."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    description: str
    defaults: ModelDefaults
    max_pixels: int = Field(description="The largest width × height it draws.")
    schedulers: list[Scheduler]
    safety_checker: str = Field(description="Name of its safety checker; a demo one says so.")
    weights_sha256: str = Field(description="Digest over the checkpoint's weight files.")
    weights_bytes: int | None = Field(
        default=None, description="How large those files are; null: inference does not say."
    )
    software: str = Field(
        default="",
        max_length=200,
        description="What draws, with its versions: other versions may draw other pixels. Empty: not said.",
    )
    family: str = Field(default="", description="Which models it is one of; empty: not said.")
    licence: str = Field(default="", description="What its weights are under; empty: not said.")
    credit_factor: float = Field(
        default=1.0, gt=0, le=1000, description="Credits for one megapixel and one step."
    )


class GenerationRequest(BaseModel):
    """One generation as it is handed to inference; `id` makes a repeated request attach, not repeat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    parameters: GenerationParameters


def new_generation_id() -> str:
    """Return a fresh id for a generation whose caller did not bring one."""
    return uuid4().hex
