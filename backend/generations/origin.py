"""Where a generation comes from and where its images go: the image it was made from, and a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.galleries import roles
from backend.galleries.schemas import GalleryRole
from backend.images import repository as images


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
            roles.obtain(session, actor, self.gallery_id, GalleryRole.EDITOR)
        if self.parent_id:
            images.get_shown(session, actor, self.parent_id)


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
