"""How one's own image stands with moderation, and asking for another look, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.accounts.dependencies import ActorDep
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.moderation import appeals
from backend.moderation.case_schemas import Standing
from backend.moderation.schemas import LONGEST_APPEAL

router = APIRouter(prefix="/images", tags=["moderation"])

ImageId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,64}$",
        description="Id of an image of yours.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    ),
]
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "Not there, or not yours."}
}
_NOT_NOW: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "Neither held nor rejected, or you asked already."}
}


class AppealWrite(BaseModel):
    """Why a person should look at an image again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "It is a stop sign."}]}
    )

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_APPEAL),
        Field(description="In your own words, for the reviewer."),
    ]


@router.get("/{image_id}/moderation", responses=_ABSENT)
def get_standing(
    session: SessionDep, actor: ActorDep, context: ContextDep, image_id: ImageId
) -> Standing:
    """Read why an image of yours is held or was rejected, by which policy, and whether you may ask for another look."""
    return appeals.standing(session, context.storage, actor, image_id)


@router.post("/{image_id}/appeal", responses={**_ABSENT, **_NOT_NOW})
def appeal(
    session: SessionDep,
    actor: ActorDep,
    context: ContextDep,
    image_id: ImageId,
    wanted: AppealWrite,
) -> Standing:
    """Ask, once, that another person looks at an image of yours that is held or was rejected."""
    appeals.appeal(session, actor, image_id, wanted.text)
    return appeals.standing(session, context.storage, actor, image_id)
