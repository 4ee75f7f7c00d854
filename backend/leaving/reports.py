"""What an erasure is told as: what went or would go, what stays and why. By numbers and ids alone."""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.models import User
from backend.kit.clock import utc_now
from backend.leaving import repository
from backend.leaving.models import Erasure
from backend.leaving.schemas import ErasureReport, Kept
from backend.leaving.staying import STAYS
from backend.legalholds import repository as legal_holds

_ALWAYS = (
    Kept(
        what="files of attempts that broke off",
        why="No row says whose they were; they go with the other orphans, within ATELIER_ORPHAN_HOURS of their birth.",
    ),
    Kept(
        what="backups, exports and logs of what is around the studio",
        why="The studio does not reach them; let them end as your plan for them says.",
    ),
)


def of(session: Session, erasure: Erasure) -> ErasureReport:
    """Return the report of `erasure` as it stands now."""
    return ErasureReport(
        id=erasure.id,
        dry_run=False,
        **erasure.model_dump(exclude={"id", "removed"}),
        removed=_gone(erasure.removed),
        kept=_kept(erasure.removed.get("files_shared", 0)),
        legal_hold=None if erasure.ended_at else _forbidding(session, erasure.person_id),
    )


def foreseen(session: Session, actor_id: str | None, person: User) -> ErasureReport:
    """Return what an erasure of `person` would report now; nothing is done."""
    return ErasureReport(
        id=None,
        person_id=person.id,
        dry_run=True,
        asked_by=actor_id,
        asked_at=utc_now(),
        ended_at=None,
        removed=_gone(repository.count(session, person.id)),
        kept=_kept(shared=0),
        legal_hold=_forbidding(session, person.id),
    )


def _gone(numbers: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number and name != "files_shared"}


def _kept(shared: int) -> list[Kept]:
    kept = [Kept(what=what, why=why) for what, why in STAYS.items()]
    if shared:
        why = "Images of other people have the same pixels, and name the same files."
        kept.append(Kept(what=f"{shared} files", why=why))
    return [*kept, *_ALWAYS]


def _forbidding(session: Session, person_id: str) -> str | None:
    hold = legal_holds.first_on(session, repository.everything_of(person_id))
    return hold.id if hold else None
