"""The contract of a generation: what is asked, what is heard while it runs, how it can fail.

Plain pydantic. No torch, Ray, SQL or web framework is imported here, so that the form, the API, the
row, the engine and the file's metadata can all hold the same `GenerationParameters`.

    InferenceError
    ├── Overloaded            the replica's waiting room is full; ask again after `retry_after` seconds
    ├── Unavailable           nothing answered, or it went away half-way; another try may succeed
    ├── Refused               the request can never succeed as it is
    │   ├── UnknownModel      no such model on that replica
    │   └── InvalidParameters a value this model cannot draw with
    ├── UnknownGeneration     the replica holds no generation (or image) of that id
    ├── Canceled              somebody asked it to stop, and it did
    └── Broken                the engine failed: out of memory, not-finite latents, a bug
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

MAX_SEED = 2**32 - 1
RANDOM_SEED = -1
MAX_PROMPT_CHARACTERS = 2000


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


def _within(low: float, high: float, step: int = 1) -> AfterValidator:
    """Refuse a number outside `low`..`high` (or off the grid of `step`), naming the nearest good one."""
    limit = f"between {low} and {high}" + (f" in steps of {step}" if step > 1 else "")

    def check(value: float) -> float:
        if low <= value <= high and (step == 1 or value % step == 0):
            return value
        clipped = min(max(value, low), high)
        nearest = round(clipped / step) * step if step > 1 else clipped
        raise PydanticCustomError(
            "out_of_range",
            "must be {limit}, not {given}; the nearest good value is {nearest}",
            {"limit": limit, "given": str(value), "nearest": nearest},
        )

    return AfterValidator(check)


def _written(value: str) -> str:
    """Refuse an empty or overlong prompt, saying what to write instead."""
    text = value.strip()
    if not text:
        raise PydanticCustomError(
            "empty_prompt",
            "describe an image in a few words, for example “{nearest}”",
            {
                "limit": "at least 1 character",
                "nearest": "a red striped dress on a cream background",
            },
        )
    return _short_enough(text)


def _short_enough(value: str) -> str:
    if len(value) > MAX_PROMPT_CHARACTERS:
        raise PydanticCustomError(
            "prompt_too_long",
            "must be at most {limit} characters, not {given}; shorten it to {nearest}",
            {
                "limit": str(MAX_PROMPT_CHARACTERS),
                "given": str(len(value)),
                "nearest": MAX_PROMPT_CHARACTERS,
            },
        )
    return value


class GenerationParameters(BaseModel):
    """Everything that decides what a generation looks like; the same object from form to file.

    A field that the caller left out takes the model's own default through `completed_by`; after that
    every value is concrete. Widths and heights are pixels. A generation of `num_images` images
    draws image k with seed `seed + k`, so that each can be made again alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Annotated[str, AfterValidator(_written)] = Field(
        description="What to draw.", examples=["a red striped dress on a cream background"]
    )
    negative_prompt: Annotated[str, AfterValidator(_short_enough)] = Field(
        default="", description="What to stay away from."
    )
    width: Annotated[int, _within(64, 1024, 8)] = Field(
        default=256, description="Pixels across; a multiple of 8 from 64 to 1024."
    )
    height: Annotated[int, _within(64, 1024, 8)] = Field(
        default=256, description="Pixels down; a multiple of 8 from 64 to 1024."
    )
    num_inference_steps: Annotated[int, _within(1, 100)] = Field(
        default=20, description="Denoising steps, 1 to 100; more is finer and slower."
    )
    guidance_scale: Annotated[float, _within(1, 30)] = Field(
        default=4.0, description="How literally the prompt is followed, 1 (not guided) to 30."
    )
    seed: Annotated[int, _within(RANDOM_SEED, MAX_SEED)] = Field(
        default=RANDOM_SEED, description="-1 draws one at random; the drawn seed is stored."
    )
    num_images: Annotated[int, _within(1, 8)] = Field(
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


class GenerationRequest(BaseModel):
    """One generation as it is handed to inference; `id` makes a repeated request attach, not repeat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    parameters: GenerationParameters


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


class InferenceHealth(BaseModel):
    """Whether a replica can draw now, and on what."""

    ready: bool
    device: str
    dtype: str
    running: int
    waiting: int
    detail: str = Field(default="", description="Why it cannot draw now, for people.")


class InferenceError(Exception):
    """Something between asking and the finished image went wrong; see the tree above."""

    code: ClassVar[str] = "inference_error"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after

    def as_event(self) -> Failed:
        """Return the event that tells a follower of this error."""
        return Failed(code=self.code, message=self.message, retryable=self.retryable)


class Overloaded(InferenceError):
    """The waiting room is full."""

    code = "overloaded"
    http_status = 429
    retryable = True


class Unavailable(InferenceError):
    """Nothing answered, or the replica went away half-way."""

    code = "unavailable"
    http_status = 503
    retryable = True


class Refused(InferenceError):
    """The request can never succeed as it is."""

    code = "refused"
    http_status = 422


class UnknownModel(Refused):
    """No model of that name is loaded there."""

    code = "unknown_model"
    http_status = 404


class InvalidParameters(Refused):
    """A value that this model cannot draw with."""

    code = "invalid_parameters"


class UnknownGeneration(InferenceError):
    """The replica holds no generation, or no image, of that id."""

    code = "unknown_generation"
    http_status = 404


class Canceled(InferenceError):
    """Somebody asked it to stop, and it did."""

    code = "canceled"
    http_status = 409


class Broken(InferenceError):
    """The engine failed."""

    code = "broken"


def new_generation_id() -> str:
    """Return a fresh id for a generation whose caller did not bring one."""
    return uuid4().hex


def error_of(code: str, message: str, *, retry_after: float | None = None) -> InferenceError:
    """Return the error that `code` names, as the other side of the wire raised it."""
    known: dict[str, type[InferenceError]] = {
        cls.code: cls
        for cls in (
            Overloaded, Unavailable, Refused, UnknownModel, InvalidParameters, UnknownGeneration,
            Canceled, Broken,
        )
    }  # fmt: skip
    return known.get(code, Broken)(message, retry_after=retry_after)


class InferenceClient(Protocol):
    """Whatever can draw: an engine in this process, a server on this machine, a cluster.

    Every implementation passes `tests/conformance/test_inference_client.py`.
    """

    def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """Run `request` and yield its events, ending with `Done` or `Failed`.

        A generation of the same id that already runs there is attached to, not started again.
        Leaving the iterator before its end (`aclose`) leaves the generation running for a short
        grace; `cancel` stops it.

        Raises:
            InferenceError: It could not be started, or the connection broke.
        """
        ...

    async def image(self, generation_id: str, index: int) -> bytes:
        """Return the encoded bytes of a finished image (lossless WebP).

        Raises:
            UnknownGeneration: No such image is held there (any more).
        """
        ...

    async def cancel(self, generation_id: str) -> None:
        """Stop a generation between two steps. Asking twice, or for an unknown one, is no error."""
        ...

    async def models(self) -> list[ModelCard]:
        """Return the models on offer there; the first is the default."""
        ...

    async def health(self) -> InferenceHealth:
        """Return whether it can draw now.

        Raises:
            Unavailable: Nothing answered.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections; generations go on where they run."""
        ...


def problem_of(error: InferenceError) -> dict[str, Any]:
    """Return the wire form of `error`, used by the inference app for every refusal."""
    return {"code": error.code, "message": error.message, "retryable": error.retryable}
