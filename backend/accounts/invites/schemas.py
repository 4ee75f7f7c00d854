"""The wire shapes of invites."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

# One line of text: no control characters.
_LINE = r"^[^\x00-\x1f\x7f]*$"
LONGEST_INVITE_DAYS = 30
DEFAULT_INVITE_DAYS = 7


class InviteState(StrEnum):
    """Whether an invite still lets somebody in. One whose maker administers no more counts as revoked."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class InviteCreate(BaseModel):
    """An invite to be made."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    note: str = Field(
        default="",
        max_length=80,
        pattern=_LINE,
        description="For whom it is.",
        examples=["Robin, freelance"],
    )
    role: str | None = Field(
        default=None,
        max_length=40,
        pattern=_LINE,
        description="The role they get and keep, whatever the provider says; null leaves it to the provider.",
        examples=["designer"],
    )
    team_id: str | None = Field(
        default=None, max_length=26, pattern=_LINE, description="The team they come into."
    )
    expires_in_days: int = Field(
        default=DEFAULT_INVITE_DAYS,
        ge=1,
        le=LONGEST_INVITE_DAYS,
        description="Days until the link ends.",
    )


class InvitePerson(BaseModel):
    """Who made an invite, or who used it."""

    id: str
    name: str
    email: str


class InviteTeam(BaseModel):
    """Into which team an invite leads."""

    id: str
    name: str


class InvitePublic(BaseModel):
    """An invite, without its link."""

    id: str
    state: InviteState
    note: str
    role: str | None
    team: InviteTeam | None
    created_by: InvitePerson | None = Field(description="Null: made on the command line.")
    created_at: datetime
    expires_at: datetime
    used_by: InvitePerson | None
    used_at: datetime | None
    revoked_at: datetime | None


class InviteCreated(InvitePublic):
    """An invite just made; `url` is shown this once and kept nowhere."""

    url: str = Field(examples=["https://studio.example.com/auth/login?invite=…"])


class InvitePage(BaseModel):
    """Some invites, newest first."""

    items: list[InvitePublic]
    next_cursor: str | None = None
