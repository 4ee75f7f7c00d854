"""Every way the API says no. Status, code and advice ride on the class; handlers live in `problems`.

AtelierError
├── NotSignedIn       401  no session and no key, or one that has ended
├── Forbidden         403  signed in, but this role may not
├── NotFound          404  not there, or not yours: the two look the same from outside
├── Conflict          409  it can't be done in the state things are in
│   ├── AlreadyEnded  409  the generation has ended
│   ├── Sealed        409  a severe image that nobody asked to see (`moderation.sealing`)
│   └── UnderLegalHold 409 a legal hold forbids to delete it
├── SlowRequest       408  the body did not arrive in time
├── UnsupportedMedia  415  a body of a kind that is not taken here
├── Unprocessable     422  a value outside its limits; names field, limit and nearest good value
│   ├── KeyReused     422  the same Idempotency-Key with another body
│   ├── WordsRefused  422  words that the policy does not take (`screening.refusal`)
│   └── QuotaTooSmall 422  it costs more credits than a whole day or month has
├── TooMany           429  slow down; `retry_after` seconds
│   ├── RateLimited   429  too many requests a minute
│   └── QuotaExceeded 429  the day's or month's credits are spent; `retry_after` until it starts anew
└── NotReady          503  something we need is away; `retry_after` seconds
    ├── Busy          503  more is asked at this moment than is looked at; `retry_after` seconds
    ├── QueueFull     503  so much is queued that nothing more is accepted; `retry_after` seconds
    ├── DatabaseFull  503  the disk of the database is full; `retry_after` seconds
    └── Maintenance   503  the studio is under maintenance; `retry_after` until it ends, where that is known
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from backend.kit.context import Context


class AtelierError(Exception):
    """A refusal with a message fit for the person who asked."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        message: str,
        *,
        retry_after: int | None = None,
        fields: list[FieldProblem] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.fields = fields or []

    def after(self, context: Context) -> None:
        """Do what is left to do once all of the request was rolled back; most often nothing."""


class WordsMet(BaseModel):
    """Words that a rule of the policy is about, and where they stand in the field."""

    rule: str
    category: str
    start: int = Field(description="Where they begin, in characters from 0.")
    end: int = Field(description="Where they end.")


class FieldProblem(BaseModel):
    """What is wrong with one field, and what would be right."""

    field: str
    message: str
    limit: str | None = None
    nearest: str | int | float | None = None
    words: WordsMet | None = Field(
        default=None,
        exclude_if=lambda words: words is None,
        description="Only with `words_refused`: which words, and by which rule.",
    )


class Problem(BaseModel):
    """The body of every error, `application/problem+json` (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="For people: what happened and what to do next.")
    fields: list[FieldProblem] = Field(default_factory=list)
    request_id: str | None = Field(default=None, description="Stands in logs and on rows.")
    trace_id: str | None = Field(default=None, description="Of the request's trace.")


class NotSignedIn(AtelierError):
    """No session and no key, or one that has ended."""

    status = 401
    code = "not_signed_in"
    title = "Sign in first"


class Forbidden(AtelierError):
    """Signed in, but this role may not."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFound(AtelierError):
    """Not there, or not yours."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(AtelierError):
    """It cannot be done in the state things are in."""

    status = 409
    code = "conflict"
    title = "Not now"


class AlreadyEnded(Conflict):
    """The generation has ended."""

    code = "already_ended"


class UnderLegalHold(Conflict):
    """A legal hold forbids to delete it."""

    code = "legal_hold"
    title = "Under a legal hold"


class SlowRequest(AtelierError):
    """The body did not arrive in time."""

    status = 408
    code = "slow_request"
    title = "Too slow"


class UnsupportedMedia(AtelierError):
    """A body of a kind that is not taken here."""

    status = 415
    code = "unsupported_media"
    title = "Not that kind"


class Unprocessable(AtelierError):
    """A value outside its limits."""

    status = 422
    code = "invalid"
    title = "Please correct this"


class KeyReused(Unprocessable):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_key_reused"

    @classmethod
    def of(cls, what: str) -> Self:
        """Return the refusal; `what` is what the key was for, such as a generation."""
        return cls(
            "This Idempotency-Key came with another body before. Send the same body again, "
            f"or use a new key for a new {what}."
        )


class QuotaTooSmall(Unprocessable):
    """It costs more credits than a whole day or month has."""

    code = "quota_too_small"
    title = "More than your quota"


class TooMany(AtelierError):
    """Slow down."""

    status = 429
    code = "too_many"
    title = "Too many at once"


class RateLimited(TooMany):
    """Too many requests a minute."""

    code = "rate_limited"
    title = "Too many requests"


class QuotaExceeded(TooMany):
    """The day's or month's credits are spent."""

    code = "quota_exceeded"
    title = "Credits are spent"


class NotReady(AtelierError):
    """Something we need is away."""

    status = 503
    code = "not_ready"
    title = "Not ready"


class Busy(NotReady):
    """More is asked at this moment than is looked at."""

    code = "busy"
    title = "Too busy"


class QueueFull(NotReady):
    """So much is queued that nothing more is accepted."""

    code = "queue_full"
    title = "The queue is full"


class DatabaseFull(NotReady):
    """The disk of the database is full."""

    code = "database_full"
    title = "No room"


class Maintenance(NotReady):
    """The studio is under maintenance."""

    code = "maintenance"
    title = "Maintenance"
