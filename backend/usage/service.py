"""The verbs of credits, each in its caller's transaction: charge, refund, say what is left, set a limit.

A person spends by the first of these that there is: a quota of their own, of their role, the settings'. Their
team's quota, if it has one, holds as well. Whoever charges keeps other charges waiting (`generations.service`
does), so that no limit is ever passed by a single credit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from backend.audit import service as audit
from backend.kit.errors import FieldProblem, NotFound, QuotaExceeded, QuotaTooSmall, Unprocessable
from backend.kit.settings import Settings
from backend.usage import repository
from backend.usage.models import Quota, QuotaOf, UsageCharge
from backend.usage.periods import Period, today
from backend.usage.price import credits_in, micro
from backend.usage.schemas import QuotaLimits, QuotaWrite


class Spender(Protocol):
    """Whose credits are spent: an Actor, or the row of a person."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def team_id(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True)
class Allowance:
    """How one limit stands: what was spent of it, and when it starts anew. Millionths of a credit."""

    of: QuotaOf
    period: Period
    used: int
    limit: int | None
    resets_at: datetime

    @property
    def remaining(self) -> int | None:
        """What is left; 0 where a limit was lowered below what was spent, None where there is none."""
        return None if self.limit is None else max(0, self.limit - self.used)

    def bears(self, price: int) -> bool:
        """Return whether `price` more may be spent."""
        return self.limit is None or self.used + price <= self.limit


def allowances(session: Session, settings: Settings, spender: Spender) -> list[Allowance]:
    """Return how every limit of `spender` stands: their own two, then their team's two."""
    moment = today(session)
    firsts = [moment.first_of(period) for period in Period]
    limits = _limits_of(session, settings, spender)
    holders = {of: repository.holder(of, subject) for of, subject in _holders(spender).items()}
    used = repository.spent_by(session, set(holders.values()), *firsts)
    return [
        Allowance(of, period, spent, limit, moment.resets_at(period))
        for of, who in holders.items()
        for period, spent, limit in zip(Period, used.get(who, (0, 0)), limits[of], strict=True)
    ]


def narrowest(found: list[Allowance]) -> Allowance | None:
    """Return the limit that leaves the least, the one that lasts longest if several do; None without limits."""
    limited = [one for one in found if one.remaining is not None]
    return min(limited, key=lambda one: (one.remaining, -one.resets_at.timestamp()), default=None)


def refuse_beyond(session: Session, settings: Settings, spender: Spender, price: int) -> None:
    """Return if `price` more may be spent.

    Raises:
        QuotaExceeded: Not before a limit starts anew.
        QuotaTooSmall: Never, under a limit as it is.
    """
    over = [one for one in allowances(session, settings, spender) if not one.bears(price)]
    if not over:
        return
    hopeless = [one for one in over if one.limit is not None and price > one.limit]
    if hopeless:
        raise QuotaTooSmall(_told(hopeless[0], price), fields=[_field(hopeless[0])])
    last = max(over, key=lambda one: one.resets_at)
    wait = (last.resets_at - today(session).now).total_seconds()
    raise QuotaExceeded(
        _told(last, price), retry_after=max(1, math.ceil(wait)), fields=[_field(last)]
    )


def charge(session: Session, spender: Spender, generation_id: str, price: int) -> None:
    """Write into the ledger that `spender` pays `price` for a generation."""
    repository.add(
        session,
        UsageCharge(
            generation_id=generation_id,
            user_id=spender.id,
            team_id=spender.team_id,
            day=today(session).day,
            microcredits=price,
        ),
    )


def refund(session: Session, generation_id: str, *, drawn: float = 0.0) -> None:
    """Give back what was charged for a generation that ended without images, but for the share `drawn`.

    It counts for the day of the charge. Refunding twice is no error, and gives nothing twice.
    """
    row = repository.find_charge(session, generation_id)
    if row is None:
        return
    owed = row.microcredits - math.ceil(row.microcredits * min(1.0, max(0.0, drawn)))
    if owed > row.refunded:
        repository.give_back(session, row, owed - row.refunded)


def set_quota(session: Session, actor_id: str, wanted: QuotaWrite) -> Quota:
    """Set how much a person, a team or each person of a role may spend; it holds from now on.

    Raises:
        Unprocessable: There is no such person, team or role.
    """
    if not repository.exists(session, wanted.of, wanted.subject):
        problem = FieldProblem(field="subject", message=f"is no {wanted.of} of this studio")
        raise Unprocessable(
            f"subject: there is no {wanted.of} {wanted.subject!r}", fields=[problem]
        )
    row = repository.find_quota(session, wanted.of, wanted.subject)
    row = row or Quota(of=wanted.of, subject=wanted.subject)
    row.day_microcredits = _micro(wanted.credits_per_day)
    row.month_microcredits = _micro(wanted.credits_per_month)
    session.add(row)
    session.flush()
    _record(session, actor_id, "quota.set", row)
    return row


def remove_quota(session: Session, actor_id: str, quota_id: str) -> None:
    """Let a person, a team or a role have no quota of its own any more.

    Raises:
        NotFound: There is no such quota.
    """
    row = repository.get_quota(session, quota_id)
    if row is None:
        raise NotFound(f"There is no quota {quota_id!r}.")
    _record(session, actor_id, "quota.remove", row)
    session.delete(row)


def otherwise(settings: Settings) -> QuotaLimits:
    """Return what holds for people whom no quota names."""
    return _limits(*_of_settings(settings))


def limits_in(quota: Quota) -> QuotaLimits:
    """Return what holds for whom the quota names."""
    return _limits(*_both(quota))


def _holders(spender: Spender) -> dict[QuotaOf, str]:
    """Return under whose names the credits of `spender` are summed up."""
    team = {} if spender.team_id is None else {QuotaOf.TEAM: spender.team_id}
    return {QuotaOf.PERSON: spender.id, **team}


def _limits_of(
    session: Session, settings: Settings, spender: Spender
) -> dict[QuotaOf, tuple[int | None, int | None]]:
    """Return what holds for `spender` and for their team."""
    found = repository.quotas_of(session, {**_holders(spender), QuotaOf.ROLE: spender.role})
    own = found.get(QuotaOf.PERSON) or found.get(QuotaOf.ROLE)
    teams = found.get(QuotaOf.TEAM)
    return {
        QuotaOf.PERSON: _of_settings(settings) if own is None else _both(own),
        QuotaOf.TEAM: (None, None) if teams is None else _both(teams),
    }


def _of_settings(settings: Settings) -> tuple[int | None, int | None]:
    """Return the settings' limits, where 0 stands for none."""
    day, month = settings.credits_per_day, settings.credits_per_month
    return (micro(day) if day else None, micro(month) if month else None)


def _told(one: Allowance, price: int) -> str:
    whose = "Your team has" if one.of is QuotaOf.TEAM else "You have"
    limit, used = credits_in(one.limit or 0), credits_in(one.used)
    when = f"{one.resets_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"This costs {credits_in(price):.6g} credits. {whose} used {used:.6g} of {limit:.6g} this "
        f"{one.period}; it starts anew at {when}."
    )


def _field(one: Allowance) -> FieldProblem:
    return FieldProblem(
        field="credits",
        message=f"{credits_in(one.remaining or 0):.6g} are left this {one.period}",
        limit=f"{credits_in(one.limit or 0):.6g} a {one.period}",
        nearest=credits_in(one.remaining or 0),
    )


def _both(quota: Quota) -> tuple[int | None, int | None]:
    return quota.day_microcredits, quota.month_microcredits


def _limits(day: int | None, month: int | None) -> QuotaLimits:
    return QuotaLimits(
        credits_per_day=None if day is None else credits_in(day),
        credits_per_month=None if month is None else credits_in(month),
    )


def _micro(credits: float | None) -> int | None:  # noqa: A002
    return None if credits is None else micro(credits)


def _record(session: Session, actor_id: str, verb: str, row: Quota) -> None:
    limits = {"day": row.day_microcredits, "month": row.month_microcredits}
    detail = {
        name: "none" if amount is None else f"{credits_in(amount):.6g}"
        for name, amount in limits.items()
    }
    audit.record(
        session,
        actor_id=actor_id,
        verb=verb,
        subject=f"quota:{row.of}:{row.subject}",
        detail=detail,
    )
