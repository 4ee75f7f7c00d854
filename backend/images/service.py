"""Keeps finished images and hands them out again: file first, then row.

`prepare` writes files and needs no transaction; `record` adds the row inside the one that completes
the generation. A crash between the two leaves a file that no row names, never a row without its file.
Who may see what is decided in `repository`; whether an image may be shown, in `backend.moderation`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.images import identity, metadata, smaller, webp
from backend.images.models import Image
from backend.images.ops import op_of, without_pictures
from backend.images.schemas import (
    Format,
    ImageParameters,
    ImagePublic,
    Moderation,
    Prompts,
    Variant,
)
from backend.kit.database import Database
from backend.kit.storage import Storage
from inference.protocol import Decoder, GenerationParameters, ModelCard

CONTENT_TYPE = "image/webp"
_SUFFIX = ".webp"
_NOT_THE_LOOK = {"seed", "variation_seed", "num_images", "priority", "template"}
_SILENT_WHEN_EMPTY = ("variation_strength", "loras", "upscale", "control")
_OVER_A_PICTURE = {
    "init_image", "strength", "fit", "mask", "invert_mask", "mask_blur", "masked_area", "outpaint",
}  # fmt: skip


@dataclass(frozen=True)
class PreparedImage:
    """An image whose files are stored, and which has no row yet."""

    generation_id: str
    index: int
    parameters: ImageParameters
    width: int
    height: int
    sha256: str
    storage_key: str
    preview_key: str
    thumb_key: str
    result_key: str | None = None


def prepare(  # noqa: PLR0913 - the image, and everything its file says about it
    storage: Storage,
    data: bytes,
    *,
    parameters: GenerationParameters,
    seed: int,
    index: int,
    generation_id: str,
    card: ModelCard,
    over: bytes | None = None,
) -> PreparedImage:
    """Store the master with its provenance inside, and its two smaller copies.

    `data` is a lossless WebP; its pixels stay as they came, bit for bit. `over` is the file of what was drawn over.

    Raises:
        ValueError: `data` is not a whole lossless WebP file, nor is `over` where that was only resampled.
        OSError: It could not be stored.
    """
    return _prepared(
        storage,
        webp.parse(data),
        lambda mark: smaller.copies(data, mark),
        parameters.of_image(index).model_copy(update={"seed": seed}),
        enlarged=metadata.source_type_of(over) if over and parameters.resamples else None,
        asked=parameters,
        index=index,
        generation_id=generation_id,
        card=card,
    )


def prepare_again(  # noqa: PLR0913 - the image, and everything the new file says about it
    storage: Storage,
    image: Image,
    *,
    parameters: GenerationParameters,
    index: int,
    generation_id: str,
    card: ModelCard,
) -> PreparedImage:
    """Store the pixels of `image` again, bit for bit, in a master that says what `parameters` and its place are.

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
    return _prepared(
        storage,
        picture,
        lambda _: copies,
        parameters.of_image(index),
        enlarged=metadata.source_type_in(picture.xmp or b""),
        asked=parameters,
        index=index,
        generation_id=generation_id,
        card=card,
    )


def _prepared(  # noqa: PLR0913
    storage: Storage,
    picture: webp.WebP,
    copies: Callable[[bytes], tuple[bytes, bytes]],
    drawn: GenerationParameters,
    *,
    enlarged: str | None,
    asked: GenerationParameters,
    index: int,
    generation_id: str,
    card: ModelCard,
) -> PreparedImage:
    """Store a master that says what `drawn` is, and its preview and thumb, which `copies` makes with the AI mark.

    `enlarged` is where the pixels come from if they were only resampled.
    """
    own = parameters_of(drawn, asked)
    provenance = metadata.provenance_of(
        drawn,
        card,
        generation_id=generation_id,
        index=index,
        template=own.template,
        enlarged=enlarged or metadata.ENHANCED,
    )
    master = metadata.marked(picture, provenance).to_bytes()
    preview, thumb = copies(metadata.ai_mark(provenance.source_type))
    return PreparedImage(
        generation_id=generation_id,
        index=index,
        parameters=own,
        width=picture.width,
        height=picture.height,
        sha256=sha256(master).hexdigest(),
        storage_key=storage.put(master, suffix=_SUFFIX),
        preview_key=storage.put(preview, suffix=_SUFFIX),
        thumb_key=storage.put(thumb, suffix=_SUFFIX),
        result_key=identity.result_key(drawn, card),
    )


def record(
    session: Session, prepared: PreparedImage, *, owner_id: str, parent_id: str | None = None
) -> Image:
    """Add the row of a prepared image, not yet judged; `parent_id` is the image it was made from."""
    image = Image(
        generation_id=prepared.generation_id,
        index=prepared.index,
        owner_id=owner_id,
        parameters=prepared.parameters,
        width=prepared.width,
        height=prepared.height,
        content_type=CONTENT_TYPE,
        sha256=prepared.sha256,
        storage_key=prepared.storage_key,
        preview_key=prepared.preview_key,
        thumb_key=prepared.thumb_key,
        parent_id=parent_id,
        stack=stack_of(prepared.parameters),
        result_key=prepared.result_key,
    )
    session.add(image)
    session.flush()
    return image


def parameters_of(own: GenerationParameters, asked: GenerationParameters) -> ImageParameters:
    """Return what draws an image alone; where words were drawn for it, with what they were drawn from."""
    written = Prompts(prompt=asked.prompt, negative_prompt=asked.negative_prompt)
    drawn = Prompts(prompt=own.prompt, negative_prompt=own.negative_prompt)
    template = None if written == drawn else written
    return ImageParameters.model_construct(**dict(own), template=template)


def stack_of(parameters: GenerationParameters) -> str:
    """Return what images share that are equal but for their seeds: a digest of everything else that decides a look.

    What has no say is no part of it, so that images from before there was such a setting stay in their stacks.
    """
    silent = set(_NOT_THE_LOOK)
    if not parameters.init_image:
        silent |= _OVER_A_PICTURE
    silent |= {name for name in _SILENT_WHEN_EMPTY if not getattr(parameters, name)}
    if parameters.decoder is Decoder.FULL:
        silent.add("decoder")
    look = parameters.model_dump(mode="json", exclude=silent)
    return sha256(json.dumps(look, sort_keys=True).encode()).hexdigest()


def check_kept(storage: Storage, prepared: PreparedImage) -> None:
    """Look that the files of an image are there.

    Raises:
        FileNotFoundError: The storage has lost one.
    """
    for key in (prepared.storage_key, prepared.preview_key, prepared.thumb_key):
        if not storage.exists(key):
            raise FileNotFoundError(key)


def content_tag(image: Image, variant: Variant, kind: Format = Format.WEBP) -> str:
    """Return the entity tag of one variant as one kind of file; the files of an image never change.

    A weak one where the file is made anew each time: the pixels are the same, the bytes need not be.
    """
    return (
        f'"{image.sha256}-{variant}"'
        if kind is Format.WEBP
        else f'W/"{image.sha256}-{variant}-{kind}"'
    )


def read_content(storage: Storage, image: Image, variant: Variant) -> bytes:
    """Return the bytes of one variant. The caller has asked `repository.get_shown` first.

    Raises:
        FileNotFoundError: The storage has lost the file.
    """
    keys = {Variant.THUMB: image.thumb_key, Variant.PREVIEW: image.preview_key}
    data = storage.get(keys.get(variant, image.storage_key))
    if variant is Variant.CLEAN:
        data = metadata.cleaned(webp.parse(data)).to_bytes()
    return data


def record_reveal(session: Session, actor: Actor, image: Image, variant: Variant) -> None:
    """Write down that a reviewer looked at an image that others may not see."""
    audit.record(
        session,
        actor_id=actor.id,
        verb="image.reveal",
        subject=f"image:{image.id}",
        detail={"variant": variant, "moderation": image.moderation},
    )


def is_shown(image: Image) -> bool:
    """Return whether the image's owner may see its pixels."""
    return image.moderation is Moderation.RELEASED


def is_shown_now(database: Database, image_id: str) -> bool:
    """Return whether an image's owner may see its pixels at this moment, for what is sent over a long time."""
    with database.read() as session:
        image = session.get(Image, image_id)
        return image is not None and is_shown(image)


def to_public(image: Image, reader: Actor) -> ImagePublic:
    """Return the wire shape of `image` for `reader`, who may read about it."""
    mine = image.owner_id == reader.id
    return ImagePublic(
        id=image.id,
        generation_id=image.generation_id,
        index=image.index,
        seed=image.seed,
        width=image.width,
        height=image.height,
        content_type=image.content_type,
        sha256=image.sha256,
        moderation=image.moderation,
        reason=image.reason,
        op=op_of(image.parameters),
        parameters=image.parameters if mine else without_pictures(image.parameters),
        template=image.template,
        created_at=image.created_at,
    )
