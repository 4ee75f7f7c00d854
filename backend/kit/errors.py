"""Every way the API says no. Status, code and advice ride on the class; handlers live in `problems`.

AtelierError
├── NotSignedIn       401  no session and no key, or one that has ended
├── Forbidden         403  signed in, but this role may not
├── NotFound          404  not there, or not yours: the two look the same from outside
├── Conflict          409  it can't be done in the state things are in
│   └── AlreadyEnded  409  the generation has ended
├── Unprocessable     422  a value outside its limits; names field, limit and nearest good value
│   └── KeyReused     422  the same Idempotency-Key with another body
├── TooMany           429  slow down; `retry_after` seconds
└── NotReady          503  something we need is away; `retry_after` seconds
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, Field


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


class FieldProblem(BaseModel):
    """What is wrong with one field, and what would be right."""

    field: str
    message: str
    limit: str | None = None
    nearest: str | int | float | None = None


class Problem(BaseModel):
    """The body of every error, `application/problem+json` (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="For people: what happened and what to do next.")
    fields: list[FieldProblem] = Field(default_factory=list)
    request_id: str | None = None


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


class Unprocessable(AtelierError):
    """A value outside its limits."""

    status = 422
    code = "invalid"
    title = "Please correct this"


class KeyReused(Unprocessable):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_key_reused"


class TooMany(AtelierError):
    """Slow down."""

    status = 429
    code = "too_many"
    title = "Too many at once"


class NotReady(AtelierError):
    """Something we need is away."""

    status = 503
    code = "not_ready"
    title = "Not ready"
