"""The history as a library of prompts: its owner names a generation and pins it. Works in the caller's transaction.

What is remembered this way outlives the images: a row stays when they are in the trash or gone.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations import events, repository
from backend.generations.models import Generation
from backend.generations.schemas import Remembrance
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit


def remember(
    session: Session, context: Context, actor: Actor, generation_id: str, wanted: Remembrance
) -> Generation:
    """Name or pin a generation, whatever its state; what `wanted` does not say stays as it is.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    row = repository.get(session, actor, generation_id)
    if "name" in wanted.model_fields_set:
        row.name = wanted.name or None
    if wanted.pinned is not None and wanted.pinned is not (row.pinned_at is not None):
        row.pinned_at = utc_now() if wanted.pinned else None
    session.add(row)
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))
    return row
