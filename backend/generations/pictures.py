"""What a generation draws over and by: a picture, a mask and shapes, named by ids, and who may draw from which.

An id is that of an upload of one's own, or of an image that one may see, as a `parent` is. Beyond that an image must be
released and in nobody's trash, also for those who may look at what is held: what waits for a reviewer does not come
back as part of another image. It is asked when a generation is submitted, and again when it is drawn.

What a ControlNet sees is named in `control.0.image` and so on, and is held to the same rule: its shape comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations.origin import Origin, about
from backend.generations.schemas import GenerationParameters
from backend.images import handing
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Variant
from backend.kit.context import Context
from backend.kit.errors import NotFound, Unprocessable
from backend.provenance.claims import Parent
from backend.uploads import repository as uploads
from backend.uploads.models import Upload
from inference.protocol import MAX_PICTURE_BYTES, Pictures

OVER: Final = ("init_image", "mask")
LIMIT: Final = "an upload of yours, or an image that you may see, that is released and in no trash"

Picture = Upload | Image


class PictureGone(NotFound):
    """What was to be drawn from cannot be had any more."""

    code = "picture_gone"
    title = "The picture is gone"


class PictureTooLarge(Unprocessable):
    """The file of what was to be drawn from is larger than those that inference takes."""

    code = "picture_too_large"
    title = "The picture is too large"


class Size(NamedTuple):
    """How large a picture is, in pixels."""

    width: int
    height: int


def named_in(parameters: GenerationParameters) -> dict[str, str]:
    """Return the ids of what `parameters` draw over and by, by their fields."""
    named = {field: getattr(parameters, field) for field in OVER}
    over = {field: name for field, name in named.items() if name is not None}
    return over | shapes_in(parameters)


def shapes_in(parameters: GenerationParameters) -> dict[str, str]:
    """Return the ids of what ControlNets see, by their fields and in their order."""
    return {f"control.{place}.image": use.image for place, use in enumerate(parameters.control)}


def checked(
    session: Session, actor: Actor, parameters: GenerationParameters, origin: Origin
) -> Origin:
    """Return `origin` if `actor` may draw from what `parameters` name; an image among them becomes the parent.

    That is what is drawn over. Where nothing is, it is the first image that is drawn by: its shape is in the new one,
    and the lineage is how whoever sees that finds out where it comes from. Uploads count as used from now on, and nobody
    deletes them before this transaction ends.

    Raises:
        NotFound: They may not, or there is none; it names the field. Or they cannot open a gallery or parent of `origin`.
        Forbidden: They may look at that gallery only.
    """
    origin.check(session, actor)
    found: dict[str, Picture] = {}
    for field, name in named_in(parameters).items():
        with about(field, LIMIT):
            found[field] = _obtained(session, actor, name)
    over = found.get("init_image")
    sources = [over] if over else list(found.values())
    parent = next((one.id for one in sources if isinstance(one, Image)), None)
    if origin.parent_id is None and parent:
        return replace(origin, parent_id=parent)
    return origin


def foresee(session: Session, actor: Actor, parameters: GenerationParameters) -> None:
    """Refuse what `checked` would refuse of what `parameters` name, by a look that counts no upload as used.

    Raises:
        NotFound: They may not draw from one, or there is none; it names the field.
    """
    named = named_in(parameters)
    usable = usable_among(session, actor, set(named.values()))
    for field, name in named.items():
        if name not in usable:
            with about(field, LIMIT):
                raise _absent(name)


def size_over(session: Session, actor: Actor, parameters: GenerationParameters) -> Size:
    """Return how large the picture is that `parameters` draw over.

    Raises:
        NotFound: `actor` may not draw over it, or there is none; it names the field.
    """
    name = parameters.init_image or ""
    with about("init_image", LIMIT):
        found = usable_among(session, actor, [name]).get(name)
        if found is None:
            raise _absent(name)
    return Size(found.width, found.height)


def usable_among(session: Session, actor: Actor, ids: Collection[str]) -> Mapping[str, Picture]:
    """Return those of `ids` that `actor` may draw over at this moment."""
    if not ids:
        return {}
    found: dict[str, Picture] = {one.id: one for one in images.drawable_among(session, actor, ids)}
    return found | {one.id: one for one in uploads.own_among(session, actor, ids)}


def to_draw(
    session: Session, owner: Actor | None, parameters: GenerationParameters
) -> dict[str, Picture]:
    """Return what `parameters` draw over and by, by field, if `owner` still may; they may be nobody by now.

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
    files = {field: _file(context, field, one) for field, one in found.items()}
    over = {field: files.pop(field) for field in OVER if field in files}
    return Pictures(**over, control=tuple(files.values()))


def credentials_of(session: Session, found: Mapping[str, Picture]) -> bytes | None:
    """Return what the upload among `found` that is drawn over said of where it comes from, None: nothing, or no upload."""
    over = found.get("init_image")
    return uploads.credentials_of(session, over.id) if isinstance(over, Upload) else None


def parent(
    context: Context, found: Mapping[str, Picture], credentials: bytes | None
) -> Parent | None:
    """Return what images name as the picture among `found` that they are drawn over, None: nothing that has a name.

    Raises:
        PictureGone: The file of that image is there no more.
        OSError: The storage refuses.
    """
    over = found.get("init_image")
    if isinstance(over, Upload):
        return Parent(credentials, "application/c2pa") if credentials else None
    if over is None:
        return None
    try:
        return Parent(context.storage.get(over.storage_key), over.content_type)
    except FileNotFoundError:
        raise _gone("init_image", over.id) from None


def _obtained(session: Session, actor: Actor, name: str) -> Picture:
    found = usable_among(session, actor, [name]).get(name)
    if found is None or (isinstance(found, Upload) and not uploads.touch(session, found)):
        raise _absent(name)
    return found


def _absent(name: str) -> NotFound:
    return NotFound(f"There is no upload or image {name!r} that you can draw over or by.")


def _file(context: Context, field: str, picture: Picture) -> bytes:
    try:
        data = (
            context.storage.get(picture.storage_key)
            if isinstance(picture, Upload)
            else handing.read_content(context.storage, picture, Variant.CLEAN)
        )
    except FileNotFoundError:
        raise _gone(field, picture.id) from None
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureTooLarge(
            f"The file of {field} {picture.id!r} has {len(data)} bytes; at most {MAX_PICTURE_BYTES} are taken."
        )
    return data


def _gone(field: str, name: str) -> PictureGone:
    return PictureGone(
        f"What it was to be drawn from is gone: {field} {name!r} was deleted, held back or hidden from you since. "
        "Choose another picture and draw again."
    )
