"""What is heard of a generation while it runs, in the order in which it happens."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from inference.protocol.checkers import MAX_SCOPE


class SafetyScores(BaseModel):
    """What the safety checker saw in one image. The image itself is never altered.

    A score is the cosine similarity minus the concept's threshold: above 0 the concept is present.
    `None` stands for a score that was not a finite number, which must be read as *not checked*.
    """

    model_config = ConfigDict(frozen=True)

    checker: str
    weights_sha256: str
    version: str = Field(default="", description="Which edition of the checker; empty: not said.")
    scope: str = Field(
        default="", max_length=MAX_SCOPE, description="What it can see, and what not, in words."
    )
    concepts: dict[str, float | None] = Field(description="Empty: the checker measured nothing.")
    special_care: dict[str, float | None] = Field(default_factory=dict)
    embedding: str | None = Field(
        default=None,
        max_length=16_384,
        description="Where the checker's vision model put the middle of the image: a unit vector, base64 of "
        "little-endian float16. Images that look alike point the same way; vectors of other weights say nothing.",
    )
    further: tuple[SafetyScores, ...] = Field(
        default=(),
        max_length=8,
        description="What further checkers measured on the same image; each must be whole for the image to pass.",
    )

    def without_embedding(self) -> SafetyScores:
        """Return the scores alone, which is what is kept beside an image."""
        further = tuple(each.without_embedding() for each in self.further)
        return self.model_copy(update={"embedding": None, "further": further})

    @property
    def every(self) -> tuple[SafetyScores, ...]:
        """What each of the checkers measured, the model's own first."""
        return (self, *self.further)

    @property
    def is_whole(self) -> bool:
        """Whether each of the checkers measured something, and all that it measured are finite numbers."""
        return all(
            one.concepts
            and all(
                score is not None and math.isfinite(score)
                for score in (*one.concepts.values(), *one.special_care.values())
            )
            for one in self.every
        )


class Queued(BaseModel):
    """The replica took it in; `position` generations run or wait before it."""

    type: Literal["queued"] = "queued"
    position: int


class Started(BaseModel):
    """The first step is about to run."""

    type: Literal["started"] = "started"


class Progress(BaseModel):
    """`step` of `total` denoising steps are done; `eta_s` is the estimate for the rest, seconds."""

    type: Literal["progress"] = "progress"
    step: int
    total: int
    eta_s: float | None = None


class Preview(BaseModel):
    """A small picture of image `index` as it stands after `step`: a base64 WebP of a few kilobytes."""

    type: Literal["preview"] = "preview"
    index: int
    step: int
    width: int
    height: int
    webp_base64: str


class MeasuredPreview(Preview):
    """A preview as inference tells of it: with what the safety checker saw in that very picture.

    Deciding whether anybody may see it is the backend's, which hands on a `Preview`.
    """

    scores: SafetyScores | None = Field(default=None, description="None: not checked.")

    def picture(self) -> Preview:
        """Return the picture without its scores."""
        return Preview(**self.model_dump(include=set(Preview.model_fields)))


class ImageReady(BaseModel):
    """Image `index` is finished; its bytes wait behind the client's `image(id, index)`."""

    type: Literal["image"] = "image"
    index: int
    sha256: str
    content_type: str
    width: int
    height: int
    seed: int
    scores: SafetyScores | None = Field(description="None: the checker could not run; not checked.")
    resampled: bool = Field(
        default=False, description="Only made larger by resampling: the model drew nothing of it."
    )


class Failed(BaseModel):
    """It ends here, unfinished. `retryable` says whether the same request may succeed elsewhere."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool


class Done(BaseModel):
    """Everything was delivered. Timings in seconds, by stage."""

    type: Literal["done"] = "done"
    timings: dict[str, float] = Field(default_factory=dict)


GenerationEvent = Annotated[
    Queued | Started | Progress | MeasuredPreview | ImageReady | Failed | Done,
    Field(discriminator="type"),
]
generation_event: TypeAdapter[GenerationEvent] = TypeAdapter(GenerationEvent)
