"""Legal holds over HTTP, for administrators: list, place, lift."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.legalholds import repository, service
from backend.legalholds.schemas import LegalHoldCreate, LegalHoldPage, LegalHoldPublic

router = APIRouter(
    prefix="/legal-holds",
    tags=["legal holds"],
    responses=NOT_ADMINISTERING,
)

_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such person, generation or image."}
}
_LIFTED: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such legal hold."},
    409: {"model": Problem, "description": "It was lifted already."},
}


@router.get("")
def list_legal_holds(
    session: SessionDep,
    _administrator: Administrator,
    standing: Annotated[bool, Query(description="Leave out those that were lifted.")] = True,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> LegalHoldPage:
    """List what must not be deleted, newest first."""
    found, following = repository.page(session, standing=standing, cursor=cursor, limit=limit)
    return LegalHoldPage(
        items=[LegalHoldPublic.model_validate(one) for one in found], next_cursor=following
    )


@router.post("", status_code=201, responses=_ABSENT)
def place_legal_hold(
    wanted: LegalHoldCreate, session: SessionDep, administrator: Administrator
) -> LegalHoldPublic:
    """Forbid to delete a person's things, a generation or an image, whoever asks, until it is lifted."""
    return LegalHoldPublic.model_validate(service.place(session, administrator.id, wanted))


@router.post("/{hold_id}/lift", responses=_LIFTED)
def lift_legal_hold(
    hold_id: Annotated[str, Path(max_length=26, description="Id of a legal hold.")],
    session: SessionDep,
    administrator: Administrator,
) -> LegalHoldPublic:
    """End a legal hold."""
    return LegalHoldPublic.model_validate(service.lift(session, administrator.id, hold_id))
