"""Keeps finished images: adds the rows of files that `storing` has written, and says of them what may be said.

Who may see what is decided in `repository`; whether an image may be shown, in `backend.moderation`. `handing` hands
the files out again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.ops import op_of, without_pictures
from backend.images.schemas import (
    ImageParameters,
    ImagePublic,
    Moderation,
    Prompts,
    Variant,
)
from backend.kit.database import Database
from backend.kit.storage import Storage
from inference.protocol import Decoder, GenerationParameters

CONTENT_TYPE = "image/webp"
SUFFIX = ".webp"
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
    lookup: int | None = None
    hidden: bool = False
    signed: bool = False


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
        lookup=prepared.lookup,
        hidden=prepared.hidden,
        signed=prepared.signed,
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
