"""The wire shapes of people, teams and roles as an administrator sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.accounts.models import LONGEST_MODEL_NAME, Standing

# One line of text: no control characters.
LINE = r"^[^\x00-\x1f\x7f]*$"
"""Text on one line. PostgreSQL stores no NUL, and takes none in a question either."""
LONGEST_ID = 26
LONGEST_ROLE = 40

TeamName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=LINE)
]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
PermissionName = Annotated[str, Field(max_length=40)]
ModelName = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_MODEL_NAME, pattern=LINE)
]
Rank = Annotated[int, Field(ge=1, le=1000)]
_RANK = "Of two roles that a provider gives a person, the higher rank counts."
_MODELS = "The only models it may draw with; an empty list means every model."


class TeamOf(BaseModel):
    """Which team."""

    id: str
    name: str


class PersonPublic(BaseModel):
    """A person, and what they are to the studio."""

    id: str
    name: str
    email: str
    issuer: str = Field(description="Who vouches for them; `local` means the command line.")
    role: str = Field(examples=["designer"])
    role_is_pinned: bool = Field(
        description="Set by an administrator, so that it stays whatever the provider says."
    )
    team: TeamOf | None
    standing: Standing = Field(description="waiting (for approval), active or deactivated.")
    created_at: datetime
    signed_in_at: datetime | None = Field(description="When they last signed in.")


class PeoplePage(BaseModel):
    """Some people, newest first."""

    items: list[PersonPublic]
    next_cursor: str | None = None


class PeopleFilter(BaseModel):
    """Which people are wanted; what is left out does not matter."""

    role: str | None = Field(default=None, max_length=LONGEST_ROLE, pattern=LINE)
    team_id: str | None = Field(default=None, max_length=LONGEST_ID, pattern=LINE)
    standing: Standing | None = None
    q: str | None = Field(default=None, max_length=200, pattern=LINE)


class PersonChange(BaseModel):
    """What to change of a person; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"standing": "deactivated"}]}
    )

    role: RoleName | None = Field(
        default=None,
        description="Theirs from now on, whatever the provider says; null lets it decide again, "
        "at their next sign-in.",
    )
    team_id: str | None = Field(
        default=None, max_length=LONGEST_ID, pattern=LINE, description="Null means no team."
    )
    standing: Literal[Standing.ACTIVE, Standing.DEACTIVATED] = Field(
        default=Standing.ACTIVE,
        description="active lets in who waits or was deactivated; deactivated ends their sessions, "
        "event streams and generations, and their keys are refused.",
    )


class TeamPublic(TeamOf):
    """A team."""

    people: int = Field(description="How many are in it.")
    created_at: datetime


class TeamWanted(BaseModel):
    """A team to be made, or its new name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Knits"}]})

    name: TeamName


class RolePublic(BaseModel):
    """A role: what those who have it may do, and with which models."""

    name: str
    rank: int = Field(description=_RANK)
    permissions: list[str]
    models: list[str] = Field(description=_MODELS)
    people: int = Field(description="How many have it.")
    permanent: bool = Field(description="Every studio has it; it can be changed, not deleted.")


class RoleList(BaseModel):
    """Every role, the highest rank first."""

    items: list[RolePublic]
    permissions: list[str] = Field(description="Every permission that a role may have.")


class RoleCreate(BaseModel):
    """A role to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "reviewer", "permissions": ["browse", "review"]}]},
    )

    name: RoleName
    rank: Rank = Field(default=15, description=_RANK)
    permissions: list[PermissionName] = Field(max_length=50)
    models: list[ModelName] = Field(default_factory=list, max_length=200, description=_MODELS)


class RoleChange(BaseModel):
    """What to change of a role; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"permissions": ["browse", "generate"]}]}
    )

    rank: Rank = Field(default=1, description=_RANK)
    permissions: list[PermissionName] = Field(default_factory=list, max_length=50)
    models: list[ModelName] = Field(default_factory=list, max_length=200, description=_MODELS)
