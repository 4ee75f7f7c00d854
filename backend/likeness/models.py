"""The row of where one image lies among all others of the same weights."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlmodel import Field, SQLModel

_ID = 26


def _band() -> Column[int]:
    return Column(SmallInteger, nullable=False)


class ImageLikeness(SQLModel, table=True):
    """The direction of an image and its code. `space` says by which weights; others cannot be compared."""

    __tablename__ = "image_likeness"
    __table_args__: ClassVar = (
        Index("ix_image_likeness_digest", "space", "digest"),
        *(Index(f"ix_image_likeness_{n}", "space", f"band_{n}", "image_id") for n in range(8)),
    )

    image_id: str = Field(
        sa_column=Column(String(_ID), ForeignKey("image.id", ondelete="CASCADE"), primary_key=True)
    )
    space: str = Field(max_length=16, description="Begins the digest of the checker's weights.")
    direction: bytes = Field(
        sa_column=Column(LargeBinary, nullable=False), description="Little-endian float16."
    )
    digest: str = Field(
        max_length=32, description="Of the direction: pictures that are the same share it."
    )
    band_0: int = Field(sa_column=_band())
    band_1: int = Field(sa_column=_band())
    band_2: int = Field(sa_column=_band())
    band_3: int = Field(sa_column=_band())
    band_4: int = Field(sa_column=_band())
    band_5: int = Field(sa_column=_band())
    band_6: int = Field(sa_column=_band())
    band_7: int = Field(sa_column=_band())

    @property
    def bands(self) -> tuple[int, ...]:
        """The code, as `codes.bands_of` returns it."""
        return (
            self.band_0, self.band_1, self.band_2, self.band_3,
            self.band_4, self.band_5, self.band_6, self.band_7,
        )  # fmt: skip
