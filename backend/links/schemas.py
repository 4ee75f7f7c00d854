"""The wire shapes of share links."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.galleries.schemas import PersonOf

LONGEST_DAYS: Final = 90
USUAL_DAYS: Final = 7
LONGEST_PASSWORD: Final = 200
Password = Annotated[
    str, StringConstraints(min_length=8, max_length=LONGEST_PASSWORD, pattern=r"^[^\x00]*$")
]


class Downloads(StrEnum):
    """What a guest may take away: nothing, 640 px, or the full image; never its prompt or settings inside."""

    NONE = "none"
    PREVIEW = "preview"
    FULL = "full"


class LinkCreate(BaseModel):
    """A share link to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"expires_in_days": 7, "downloads": "full"}]},
    )

    expires_in_days: int = Field(default=USUAL_DAYS, ge=1, le=LONGEST_DAYS)
    password: Password | None = Field(default=None, description="Asked of guests; null: none is.")
    downloads: Downloads = Downloads.NONE
    prompts: bool = Field(default=False, description="Whether guests read the prompts.")
    brief: bool = Field(default=False, description="Whether guests read the gallery's brief.")


class LinkPublic(BaseModel):
    """A share link as those see it who may change its gallery."""

    id: str
    url: str | None = Field(default=None, description="Only in the answer that makes it.")
    created_by: PersonOf
    created_at: datetime
    expires_at: datetime
    has_password: bool
    downloads: Downloads
    prompts: bool
    brief: bool
    visits: int = Field(description="How often its page was shown.")
    last_visit_at: datetime | None
