"""Deletes an upload that nothing is to be drawn from any more.

Here and not in `uploads`, which knows of no generation and no recipe. It is refused while a generation waits or runs that
names it, and while a later step of a run does: that would fail when its turn comes, perhaps hours later, and cancelling
it first is one step. An erasure asks nobody.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.dependencies import ActorDep
from backend.generations import repository
from backend.generations.pictures import named_in
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Conflict, Problem
from backend.legalholds import service as legalholds
from backend.legalholds.schemas import SubjectKind
from backend.recipes import runs
from backend.uploads import repository as uploads
from backend.uploads import service as uploads_of
from backend.uploads.router import ABSENT, UploadId

router = APIRouter(prefix="/uploads", tags=["uploads"])

_KEPT: Final[dict[int | str, dict[str, Any]]] = {
    **ABSENT,
    409: {
        "model": Problem,
        "description": "A generation, or a later step of a run, is to be drawn from it (`in_use`), or a legal hold forbids it.",
    },
}


class InUse(Conflict):
    """Something is still to be drawn from it."""

    code = "in_use"
    title = "Still needed"


@router.delete("/{upload_id}", status_code=204, responses=_KEPT)
def delete_upload(
    session: SessionDep, actor: ActorDep, context: ContextDep, upload_id: UploadId
) -> None:
    """Delete one upload and its file, once nothing that is queued or running, or follows in a run, draws from it."""
    delete(session, context, actor, upload_id)


def delete(session: Session, context: Context, actor: Actor, upload_id: str) -> None:
    """Delete an upload of `actor`.

    Raises:
        NotFound: There is none, or it is not theirs.
        InUse: A generation that is queued or running names it, or a later step of a run needs it.
        UnderLegalHold: Nothing of theirs may be deleted.
    """
    # Before anything else is locked, as whoever forgets or erases uploads does.
    legalholds.must_be_free(session, {SubjectKind.PERSON: [actor.id]})
    row = uploads.to_delete(session, actor, upload_id)
    for generation in repository.alive_of(session, actor.id):
        if upload_id in named_in(generation.parameters).values():
            raise InUse(
                f"Generation {generation.id} is to be drawn from it; cancel that, or wait until it has ended."
            )
    if run := runs.needing(session, actor.id, upload_id):
        raise InUse(
            f"A later step of run {run.id} of the recipe “{run.title}” is to be drawn with it; cancel that run, or wait "
            "until it has ended."
        )
    uploads_of.delete(context, session, actor, row)
