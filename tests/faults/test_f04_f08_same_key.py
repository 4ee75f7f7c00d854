"""F8 and F4: the same key fifty times at once, and from an API that is killed while it answers: one generation."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from sqlmodel import func, select

from backend.generations.models import Generation
from backend.kit.database import Database
from backend.kit.ids import new_id
from tests.faults.api import Api, running_api
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.telling import Tell

AT_ONCE = 50
KILLS, TRIALS_A_KILL = 5, 20  # on each of two databases
BODY = {"prompt": "a red dress"}
pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


def submit(api: Api, key: str, repeated: str, body: Mapping[str, object] = BODY) -> httpx2.Response:
    with api.client(key) as client:
        return client.post("/api/v1/generations", json=body, headers={"Idempotency-Key": repeated})


def count(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(Generation)).one()


def test_fifty_at_once_are_one(database: Database, key: str, tmp_path: Path, tell: Tell) -> None:
    with running_api(str(database.url), tmp_path) as api, ThreadPoolExecutor(AT_ONCE) as pool:
        api.wait_until_up()
        answers = list(pool.map(lambda _: submit(api, key, "same"), range(AT_ONCE)))
        other = submit(api, key, "same", {"prompt": "a blue coat"})
    told = {
        "fault": "F8",
        "database": database.engine.dialect.name,
        "asked": AT_ONCE,
        "generations": count(database),
        "ids": len({answer.json().get("id") for answer in answers}),
        "accepted": sum(answer.status_code == 202 for answer in answers),
        "known": sum(answer.status_code == 200 for answer in answers),
        "other_body": other.status_code,
    }
    tell(told)
    assert (told["generations"], told["ids"], told["accepted"]) == (1, 1, 1)
    assert told["known"] == AT_ONCE - 1
    assert other.status_code == 422


def test_an_api_killed_while_it_answers_has_accepted_once(
    database: Database, tmp_path: Path, tell: Tell
) -> None:
    chance = random.Random(4)
    people = [add_key(database, add_user(database)) for _ in range(KILLS)]
    asked: list[tuple[str, str]] = []
    unanswered = 0
    for person in people:
        trials = [(person, new_id()) for _ in range(TRIALS_A_KILL)]
        asked += trials
        with running_api(str(database.url), tmp_path) as api:
            api.wait_until_up()
            unanswered += _ask_until_it_is_killed(api, trials, chance.randint(1, 10))
    with running_api(str(database.url), tmp_path) as api:
        api.wait_until_up()
        again = [submit(api, *one) for one in asked]
    told = {
        "fault": "F4",
        "database": database.engine.dialect.name,
        "trials": len(asked),
        "kills": KILLS,
        "unanswered": unanswered,
        "generations": count(database),
    }
    tell(told)
    assert {answer.status_code for answer in again} <= {200, 202}
    assert told["generations"] == len(asked) == len({answer.json()["id"] for answer in again})
    assert 0 < unanswered < len(asked)


def _ask_until_it_is_killed(api: Api, trials: list[tuple[str, str]], answers: int) -> int:
    """Send every trial at once and kill the API at the first few answers; return how many got none."""
    answered: list[str] = []
    turn = threading.Lock()

    def ask(trial: tuple[str, str]) -> None:
        with suppress(httpx2.TransportError):
            assert submit(api, *trial).status_code == 202
            with turn:
                answered.append(trial[1])
                if len(answered) == answers:
                    api.kill()

    with ThreadPoolExecutor(len(trials)) as pool:
        list(pool.map(ask, trials))
    return len(trials) - len(answered)
