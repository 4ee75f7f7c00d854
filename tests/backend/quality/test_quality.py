"""The figures of moderation on both databases, from images that were judged and people who decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from backend.accounts.models import User
from backend.audit import service as audit
from backend.kit.database import Database
from backend.moderation import deciding
from backend.moderation.models import Flag
from backend.moderation.schemas import Decision, FlagState, Review
from backend.policies.digests import digest_of
from backend.policies.models import Policy
from backend.quality import service
from backend.quality.schemas import LEAST, Quality
from tests.backend.moderation.conftest import Listening
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.judged import TWO, add_judged, scores

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
HELD, FINE = scores(motif=0.5), scores(motif=-0.5)


@pytest.fixture(autouse=True)
def wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.quality.service.utc_now", lambda: NOW)


@pytest.fixture
def dana(database: Database) -> User:
    return add_user(database, "designer")


def sampled(database: Database, share: float) -> None:
    document = TWO.model_copy(update={"sampled": share})
    with database.write() as session:
        row = session.get_one(Policy, 1)
        row.document, row.digest = document, digest_of(document)


def decide(database: Database, *, reject: int) -> None:
    """Have a reviewer decide about all that is open: reject that many, release the rest."""
    reviewer = actor_of(add_user(database, "admin"))
    with database.write() as session:
        opened = select(Flag.id).where(Flag.state == FlagState.OPEN).order_by(col(Flag.id))
        for place, flag in enumerate(session.exec(opened).all()):
            decision = Decision.REJECT if place < reject else Decision.RELEASE
            deciding.review(session, Listening(), reviewer, flag, Review(decision=decision))


def read(database: Database, weeks: int = 4) -> Quality:
    with database.read() as session:
        return service.quality(session, weeks)


class TestQuality:
    def test_nothing_was_judged(self, database: Database) -> None:
        found = read(database)
        assert (found.images, found.precision.value, found.recall.value) == (0, None, None)
        assert [str(one.week) for one in found.weeks] == [
            "2026-10-26",
            "2026-11-02",
            "2026-11-09",
            "2026-11-16",
        ]

    def test_precision_is_of_what_was_decided(self, database: Database, dana: User) -> None:
        sampled(database, 0.0)
        add_judged(database, dana, [HELD] * 25 + [FINE] * 10, at=NOW)
        decide(database, reject=20)
        add_judged(database, dana, [HELD] * 5, at=NOW)
        found = read(database)
        assert (found.images, found.held, found.decided) == (40, 30, 25)
        assert found.precision.value == 20 / 25
        [category] = found.categories
        assert (category.key, category.held, category.precision) == (
            "restricted",
            30,
            found.precision,
        )
        [version] = found.versions
        assert (version.key, version.images, version.held) == ("1", 40, 30)

    def test_few_decisions_are_no_figure(self, database: Database, dana: User) -> None:
        add_judged(database, dana, [HELD] * (LEAST - 1), at=NOW)
        decide(database, reject=10)
        found = read(database).precision
        assert (found.value, found.of) == (None, LEAST - 1)

    def test_recall_comes_from_what_was_looked_at_by_chance(
        self, database: Database, dana: User
    ) -> None:
        sampled(database, 1.0)
        add_judged(database, dana, [HELD] * 40, at=NOW)
        decide(database, reject=30)
        add_judged(database, dana, [FINE] * 50, at=NOW)
        decide(database, reject=10)
        found = read(database)
        assert (found.sampled, found.looked_at) == (50, 50)
        assert found.missed.value == 10 / 50
        assert found.recall.value == pytest.approx(30 / (30 + 10))

    def test_an_image_counts_in_the_week_it_was_judged_in(
        self, database: Database, dana: User
    ) -> None:
        add_judged(database, dana, [HELD] * 3, at=NOW - timedelta(days=3))  # the Sunday before
        add_judged(database, dana, [HELD] * 2, at=NOW - timedelta(days=2))
        add_judged(database, dana, [HELD], at=NOW - timedelta(weeks=5))
        found = read(database, weeks=2)
        assert [(str(one.week), one.held) for one in found.weeks] == [
            ("2026-11-09", 3),
            ("2026-11-16", 2),
        ]


class TestAgreement:
    def test_is_of_cases_that_two_people_decided(self, database: Database) -> None:
        one, other = (add_user(database, "admin") for _ in range(2))
        said = [("reject", "reject")] * 20 + [("reject", "release")] * 5
        said += [("release", "reject")] * 10 + [("release", "release")] * 15
        with database.write() as session:
            for number, pair in enumerate(said):
                for person, word in zip((one, other), pair, strict=True):
                    audit.record(
                        session,
                        actor_id=person.id,
                        verb=f"image.{word}",
                        subject=f"image:{number}",
                    )
            for word in ("release", "reject"):  # the same person thought again: no second opinion
                audit.record(session, actor_id=one.id, verb=f"image.{word}", subject="image:again")
        found = read(database, weeks=52)
        assert (found.agreement.of, found.alike) == (50, 35)
        assert found.agreement.value == pytest.approx(0.4)
