"""`/api/v1/presets`: one's own, one's team's and everyone's; and those that come with the studio."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from backend.accounts.dependencies import ActorDep, Generator
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.presets import service
from backend.presets.builtin import BUILT_IN
from backend.presets.schemas import (
    LONGEST_NAME,
    BuiltInPreset,
    PresetChange,
    PresetCreate,
    PresetPage,
    PresetPublic,
)

router = APIRouter(prefix="/presets", tags=["presets"])

PresetId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,26}$",
        description="Id of a preset.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    ),
]
Search = Annotated[
    str, Query(max_length=LONGEST_NAME, pattern=r"^[^\x00]*$", description="Part of the name.")
]
_FORBIDDEN: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "Your role may not, or it is somebody else's."}
}
_FULL: Final[dict[int | str, dict[str, Any]]] = {
    **_FORBIDDEN,
    409: {"model": Problem, "description": "You have as many presets as you may have."},
}
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    **_FORBIDDEN,
    404: {"model": Problem, "description": "Not there, or not for you."},
}


@router.get("")
def list_presets(
    session: SessionDep,
    actor: ActorDep,
    q: Search = "",
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> PresetPage:
    """List the presets that you may use, newest first."""
    return service.find(session, actor, search=q, cursor=cursor, limit=limit)


@router.get("/built-in")
def list_built_in_presets(_actor: ActorDep) -> list[BuiltInPreset]:
    """List the presets that come with the studio."""
    return list(BUILT_IN)


@router.post("", status_code=201, responses=_FULL)
def create_preset(wanted: PresetCreate, session: SessionDep, actor: Generator) -> PresetPublic:
    """Keep a preset."""
    return service.create(session, actor, wanted)


@router.patch("/{preset_id}", responses=_ABSENT)
def change_preset(
    preset_id: PresetId, wanted: PresetChange, session: SessionDep, actor: Generator
) -> PresetPublic:
    """Change a preset of yours; of everyone's, for administrators."""
    return service.change(session, actor, preset_id, wanted)


@router.delete("/{preset_id}", status_code=204, responses=_ABSENT)
def delete_preset(preset_id: PresetId, session: SessionDep, actor: Generator) -> None:
    """Delete a preset of yours; of everyone's, for administrators."""
    service.delete(session, actor, preset_id)
