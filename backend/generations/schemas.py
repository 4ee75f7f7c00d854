"""The wire shapes of generations. `GenerationParameters` is inference's own, passed through unchanged."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backend.generations.requested import Requested
from backend.images.schemas import Op, Prompts
from backend.kit.queue import State
from backend.kit.wording import READ
from backend.screening.schemas import Finding
from inference.protocol import GenerationParameters, Preview, Priority, Scheduler

__all__ = [
    "DrawnOver",
    "GenerationError",
    "GenerationPage",
    "GenerationParameters",
    "GenerationPublic",
    "GenerationUrls",
    "ImageInGeneration",
    "LiveProgress",
    "Move",
    "Op",
    "PictureKind",
    "PictureNamed",
    "Preview",
    "PreviewPublic",
    "Price",
    "Priority",
    "ProgressPublic",
    "Remembrance",
    "Scheduler",
    "Snapshot",
    "State",
    "Wait",
    "WaitCode",
    "WaitPublic",
    "WaitingFor",
]


LONGEST_NAME = 80


class ImageInGeneration(BaseModel):
    """One image of a generation; its bytes are at /api/v1/images/{id}/content."""

    id: str
    index: int = Field(description="Which of the generation's images, from 0.")
    seed: int = Field(description="Draws this very image again.")
    width: int
    height: int
    moderation: str = Field(description="pending, released, held or rejected.")
    reason: str | None = Field(default=None, description="Why it is held, in plain words.")
    content_type: str
    words: Prompts | None = Field(
        default=None,
        description="What was drawn for it from wildcards; null: it was drawn with the generation's own prompts.",
    )


class GenerationError(BaseModel):
    """Why a generation failed."""

    code: str
    message: str


class LiveProgress(BaseModel):
    """How far a running generation is."""

    step: int
    total: int
    eta_s: float | None = Field(default=None, description="Estimate for the rest, seconds.")


class WaitCode(StrEnum):
    """Why a queued generation is not being drawn."""

    PAUSED = "paused"
    DRAINED = "drained"
    INFERENCE = "inference"
    RETRY = "retry"
    OTHERS = "others"
    ROOM = "room"


class WaitingFor(BaseModel):
    """What a queued generation waits for."""

    code: WaitCode = Field(
        description="paused: its owner resumes it. drained: an administrator opens the queue. "
        "inference: nothing that draws can be reached. retry: the next attempt, at `until`. "
        "others: those before it. room: it is next."
    )
    message: str = Field(description="The same for people.")
    until: datetime | None = Field(default=None, description="When, where that is known.")


class Wait(BaseModel):
    """How a queued generation waits; everything is null once it is queued no more."""

    position: int | None = Field(
        default=None, description="While queued: how many are before it; null while it is paused."
    )
    estimated_start_s: float | None = Field(
        default=None,
        description="While queued: estimated seconds until it begins. Null while nothing of that "
        "model was measured, and while nobody can know.",
    )
    estimated_wait_s: float | None = Field(
        default=None, description="The same until its images are there."
    )
    waiting_for: WaitingFor | None = Field(default=None, description="While queued: why.")


class GenerationUrls(BaseModel):
    """Where to go on from here."""

    self: str
    events: str
    cancel: str


class Destination(BaseModel):
    """A gallery that images are put into."""

    id: str
    name: str


class PictureKind(StrEnum):
    """What an id of a picture names."""

    UPLOAD = "upload"
    IMAGE = "image"
    GONE = "gone"


class PictureNamed(BaseModel):
    """A picture that a generation draws over or by."""

    id: str
    kind: PictureKind = Field(
        description="gone: deleted, held back or hidden since; nothing can be drawn from it again."
    )
    url: str | None = Field(description="Where the picture itself is; null once it is gone.")


class DrawnOver(BaseModel):
    """What a generation draws over."""

    init_image: PictureNamed
    mask: PictureNamed | None = None


class GenerationPublic(Wait, Requested):
    """A generation as its owner sees it."""

    id: str
    state: State
    parameters: GenerationParameters
    name: str | None = Field(default=None, description="What its owner calls this prompt.")
    pinned: bool = Field(default=False, description="Whether its owner pinned it.")
    credits: float = Field(description="What it was charged with when it was submitted.")
    from_cache: bool = Field(
        default=False,
        description="Whether its images were drawn earlier, with the same settings and seed: they were there at once, "
        "and cost nothing. `fresh=true` draws anew.",
    )
    by_canary: bool = Field(
        default=False,
        description="No model was named, and the studio tries a new one with some people: `parameters.model` is that one.",
    )
    gallery: Destination | None = Field(
        default=None,
        description="Where its images go; null: nowhere, or into one that its owner may no longer change.",
    )
    parent_id: str | None = Field(default=None, description="The image that it was made from.")
    op: Op | None = Field(
        default=None,
        description="How it makes them of a picture or another image; null: from the prompt alone.",
    )
    drawn_over: DrawnOver | None = Field(
        default=None, description="What init_image and mask name; null: nothing."
    )
    shapes: list[PictureNamed] = Field(
        default_factory=list, description="What each entry of control names, in the same order."
    )
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    images: list[ImageInGeneration] = Field(default_factory=list)
    error: GenerationError | None = None
    progress: LiveProgress | None = Field(default=None, description="While running.")
    urls: GenerationUrls


class GenerationAccepted(GenerationPublic):
    """A generation as it was accepted, with what the policy says of its words."""

    words: list[Finding] = Field(description="Rules that its words meet, the strictest first.")


class GenerationPage(BaseModel):
    """Some generations, newest first, and where the next page starts."""

    items: list[GenerationPublic]
    next_cursor: str | None = None


class Price(BaseModel):
    """What a generation would cost."""

    credits: float = Field(
        description="Megapixels × steps × images × the model's factor; the megapixels of an upscale are those that "
        "come out, and what is only resampled counts a hundredth of a step."
    )
    estimated_seconds: float | None = Field(
        description="From measured generations of that model; null while none was measured."
    )
    remaining: float | None = Field(
        description="Credits that may still be spent before this, by the limit that leaves least; "
        "null: no limit."
    )
    resets_at: datetime | None = Field(description="When that limit starts anew; null: no limit.")
    model: str = Field(description="The model that would draw it; of several, the first one's.")
    by_canary: bool = Field(
        default=False, description="Whether nobody named it, and a canary's lot chose it."
    )
    from_cache: bool = Field(
        default=False,
        description="Whether it would be answered with images drawn earlier, with the same settings and seed: that is "
        "why it costs nothing.",
    )
    words: list[Finding] = Field(
        default_factory=list,
        description="Rules of the policy that its words meet, the strictest first: what is `block` would be refused.",
    )


class Remembrance(BaseModel):
    """How a prompt is remembered in the history; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, READ] | None = Field(
        default=None,
        max_length=LONGEST_NAME,
        description="What to call it; null or empty takes the name away.",
        examples=["Spring knits, cream"],
    )
    pinned: bool | None = Field(default=None, description="Whether it is pinned.")


class Move(BaseModel):
    """Where to put a queued generation among one's own."""

    before: str | None = Field(
        default=None,
        max_length=26,
        description="The queued generation of yours to go before; null: before all of yours.",
        examples=["01kahj4v0000000000000000ab"],
    )


class WaitPublic(Wait):
    """The data of a `wait` event: how a queued generation waits now."""

    generation_id: str


class ProgressPublic(LiveProgress):
    """The data of a `progress` event."""

    generation_id: str


class PreviewPublic(BaseModel):
    """The data of a `preview` event: image `index` as it stands after `step`."""

    generation_id: str
    index: int
    step: int
    width: int = Field(description="Pixels across; previews are small.")
    height: int
    webp_base64: str


class Snapshot(BaseModel):
    """The first message of /events: everything queued or running, and its latest previews."""

    generations: list[GenerationPublic]
    previews: dict[str, Preview]
