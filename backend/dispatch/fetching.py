"""Fetches what a generation draws over, at the moment that it is drawn: its owner must still be allowed to.

Files never change, so a second attempt sends the same ones as the first.
"""

from __future__ import annotations

from backend.accounts import recognition
from backend.generations import pictures
from backend.generations.models import Generation
from backend.kit.context import Context
from inference.protocol import Pictures


class NotFetched(Exception):
    """The storage did not give a file that is there; another try may."""


def fetch(context: Context, row: Generation) -> Pictures:
    """Return the files that `row` names; none for what is drawn from its prompt alone.

    Raises:
        PictureGone: Its owner can draw over one of them no more.
        PictureTooLarge: One of them is larger than inference takes.
        NotFetched: The storage refuses.
    """
    if not pictures.named_in(row.parameters):
        return Pictures()
    with context.database.read() as session:
        owner = recognition.person(session, row.owner_id)
        found = pictures.to_draw(session, owner, row.parameters)
    try:
        return pictures.read(context, found)
    except OSError as error:
        raise NotFetched("The picture that it draws over could not be read.") from error
