"""Fetches what a generation draws over, at the moment that it is drawn: its owner must still be allowed to.

Files never change, so a second attempt sends the same ones as the first.
"""

from __future__ import annotations

from typing import NamedTuple

from backend.accounts import recognition
from backend.generations import pictures
from backend.generations.models import Generation
from backend.kit.context import Context
from backend.provenance.claims import Parent
from inference.protocol import Pictures


class NotFetched(Exception):
    """The storage did not give a file that is there; another try may."""


class Fetched(NamedTuple):
    """The files that a generation is drawn from, and what its images name as the picture they were drawn over."""

    pictures: Pictures
    parent: Parent | None


def fetch(context: Context, row: Generation) -> Fetched:
    """Return the files that `row` names; none for what is drawn from its prompt alone.

    Raises:
        PictureGone: Its owner can draw over one of them no more.
        PictureTooLarge: One of them is larger than inference takes.
        NotFetched: The storage refuses.
    """
    if not pictures.named_in(row.parameters):
        return Fetched(Pictures(), None)
    with context.database.read() as session:
        owner = recognition.person(session, row.owner_id)
        found = pictures.to_draw(session, owner, row.parameters)
        brought = pictures.credentials_of(session, found)
    try:
        return Fetched(pictures.read(context, found), pictures.parent(context, found, brought))
    except OSError as error:
        raise NotFetched("The picture that it draws over could not be read.") from error
