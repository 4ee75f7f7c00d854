"""How a generation can fail, the same on both sides of the wire.

Each class knows its code, its HTTP status and whether another try may succeed.

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

from typing import Any, ClassVar

from inference.protocol.events import Failed


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


def problem_of(error: InferenceError) -> dict[str, Any]:
    """Return the wire form of `error`, used by the inference app for every refusal."""
    return {"code": error.code, "message": error.message, "retryable": error.retryable}
