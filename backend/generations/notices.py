"""What webhooks are told of a generation: that it ended, and which of its images are held.

Ids and addresses, so that whoever is told comes back with their own key and reads what they may.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from backend.generations.models import Generation
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.context import Context
from backend.webhooks.outbox import Happening, announce
from backend.webhooks.schemas import Kind


def announce_end(session: Session, context: Context, row: Generation) -> None:
    """Write down, in the transaction that ended `row` and read it again since, what webhooks are to be told of it.

    Does nothing while it has not ended.
    """
    if not row.state.ended:
        return
    pictures = images.of_generations(session, [row.id])
    base = context.settings.base_url
    announce(
        session,
        context.notifier,
        owner_id=row.owner_id,
        generation_id=row.id,
        happenings=[
            *(_held(base, row, image) for image in pictures if _is_held(image)),
            _ended(base, row, pictures),
        ],
    )


def announce_held(session: Session, context: Context, image: Image) -> None:
    """Write down that webhooks are to be told that an image, shown before, is held."""
    row = session.get_one(Generation, image.generation_id)
    announce(
        session,
        context.notifier,
        owner_id=row.owner_id,
        generation_id=row.id,
        happenings=[_held(context.settings.base_url, row, image)],
    )


def _ended(base: str, row: Generation, pictures: list[Image]) -> Happening:
    data: dict[str, Any] = {
        **_about(base, row),
        "state": row.state.value,
        "images": [_picture(base, image) for image in pictures],
        "error": {"code": row.error_code, "message": row.error_message} if row.error_code else None,
    }
    kind = Kind(f"generation.{row.state}")
    return Happening(kind.value, f"generation:{row.id}", data, row.parameters.prompt)


def _held(base: str, row: Generation, image: Image) -> Happening:
    data = {**_about(base, row), "image": _picture(base, image), "reason": image.reason}
    return Happening(Kind.HELD.value, f"image:{image.id}", data, image.parameters.prompt)


def _about(base: str, row: Generation) -> dict[str, Any]:
    return {"generation_id": row.id, "url": f"{base}/api/v1/generations/{row.id}"}


def _picture(base: str, image: Image) -> dict[str, Any]:
    here = f"{base}/api/v1/images/{image.id}"
    return {
        "id": image.id,
        "index": image.index,
        "moderation": image.moderation.value,
        "url": here,
        "content_url": f"{here}/content",
    }


def _is_held(image: Image) -> bool:
    return image.moderation is Moderation.HELD
