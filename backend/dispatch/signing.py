"""Signs what is stored unsigned: from before there were signatures, or from when nothing could sign.

Each image is one transaction, taken after its files are signed, so that nobody waits; who says it again goes on, and two at
once do no harm. What a legal hold covers stays as it is, byte for byte, and so does a file that is not the one that was stored:
a signature would vouch for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, and_, func, not_
from sqlmodel import Session, col, select

from backend.images import repository as images
from backend.images import storing
from backend.images.models import Image
from backend.images.service import PreparedImage
from backend.kit.database import Database
from backend.kit.storage import Storage
from backend.leaving.ageing import is_free_image
from backend.provenance.claims import Parent
from backend.provenance.marker import Marker
from backend.uploads import repository as uploads

AT_ONCE: Final = 100
"""Images that are looked up together."""


@dataclass(frozen=True)
class Signed:
    """What became of one image; `why` it is still unsigned, None: it is signed."""

    image_id: str
    why: str | None = None


def count_unsigned(session: Session) -> int:
    """Return how many images have files that are not signed, and could be."""
    return session.exec(select(func.count()).select_from(Image).where(_unsigned())).one()


def signing(database: Database, storage: Storage, marker: Marker) -> Iterator[Signed]:
    """Sign what is unsigned, oldest first, one image a step."""
    last = ""
    while ids := _some(database, last):
        for image_id in ids:
            yield Signed(image_id, _sign(database, storage, marker, image_id))
        last = ids[-1]


def _unsigned() -> ColumnElement[bool]:
    return and_(not_(col(Image.signed)), col(Image.purged_at).is_(None), is_free_image())


def _some(database: Database, after: str) -> list[str]:
    with database.read() as session:
        wanted = select(Image.id).where(_unsigned(), col(Image.id) > after)
        return list(session.exec(wanted.order_by(col(Image.id)).limit(AT_ONCE)))


def _sign(database: Database, storage: Storage, marker: Marker, image_id: str) -> str | None:
    with database.read() as session:
        image = session.get(Image, image_id)
        if image is None:
            return "it was deleted meanwhile"
        over = _drawn_over(session, image)
    try:
        if sha256(storage.get(image.storage_key)).hexdigest() != image.sha256:
            return "its file is not the one that was stored"
        signed = storing.sign_stored(storage, marker, image, _parent(storage, over))
    except FileNotFoundError:
        return "a file of it is gone"
    except (OSError, ValueError) as error:
        return str(error)
    if not signed.signed:
        return "nothing signs: atelier doctor says why"
    return None if _put_in(database, storage, image, signed) else "it was changed meanwhile"


def _drawn_over(session: Session, image: Image) -> Image | bytes | None:
    """Return the image that `image` was drawn over, or what an upload said of itself; None: nothing, or it is gone."""
    over = image.parameters.init_image
    if not over:
        return None
    return session.get(Image, over) or uploads.credentials_of(session, over)


def _parent(storage: Storage, over: Image | bytes | None) -> Parent | None:
    if isinstance(over, bytes):
        return Parent(over, "application/c2pa")
    if over is None or over.purged_at is not None or not storage.exists(over.storage_key):
        return None
    return Parent(storage.get(over.storage_key), over.content_type)


def _put_in(database: Database, storage: Storage, former: Image, signed: PreparedImage) -> bool:
    """Have the row name the signed files, and remove those before them; False if it names others by now."""
    keys = {former.storage_key, former.preview_key, former.thumb_key}
    with database.write() as session:
        images.keep_rows_out(session)
        image = session.exec(select(Image).where(_unsigned(), Image.id == former.id)).one_or_none()
        if image is None or image.storage_key != former.storage_key:
            return False
        image.storage_key, image.sha256 = signed.storage_key, signed.sha256
        image.preview_key, image.thumb_key = signed.preview_key, signed.thumb_key
        image.lookup, image.hidden, image.signed = signed.lookup, signed.hidden, True
        session.add(image)
        session.flush()
        for key in keys - images.files_among(session, keys):
            storage.delete(key)
    return True
