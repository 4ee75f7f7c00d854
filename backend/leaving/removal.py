"""Deletes rows with everything that hangs on them: files, flags, messages. A few at a time, in the caller's transaction.

Nothing here asks whether it may: erasure and retention have asked for legal holds in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlmodel import Session, col

from backend.audit import service as audit
from backend.grids import repository as grids
from backend.images.models import Image
from backend.kit.storage import Storage
from backend.leaving import files
from backend.leaving.belongings import (
    APPEALS,
    DECISIONS,
    DELIVERIES,
    FLAGS,
    GENERATIONS,
    IMAGES,
    SAFETY_CHECKS,
    WEBHOOKS,
    Belonging,
)
from backend.leaving.files import Removed
from backend.moderation.models import Appeal, Flag, ImageDecision, SafetyCheck
from backend.recipes import runs
from backend.webhooks.models import Delivery, Webhook


def some(
    session: Session, belonging: Belonging, where: ColumnElement[bool], limit: int
) -> list[str]:
    """Return the keys of at most `limit` rows, the oldest first."""
    found = session.execute(select(belonging.key).where(where).order_by(belonging.key).limit(limit))
    return list(found.scalars())


def remove(
    session: Session, storage: Storage, belonging: Belonging, ids: Collection[str]
) -> Removed:
    """Delete those rows and their files, and erase what the audit says beside their entries."""
    if belonging is WEBHOOKS:  # one more message may have been written meanwhile
        _remove_webhooks(session, WEBHOOKS.key.in_(ids))
    elif belonging is GENERATIONS:  # who handed it on may have a webhook of it
        _remove_webhooks(session, col(Webhook.generation_id).in_(ids))
    removed = files.remove(session, storage, belonging, ids)
    if belonging.audited_as:
        audit.erase_details_of(session, [f"{belonging.audited_as}:{one}" for one in ids])
    _delete(session, belonging, belonging.key.in_(ids))
    return removed


def remove_images(session: Session, storage: Storage, ids: Collection[str]) -> Removed:
    """Delete images with their files, what was measured on them and what was decided about them.

    The audit keeps what it says of them. `files.keep_rows_out` comes before.
    """
    _delete(session, APPEALS, col(Appeal.image_id).in_(ids))
    _delete(session, DECISIONS, col(ImageDecision.image_id).in_(ids))
    _delete(session, FLAGS, col(Flag.image_id).in_(ids))
    _delete(session, SAFETY_CHECKS, col(SafetyCheck.image_id).in_(ids))
    removed = files.remove(session, storage, IMAGES, ids)
    _delete(session, IMAGES, IMAGES.key.in_(ids))
    return removed


def remove_generations(session: Session, storage: Storage, ids: Collection[str]) -> Removed:
    """Delete generations with their images and the webhooks that were given with them; a grid or run goes with its last one.

    The audit keeps what it says of them. `files.keep_rows_out` comes before.
    """
    removed = remove_images(session, storage, images_of(session, ids))
    _remove_webhooks(session, col(Webhook.generation_id).in_(ids))
    grids.forget_cells(session, ids)
    runs.forget_generations(session, ids)
    _delete(session, GENERATIONS, GENERATIONS.key.in_(ids))
    return removed


def images_of(session: Session, generation_ids: Collection[str]) -> list[str]:
    """Return the ids of the images of those generations."""
    drawn = select(IMAGES.key).where(col(Image.generation_id).in_(generation_ids))
    return list(session.execute(drawn).scalars())


def _remove_webhooks(session: Session, where: ColumnElement[bool]) -> None:
    """Delete webhooks with their messages, while nobody can write another."""
    ids = list(session.execute(select(WEBHOOKS.key).where(where).with_for_update()).scalars())
    _delete(session, DELIVERIES, col(Delivery.webhook_id).in_(ids))
    _delete(session, WEBHOOKS, WEBHOOKS.key.in_(ids))


def _delete(session: Session, belonging: Belonging, where: Any) -> None:  # noqa: ANN401
    session.execute(delete(belonging.table).where(where))
