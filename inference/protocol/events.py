"""What is heard of a generation while it runs, in the order in which it happens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class SafetyScores(BaseModel):
    """What the safety checker saw in one image. The image itself is never altered.

    A score is the cosine similarity minus the concept's threshold: above 0 the concept is present.
    `None` stands for a score that was not a finite number, which must be read as *not checked*.
    """

    model_config = ConfigDict(frozen=True)

    checker: str
    weights_sha256: str
    concepts: dict[str, float | None]
    special_care: dict[str, float | None] = Field(default_factory=dict)
    embedding: str | None = Field(
        default=None,
        max_length=16_384,
        description="Where the checker's vision model put the middle of the image: a unit vector, base64 of "
        "little-endian float16. Images that look alike point the same way; vectors of other weights say nothing.",
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
    Queued | Started | Progress | Preview | ImageReady | Failed | Done, Field(discriminator="type")
]
generation_event: TypeAdapter[GenerationEvent] = TypeAdapter(GenerationEvent)
