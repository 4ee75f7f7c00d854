"""`/api/v1/me`: who one is, and one's own keys."""

from __future__ import annotations

from fastapi import APIRouter

from backend.accounts import repository, service
from backend.accounts.actor import Actor
from backend.accounts.dependencies import ActorDep
from backend.accounts.models import ApiKey
from backend.accounts.schemas import ApiKeyCreate, ApiKeyCreated, ApiKeyPublic, MePublic
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.settings import Settings

router = APIRouter(prefix="/me", tags=["me"])


@router.get("")
def read_me(actor: ActorDep, context: ContextDep) -> MePublic:
    """Say who asks and what they may do."""
    return _shown(actor, context.settings)


@router.get("/api-keys", response_model=list[ApiKeyPublic])
def list_api_keys(actor: ActorDep, session: SessionDep) -> list[ApiKey]:
    """List one's own keys, newest first; never their secrets."""
    return repository.keys_of(session, actor.id)


@router.post("/api-keys", status_code=201)
def create_api_key(wanted: ApiKeyCreate, actor: ActorDep, session: SessionDep) -> ApiKeyCreated:
    """Make a key and show it, this once."""
    row, key = service.create_api_key(session, actor, wanted)
    return ApiKeyCreated(**ApiKeyPublic.model_validate(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", status_code=204)
def revoke_api_key(key_id: str, actor: ActorDep, session: SessionDep) -> None:
    """End one of one's own keys at once."""
    service.revoke_api_key(session, actor, key_id)


def _shown(actor: Actor, settings: Settings) -> MePublic:
    return MePublic(
        id=actor.id,
        email=actor.email,
        name=actor.name,
        role=actor.role,
        permissions=sorted(actor.permissions),
        via=actor.via,
        development_sign_in=not settings.oidc_issuer,
    )
