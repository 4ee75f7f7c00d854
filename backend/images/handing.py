"""Hands the files of images out: as they are stored, or as another form of them, signed anew.

A clean file and one of another kind are made when they are asked for. They claim what the stored file claims, from which
they are made; so does everything that leaves. What stays inside is read by `read_content`, which signs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from anyio import to_thread
from fastapi import Response
from starlette.types import Receive, Scope, Send

from backend.images import metadata, storing, webp
from backend.images.conversion import converted
from backend.images.models import Image
from backend.images.schemas import Format, Variant
from backend.kit.places import places
from backend.kit.storage import Storage
from backend.provenance.marker import Marker

# Drawing shares the machine: whoever wants files of other kinds waits for each other, not everybody for them.
AT_ONCE = 1
_places = places("atelier_images_converted", AT_ONCE)


@dataclass(frozen=True)
class Content:
    """One form of an image as WebP, and the stored file that it was made from; the same bytes, if it is that one."""

    data: bytes
    stored: bytes


class Converted(Response):
    """An answer whose body is converted once the request's session is closed, when it is this one's turn."""

    def __init__(
        self, marker: Marker, content: Content, kind: Format, headers: dict[str, str]
    ) -> None:
        super().__init__()
        self._marker = marker
        self._content = content
        self._kind = kind
        self._told = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Convert, then answer."""
        body = await to_thread.run_sync(
            handed_out, self._marker, self._content, self._kind, limiter=_places()
        )
        answer = Response(body, media_type=self._kind.content_type, headers=self._told)
        await answer(scope, receive, send)


def content_tag(image: Image, variant: Variant, kind: Format = Format.WEBP) -> str:
    """Return the entity tag of one variant as one kind of file; the files of an image never change.

    A weak one where the file is made anew each time: the pixels are the same, the bytes need not be.
    """
    if kind is not Format.WEBP:
        return f'W/"{image.sha256}-{variant}-{kind}"'
    return f'{"W/" if variant is Variant.CLEAN else ""}"{image.sha256}-{variant}"'


def read(storage: Storage, image: Image, variant: Variant) -> Content:
    """Return one variant. The caller has asked `repository.get_shown` first.

    Raises:
        FileNotFoundError: The storage has lost the file.
    """
    keys = {Variant.THUMB: image.thumb_key, Variant.PREVIEW: image.preview_key}
    stored = storage.get(keys.get(variant, image.storage_key))
    if variant is not Variant.CLEAN:
        return Content(stored, stored)
    return Content(metadata.cleaned(webp.parse(stored)).to_bytes(), stored)


def read_content(storage: Storage, image: Image, variant: Variant) -> bytes:
    """Return one variant for use inside the studio: a clean one is not signed. Otherwise as `read`."""
    return read(storage, image, variant).data


def handed_out(marker: Marker, content: Content, kind: Format = Format.WEBP) -> bytes:
    """Return `content` as a file of that kind, signed as the stored one is."""
    if content.data is content.stored and kind is Format.WEBP:
        return content.stored
    file = converted(content.data, kind)
    if not webp.is_signed(content.stored):
        return file
    return marker.sign_again(file, kind.content_type, like=content.stored)


def told_nothing_of(marker: Marker, image: Image, content: Content) -> bytes:
    """Return `content` signed without a word of which model drew it: for those who are to judge models by their images."""
    if not webp.is_signed(content.stored):
        return content.data
    xmp = webp.parse(content.stored).xmp or b""
    claim = storing.claim_of(image, xmp, storing.lookup_of(marker, image))
    silent = replace(claim, model="", weights_sha256="")
    return marker.sign(content.data, image.content_type, silent)
