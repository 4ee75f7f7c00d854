"""F9: dispatchers whose clocks are an hour ahead and an hour behind; leases are neither stolen nor immortal.

The clocks that Python reads are wrong there. SQLite's own clock is the host's, and so the same for all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.kit.database import Database
from tests.faults.dispatchers import holders, ledger_of, rows_of, until, wait_for_every_end
from tests.faults.studio import Part, running_studio, running_studios
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

HOUR_S, LEASE_S, STEPS, STEP_S = 3600.0, 4.0, 40, 0.2
GIVEN_BACK_WITHIN_S = 3 * LEASE_S
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


def test_wrong_clocks_neither_steal_nor_keep_a_lease(
    database: Database, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path)
    settings = {"dispatch_concurrency": 1, "lease_seconds": LEASE_S}
    ahead, behind = (
        Part(str(database.url), str(tmp_path), settings, step_s=STEP_S, wrong_by_s=wrong)
        for wrong in (HOUR_S, -HOUR_S)
    )
    accepted: set[str] = set()

    def two_are_drawn() -> None:
        seeds = range(len(accepted), len(accepted) + 2)
        rows = [workshop.submit(seed=seed, num_inference_steps=STEPS) for seed in seeds]
        accepted.update(row.id for row in rows)
        until(lambda: len(holders(workshop)) == 2)

    with running_studios(ahead, behind) as [early, late]:
        two_are_drawn()  # each for two leases, while the other one looks for dead ones
        assert set(holders(workshop)) == {early.pid, late.pid}
        undisturbed = wait_for_every_end(workshop, 30)
        two_are_drawn()
        early.kill()
        back_s = [until(lambda: early.pid not in holders(workshop))]
        wait_for_every_end(workshop, 40)
        with running_studio(ahead) as another:
            two_are_drawn()
            late.kill()
            back_s.append(until(lambda: late.pid not in holders(workshop)))
            wait_for_every_end(workshop, 40)
            assert another.process.poll() is None
    told = {
        "fault": "F9",
        "wrong_by_s": [HOUR_S, -HOUR_S],
        **ledger_of(workshop, accepted, 1),
        "stolen": sum(row.fence > 1 for row in undisturbed),
        "given_back_after_s": [round(seconds, 1) for seconds in back_s],
        "claims": sum(row.fence for row in rows_of(workshop)),
    }
    tell(told)
    assert told["stolen"] == 0
    assert max(back_s) <= GIVEN_BACK_WITHIN_S
    assert (told["succeeded"], told["images"]) == (6, 6)
    assert (told["lost"], told["duplicates"], told["missing_files"]) == (0, 0, 0)
    assert told["claims"] == len(accepted) + 2  # one more for each of the two that were killed
