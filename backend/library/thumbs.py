"""The thumbnails of many images as one answer, which a browser reads as a form of files, named by image.

One look at who may see them in place of one for each, and no waiting for one of a browser's six connections. What may not be
shown, and what the storage has lost, is left out: whoever asked shows those one by one, and hears of each why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from backend.images import handing, service
from backend.images.models import Image
from backend.images.schemas import Format, Variant
from backend.kit.storage import Storage

MOST_THUMBS: Final = 30


def in_order(ids: Sequence[str], found: Mapping[str, Image]) -> list[Image]:
    """Return those of the images that may be shown, each once, in the order in which they were asked for."""
    some = [found[image_id] for image_id in dict.fromkeys(ids) if image_id in found]
    return [image for image in some if service.is_shown(image)]


def tag_of(images: Sequence[Image]) -> str:
    """Return the entity tag of these thumbnails together."""
    return f'"{_digest(images)}-thumbs"'


def media_type_of(images: Sequence[Image]) -> str:
    """Return what kind of content `bundle` is."""
    return f"multipart/form-data; boundary={_digest(images)}"


def bundle(storage: Storage, images: Sequence[Image]) -> bytes:
    """Return the thumbnails as a form; its boundary is a digest of what is in it, which is in none of the files."""
    boundary = _digest(images).encode()
    parts = [_part(boundary, image, data) for image in images if (data := _read(storage, image))]
    return b"".join([*parts, b"--", boundary, b"--\r\n"])


def _part(boundary: bytes, image: Image, data: bytes) -> bytes:
    head = (
        f'\r\nContent-Disposition: form-data; name="{image.id}"; filename="{image.id}"\r\n'
        f"Content-Type: {image.content_type}\r\n\r\n"
    )
    return b"".join([b"--", boundary, head.encode(), data, b"\r\n"])


def _read(storage: Storage, image: Image) -> bytes | None:
    try:
        return handing.read_content(storage, image, Variant.THUMB)
    except FileNotFoundError:
        return None


def _digest(images: Sequence[Image]) -> str:
    told = sha256()
    for image in images:
        tag = handing.content_tag(image, Variant.THUMB, Format.WEBP)
        told.update(f"{image.id} {tag}\n".encode())
    return told.hexdigest()
