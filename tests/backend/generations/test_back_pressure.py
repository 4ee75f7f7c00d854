"""How much is taken on: by one person, and by the whole studio; at the edge, and fifty at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select, update

from backend.generations.models import Generation
from backend.kit.clock import utc_now
from backend.kit.context import SUBMISSIONS_AT_ONCE
from backend.kit.queue import State
from backend.kit.settings import Settings
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API = "/api/v1/generations"
DEPTH, EACH, AT_ONCE = 12, 4, 50


@pytest.fixture
def studio_settings(studio_settings: Settings) -> Settings:
    return studio_settings.model_copy(
        update={"dispatch_concurrency": 0, "max_queued": DEPTH, "max_outstanding": EACH}
    )


def post(person: Client, **asked: Any) -> Any:
    return person.post(API, json={"prompt": "a red dress", **asked})


def queued(studio: Studio) -> int:
    with studio.context.database.read() as session:
        rows = select(func.count()).where(Generation.state == State.QUEUED)
        return session.exec(rows).one()


def fill(studio: Studio) -> list[str]:
    """Queue as much as the studio takes on."""
    ids = []
    for _ in range(DEPTH // EACH):
        person = studio.actors.program("designer")
        ids += [studio.submit(person) for _ in range(EACH)]
    return ids


def test_the_whole_queue_has_a_depth(studio: Studio) -> None:
    ids = fill(studio)
    person = studio.actors.program("designer")
    refused = post(person)
    assert refused.status_code == 503
    assert refused.json()["code"] == "queue_full"
    assert refused.headers["retry-after"] == "10"  # nothing was measured yet
    assert queued(studio) == DEPTH
    with studio.context.database.write() as session:
        session.execute(
            update(Generation)
            .where(col(Generation.id) == ids[0])
            .values(state=State.RUNNING, started_at=utc_now())
        )
    assert post(person).status_code == 202
    assert post(person).status_code == 503


def test_who_may_not_generate_is_told_so_whatever_else_is_wrong(studio: Studio) -> None:
    fill(studio)
    mira = studio.actors.program("marketing")
    for asked in ({}, {"model": "nosuch"}, {"width": 3}):
        assert post(mira, **asked).status_code == 403
    assert mira.post(f"{API}?dry_run=true", json={"prompt": "a hat"}).status_code == 403


def test_says_when_to_come_back_by_the_measured_pace(studio: Studio) -> None:
    now = utc_now()
    done = studio.submit(studio.actors.program("designer"))
    with studio.context.database.write() as session:
        session.execute(
            update(Generation)
            .where(col(Generation.id) == done)
            .values(state=State.SUCCEEDED, started_at=now - timedelta(seconds=42.4), ended_at=now)
        )
    fill(studio)
    assert post(studio.actors.program("designer")).headers["retry-after"] == "43"


def test_a_dry_run_and_a_known_key_are_answered_all_the_same(studio: Studio) -> None:
    person = studio.actors.program("designer")
    headers = {"Idempotency-Key": "k"}
    first = person.post(API, json={"prompt": "a red dress"}, headers=headers)
    while queued(studio) < DEPTH:
        studio.submit(studio.actors.program("designer"))
    again = person.post(API, json={"prompt": "a red dress"}, headers=headers)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert person.post(f"{API}?dry_run=true", json={"prompt": "a dress"}).status_code == 200


def test_fifty_at_once_fill_it_exactly(studio: Studio) -> None:
    people = [studio.actors.program("designer") for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [task.result() for task in [pool.submit(post, one) for one in people]]
    assert Counter(one.status_code for one in answers) == {202: DEPTH, 503: AT_ONCE - DEPTH}
    assert queued(studio) == DEPTH
    for one in answers:
        if one.status_code == 503:
            assert one.json()["code"] == "queue_full"
            assert int(one.headers["retry-after"]) >= 1


def test_fifty_at_once_of_one_person_fill_their_share_exactly(studio: Studio) -> None:
    person = studio.actors.program("designer")
    priorities = ["high", "normal", "low"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(post, person, priority=priorities[number % 3]) for number in range(AT_ONCE)
        ]
        answers = [task.result() for task in asked]
    assert Counter(one.status_code for one in answers) == {202: EACH, 429: AT_ONCE - EACH}
    assert queued(studio) == EACH
    for one in answers:
        if one.status_code == 429:
            assert int(one.headers["retry-after"]) >= 1


def test_who_submits_while_too_many_are_looked_at_is_sent_away_before_anything_is_done(
    studio: Studio,
) -> None:
    person = studio.actors.program("designer")
    with ExitStack() as inside:
        for _ in range(SUBMISSIONS_AT_ONCE):
            inside.enter_context(studio.context.submissions.passed())
        refused = post(person)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert refused.headers["retry-after"] == "1"
        assert person.get(API).status_code == 200
    assert post(person).status_code == 202
    assert queued(studio) == 1
