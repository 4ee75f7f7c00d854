"""`/api/v1/webhooks`: one's own webhooks, and how their deliveries went."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from backend.accounts.dependencies import ActorDep, Generator
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.webhooks import repository, service
from backend.webhooks.models import Webhook
from backend.webhooks.schemas import (
    DeliveryPage,
    DeliveryPublic,
    WebhookChange,
    WebhookCreate,
    WebhookPublic,
    WebhookSecret,
)

_ABSENT: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "Not there, or not yours."}
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    **_ABSENT,
    403: {"model": Problem, "description": "Your role does not generate."},
    409: {"model": Problem, "description": "Not in this state; the text says what to do."},
}
_KEPT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "A legal hold forbids it."}
}

_TESTED: dict[int | str, dict[str, Any]] = {
    **_REFUSED,
    429: {"model": Problem, "description": "A test is under way; `Retry-After` says when to ask."},
}

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

WebhookId = Annotated[str, Path(max_length=26, description="Id of a webhook.")]
DeliveryId = Annotated[str, Path(max_length=26, description="Id of a delivery.")]


@router.get("", response_model=list[WebhookPublic])
def list_webhooks(actor: ActorDep, session: SessionDep) -> list[Webhook]:
    """List one's own webhooks, newest first; never their secrets."""
    return repository.standing(session, actor)


@router.post("", status_code=201, responses=_REFUSED)
def create_webhook(
    wanted: WebhookCreate, actor: Generator, session: SessionDep, context: ContextDep
) -> WebhookSecret:
    """Add a webhook and show its secret, this once."""
    return _shown_once(context, service.create(session, context.settings, actor, wanted))


@router.get("/{webhook_id}", response_model=WebhookPublic, responses=_ABSENT)
def read_webhook(webhook_id: WebhookId, actor: ActorDep, session: SessionDep) -> Webhook:
    """Read one webhook, also one that was given with a single generation."""
    return repository.get(session, actor, webhook_id)


@router.patch("/{webhook_id}", response_model=WebhookPublic, responses=_REFUSED)
def change_webhook(
    webhook_id: WebhookId,
    wanted: WebhookChange,
    actor: Generator,
    session: SessionDep,
    context: ContextDep,
) -> Webhook:
    """Change a webhook, or enable it again."""
    return service.change(session, context.settings, actor, webhook_id, wanted)


@router.delete("/{webhook_id}", status_code=204, responses={**_ABSENT, **_KEPT})
def delete_webhook(webhook_id: WebhookId, actor: ActorDep, session: SessionDep) -> None:
    """Delete a webhook and its deliveries."""
    service.delete(session, actor, webhook_id)


@router.post("/{webhook_id}/rotate", responses=_REFUSED)
def rotate_webhook_secret(
    webhook_id: WebhookId, actor: Generator, session: SessionDep, context: ContextDep
) -> WebhookSecret:
    """Make a new secret and show it, this once; the one before signs as well for a day."""
    return _shown_once(context, service.rotate(session, context.settings, actor, webhook_id))


@router.post("/{webhook_id}/test", status_code=202, responses=_TESTED)
def test_webhook(
    webhook_id: WebhookId, actor: Generator, session: SessionDep, context: ContextDep
) -> DeliveryPublic:
    """Send a `webhook.test` message; its delivery says how that went."""
    return service.to_public(service.test(session, context.notifier, actor, webhook_id))


@router.get("/{webhook_id}/deliveries", responses=_ABSENT)
def list_webhook_deliveries(
    webhook_id: WebhookId,
    actor: ActorDep,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> DeliveryPage:
    """List what was or will be sent to a webhook, newest first."""
    webhook = repository.get(session, actor, webhook_id)
    rows, following = repository.deliveries(session, webhook.id, cursor=cursor, limit=limit)
    return DeliveryPage(items=[service.to_public(row) for row in rows], next_cursor=following)


@router.post("/deliveries/{delivery_id}/redeliver", status_code=202, responses=_REFUSED)
def redeliver(
    delivery_id: DeliveryId, actor: Generator, session: SessionDep, context: ContextDep
) -> DeliveryPublic:
    """Send an ended message again from the first attempt on, under the same id."""
    return service.to_public(service.redeliver(session, context.notifier, actor, delivery_id))


def _shown_once(context: Context, row: Webhook) -> WebhookSecret:
    shown = WebhookPublic.model_validate(row).model_dump()
    return WebhookSecret(**shown, secret=service.secret_of(context.settings, row))
