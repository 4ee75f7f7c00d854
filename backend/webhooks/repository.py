"""The only door to webhooks and their deliveries. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_
from sqlmodel import Session, col, func, select, update
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.accounts.models import Standing, User
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.kit.queue import ENDED, State
from backend.legalholds.repository import covered, keep_new_ones_out
from backend.legalholds.schemas import SubjectKind
from backend.webhooks.models import Delivery, Webhook


def readable_by(actor: Actor) -> SelectOfScalar[Webhook]:
    """Select the webhooks that `actor` may see: their own, and nobody else's."""
    return select(Webhook).where(Webhook.owner_id == actor.id)


def get(session: Session, actor: Actor, webhook_id: str, *, to_change: bool = False) -> Webhook:
    """Return one webhook of `actor`; `to_change` keeps others from it until this transaction ends.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    query = readable_by(actor).where(Webhook.id == webhook_id)
    found = session.exec(query.with_for_update() if to_change else query).one_or_none()
    if found is None:
        raise NotFound(f"There is no webhook {webhook_id!r} of yours.")
    return found


def standing(session: Session, actor: Actor) -> list[Webhook]:
    """Return the webhooks that are told of everything of `actor`, newest first."""
    own = readable_by(actor).where(col(Webhook.generation_id).is_(None))
    return list(session.exec(own.order_by(col(Webhook.id).desc())))


def count_standing(session: Session, owner_id: str) -> int:
    """Return how many webhooks that person has, those of single generations left out."""
    mine = select(func.count()).where(
        Webhook.owner_id == owner_id, col(Webhook.generation_id).is_(None)
    )
    return session.exec(mine).one()


def of_generation(session: Session, generation_id: str) -> Webhook | None:
    """Return the webhook that was given with that generation, if there was one."""
    return session.exec(select(Webhook).where(Webhook.generation_id == generation_id)).one_or_none()


def listening(session: Session, owner_id: str, generation_id: str) -> list[Webhook]:
    """Return the enabled webhooks that may be told of that generation.

    Nobody can delete them until this transaction ends, since its messages will refer to them.
    """
    concerned = or_(
        col(Webhook.generation_id).is_(None), col(Webhook.generation_id) == generation_id
    )
    query = select(Webhook).where(Webhook.owner_id == owner_id, col(Webhook.enabled), concerned)
    return list(session.exec(query.with_for_update(read=True, key_share=True)))


def every_secret(session: Session) -> Iterator[tuple[str, str, str | None]]:
    """Yield every webhook's id, secret and previous secret; locks nothing."""
    columns = select(Webhook.id, Webhook.secret, Webhook.previous_secret)
    yield from session.exec(columns.order_by(Webhook.id))


def lock_some(session: Session, ids: Collection[str]) -> list[Webhook]:
    """Return those webhooks, locked until the transaction ends."""
    some = select(Webhook).where(col(Webhook.id).in_(ids)).order_by(Webhook.id)
    return list(session.exec(some.with_for_update(key_share=True)))


def lock(session: Session, webhook_id: str) -> Webhook | None:
    """Return that webhook, locked until the transaction ends. Whoever locks a delivery too does it after.

    New messages may refer to it meanwhile (PostgreSQL: FOR NO KEY UPDATE): no generation waits for this.
    """
    query = select(Webhook).where(Webhook.id == webhook_id).with_for_update(key_share=True)
    return session.exec(query).one_or_none()


def targets(session: Session, ids: Collection[str]) -> dict[str, tuple[Webhook, bool]]:
    """Return those webhooks by id, each with whether its owner's account is active."""
    query = (
        select(Webhook, User.standing)
        .join(User, col(User.id) == col(Webhook.owner_id))
        .where(col(Webhook.id).in_(ids))
    )
    return {
        webhook.id: (webhook, standing is Standing.ACTIVE)
        for webhook, standing in session.exec(query)
    }


def delivery(session: Session, actor: Actor, delivery_id: str) -> tuple[Delivery, Webhook]:
    """Return one delivery to a webhook of `actor`, and that webhook, both locked.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    found = session.get(Delivery, delivery_id)
    if found is None:
        raise _no_such_delivery(delivery_id)
    try:
        webhook = get(session, actor, found.webhook_id, to_change=True)
    except NotFound:
        raise _no_such_delivery(delivery_id) from None
    session.refresh(found, with_for_update=True)
    return found, webhook


def deliveries(
    session: Session, webhook_id: str, *, cursor: str | None, limit: int
) -> tuple[list[Delivery], str | None]:
    """Return some deliveries of a webhook, newest first, and the cursor of the next page."""
    rows = select(Delivery).where(Delivery.webhook_id == webhook_id)
    return fetch_page(session, rows, Delivery.id, cursor=cursor, limit=limit)


def count_troubled(session: Session) -> tuple[int, int, int]:
    """Return how many webhooks stand, how many of them fail, and how many were switched off for it."""
    standing = select(func.count()).where(
        col(Webhook.generation_id).is_(None), col(Webhook.enabled)
    )
    failing = standing.where(col(Webhook.failing_since).is_not(None))
    disabled = select(func.count()).where(
        ~col(Webhook.enabled), col(Webhook.disabled_reason).is_not(None)
    )
    return session.exec(standing).one(), session.exec(failing).one(), session.exec(disabled).one()


def is_waiting(session: Session, webhook_id: str, kind: str) -> bool:
    """Return whether a message of that kind is queued or being sent."""
    query = select(func.count()).where(
        Delivery.webhook_id == webhook_id,
        Delivery.kind == kind,
        col(Delivery.state).in_((State.QUEUED, State.RUNNING)),
    )
    return session.exec(query).one() > 0


def cancel_waiting(session: Session, webhook_id: str, *, why: str, now: datetime) -> None:
    """End every queued delivery of that webhook."""
    waiting = update(Delivery).where(
        col(Delivery.webhook_id) == webhook_id, col(Delivery.state) == State.QUEUED
    )
    session.execute(waiting.values(state=State.CANCELED, error=why, ended_at=now))


def remove(session: Session, webhook: Webhook) -> None:
    """Delete a webhook, which this transaction has locked, with its deliveries."""
    session.execute(delete(Delivery).where(col(Delivery.webhook_id) == webhook.id))
    session.delete(webhook)
    session.flush()


def forget_deliveries(session: Session, *, ended_before: datetime, limit: int) -> int:
    """Delete at most `limit` deliveries that ended before that moment, and return how many.

    What somebody sends again meanwhile is queued, and stays; so does what a legal hold covers.
    """
    keep_new_ones_out(session)
    old = forgettable(ended_before)
    some = select(Delivery.id).where(old).order_by(Delivery.id).limit(limit)
    gone = session.exec(delete(Delivery).where(col(Delivery.id).in_(some), old))
    return gone.rowcount


def forgettable(ended_before: datetime) -> ColumnElement[bool]:
    """Return, to be used inside a statement, that a delivery ended before then and nobody must keep it."""
    kept = select(Webhook.id).where(
        or_(
            col(Webhook.owner_id).in_(covered(SubjectKind.PERSON)),
            col(Webhook.generation_id).in_(covered(SubjectKind.GENERATION)),
        )
    )
    return and_(
        col(Delivery.state).in_(ENDED),
        col(Delivery.ended_at) < ended_before,
        col(Delivery.webhook_id).not_in(kept),
    )


def _no_such_delivery(delivery_id: str) -> NotFound:
    return NotFound(f"There is no delivery {delivery_id!r} of yours.")
