"""Two real processes share one limit on requests, and one on credits: exactly, on each database."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from sqlmodel import select

from backend.kit.database import Database, database_time
from backend.kit.settings import Settings
from backend.usage import service
from backend.usage.models import QuotaOf
from backend.usage.schemas import QuotaWrite
from tests.backend.app.test_two_processes import serving
from tests.fixtures.actors import actor_of, add_key, add_user
from tests.fixtures.telling import Tell

EACH = 64 * 64 * 4 / 1e6
AT_ONCE, MAY_SPEND, QUOTA = 50, 20, 80
INTERVAL_S = 60 / QUOTA


@pytest.mark.heavy
def test_two_processes_share_limits_exactly(
    database: Database, tmp_path: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_RATE_CHANGES", str(QUOTA))
    with ExitStack() as opened:
        dana, erin = add_user(database), add_user(database)
        with database.write() as session:
            limit = MAY_SPEND * EACH + EACH / 2
            quota = QuotaWrite(of=QuotaOf.PERSON, subject=dana.id, credits_per_day=limit)
            service.set_quota(session, "admin", quota)
        keys = {"dana": add_key(database, dana), "erin": add_key(database, erin)}
        clients = [
            opened.enter_context(httpx2.Client(base_url=url, timeout=60, trust_env=False))
            for url in [opened.enter_context(serving(database.url, tmp_path, 0)) for _ in range(2)]
        ]

        def ask(path: str, key: str, number: int) -> httpx2.Response:
            headers = {"authorization": f"Bearer {keys[key]}"}
            client = clients[number % 2]
            return client.post(f"/api/v1{path}", json={"prompt": "a dress"}, headers=headers)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            drawn = list(pool.map(lambda n: ask("/generations", "dana", n), range(AT_ONCE)))
            assert Counter(one.status_code for one in drawn) == {
                202: MAY_SPEND,
                429: AT_ONCE - MAY_SPEND,
            }
            assert {one.json()["code"] for one in drawn if one.status_code == 429} == {
                "quota_exceeded"
            }
            with database.read() as session:
                used = service.allowances(session, Settings(data_dir=tmp_path), actor_of(dana))[
                    0
                ].used
                assert used == round(MAY_SPEND * EACH * 1e6)

            began = moment(database)
            path = "/generations/nosuch/cancel"
            asked = list(pool.map(lambda n: ask(path, "erin", n), range(2 * QUOTA)))
            took = moment(database) - began
        taken = Counter(one.status_code for one in asked)
        tell({"requests": 2 * QUOTA, "taken": taken[404], "seconds": took})
        assert taken[404] + taken[429] == 2 * QUOTA
        # All at once, and then one each interval, and not one more.
        assert QUOTA <= taken[404] <= QUOTA + took / INTERVAL_S
        refused = [one for one in asked if one.status_code == 429]
        assert {one.json()["code"] for one in refused} == {"rate_limited"}
        assert {one.headers["retry-after"] for one in refused} == {"1"}


def moment(database: Database) -> float:
    """Return the time by the clock that the limits go by: under load, another one runs differently."""
    with database.read() as session:
        return float(session.scalar(select(database_time(session))) or 0.0)
