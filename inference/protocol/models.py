"""The models that can draw, as they are told of: what each is, how large and with what it draws, and how it draws best."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from inference.protocol.checkers import CheckerCard, is_demonstration
from inference.protocol.controls import ControlCard
from inference.protocol.drafts import DraftSettings
from inference.protocol.embeddings import EmbeddingCard
from inference.protocol.loras import LoraCard
from inference.protocol.schedulers import Scheduler


class Warmth(StrEnum):
    """Whether a model can draw at once. A cold one is loaded when somebody draws with it."""

    WARM = "warm"
    LOADING = "loading"
    COLD = "cold"


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
    draft: DraftSettings | None = Field(
        default=None, description="With what a draft is drawn best; null: inference does not say."
    )
    max_pixels: int = Field(description="The largest width × height it draws.")
    schedulers: list[Scheduler]
    safety_checker: str = Field(description="Name of its safety checker; a demo one says so.")
    checkers: list[CheckerCard] = Field(
        default_factory=list,
        description="Every checker that looks at its images, that one first; empty: inference does not say.",
    )
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
    loras: list[LoraCard] = Field(
        default_factory=list, description="The LoRAs that it can draw with."
    )
    controls: list[ControlCard] = Field(
        default_factory=list, description="The ControlNets that it can draw by."
    )
    embeddings: list[EmbeddingCard] = Field(
        default_factory=list, description="The textual inversions that its prompts can name."
    )
    warmth: Warmth = Field(
        default=Warmth.WARM,
        description="cold: its first generation waits until it is loaded; other models may leave for it.",
    )
    load_seconds: float | None = Field(
        default=None,
        description="About how long loading it takes, by what loading took so far; null: not known.",
    )

    @property
    def demonstration(self) -> str:
        """What a checker of it that is only a demonstration says of itself, or its name; empty: none is."""
        told = [one.scope or one.name for one in self.checkers if one.is_demonstration]
        if not told and is_demonstration(self.safety_checker):
            told = [self.safety_checker]
        return "; ".join(told)
