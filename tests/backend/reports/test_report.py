"""What the usage report counts, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from math import ceil

import pytest
from sqlmodel import Session

from backend.accounts.models import Team, User
from backend.kit.database import Database
from backend.kit.errors import Unprocessable
from backend.kit.queue import State
from backend.reports import service
from backend.reports.schemas import By, Figures, ReportRow, UsageReport
from backend.reports.span import EARLIEST, MOST_DAYS, Span, span_of
from backend.usage.models import UsageCharge
from tests.fixtures.actors import add_user
from tests.fixtures.drawings import OPEN, REJECTED, RELEASED, Drawing, add_drawing

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
THREE = Span(DAY - timedelta(days=1), DAY + timedelta(days=1))


@pytest.fixture
def dana(database: Database) -> User:
    with database.write() as session:
        team = Team(name="Knitwear")
        session.add(team)
    return add_user(database, name="Dana", team_id=team.id)


def draw(database: Database, owner: User, *drawings: Drawing, at: datetime = NOON) -> list[str]:
    with database.write() as session:
        return [add_drawing(session, owner, at, one).id for one in drawings]


def told(database: Database, by: By, span: Span = THREE, *, compare: bool = False) -> UsageReport:
    with database.read() as session:
        return service.report(session, span, by, compare=compare)


class TestFigures:
    def test_nothing_was_drawn(self, database: Database) -> None:
        report = told(database, By.DAY, compare=True)
        assert report.total == report.before == Figures()
        assert [row.key for row in report.items] == ["2026-11-19", "2026-11-20", "2026-11-21"]
        assert told(database, By.PERSON).items == []

    def test_counts_ends_images_credits_and_what_was_held(
        self, database: Database, dana: User
    ) -> None:
        draw(
            database,
            dana,
            Drawing(images=4, flags=(RELEASED, REJECTED, OPEN), charged=2.5),
            Drawing(state=State.FAILED, images=0, charged=2.0, refunded=2.0),
            Drawing(state=State.CANCELED, images=1, charged=2.0, refunded=0.5, wait=None),
            Drawing(state=State.QUEUED, images=0, wait=None),
        )
        found = told(database, By.DAY).total
        assert (found.generations, found.succeeded, found.failed, found.canceled) == (4, 1, 1, 1)
        assert (found.images, found.held, found.released, found.rejected) == (5, 3, 1, 1)
        assert found.hold_rate == 3 / 5
        assert found.credits == 5.0

    def test_percentiles_are_values_that_so_many_do_not_exceed(
        self, database: Database, dana: User
    ) -> None:
        chance = random.Random(5)
        waits = [chance.choice((0.25, 0.5, 1.0, 8.0, 60.0)) for _ in range(41)]
        runs = [chance.randrange(1, 900) / 8 for _ in range(41)]
        draw(database, dana, *(Drawing(wait=w, run=r) for w, r in zip(waits, runs, strict=True)))
        found = told(database, By.DAY).total
        for values, half, most in (
            (waits, found.wait_p50, found.wait_p95),
            (runs, found.run_p50, found.run_p95),
        ):
            ordered = sorted(values)
            assert half == pytest.approx(ordered[ceil(0.50 * 41) - 1], abs=0.001)
            assert most == pytest.approx(ordered[ceil(0.95 * 41) - 1], abs=0.001)

    def test_a_failure_waited_and_did_not_run(self, database: Database, dana: User) -> None:
        draw(database, dana, Drawing(state=State.FAILED, wait=3.0, run=500.0, images=0))
        found = told(database, By.DAY).total
        assert found.wait_p50 == pytest.approx(3.0, abs=0.001)
        assert found.run_p50 is None

    def test_a_wait_between_two_clocks_is_never_below_nothing(
        self, database: Database, dana: User
    ) -> None:
        draw(database, dana, Drawing(wait=-0.4))
        assert told(database, By.DAY).total.wait_p50 == 0.0

    def test_days_begin_at_midnight_of_utc(self, database: Database, dana: User) -> None:
        midnight = datetime(2026, 11, 20, tzinfo=UTC)
        for at in (midnight - timedelta(microseconds=1), midnight, midnight + timedelta(days=1)):
            draw(database, dana, Drawing(), at=at)
        assert [row.generations for row in told(database, By.DAY).items] == [1, 1, 1]
        only = told(database, By.DAY, Span(DAY, DAY))
        assert (only.total.generations, only.total.credits) == (1, 1.0)

    def test_tells_the_days_before(self, database: Database, dana: User) -> None:
        draw(database, dana, Drawing(images=2), at=NOON - timedelta(days=3))
        draw(database, dana, Drawing(images=3))
        report = told(database, By.MODEL, compare=True)
        assert report.before is not None
        assert (report.total.images, report.before.images) == (3, 2)


class TestTellsApart:
    def test_people_and_teams_with_their_names_and_who_spent_most_first(
        self, database: Database, dana: User
    ) -> None:
        alone = add_user(database, name="Wim")
        draw(database, dana, Drawing(charged=1.0, images=5))
        draw(database, alone, Drawing(charged=4.0))
        people = told(database, By.PERSON).items
        assert [(row.name, row.email, row.images) for row in people] == [
            ("Wim", alone.email, 1),
            ("Dana", dana.email, 5),
        ]
        teams = told(database, By.TEAM).items
        assert [(row.key, row.name, row.credits, row.images) for row in teams] == [
            ("", "", 4.0, 1),
            (dana.team_id, "Knitwear", 1.0, 5),
        ]

    def test_a_team_is_the_one_of_then(self, database: Database, dana: User) -> None:
        draw(database, dana, Drawing())
        with database.write() as session:
            session.get_one(User, dana.id).team_id = None
        assert [row.name for row in told(database, By.TEAM).items] == ["Knitwear"]

    def test_models_each_with_percentiles_of_its_own(self, database: Database, dana: User) -> None:
        draw(database, dana, Drawing(model="vega", run=3.0), Drawing(model="mini", run=1.0))
        found = {row.key: row for row in told(database, By.MODEL).items}
        assert {name: row.run_p95 for name, row in found.items()} == {
            "vega": pytest.approx(3.0, abs=0.001),
            "mini": pytest.approx(1.0, abs=0.001),
        }

    def test_what_was_deleted_stays_paid_for(self, database: Database, dana: User) -> None:
        with database.write() as session:
            _charge_alone(session, dana)
        [person] = told(database, By.PERSON).items
        assert (person.generations, person.credits) == (0, 3.0)
        assert [(row.key, row.credits) for row in told(database, By.MODEL).items] == [("", 3.0)]

    def test_more_rows_than_fit_are_counted(
        self, database: Database, dana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "MOST_ROWS", 1)
        draw(database, dana, Drawing(model="vega"), Drawing(model="mini"))
        report = told(database, By.MODEL)
        assert (len(report.items), report.left_off) == (1, 1)
        with database.read() as session:
            assert len(_all(session)) == 2


class TestSpan:
    def test_the_usual_one_is_thirty_days(self) -> None:
        found = span_of(None, None, DAY)
        assert (found.first, found.last, len(found.days)) == (date(2026, 10, 22), DAY, 30)
        assert found.before == Span(date(2026, 9, 22), date(2026, 10, 21))

    def test_more_than_a_year_is_refused_with_the_nearest(self) -> None:
        good = DAY - timedelta(days=MOST_DAYS - 1)
        assert len(span_of(good, DAY, DAY).days) == MOST_DAYS
        with pytest.raises(Unprocessable) as caught:
            span_of(good - timedelta(days=1), DAY, DAY)
        [problem] = caught.value.fields
        assert (problem.field, problem.nearest) == ("from", str(good))
        assert "367 days" in caught.value.message

    def test_the_wrong_way_round_is_refused(self) -> None:
        with pytest.raises(Unprocessable) as caught:
            span_of(DAY, DAY - timedelta(days=1), DAY)
        assert caught.value.fields[0].nearest == str(DAY - timedelta(days=1))

    def test_the_first_day_of_all_has_days_before_it(self) -> None:
        assert span_of(EARLIEST, EARLIEST, DAY).before.last == EARLIEST - timedelta(days=1)


def _charge_alone(session: Session, owner: User) -> None:
    session.add(
        UsageCharge(generation_id="gone", user_id=owner.id, day=DAY, microcredits=3_000_000)
    )


def _all(session: Session) -> list[ReportRow]:
    return service.rows(session, THREE, By.MODEL)
