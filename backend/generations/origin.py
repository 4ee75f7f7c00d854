"""Where a generation comes from and where its images go: the image it was made from, and a gallery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.galleries import roles
from backend.galleries.schemas import GalleryRole
from backend.images import repository as images
from backend.kit.errors import FieldProblem, Forbidden, NotFound


@dataclass(frozen=True)
class Origin:
    """The gallery that the images are put into, and the image that they were made from."""

    gallery_id: str | None = None
    parent_id: str | None = None

    def check(self, session: Session, actor: Actor) -> None:
        """Return if `actor` may change what is in that gallery, and may see that image.

        Raises:
            NotFound: There is no such gallery or image that they can open.
            Forbidden: They may look at that gallery only.
        """
        if self.gallery_id:
            with about("gallery", "a gallery that you may change, or none"):
                roles.obtain(session, actor, self.gallery_id, GalleryRole.EDITOR)
        if self.parent_id:
            with about("parent", "an image that you may see, or none"):
                images.get_shown(session, actor, self.parent_id)


@contextmanager
def about(field: str, limit: str) -> Iterator[None]:
    """Name the field in what is refused meanwhile, so that a form can point at it; none is the nearest good value."""
    try:
        yield
    except (NotFound, Forbidden) as refusal:
        refusal.fields = [
            FieldProblem(field=field, message=refusal.message, limit=limit, nearest="")
        ]
        raise


def origin_of(
    gallery: Annotated[
        str | None,
        Query(
            pattern="^[0-9a-z]{1,26}$",
            description="Id of a gallery that you may change: the images are put into it.",
        ),
    ] = None,
    parent: Annotated[
        str | None,
        Query(
            pattern="^[0-9a-z]{1,26}$",
            description="Id of the image that this is made from, which you may see.",
        ),
    ] = None,
) -> Origin:
    """Return where a generation comes from and goes to, as its address says."""
    return Origin(gallery, parent)


OriginDep = Annotated[Origin, Depends(origin_of)]
