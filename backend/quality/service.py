"""Puts the figures of moderation together. An image counts in the week, and for the version, in which it was judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlmodel import Session

from backend.kit.clock import utc_now
from backend.moderation.schemas import FlagOrigin, FlagState
from backend.policies import service as policies
from backend.policies.schemas import PolicyDocument
from backend.quality import repository
from backend.quality.measures import Stratum, kappa, recall, share
from backend.quality.repository import REJECT, Flagged, Judged
from backend.quality.schemas import Measure, Quality, QualityRow, QualityWeek

K = TypeVar("K")


class _Some:
    """Images that belong together, and the flags on them."""

    def __init__(self, judged: Sequence[Judged], flagged: Sequence[Flagged]) -> None:
        self.images = sum(one.images for one in judged)
        self._flagged = flagged

    def count(self, *origins: FlagOrigin, state: FlagState | None = None) -> int:
        """Return how many have a flag of these origins, in that state."""
        return sum(
            one.images
            for one in self._flagged
            if one.origin in origins and state in {None, one.state}
        )

    @property
    def held(self) -> int:
        """How many the safety check held."""
        return self.count(FlagOrigin.CHECK)

    @property
    def confirmed(self) -> int:
        """Held ones that people rejected."""
        return self.count(FlagOrigin.CHECK, state=FlagState.REJECTED)

    @property
    def refuted(self) -> int:
        """Held ones that people released."""
        return self.count(FlagOrigin.CHECK, state=FlagState.RELEASED)

    @property
    def decided(self) -> int:
        """Held ones that people decided about."""
        return self.confirmed + self.refuted

    @property
    def stratum(self) -> Stratum:
        """The same, as recall is estimated from it."""
        return Stratum(
            held=self.held,
            confirmed=self.confirmed,
            refuted=self.refuted,
            released=self.images - self.count(FlagOrigin.CHECK, FlagOrigin.PROMPT),
            missed=self.count(FlagOrigin.SAMPLE, state=FlagState.REJECTED),
            rightly=self.count(FlagOrigin.SAMPLE, state=FlagState.RELEASED),
        )

    def precision(self) -> Measure:
        """Of the held, how many people rejected."""
        return share(self.confirmed, self.decided)

    def missed(self) -> Measure:
        """Of the released, how many people rejected when they looked by chance."""
        seen = self.stratum
        return share(seen.missed, seen.missed + seen.rightly)


def quality(session: Session, weeks: int) -> Quality:
    """Return the figures of the last `weeks` weeks, the running one among them."""
    today = utc_now().date()
    first = _monday(today) - timedelta(weeks=weeks - 1)
    since = datetime.combine(first, time(), UTC)
    judged, flagged = repository.judged(session, since), repository.flagged(session, since)
    every = _Some(judged, flagged)
    versions = _told_apart(judged, flagged, lambda one: one.version)
    table = _twice_decided(repository.decisions(session, since))
    return Quality(
        first_day=first,
        last_day=today,
        images=every.images,
        held=every.held,
        decided=every.decided,
        sampled=every.count(FlagOrigin.SAMPLE),
        looked_at=every.missed().of,
        precision=every.precision(),
        missed=every.missed(),
        recall=recall([one.stratum for one in versions.values()]),
        agreement=kappa(*table),
        alike=table[0] + table[3],
        weeks=_weeks(judged, flagged, first, weeks),
        categories=_categories(flagged, policies.active(session).document),
        versions=[_row(key, some) for key, some in sorted(versions.items(), key=_by_number)],
    )


def _weeks(
    judged: Sequence[Judged], flagged: Sequence[Flagged], first: date, weeks: int
) -> list[QualityWeek]:
    by_week = _told_apart(judged, flagged, lambda one: _monday(one.day))
    mondays = [first + timedelta(weeks=place) for place in range(weeks)]
    return [_week(monday, by_week.get(monday) or _Some((), ())) for monday in mondays]


def _week(monday: date, some: _Some) -> QualityWeek:
    return QualityWeek(
        week=monday,
        images=some.images,
        held=some.held,
        precision=some.precision(),
        missed=some.missed(),
    )


def _categories(flagged: Sequence[Flagged], policy: PolicyDocument) -> list[QualityRow]:
    """Return the categories of what was held, those that hold the most first."""
    told = [one for one in flagged if one.category and one.origin is FlagOrigin.CHECK]
    groups = _told_apart((), told, lambda one: one.category)
    rows = [
        QualityRow(
            key=key,
            title=known.title if (known := policy.category(key)) else key,
            images=None,
            held=some.held,
            decided=some.decided,
            precision=some.precision(),
            missed=None,
        )
        for key, some in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.held, row.key))


def _row(key: str, some: _Some) -> QualityRow:
    return QualityRow(
        key=key,
        title=key,
        images=some.images,
        held=some.held,
        decided=some.decided,
        precision=some.precision(),
        missed=some.missed(),
    )


def _told_apart(
    judged: Sequence[Judged], flagged: Sequence[Flagged], key: Callable[[Any], K]
) -> dict[K, _Some]:
    """Return what was judged and flagged by `key`, which reads either."""
    keys = {key(one) for one in (*judged, *flagged)}
    return {
        each: _Some(
            [one for one in judged if key(one) == each],
            [one for one in flagged if key(one) == each],
        )
        for each in keys
    }


def _twice_decided(
    decisions: Iterable[tuple[str, str | None, str]],
) -> tuple[int, int, int, int]:
    """Count cases by what the first person and the second one decided; the first one's last word counts."""
    first: dict[str, tuple[str | None, str]] = {}
    pairs: dict[str, tuple[bool, bool]] = {}
    for subject, actor, verb in decisions:
        if subject in pairs:
            continue
        before = first.get(subject)
        if before is None or before[0] == actor:
            first[subject] = (actor, verb)
        else:
            pairs[subject] = (before[1] == REJECT, verb == REJECT)
    seen = list(pairs.values())
    cells = ((True, True), (True, False), (False, True), (False, False))
    a, b, c, d = (seen.count(cell) for cell in cells)
    return a, b, c, d


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _by_number(item: tuple[str, _Some]) -> tuple[int, str]:
    key, _ = item
    return (-int(key) if key.isdecimal() else 0), key
