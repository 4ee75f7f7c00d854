"""The usage report over HTTP."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio
from tests.fixtures.drawings import Drawing, add_drawing

REPORT = "/api/v1/usage/report"


@pytest.fixture
def admin(shared_studio: Studio) -> Client:
    return shared_studio.actors.browser("admin")


def test_says_the_last_thirty_days_unless_asked_otherwise(admin: Client) -> None:
    answer = admin.get(REPORT).json()
    assert answer["last_day"] == str(datetime.now(UTC).date())
    assert (answer["by"], len(answer["items"]), answer["before"]) == ("day", 30, None)


def test_what_was_really_drawn_is_in_it(shared_studio: Studio, admin: Client) -> None:
    person = shared_studio.actors.browser()
    shared_studio.draw(person, "a red hat", num_images=2)
    shared_studio.draw(person, "a hat with motif")
    who = person.get("/api/v1/me").json()["id"]
    rows = admin.get(REPORT, params={"by": "person"}).json()["items"]
    [row] = [one for one in rows if one["key"] == who]
    assert (row["generations"], row["images"], row["held"]) == (2, 3, 1)
    assert row["hold_rate"] == pytest.approx(1 / 3)
    assert row["credits"] == pytest.approx(3 * 64 * 64 * 4 / 1e6)
    assert row["wait_p50"] >= 0
    assert row["run_p95"] > 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2024-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "0001-01-01"}, "from"),
        ({"by": "key"}, "by"),
    ],
)
def test_names_the_field_that_is_wrong(admin: Client, asked: dict[str, str], field: str) -> None:
    answer = admin.get(REPORT, params=asked)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["fields"]] == [field]


def test_the_table_has_the_rows_and_runs_no_formula(shared_studio: Studio, admin: Client) -> None:
    database = shared_studio.context.database
    person = add_user(database, name="=HYPERLINK()")
    then = datetime(2025, 3, 4, 12, tzinfo=UTC)
    with database.write() as session:
        add_drawing(session, person, then, Drawing(wait=None, run=None, images=0))
    days = {"from": str(then.date()), "to": str(then.date() + timedelta(days=1)), "by": "person"}
    answer = admin.get(f"{REPORT}.csv", params=days)
    assert "atelier-usage-person-2025-03-04-2025-03-05.csv" in answer.headers["content-disposition"]
    [row] = csv.DictReader(StringIO(answer.text))
    assert (row["key"], row["name"]) == (person.id, "'=HYPERLINK()")
    assert (row["generations"], row["wait_p50"], row["credits"]) == ("1", "", "1.0")
