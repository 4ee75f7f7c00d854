"""The wire shapes of uploads."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

CONTENT_TYPE = "image/webp"


class UploadPublic(BaseModel):
    """A picture that you brought, as it is kept: upright, in sRGB, without anything written into it."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["01m7xxtq72y599hfwczfvzjz52"])
    width: int = Field(description="In pixels; the longer side is at most 2048.")
    height: int
    content_type: str = Field(default=CONTENT_TYPE, examples=[CONTENT_TYPE])
    size_bytes: int = Field(description="Of the file as it is kept.")
    created_at: datetime


class UploadPage(BaseModel):
    """Some of your uploads, newest first."""

    items: list[UploadPublic]
    next_cursor: str | None = None
