"""What is asked: the parameters of a generation, and the request that carries them to who draws."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self, TypeVar
from uuid import uuid4

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from inference.protocol.checks import MAX_PROMPT_CHARACTERS, prose, within, written
from inference.protocol.controls import MAX_CONTROLS, ControlUse, PictureName
from inference.protocol.drafts import Decoder
from inference.protocol.loras import MAX_LORAS, LoraUse, merged
from inference.protocol.models import ModelCard
from inference.protocol.pictures import LEAST_INSIDE, Fit, Margins, MaskedArea, Pictures
from inference.protocol.prompts import read_prompt
from inference.protocol.resolving import drawn
from inference.protocol.schedulers import Scheduler
from inference.protocol.upscaling import USUAL_GUIDANCE, USUAL_STRENGTH, Upscale, UpscaleMethod

T = TypeVar("T")
MAX_SEED: Final = 2**32 - 1
RANDOM_SEED: Final = -1
_AVOIDED: Final = "avoided"


class Priority(StrEnum):
    """How urgently a generation is wanted; shares of a busy queue are 16 : 4 : 1."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class PreviewsWanted(StrEnum):
    """What is told of images on the way: pictures that the safety checker measured, pictures alone, or nothing."""

    MEASURED = "measured"
    PLAIN = "plain"
    NONE = "none"


class GenerationParameters(BaseModel):
    """Everything that decides what a generation looks like; the same object from form to file.

    A field that the caller left out takes the model's own default through `completed_by`; after that
    every value is concrete. Widths and heights are pixels. A generation of `num_images` images
    draws image k with seed `seed + k`, variations with `variation_seed + k`, so that each can be made again alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Annotated[str, AfterValidator(written)] = Field(
        description="What to draw. Of {red|blue} the seed of each image chooses one.",
        examples=["a red striped dress on a cream background"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT_CHARACTERS},
    )
    negative_prompt: Annotated[str, AfterValidator(prose)] = Field(
        default="",
        description="What to stay away from; reads as `prompt` does.",
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
    init_image: PictureName | None = Field(
        default=None, description="What is drawn over: the id of an upload or of an image."
    )
    strength: Annotated[float, within(0.01, 1, kind="a number")] = Field(
        default=0.75,
        description="How much of what is drawn over is drawn anew, 0.01 to 1; nothing without init_image.",
    )
    fit: Fit = Field(
        default=Fit.CROP, description="How an init_image of another shape is brought to the size."
    )
    mask: PictureName | None = Field(
        default=None,
        description="Which part of init_image is drawn anew: the id of an upload, white there and black where "
        "the picture stays. What is grey is mixed.",
    )
    invert_mask: bool = Field(default=False, description="Draw anew what is black in the mask.")
    mask_blur: Annotated[int, within(0, 64)] = Field(
        default=4, description="Pixels over which the mask's edge is softened, 0 to 64."
    )
    masked_area: MaskedArea = Field(
        default=MaskedArea.WHOLE,
        description="masked: draw only the part around the mask, at the full width and height, and put it back "
        "into init_image, whose size the image then has.",
    )
    outpaint: Margins | None = Field(
        default=None,
        description="Pixels at the sides of width × height that init_image does not reach: they are drawn anew.",
    )
    upscale: Upscale | None = Field(
        default=None,
        description="Make init_image larger, the whole of it; strength is then 0.2 and guidance_scale 1 where none is given.",
    )
    variation_seed: Annotated[int, within(RANDOM_SEED, MAX_SEED)] = Field(
        default=RANDOM_SEED,
        description="Whose noise is mixed in by variation_strength; -1 draws one at random, which is stored.",
    )
    variation_strength: Annotated[float, within(0, 1, kind="a number")] = Field(
        default=0.0,
        description="How far from seed towards variation_seed the noise lies, 0 (seed's) to 1.",
    )
    priority: Priority = Field(default=Priority.NORMAL, description="How urgently it is wanted.")
    loras: tuple[LoraUse, ...] = Field(
        default=(),
        max_length=MAX_LORAS,
        description="LoRAs of the model's card; `<lora:name:0.8>` in the prompt does the same, and wins.",
    )

    control: tuple[ControlUse, ...] = Field(
        default=(),
        max_length=MAX_CONTROLS,
        description="Shapes to draw by: ControlNets of the model's card, each with the picture that it sees.",
    )
    decoder: Decoder = Field(
        default=Decoder.FULL,
        description="What makes pixels of what was drawn; tiny is quick and a little less sharp, for drafts.",
    )

    @property
    def loras_used(self) -> tuple[LoraUse, ...]:
        """The LoRAs to draw with: those typed in the prompt, and those chosen beside it."""
        return merged(read_prompt(self.prompt).loras, self.loras)

    @field_validator("mask", "outpaint", "upscale")
    @classmethod
    def _has_a_picture(cls, value: T, info: ValidationInfo) -> T:
        """Refuse what says where a picture is drawn anew when there is none."""
        if value is not None and info.data.get("init_image") is None:
            raise PydanticCustomError(
                "no_init_image",
                "needs an init_image, the picture that it is about; name one, or leave this out",
            )
        return value

    @field_validator("upscale")
    @classmethod
    def _upscales_all(cls, value: Upscale | None, info: ValidationInfo) -> Upscale | None:
        """Refuse what would make a picture larger and draw a part of it anew at once."""
        others = [name for name in ("mask", "outpaint") if info.data.get(name) is not None]
        if value is not None and others:
            raise PydanticCustomError(
                "upscales_all",
                "makes all of a picture larger and goes with no {other}; take two generations for the two",
                {"other": others[0]},
            )
        return value

    @field_validator("control")
    @classmethod
    def _has_one_size(
        cls, value: tuple[ControlUse, ...], info: ValidationInfo
    ) -> tuple[ControlUse, ...]:
        """Refuse shapes for what is drawn in tiles."""
        if value and info.data.get("upscale") is not None:
            raise PydanticCustomError(
                "no_control_in_tiles", "does not go with upscale; draw by it first, then upscale"
            )
        return value

    def completed_by(self, card: ModelCard, *, seed: int) -> Self:
        """Return these parameters with `card`'s defaults where nothing was asked, and a drawn seed."""
        defaults = {
            name: value
            for name, value in card.defaults.model_dump().items()
            if name not in self.model_fields_set
        }
        if self.upscale is not None:
            usual = {"strength": USUAL_STRENGTH, "guidance_scale": USUAL_GUIDANCE}
            defaults |= {k: v for k, v in usual.items() if k not in self.model_fields_set}
        if self.seed == RANDOM_SEED:
            defaults["seed"] = seed
        if self.variation_seed == RANDOM_SEED and self.variation_strength:
            # Another one, and still only as random as the seed that was drawn.
            defaults["variation_seed"] = (seed * 2_654_435_761 + 1) % (MAX_SEED + 1)
        return self.model_validate({**self.model_dump(), **defaults, "model": card.name})

    @property
    def leaves_to_chance(self) -> bool:
        """Whether a seed that has a say is still to be drawn at random."""
        varied = bool(self.variation_strength) and self.variation_seed == RANDOM_SEED
        return varied or self.seed == RANDOM_SEED

    @property
    def skipped_steps(self) -> int:
        """How many of the steps are left out when a picture is drawn over, as diffusers counts them; one is taken.

        None is taken where a picture is only resampled.
        """
        if self.init_image is None:
            return 0
        if self.resamples:
            return self.num_inference_steps
        return self.num_inference_steps - max(1, int(self.num_inference_steps * self.strength))

    @property
    def taken_steps(self) -> int:
        """How many denoising steps each image takes."""
        return self.num_inference_steps - self.skipped_steps

    @property
    def too_small_inside(self) -> dict[str, int]:
        """Which of width and height leave too little to init_image between its margins, and what would do."""
        if self.outpaint is None:
            return {}
        least = {
            "width": self.outpaint.beside + LEAST_INSIDE,
            "height": self.outpaint.above_and_below + LEAST_INSIDE,
        }
        return {field: side for field, side in least.items() if getattr(self, field) < side}

    @property
    def resamples(self) -> bool:
        """Whether nothing is drawn: a picture is only made larger."""
        return self.upscale is not None and self.upscale.method is UpscaleMethod.RESAMPLE

    @property
    def repaints(self) -> bool:
        """Whether only a part of a picture is drawn anew."""
        return self.mask is not None or self.outpaint is not None

    def seed_of(self, index: int) -> int:
        """Return the seed of image `index` (0-based): one more for each, wrapping after the largest seed.

        Variations all have the first one: what differs is `variation_seed_of`.
        """
        return self.seed if self.variation_strength else (self.seed + index) % (MAX_SEED + 1)

    def variation_seed_of(self, index: int) -> int:
        """Return the variation seed of image `index` (0-based)."""
        if not self.variation_strength:
            return self.variation_seed
        return (self.variation_seed + index) % (MAX_SEED + 1)

    def of_image(self, index: int) -> Self:
        """Return the parameters that draw image `index` (0-based) again, alone: with the words that its seed chooses.

        Doing it again changes nothing.
        """
        seed = self.seed_of(index)
        own = {
            "prompt": drawn(self.prompt, seed),
            "negative_prompt": drawn(self.negative_prompt, seed, _AVOIDED),
            "seed": seed,
            "variation_seed": self.variation_seed_of(index),
            "num_images": 1,
        }
        return self.model_copy(update=own)


class GenerationRequest(BaseModel):
    """One generation as it is handed to inference; `id` makes a repeated request attach, not repeat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    parameters: GenerationParameters
    pictures: Pictures = Pictures()
    previews: PreviewsWanted = PreviewsWanted.MEASURED


def new_generation_id() -> str:
    """Return a fresh id for a generation whose caller did not bring one."""
    return uuid4().hex
