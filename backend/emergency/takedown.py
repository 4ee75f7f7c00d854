"""Takes an image down everywhere: out of galleries, links, zips and open tabs, with what was made from it if wanted.

One transaction holds the images; every route that hands out bytes looks at the row first, so from its end nobody gets
them. After it, every open page is told to take them out of sight, and the owners' webhooks hear of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.emergency import repository
from backend.emergency.schemas import (
    CategoryTold,
    SweepWanted,
    TakedownReach,
    TakedownWanted,
    TakenDown,
)
from backend.generations import events, notices
from backend.images.models import Image
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict, FieldProblem, Unprocessable
from backend.moderation import takedown
from backend.policies import service as policies
from backend.policies.schemas import CategoryRule


def reach(session: Session, actor: Actor, image_id: str) -> TakedownReach:
    """Return how far taking an image down would reach.

    Raises:
        Forbidden: The actor may not review.
        NotFound: There is no such image.
        Conflict: Nobody is shown it.
    """
    actor.must(REVIEW)
    image = repository.image(session, image_id)
    children, alike = repository.made_from(session, image_id), repository.like(session, image)
    galleries, links = repository.placed(session, image_id)
    return TakedownReach(
        children=len(children),
        alike=len(alike),
        both=len(children | alike),
        galleries=galleries,
        links=links,
        categories=categories(session),
    )


def take_down(
    session: Session, context: Context, actor: Actor | None, image_id: str, wanted: TakedownWanted
) -> TakenDown:
    """Hold an image, and what else is wanted, wherever it is shown. Without an actor, by the command line.

    Raises:
        Forbidden: The actor may not review.
        NotFound: There is no such image.
        Conflict: Nobody is shown it, or it would be more or fewer images than were expected.
        Unprocessable: The policy has no such category.
    """
    if actor:
        actor.must(REVIEW)
    category = category_named(session, wanted.category)
    image = repository.image(session, image_id)
    ids = {image_id}
    if wanted.children:
        ids |= repository.made_from(session, image_id)
    if wanted.alike:
        ids |= repository.like(session, image)
    return _hold(session, context, actor, ids, category, wanted.reason, wanted.expected)


def sweep(
    session: Session, context: Context, actor: Actor | None, wanted: SweepWanted
) -> TakenDown:
    """Hold every image that a category held once and that is shown by now.

    Raises:
        Conflict: Those are more or fewer than were expected.
        Unprocessable: The policy has no such category.
    """
    category = category_named(session, wanted.category)
    ids = repository.released_of(session, category.name)
    return _hold(session, context, actor, ids, category, wanted.reason, wanted.expected)


def categories(session: Session) -> list[CategoryTold]:
    """Return the categories of the policy."""
    document = policies.active(session).document
    return [CategoryTold(name=one.name, title=one.title) for one in document.categories]


def category_named(session: Session, name: str) -> CategoryRule:
    """Return a category of the policy.

    Raises:
        Unprocessable: It has none of that name.
    """
    document = policies.active(session).document
    if found := document.category(name):
        return found
    listed = ", ".join(one.name for one in document.categories)
    message = f"must be a category of the policy ({listed}), not {name!r}"
    problem = FieldProblem(field="category", message=message, limit=f"one of {listed}")
    raise Unprocessable(f"category {message}", fields=[problem])


def _hold(  # noqa: PLR0913, PLR0917 - what, by whom, and every word of why
    session: Session,
    context: Context,
    actor: Actor | None,
    ids: Collection[str],
    category: CategoryRule,
    reason: str,
    expected: int | None,
) -> TakenDown:
    images = repository.locked(session, ids)
    if expected is not None and expected != len(images):
        raise Conflict(f"These are {len(images)} images by now, not {expected}; look again.")
    takedown.take_down(
        session,
        context.notifier,
        actor.id if actor else None,
        images,
        category.name,
        category.severity,
        reason,
    )
    _tell(session, context, images)
    return TakenDown(image_ids=[image.id for image in images])


def _tell(session: Session, context: Context, images: Sequence[Image]) -> None:
    for image in images:
        notices.announce_held(session, context, image)
    ids = [image.id for image in images]
    call_after_commit(session, lambda: events.say_withdrawn(context.notifier, ids))
