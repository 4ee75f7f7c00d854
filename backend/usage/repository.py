"""The one door to the ledger and to the quotas. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import case, func, or_
from sqlmodel import Session, col, select

from backend.accounts.models import Role, Team, User
from backend.kit.database import insert_into
from backend.kit.pagination import fetch_page
from backend.usage.models import Quota, QuotaOf, UsageCharge, UsageTally

_SUBJECTS = {QuotaOf.PERSON: User, QuotaOf.TEAM: Team, QuotaOf.ROLE: Role}


def holder(of: QuotaOf, subject: str) -> str:
    """Return the name under which a person's, or a team's, spending is summed up."""
    return f"{of}:{subject}"


def spent_by(
    session: Session, holders: set[str], day: date, month: date
) -> dict[str, tuple[int, int]]:
    """Return what holders have spent since `day`, and since `month`, the first of it; nobody who spent nothing."""
    amount, who = col(UsageTally.microcredits), col(UsageTally.holder)
    todays = func.sum(case((col(UsageTally.day) >= day, amount), else_=0))
    query = (
        select(who, todays, func.sum(amount))
        .where(who.in_(holders), col(UsageTally.day) >= month)
        .group_by(who)
    )
    return {name: (int(in_day), int(in_month)) for name, in_day, in_month in session.exec(query)}


def add(session: Session, charge: UsageCharge) -> None:
    """Write a charge into the ledger, and add it to the tallies; nothing adds nothing, and locks none of them."""
    session.add(charge)
    session.flush()
    if charge.microcredits:
        _tally(session, charge, charge.microcredits)


def give_back(session: Session, charge: UsageCharge, amount: int) -> None:
    """Note that `amount` of a charge is refunded, and take it off the tallies of its day."""
    charge.refunded += amount
    session.add(charge)
    session.flush()
    _tally(session, charge, -amount)


def find_charge(session: Session, generation_id: str) -> UsageCharge | None:
    """Return what that generation was charged, or None if it never was; locked until the transaction ends."""
    query = select(UsageCharge).where(UsageCharge.generation_id == generation_id)
    return session.exec(query.with_for_update()).one_or_none()


def find_quota(session: Session, of: QuotaOf, subject: str) -> Quota | None:
    """Return the quota of exactly that person, team or role."""
    return session.exec(select(Quota).where(Quota.of == of, Quota.subject == subject)).one_or_none()


def quotas_of(session: Session, named: Mapping[QuotaOf, str]) -> dict[QuotaOf, Quota]:
    """Return the quotas of one person, one team and one role, as far as `named` names them and there are any."""
    any_of = or_(
        *((col(Quota.of) == of) & (col(Quota.subject) == who) for of, who in named.items())
    )
    return {row.of: row for row in session.exec(select(Quota).where(any_of))}


def get_quota(session: Session, quota_id: str) -> Quota | None:
    """Return the quota of that id."""
    return session.get(Quota, quota_id)


def quotas(
    session: Session,
    *,
    of: QuotaOf | None,
    subject: str | None = None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Quota], str | None]:
    """Return a page of quotas, newest first, and the next cursor."""
    rows = select(Quota)
    if of is not None:
        rows = rows.where(Quota.of == of)
    if subject is not None:
        rows = rows.where(Quota.subject == subject)
    return fetch_page(session, rows, Quota.id, cursor=cursor, limit=limit)


def exists(session: Session, of: QuotaOf, subject: str) -> bool:
    """Return whether there is such a person, team or role."""
    kind: Any = _SUBJECTS[of]
    return session.get(kind, subject) is not None


def team_name(session: Session, team_id: str) -> str:
    """Return what the team is called."""
    team = session.get(Team, team_id)
    return team.name if team else ""


def _tally(session: Session, charge: UsageCharge, amount: int) -> None:
    holders = [holder(QuotaOf.PERSON, charge.user_id)]
    if charge.team_id:
        holders.append(holder(QuotaOf.TEAM, charge.team_id))
    for who in holders:
        fresh = insert_into(session, UsageTally).values(
            holder=who, day=charge.day, microcredits=amount
        )
        summed = fresh.on_conflict_do_update(
            index_elements=[col(UsageTally.holder), col(UsageTally.day)],
            set_={"microcredits": col(UsageTally.microcredits) + fresh.excluded.microcredits},
        )
        session.execute(summed)
