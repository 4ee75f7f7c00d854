"""Turns allowances into what a person sees of their credits, and quotas into what administrators see."""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.kit.settings import Settings
from backend.usage import repository, service
from backend.usage.models import Quota, QuotaOf
from backend.usage.periods import Period, today
from backend.usage.price import credits_in
from backend.usage.schemas import QuotaPublic, Spending, TeamUsage, UsagePublic
from backend.usage.service import Allowance, Spender


def usage_of(session: Session, settings: Settings, spender: Spender) -> UsagePublic:
    """Return what `spender`, and their team, have spent and may spend."""
    day, month, *teams = map(_spending, service.allowances(session, settings, spender))
    return UsagePublic(today=day, this_month=month, team=_team(session, spender, teams))


def quotas_of(session: Session, rows: list[Quota]) -> list[QuotaPublic]:
    """Return quotas with the names of whom they are for, and what was spent of each."""
    people = accounts.users_by_id(session, _subjects(rows, QuotaOf.PERSON))
    names = {one.id: one.name or one.email for one in people.values()}
    teams = accounts.teams_by_id(session, _subjects(rows, QuotaOf.TEAM))
    names |= {one.id: one.name for one in teams.values()}
    used = _used(session, rows)
    return [
        QuotaPublic(
            **service.limits_in(row).model_dump(),
            id=row.id,
            of=row.of,
            subject=row.subject,
            name=row.subject if row.of is QuotaOf.ROLE else names.get(row.subject, ""),
            email=people[row.subject].email if row.subject in people else None,
            used_today=day,
            used_this_month=month,
        )
        for row, (day, month) in zip(rows, used, strict=True)
    ]


def _subjects(rows: list[Quota], of: QuotaOf) -> set[str]:
    return {row.subject for row in rows if row.of is of}


def _used(session: Session, rows: list[Quota]) -> list[tuple[float | None, float | None]]:
    """Return what was spent of each quota today and this month; of a role's nothing is summed up."""
    moment = today(session)
    holders = [repository.holder(row.of, row.subject) for row in rows]
    firsts = [moment.first_of(period) for period in (Period.DAY, Period.MONTH)]
    sums = repository.spent_by(session, set(holders), firsts[0], firsts[1])
    return [
        (None, None) if row.of is QuotaOf.ROLE else _credits(sums.get(who, (0, 0)))
        for row, who in zip(rows, holders, strict=True)
    ]


def _credits(used: tuple[int, int]) -> tuple[float, float]:
    day, month = used
    return credits_in(day), credits_in(month)


def _team(session: Session, spender: Spender, found: list[Spending]) -> TeamUsage | None:
    if spender.team_id is None:
        return None
    name = repository.team_name(session, spender.team_id)
    return TeamUsage(id=spender.team_id, name=name, today=found[0], this_month=found[1])


def _spending(one: Allowance) -> Spending:
    return Spending(
        used=credits_in(one.used),
        limit=None if one.limit is None else credits_in(one.limit),
        remaining=None if one.remaining is None else credits_in(one.remaining),
        resets_at=one.resets_at,
    )
