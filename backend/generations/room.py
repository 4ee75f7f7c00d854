"""Whether there is room for another generation: the one door of whatever adds to the queue, and who is turned away.

Under maintenance nobody passes the door. Who does is counted: of one person, and of everybody. Changes nothing.
"""

from __future__ import annotations

import math
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.generations import pace, repository
from backend.generations.models import queue
from backend.kit.errors import FieldProblem, NotSignedIn, QueueFull, TooMany, Unprocessable
from backend.kit.settings import Settings
from backend.notices import service as studio_notice

_USUAL_SECONDS: Final = 10.0
_WHOLE: Final = "cells"  # what several generations that are asked for together are called


def hold_person(session: Session, actor: Actor) -> None:
    """Keep `actor` from being shut out until this writing transaction ends; before the door, never after it.

    Raises:
        NotSignedIn: They were deactivated while they waited for their turn.
    """
    # Whoever shuts them out takes them, their generations, then the gate: everybody locks in this order.
    if not accounts_of.hold_active(session, actor.id):
        raise NotSignedIn("this account was deactivated; ask an administrator of the studio")


def enter(session: Session) -> None:
    """Pass the door, one after another, so that all limits are exact until this writing transaction ends.

    Raises:
        Maintenance: The studio is under maintenance.
    """
    queue.gate.lock(session)
    studio_notice.must_be_open(session)


def refuse(  # noqa: PLR0913
    session: Session, settings: Settings, actor: Actor, model: str, *, of: int, coming: bool = False
) -> None:
    """Return if there is room for a submission of `of` generations; `coming`: they have no rows yet.

    Raises:
        Unprocessable: They are more than anybody may ever have at once.
        TooMany: This person has too many queued and running.
        QueueFull: Everybody together has too many queued.
    """
    _refuse_what_never_fits(settings, of)
    _refuse_too_many(session, settings, actor, model, of=of, coming=of if coming else 0)
    _refuse_beyond_depth(session, settings, model, of=of, coming=of if coming else 0)


def _refuse_what_never_fits(settings: Settings, of: int) -> None:
    most = min(settings.max_outstanding, settings.max_queued)
    if of > most:
        message = f"are {of}; one person may have at most {most} queued and running here"
        problem = FieldProblem(field=_WHOLE, message=message, limit=f"at most {most}", nearest=most)
        raise Unprocessable(f"{_WHOLE} {message}", fields=[problem])


def _refuse_too_many(  # noqa: PLR0913
    session: Session, settings: Settings, actor: Actor, model: str, *, of: int, coming: int
) -> None:
    limit = settings.max_outstanding
    total = repository.count_alive(session, actor.id) + coming
    if total <= limit:
        return
    measured = pace.lately(session).get(model)
    least = repository.least_cost_alive(session, actor.id)  # they may just have ended
    usual = least * measured if measured else _USUAL_SECONDS
    before = total - of
    message = (
        f"You have {limit} generations queued or running, which is the limit; "
        "wait for one to end, or cancel one."
        if of == 1
        else f"You have {before} generations queued or running and may have {limit}, so {of} more are "
        "too many; ask for fewer, wait for some to end, or cancel some."
    )
    raise TooMany(message, retry_after=max(1, math.ceil(usual)), fields=_fewer(of, limit - before))


def _refuse_beyond_depth(
    session: Session, settings: Settings, model: str, *, of: int, coming: int
) -> None:
    limit = settings.max_queued
    queued, cost = repository.waiting_work(session)
    if queued + coming <= limit:
        return
    paces = pace.lately(session)
    measured = paces.get(model) or pace.usual(paces)
    each = cost / queued * measured if measured and queued else _USUAL_SECONDS
    # A place is free when one of those that run at once is done.
    soon = each / max(1, settings.dispatch_concurrency)
    before = queued + coming - of
    message = (
        f"{limit} generations are queued, which is all that this studio takes on; try again in a while."
        if of == 1
        else f"{before} generations are queued of the {limit} that this studio takes on, so {of} more do "
        "not fit; ask for fewer, or try again in a while."
    )
    raise QueueFull(message, retry_after=max(1, math.ceil(soon)), fields=_fewer(of, limit - before))


def _fewer(of: int, left: int) -> list[FieldProblem]:
    """Say how many would fit, where several were asked for and some would."""
    if of == 1 or left < 1:
        return []
    message = f"must be at most {left} now, not {of}"
    return [FieldProblem(field=_WHOLE, message=message, limit=f"at most {left} now", nearest=left)]
