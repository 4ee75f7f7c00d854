"""Stores finished images, marked: something hidden in the pixels, then what the file says, then a signature around both.

Writes files and no row, and needs no transaction: `service.record` adds the row inside the one that completes the
generation. A crash between the two leaves files that no row names, never a row without its files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from backend.images import identity, metadata, smaller, webp
from backend.images.models import Image
from backend.images.service import CONTENT_TYPE, SUFFIX, PreparedImage, parameters_of
from backend.kit.storage import Storage
from backend.provenance.claims import Claim, Parent
from backend.provenance.marker import Marker
from inference.protocol import GenerationParameters, ModelCard


@dataclass(frozen=True)
class Made:
    """Which image of which generation it is, and what drew it."""

    generation_id: str
    index: int
    asked: GenerationParameters
    card: ModelCard


@dataclass(frozen=True)
class _Files:
    """Pixels that are to be stored: the picture, how its preview and thumb are made, and how each of them is signed."""

    picture: webp.WebP
    copies: Callable[[bytes], tuple[bytes, bytes]]
    signed: Callable[[bytes, Claim], bytes]
    lookup: int
    hidden: bool


def prepare(  # noqa: PLR0913 - the image, and everything its file says about it
    storage: Storage,
    marker: Marker,
    data: bytes,
    *,
    parameters: GenerationParameters,
    seed: int,
    index: int,
    generation_id: str,
    card: ModelCard,
    over: bytes | None = None,
    parent: Parent | None = None,
) -> PreparedImage:
    """Store the master with its provenance inside, and its two smaller copies, all of them marked.

    `data` is a lossless WebP; what is hidden in its pixels nobody sees. `over` is the file of what was drawn over, and
    `parent` names it.

    Raises:
        ValueError: `data` is not a whole lossless WebP file, nor is `over` where that was only resampled.
        OSError: It could not be stored.
    """
    drawn, lookup = webp.parse(data), marker.lookup_of(generation_id, index)
    hidden = marker.hides_in(drawn.width, drawn.height)
    pixels = marker.hide(data, lookup) if hidden else data
    files = _Files(
        webp.parse(pixels) if hidden else drawn,
        lambda mark: smaller.copies(pixels, mark),
        lambda file, claim: marker.sign(file, CONTENT_TYPE, claim, parent=parent),
        lookup,
        hidden,
    )
    return _prepared(
        storage,
        files,
        parameters.of_image(index).model_copy(update={"seed": seed}),
        Made(generation_id, index, parameters, card),
        metadata.source_type_of(over) if over and parameters.resamples else None,
    )


def prepare_again(  # noqa: PLR0913 - the image, and everything the new file says about it
    storage: Storage,
    marker: Marker,
    image: Image,
    *,
    parameters: GenerationParameters,
    index: int,
    generation_id: str,
    card: ModelCard,
) -> PreparedImage:
    """Store the pixels of `image` again, bit for bit, in a master that says what `parameters` and its place are.

    What is hidden in them leads to both images. What the signature claims is what that of `image` does.

    Raises:
        ValueError: Its file is not the one that was stored.
        OSError: One of its files is gone, or the new one could not be stored.
    """
    data = storage.get(image.storage_key)
    if sha256(data).hexdigest() != image.sha256:
        raise ValueError(f"the file of image {image.id} is not the one that was stored")
    # The smaller copies say nothing of their own, so those of the same pixels are the same files. Stored
    # again, they are young: whoever removes orphans leaves them until the new row names them.
    copies = storage.get(image.preview_key), storage.get(image.thumb_key)
    picture = webp.parse(data)
    files = _Files(
        picture,
        lambda _: copies,
        lambda file, _: _signed_like(marker, file, data),
        lookup_of(marker, image),
        image.hidden,
    )
    return _prepared(
        storage,
        files,
        parameters.of_image(index),
        Made(generation_id, index, parameters, card),
        metadata.source_type_in(picture.xmp or b""),
    )


def sign_stored(
    storage: Storage, marker: Marker, image: Image, parent: Parent | None
) -> PreparedImage:
    """Store the files of `image` again, signed, with the pixels and words that they have.

    Raises:
        ValueError: Its file is not one of ours.
        OSError: One of its files is gone, or a new one could not be stored.
    """
    former = [storage.get(key) for key in (image.storage_key, image.preview_key, image.thumb_key)]
    claim = claim_of(image, webp.parse(former[0]).xmp or b"", lookup_of(marker, image))
    files = [
        file if webp.is_signed(file) else marker.sign(file, CONTENT_TYPE, claim, parent=parent)
        for file in former
    ]
    master, preview, thumb = (storage.put(file, suffix=SUFFIX) for file in files)
    return PreparedImage(
        generation_id=image.generation_id,
        index=image.index,
        parameters=image.parameters,
        width=image.width,
        height=image.height,
        sha256=sha256(files[0]).hexdigest(),
        storage_key=master,
        preview_key=preview,
        thumb_key=thumb,
        result_key=image.result_key,
        lookup=claim.lookup,
        hidden=claim.hidden,
        signed=all(map(webp.is_signed, files)),
    )


def lookup_of(marker: Marker, image: Image) -> int:
    """Return by what `image` is found; what is older than that is found by what it would have been."""
    if image.lookup is not None:
        return image.lookup
    return marker.lookup_of(image.generation_id, image.index)


def claim_of(image: Image, xmp: bytes, lookup: int) -> Claim:
    """Return what a signature around a file of `image` vouches for, from its row and the XMP of its master."""
    return Claim(
        lookup=lookup,
        hidden=image.hidden,
        source_type=metadata.source_type_in(xmp),
        model=image.parameters.model,
        weights_sha256=metadata.weights_in(xmp),
        software=metadata.software(),
    )


def _signed_like(marker: Marker, file: bytes, like: bytes) -> bytes:
    """Return `file` signed as `like` is; of what was never signed nothing is known that a signature could say."""
    if webp.is_signed(file) or not webp.is_signed(like):
        return file
    return marker.sign_again(file, CONTENT_TYPE, like=like)


def _prepared(
    storage: Storage, files: _Files, drawn: GenerationParameters, made: Made, enlarged: str | None
) -> PreparedImage:
    """Store a master that says what `drawn` is, and its preview and thumb, with the AI mark alone.

    `enlarged` is where the pixels come from if they were only resampled.
    """
    own = parameters_of(drawn, made.asked)
    provenance = metadata.provenance_of(
        drawn,
        made.card,
        generation_id=made.generation_id,
        index=made.index,
        template=own.template,
        enlarged=enlarged or metadata.ENHANCED,
    )
    claim = Claim(
        lookup=files.lookup,
        hidden=files.hidden,
        source_type=provenance.source_type,
        model=drawn.model,
        weights_sha256=provenance.weights_sha256,
        software=provenance.software,
    )
    copies = files.copies(metadata.ai_mark(provenance.source_type))
    unsigned = metadata.marked(files.picture, provenance).to_bytes(), *copies
    signed = [files.signed(file, claim) for file in unsigned]
    master, preview, thumb = (storage.put(file, suffix=SUFFIX) for file in signed)
    return PreparedImage(
        generation_id=made.generation_id,
        index=made.index,
        parameters=own,
        width=files.picture.width,
        height=files.picture.height,
        sha256=sha256(signed[0]).hexdigest(),
        storage_key=master,
        preview_key=preview,
        thumb_key=thumb,
        result_key=identity.result_key(drawn, made.card),
        lookup=files.lookup,
        hidden=files.hidden,
        signed=all(map(webp.is_signed, signed)),
    )
