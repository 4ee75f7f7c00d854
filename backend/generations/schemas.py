"""The wire shapes of generations. `GenerationParameters` is inference's own, passed through unchanged."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from backend.kit.queue import State
from inference.protocol import GenerationParameters, Preview, Priority, Scheduler

__all__ = [
    "GenerationError",
    "GenerationPage",
    "GenerationParameters",
    "GenerationPublic",
    "GenerationUrls",
    "ImageInGeneration",
    "LiveProgress",
    "Preview",
    "PreviewPublic",
    "Price",
    "Priority",
    "ProgressPublic",
    "Scheduler",
    "Snapshot",
    "State",
]


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


class GenerationError(BaseModel):
    """Why a generation failed."""

    code: str
    message: str


class LiveProgress(BaseModel):
    """How far a running generation is."""

    step: int
    total: int
    eta_s: float | None = Field(default=None, description="Estimate for the rest, seconds.")


class GenerationUrls(BaseModel):
    """Where to go on from here."""

    self: str
    events: str
    cancel: str


class GenerationPublic(BaseModel):
    """A generation as its owner sees it."""

    id: str
    state: State
    parameters: GenerationParameters
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    images: list[ImageInGeneration] = Field(default_factory=list)
    error: GenerationError | None = None
    position: int | None = Field(default=None, description="While queued: how many are before it.")
    progress: LiveProgress | None = Field(default=None, description="While running.")
    urls: GenerationUrls


class GenerationPage(BaseModel):
    """Some generations, newest first, and where the next page starts."""

    items: list[GenerationPublic]
    next_cursor: str | None = None


class Price(BaseModel):
    """What a generation would cost."""

    credits: float = Field(description="Megapixels × steps × images.")
    estimated_seconds: float | None = Field(
        description="From measured generations of that model; null while none was measured."
    )


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
