"""What a generation draws over: a picture and a mask, named by ids, and who may draw over which.

An id is that of an upload of one's own, or of an image that one may see, as a `parent` is. Beyond that an image must be
released and in nobody's trash, also for those who may look at what is held: what waits for a reviewer does not come
back as part of another image. It is asked when a generation is submitted, and again when it is drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations.origin import Origin, about
from backend.generations.schemas import GenerationParameters
from backend.images import repository as images
from backend.images import service as images_of
from backend.images.models import Image
from backend.images.schemas import Variant
from backend.kit.context import Context
from backend.kit.errors import NotFound, Unprocessable
from backend.uploads import repository as uploads
from backend.uploads.models import Upload
from inference.protocol import MAX_PICTURE_BYTES, Pictures

FIELDS: Final = ("init_image", "mask")
LIMIT: Final = "an upload of yours, or an image that you may see, that is released and in no trash"

Picture = Upload | Image


class PictureGone(NotFound):
    """What was to be drawn over cannot be had any more."""

    code = "picture_gone"
    title = "The picture is gone"


class PictureTooLarge(Unprocessable):
    """The file of what was to be drawn over is larger than those that inference takes."""

    code = "picture_too_large"
    title = "The picture is too large"


def named_in(parameters: GenerationParameters) -> dict[str, str]:
    """Return the ids of what `parameters` draw over, by their fields."""
    named = {field: getattr(parameters, field) for field in FIELDS}
    return {field: name for field, name in named.items() if name is not None}


def checked(
    session: Session, actor: Actor, parameters: GenerationParameters, origin: Origin
) -> Origin:
    """Return `origin` if `actor` may draw over what `parameters` name; an image among them becomes the parent.

    Uploads count as used from now on, and nobody deletes them before this transaction ends.

    Raises:
        NotFound: They may not, or there is none; it names the field.
    """
    found: dict[str, Picture] = {}
    for field, name in named_in(parameters).items():
        with about(field, LIMIT):
            found[field] = _obtained(session, actor, name)
    over = found.get("init_image")
    if origin.parent_id is None and isinstance(over, Image):
        return replace(origin, parent_id=over.id)
    return origin


def usable_among(session: Session, actor: Actor, ids: Collection[str]) -> Mapping[str, Picture]:
    """Return those of `ids` that `actor` may draw over at this moment."""
    if not ids:
        return {}
    found: dict[str, Picture] = {one.id: one for one in images.drawable_among(session, actor, ids)}
    return found | {one.id: one for one in uploads.own_among(session, actor, ids)}


def to_draw(
    session: Session, owner: Actor | None, parameters: GenerationParameters
) -> dict[str, Picture]:
    """Return what `parameters` draw over, by field, if `owner` still may; they may be nobody by now.

    Raises:
        PictureGone: It was deleted, held or hidden since it was named.
    """
    named = named_in(parameters)
    usable = usable_among(session, owner, set(named.values())) if owner else {}
    for field, name in named.items():
        if name not in usable:
            raise _gone(field, name)
    return {field: usable[name] for field, name in named.items()}


def read(context: Context, found: Mapping[str, Picture]) -> Pictures:
    """Return the files of `found`: of an image without its prompt and settings, which whoever draws does not need.

    Raises:
        PictureGone: A file is there no more.
        PictureTooLarge: A file is larger than inference takes.
        OSError: The storage refuses.
    """
    return Pictures(**{field: _file(context, field, one) for field, one in found.items()})


def _obtained(session: Session, actor: Actor, name: str) -> Picture:
    found = usable_among(session, actor, [name]).get(name)
    if found is None or (isinstance(found, Upload) and not uploads.touch(session, found)):
        raise NotFound(f"There is no upload or image {name!r} that you can draw over.")
    return found


def _file(context: Context, field: str, picture: Picture) -> bytes:
    try:
        data = (
            context.storage.get(picture.storage_key)
            if isinstance(picture, Upload)
            else images_of.read_content(context.storage, picture, Variant.CLEAN)
        )
    except FileNotFoundError:
        raise _gone(field, picture.id) from None
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureTooLarge(
            f"The file of {field} {picture.id!r} has {len(data)} bytes; at most {MAX_PICTURE_BYTES} can be drawn over."
        )
    return data


def _gone(field: str, name: str) -> PictureGone:
    return PictureGone(
        f"What it was to draw over is gone: {field} {name!r} was deleted, held back or hidden from you since. "
        "Choose another picture and draw again."
    )
