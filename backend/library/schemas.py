"""The wire shapes of the library: images as they are found, what a search was read as, and what is changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from backend.images.schemas import ImageId, ImagePublic, Status
from backend.kit.wording import READ
from backend.library.folding import words_of
from backend.library.grammar import Kind
from backend.library.models import NAME_LENGTH, QUERY_LENGTH, TAG_LENGTH

MOST_AT_ONCE = 500
MOST_TAGS = 32

QueryText = Annotated[str, StringConstraints(max_length=QUERY_LENGTH)]


def _worded(tag: str) -> str:
    if not words_of(tag):
        raise ValueError("there is no letter or digit in it; write a word")
    return " ".join(tag.replace('"', " ").split())


TagText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TAG_LENGTH),
    AfterValidator(_worded),
]


class TermPublic(BaseModel):
    """A part of a search as it was read."""

    model_config = ConfigDict(from_attributes=True)

    text: str = Field(description="As it was written.")
    kind: Kind
    value: str
    negated: bool
    problem: str | None = Field(
        description="Why it narrows nothing, and what would be good; null: it narrows."
    )


class Person(BaseModel):
    """Whose an image is."""

    id: str
    name: str


class LibraryImage(ImagePublic):
    """An image as it is found; its bytes are under /api/v1/images/{id}/content."""

    status: Status
    starred: bool = Field(description="By you; nobody else sees it.")
    tags: list[str]
    owner: Person
    mine: bool
    parent_id: str | None = Field(
        description="The image it was made from, if you made this one or may open that; it may be gone."
    )
    stack: str = Field(description="What images share that are equal but for their seeds.")
    stack_count: int | None = Field(
        default=None, description="With `stacked`: how many of its stack are found; else null."
    )
    can_curate: bool = Field(description="Whether you may change its status and tags.")
    trashed_at: datetime | None = Field(description="When its owner put it into the trash.")


class LibraryPage(BaseModel):
    """Some images, newest first, and how the search was read."""

    items: list[LibraryImage]
    next_cursor: str | None = None
    terms: list[TermPublic]


class Lineage(BaseModel):
    """What an image was made from, the oldest first, and what was made from it."""

    upload: str | None = Field(
        description="The upload of yours that all of it began with; null: none, or it is gone."
    )
    ancestors: list[LibraryImage]
    children: list[LibraryImage]


class Alike(BaseModel):
    """An image and how much it looks like another: the cosine of what a vision model saw in both, at most 1."""

    score: float = Field(description="From 0.98 on the two are nearly the same picture.")
    image: LibraryImage


class Choice(BaseModel):
    """A value to search by, its name for people, and how many images it would find."""

    value: str
    label: str
    count: int


class Facets(BaseModel):
    """What is among the images that a search finds."""

    total: int
    complete: bool = Field(description="False: only the newest `total` were counted.")
    status: list[Choice]
    model: list[Choice]
    lora: list[Choice]
    by: list[Choice]
    gallery: list[Choice]
    tag: list[Choice]
    ratio: list[Choice]
    month: list[Choice]


class Changes(BaseModel):
    """What is to become of some images; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    image_ids: list[ImageId] = Field(
        min_length=1, max_length=MOST_AT_ONCE, examples=[["01m7xxtq72y599hfwczfvzjz52"]]
    )
    status: Status | None = None
    add_tags: list[Annotated[TagText, READ]] = Field(default_factory=list, max_length=MOST_TAGS)
    remove_tags: list[TagText] = Field(default_factory=list, max_length=MOST_TAGS)
    starred: bool | None = None
    trashed: bool | None = Field(default=None, description="Into the trash, or out of it.")

    @model_validator(mode="after")
    def _must_change_something(self) -> Self:
        if not (self.curates or self.starred is not None or self.trashed is not None):
            raise ValueError("name a change: status, add_tags, remove_tags, starred or trashed")
        return self

    @property
    def curates(self) -> bool:
        """Whether it changes what a team says of an image."""
        return self.status is not None or bool(self.add_tags or self.remove_tags)


class Refusal(BaseModel):
    """An image that was not changed, and why."""

    id: str
    reason: str


class Changed(BaseModel):
    """Which images were changed, and which were not."""

    changed: list[str]
    refused: list[Refusal]


class Export(BaseModel):
    """Which images to hand out: those named, or those that a search finds."""

    model_config = ConfigDict(extra="forbid")

    image_ids: list[ImageId] | None = Field(default=None, min_length=1, max_length=MOST_AT_ONCE)
    q: QueryText | None = Field(default=None, examples=["status:approved"])

    @model_validator(mode="after")
    def _must_be_one_of_both(self) -> Self:
        if (self.image_ids is None) is (self.q is None):
            raise ValueError("name either image_ids or q")
        return self


SearchName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH), READ
]


class SearchCreate(BaseModel):
    """A search to keep."""

    model_config = ConfigDict(extra="forbid")

    name: SearchName = Field(examples=["Approved linen"])
    query: QueryText = Field(examples=["linen status:approved"])
    pinned: bool = Field(default=False, description="Whether it stands first.")


class SearchChange(BaseModel):
    """What is to change of a kept search; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: SearchName | None = None
    query: QueryText | None = Field(default=None, examples=["linen after:7d"])
    pinned: bool | None = None


class SearchPublic(BaseModel):
    """A search that you keep."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    query: str
    pinned: bool
    created_at: datetime
