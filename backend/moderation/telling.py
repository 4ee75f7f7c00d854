"""Tells the author of an image what became of it: open pages at once, webhooks by the outbox. Names no reviewer."""

from __future__ import annotations

from sqlmodel import Session

from backend.images.models import Image
from backend.kit.database import call_after_commit
from backend.kit.notifier import Notifier
from backend.moderation.repository import SUBJECT, Case
from backend.webhooks.outbox import Happening, announce
from backend.webhooks.schemas import Kind


def tell_owner(session: Session, notifier: Notifier, case: Case) -> None:
    """Say how the image stands now, once this transaction is committed."""
    image = case.image
    channel = f"person:{image.owner_id}"
    data = _about(image)
    call_after_commit(
        session, lambda: notifier.publish(channel, {"event": "moderation", "data": data})
    )
    told = {
        **data,
        "category": case.flag.category,
        "policy_version": case.check.policy_version,
        "note": case.flag.note,
    }
    announce(
        session,
        notifier,
        owner_id=image.owner_id,
        generation_id=image.generation_id,
        happenings=[Happening(Kind.DECIDED.value, f"{SUBJECT}{image.id}", told)],
    )


def _about(image: Image) -> dict[str, str | None]:
    return {
        "image_id": image.id,
        "generation_id": image.generation_id,
        "moderation": image.moderation.value,
        "reason": image.reason,
    }
