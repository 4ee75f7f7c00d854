"""`/api/v1/me`: who one is, one's own sessions, and one's own keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Request

from backend.accounts import keys, repository, sessions
from backend.accounts.actor import Actor
from backend.accounts.cookies import read_session_cookie
from backend.accounts.dependencies import ActorDep
from backend.accounts.models import ApiKey
from backend.accounts.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyPublic,
    ApiKeyRotate,
    MePublic,
    SessionPublic,
)
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.settings import Settings

_IN_PERSON: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "With a key: this takes a person who is signed in."}
}
_FULL: dict[int | str, dict[str, Any]] = {
    **_IN_PERSON,
    409: {"model": Problem, "description": "As many keys as one may have."},
}
_ABSENT: dict[int | str, dict[str, Any]] = {
    **_IN_PERSON,
    404: {"model": Problem, "description": "Not there, or not yours."},
}
_ROTATED: dict[int | str, dict[str, Any]] = {
    **_ABSENT,
    409: {"model": Problem, "description": "It has ended or was rotated, or there are too many."},
}

router = APIRouter(prefix="/me", tags=["me"])

KeyId = Annotated[str, Path(max_length=26, description="Id of a key.")]
SessionHandle = Annotated[str, Path(max_length=26, description="Id of a session.")]


def _cookie(request: Request, context: ContextDep) -> str | None:
    return read_session_cookie(context.settings, request.headers)


CookieDep = Annotated[str | None, Depends(_cookie)]


@router.get("")
def read_me(actor: ActorDep, context: ContextDep) -> MePublic:
    """Say who asks and what they may do."""
    return _shown(actor, context.settings)


@router.get("/sessions", responses=_IN_PERSON)
def list_sessions(
    actor: ActorDep, session: SessionDep, context: ContextDep, cookie: CookieDep
) -> list[SessionPublic]:
    """List the browsers that one is signed in with, this one first."""
    return sessions.mine(session, context.settings, actor, cookie)


@router.delete("/sessions", status_code=204, responses=_IN_PERSON)
def end_other_sessions(actor: ActorDep, session: SessionDep, cookie: CookieDep) -> None:
    """Sign out everywhere else."""
    sessions.end_others(session, actor, cookie)


@router.delete("/sessions/{session_id}", status_code=204, responses=_ABSENT)
def end_session(
    session_id: SessionHandle, actor: ActorDep, session: SessionDep, context: ContextDep
) -> None:
    """Sign one of one's own browsers out."""
    sessions.end(session, context.settings, actor, session_id)


@router.get("/api-keys", response_model=list[ApiKeyPublic])
def list_api_keys(actor: ActorDep, session: SessionDep) -> list[ApiKey]:
    """List one's own keys, newest first, also those that have expired; never their secrets."""
    return repository.keys_of(session, actor.id)


@router.post("/api-keys", status_code=201, responses=_FULL)
def create_api_key(wanted: ApiKeyCreate, actor: ActorDep, session: SessionDep) -> ApiKeyCreated:
    """Make a key and show it, this once."""
    return _shown_once(*keys.create(session, actor, wanted))


@router.post("/api-keys/{key_id}/rotate", status_code=201, responses=_ROTATED)
def rotate_api_key(
    key_id: KeyId,
    actor: ActorDep,
    session: SessionDep,
    wanted: Annotated[ApiKeyRotate, Body(default_factory=ApiKeyRotate)],
) -> ApiKeyCreated:
    """Make a key's successor and show it, this once; the old one goes on working for the overlap."""
    return _shown_once(*keys.rotate(session, actor, key_id, wanted))


@router.delete("/api-keys/{key_id}", status_code=204, responses=_ABSENT)
def revoke_api_key(key_id: KeyId, actor: ActorDep, session: SessionDep) -> None:
    """End one of one's own keys at once."""
    keys.revoke(session, actor, key_id)


def _shown_once(row: ApiKey, text: str) -> ApiKeyCreated:
    return ApiKeyCreated(**ApiKeyPublic.model_validate(row).model_dump(), key=text)


def _shown(actor: Actor, settings: Settings) -> MePublic:
    return MePublic(
        id=actor.id,
        email=actor.email,
        name=actor.name,
        role=actor.role,
        permissions=sorted(actor.permissions),
        via=actor.via,
        scopes=None if actor.scopes is None else sorted(actor.scopes),
        development_sign_in=settings.development_sign_in,
    )
