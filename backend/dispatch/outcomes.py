"""How following a generation can come out. What becomes of the row then is `settlement`'s word."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from backend.dispatch.fetching import NotFetched
from backend.kit.errors import AtelierError, NotReady
from backend.results.keeping import Finished
from inference.protocol import Canceled as CanceledThere
from inference.protocol import (
    Failed,
    InferenceError,
    Overloaded,
    Unavailable,
    UnknownGeneration,
    error_of,
)

_AWAY_S = 2.0
_FULL_S = 1.0
_STORAGE_AWAY_S = 2.0
_CODE_FULL = "storage_full"
_CODE_NOT_KEPT = "storage"


@dataclass(frozen=True)
class Drawn:
    """Every image is stored."""

    images: list[Finished]


@dataclass(frozen=True)
class Failure:
    """It broke off; `retryable` says whether another attempt may do better."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True)
class Deferred:
    """It never began, or was given back on purpose: again in `delay` seconds, no attempt counted.

    `away` says that nothing which draws could be reached.
    """

    delay: float = 0.0
    away: bool = False


@dataclass(frozen=True)
class Canceled:
    """Its owner stopped it."""


@dataclass(frozen=True)
class Lost:
    """The lease is somebody else's by now; there is nothing left to say about it."""


Outcome = Drawn | Failure | Deferred | Canceled | Lost


def outcome_of_event(event: Failed, *, started: bool) -> Deferred | Failure:
    """Return what a failed generation means to us; the event may know that it is worth another try."""
    outcome = outcome_of(error_of(event.code, event.message), started=started)
    if isinstance(outcome, Deferred):
        return outcome
    retryable = event.retryable or (outcome is not None and outcome.retryable)
    return Failure(event.code, event.message, retryable=retryable)


def outcome_of(  # noqa: PLR0911 - one return for each kind of error
    error: Exception, *, started: bool
) -> Deferred | Failure | None:
    """Return what `error` means for a generation that had `started` or not; None for a bug of ours.

    A replica that was away before the first step costs no attempt: nothing was tried. One that went
    away in the middle does, so that a generation that kills replicas comes to an end.
    """
    match error:
        case Overloaded():
            return Deferred(error.retry_after or _FULL_S)
        case Unavailable() | NotReady() if not started:
            return Deferred(error.retry_after or _AWAY_S, away=True)
        case CanceledThere() | UnknownGeneration():
            # Not by us: its replica was told to stop, or lost it. Another one can draw it.
            return Failure(error.code, error.message, retryable=True)
        case InferenceError():
            return Failure(error.code, error.message, retryable=error.retryable)
        case AtelierError():
            return Failure(error.code, error.message, retryable=False)
        case NotFetched():
            return Failure(_CODE_NOT_KEPT, str(error), retryable=True)
        case OSError():
            return not_stored(error)
    return None


def pause_after(outcome: Outcome) -> float:
    """Return for how many seconds nothing more should be begun: the next one would come out the same."""
    match outcome:
        case Deferred(delay):
            return delay
        case Failure(code) if code in {_CODE_FULL, _CODE_NOT_KEPT}:
            return _STORAGE_AWAY_S
    return 0.0


def not_stored(error: OSError) -> Failure:
    """Return what it means that a file could not be kept."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        code, why = _CODE_FULL, "the disk is full, and an administrator has to make room"
    else:
        code, why = _CODE_NOT_KEPT, "the storage did not take it"
    return Failure(code, f"The finished image could not be kept: {why}.", retryable=True)
