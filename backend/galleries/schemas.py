"""The wire shapes of galleries and their words: whom one is open to, and what somebody may do in it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.kit.wording import READ

LONGEST_ID: Final = 26
LONGEST_NAME: Final = 80
LONGEST_BRIEF: Final = 4000
# PostgreSQL stores no NUL, and a name is one line.
_LINE = r"^[^\x00-\x1f\x7f]*$"
_TEXT = r"^[^\x00]*$"
_ID = "^[0-9a-z]{1,26}$"

GalleryName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME, pattern=_LINE),
    READ,
]
Brief = Annotated[str, StringConstraints(max_length=LONGEST_BRIEF, pattern=_TEXT), READ]
Id = Annotated[str, StringConstraints(pattern=_ID)]


class Visibility(StrEnum):
    """Who may open a gallery beside its owner and its members."""

    PRIVATE = "private"
    TEAM = "team"  # the team its owner was in when they said so
    EVERYONE = "everyone"


class MemberRole(StrEnum):
    """What a member may do in a gallery; each may do what those before it may."""

    VIEWER = "viewer"
    COMMENTER = "commenter"
    EDITOR = "editor"


class GalleryRole(StrEnum):
    """What somebody may do in a gallery; each may do what those before it may."""

    VIEWER = "viewer"
    COMMENTER = "commenter"
    EDITOR = "editor"
    OWNER = "owner"

    def reaches(self, other: GalleryRole) -> bool:
        """Return whether who has this role may do what `other` may."""
        order = list(GalleryRole)
        return order.index(self) >= order.index(other)


class Whose(StrEnum):
    """Which of the galleries that one may open."""

    ALL = "all"
    MINE = "mine"
    SHARED = "shared"  # with oneself or with one's team, by somebody else
    EVERYONE = "everyone"


class PersonOf(BaseModel):
    """Who somebody is, and nothing about them."""

    id: str
    name: str


class GalleryCreate(BaseModel):
    """A gallery to be made."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Spring 26", "brief": "Linen."}]}
    )

    name: GalleryName
    brief: Brief = Field(default="", description="What it is for, in plain text.")
    visibility: Visibility = Visibility.PRIVATE


class GalleryChange(BaseModel):
    """What to change of a gallery; what is left out stays. An editor changes brief and cover, its owner everything."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"visibility": "everyone"}]}
    )

    name: GalleryName = ""
    brief: Brief = ""
    visibility: Visibility = Visibility.PRIVATE
    cover_id: Id | None = Field(
        default=None, description="The image in it that stands for it; null: the newest."
    )
    owner_id: Id = Field(default="", description="The member whose gallery it is from now on.")


class GalleryPublic(BaseModel):
    """A gallery as whoever may open it sees it; what is counted is what they would come across in it."""

    id: str
    name: str
    brief: str
    visibility: Visibility
    owner: PersonOf
    role: GalleryRole = Field(description="The caller's.")
    cover: list[str] = Field(description="Ids of up to four images in it, the chosen one first.")
    cover_id: str | None = Field(description="The image that was chosen to stand for it.")
    count: int = Field(description="How many images are in it.")
    approved: int = Field(description="How many of them are approved.")
    created_at: datetime
    updated_at: datetime


class GalleryPage(BaseModel):
    """Some galleries, newest first."""

    items: list[GalleryPublic]
    next_cursor: str | None = None


class MemberPerson(PersonOf):
    """A member; their address is told to the gallery's owner alone."""

    email: str | None


class MemberPublic(BaseModel):
    """Who may open a gallery by name, and what they may do in it."""

    user: MemberPerson
    role: GalleryRole


class MemberWanted(BaseModel):
    """What a member may do from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "editor"}]})

    role: MemberRole
