"""What the studio keeps for how long: one rule for each class of data. Days are settings; 0 keeps for ever.

Nothing that a legal hold covers, and nothing that somebody keeps, grows too old. Whoever removes does a few rows in a
transaction, so that nobody waits long; two who do it at once do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlmodel import Session, col

from backend.accounts.models import UserSession
from backend.generations.models import Generation
from backend.generations.repository import prompt_text
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.queue import State
from backend.kit.settings import Settings
from backend.kit.storage import Storage
from backend.leaving import prompts, removal
from backend.leaving.belongings import DELIVERIES, GENERATIONS, IMAGES, SESSIONS, Belonging
from backend.legalholds.repository import covered
from backend.legalholds.schemas import SubjectKind
from backend.moderation.models import Appeal, Flag
from backend.provenance.marker import Marker
from backend.webhooks.models import Delivery
from backend.webhooks.repository import forgettable

Remove = Callable[[Session, Storage, Marker, Collection[str]], object]


@dataclass(frozen=True)
class Rule:
    """One class of data: `old` is what of it is older than a moment, `since` when a row's age begins."""

    name: str
    setting: str
    belonging: Belonging
    old: Callable[[datetime], ColumnElement[bool]]
    since: Any
    remove: Remove
    takes_files: bool = False
    audited: bool = True

    def days(self, settings: Settings) -> float:
        """Return after how many days it goes; 0 is never."""
        return float(getattr(settings, self.setting))


def _ended(*states: State) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda before: and_(
        col(Generation.state).in_(states), col(Generation.ended_at) < before, _free_generation()
    )


def is_kept() -> ColumnElement[bool]:
    """Return, to be used inside a statement, that somebody keeps a generation; galleries will say so here."""
    return false()


def _unkept(before: datetime) -> ColumnElement[bool]:
    return and_(_ended(State.SUCCEEDED)(before), ~is_kept())


def _withheld(before: datetime) -> ColumnElement[bool]:
    withheld = col(Image.moderation).in_((Moderation.HELD, Moderation.REJECTED))
    waiting = select(col(Appeal.image_id)).where(col(Appeal.answered_at).is_(None))
    answered = col(Image.id).not_in(waiting)
    return and_(withheld, before > _SINCE_DECIDED, answered, is_free_image())


def _thrown_away(before: datetime) -> ColumnElement[bool]:
    return and_(col(Image.trashed_at) < before, is_free_image())


def _written(before: datetime) -> ColumnElement[bool]:
    ended = (State.SUCCEEDED, State.FAILED, State.CANCELED)
    return and_(_ended(*ended)(before), prompt_text() != prompts.FORGOTTEN)


def _free_generation() -> ColumnElement[bool]:
    """Return that no legal hold covers a generation: by itself, by an image of it, or by its owner."""
    by_an_image = select(col(Image.generation_id)).where(
        col(Image.id).in_(covered(SubjectKind.IMAGE))
    )
    return ~or_(
        col(Generation.owner_id).in_(covered(SubjectKind.PERSON)),
        col(Generation.id).in_(covered(SubjectKind.GENERATION)),
        col(Generation.id).in_(by_an_image),
    )


def is_free_image() -> ColumnElement[bool]:
    """Return that no legal hold covers an image: by itself, by its generation, or by its owner."""
    return ~or_(
        col(Image.owner_id).in_(covered(SubjectKind.PERSON)),
        col(Image.generation_id).in_(covered(SubjectKind.GENERATION)),
        col(Image.id).in_(covered(SubjectKind.IMAGE)),
    )


def _outlived(before: datetime) -> ColumnElement[bool]:
    return col(UserSession.created_at) < before


def _plainly(belonging: Belonging) -> Remove:
    return lambda session, storage, _, ids: removal.remove(session, storage, belonging, ids)


def _whole(remove: Callable[[Session, Storage, Collection[str]], object]) -> Remove:
    """Return what removes files and writes none."""
    return lambda session, storage, _, ids: remove(session, storage, ids)


_DECIDED: Final = (
    select(col(Flag.decided_at)).where(col(Flag.image_id) == col(Image.id)).scalar_subquery()
)
_SINCE_DECIDED: Final[Any] = func.coalesce(_DECIDED, col(Image.created_at))

RULES: Final = (
    Rule(
        "generations",
        "generation_days",
        GENERATIONS,
        _unkept,
        col(Generation.ended_at),
        _whole(removal.remove_generations),
        takes_files=True,
    ),
    Rule(
        "failed",
        "failed_days",
        GENERATIONS,
        _ended(State.FAILED, State.CANCELED),
        col(Generation.ended_at),
        _whole(removal.remove_generations),
        takes_files=True,
    ),
    Rule(
        "withheld",
        "withheld_days",
        IMAGES,
        _withheld,
        _SINCE_DECIDED,
        _whole(removal.remove_images),
        takes_files=True,
    ),
    Rule(
        "trash",
        "trash_days",
        IMAGES,
        _thrown_away,
        col(Image.trashed_at),
        _whole(removal.remove_images),
        takes_files=True,
    ),
    Rule(
        "prompts",
        "prompt_days",
        GENERATIONS,
        _written,
        col(Generation.ended_at),
        prompts.forget,
        takes_files=True,
    ),
    Rule(
        "deliveries",
        "delivery_days",
        DELIVERIES,
        forgettable,
        col(Delivery.ended_at),
        _plainly(DELIVERIES),
        audited=False,
    ),
    Rule(
        "sessions",
        "session_max_days",
        SESSIONS,
        _outlived,
        col(UserSession.created_at),
        _plainly(SESSIONS),
        audited=False,
    ),
)


def moment_of(rule: Rule, settings: Settings, now: datetime) -> datetime | None:
    """Return before which moment rows are too old, or None if they are kept for ever."""
    days = rule.days(settings)
    return now - timedelta(days=days) if days else None
