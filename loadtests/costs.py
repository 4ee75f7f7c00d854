"""What images cost: CPU seconds, joules, and work done for clients who had left.

Wasted images are counted where the server counts what it finishes, as all of ours do: finished less
delivered. Elsewhere they are an estimate, from the run in which everybody leaves: its CPU seconds over those
of an image in the arm's plain runs. What the processes do when idle is in it, so that is no better than about
half an image. An engine also stops half-way; what that wasted is counted in rows of the UNet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel

from loadtests.plans import Kind, Outcome
from loadtests.records import Run
from loadtests.scenarios import ABANDONED, LEAVERS

COUNTED: Final = "counted by the server"
ESTIMATED: Final = "estimated from CPU time when all leave"


class Cost(BaseModel):
    """One arm's costs in one scenario, all rounds together; `others_share` is the worst round's."""

    arm: str
    scenario: str
    images: int
    start_s: float
    cpu_s_an_image: float | None
    joules_an_image: float | None
    generator_cpu_s: float
    others_share: float


class Waste(BaseModel):
    """What one arm did in vain.

    `asked`, `left`, `delivered` and `wasted` are images of the run in which some leave, `rows` the UNet rows
    computed in it. `work_wasted_share` is of all work: rows where the arm counts them, else images.
    `per_abandoned` are images' worth of CPU for each request of the run in which all leave.
    """

    arm: str
    asked: int
    left: int
    delivered: int
    wasted: float | None
    how: str
    per_abandoned: float | None
    rows: int | None
    rows_wasted: int | None
    rows_wasted_share: float | None
    work_wasted_share: float | None


def costs_of(runs: Iterable[Run]) -> list[Cost]:
    """Return the costs of each arm in each scenario."""
    together: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        together[run.arm, run.scenario].append(run)
    return [_cost(arm, scenario, own) for (arm, scenario), own in together.items()]


def _cost(arm: str, scenario: str, runs: Sequence[Run]) -> Cost:
    images = _delivered(runs)
    joules = sum(sum(run.joules.values()) for run in runs)
    metered = images and all(run.joules for run in runs)
    return Cost(
        arm=arm,
        scenario=scenario,
        images=images,
        start_s=round(sum(run.start_s for run in runs) / len(runs), 1),
        cpu_s_an_image=_cpu_an_image(runs),
        joules_an_image=round(joules / images, 2) if metered else None,
        generator_cpu_s=round(sum(run.generator_cpu_s for run in runs), 1),
        others_share=max(run.others_share for run in runs),
    )


def wastes_of(runs: Sequence[Run]) -> list[Waste]:
    """Return what each arm that was left by clients did in vain."""
    arms = dict.fromkeys(run.arm for run in runs if run.scenario in (LEAVERS, ABANDONED))
    return [_waste(arm, [run for run in runs if run.arm == arm]) for arm in arms]


def _waste(arm: str, runs: Sequence[Run]) -> Waste:
    some = [run for run in runs if run.scenario == LEAVERS]
    left, delivered = sum(run.requests.count(Outcome.LEFT) for run in some), _delivered(some)
    per_abandoned = _per_abandoned(runs)
    wasted, how = None if per_abandoned is None else round(per_abandoned * left, 1), ESTIMATED
    if some and all("images" in run.counters for run in some):
        wasted, how = sum(run.counters["images"] for run in some) - delivered, COUNTED
    rows, rows_wasted = _counted(some, "rows"), _counted(some, "rows_wasted")
    rows_share = _share(rows_wasted, rows)
    images_share = None if wasted is None else _share(wasted, delivered + wasted)
    return Waste(
        arm=arm,
        asked=sum(len(run.requests.sent) for run in some),
        left=left,
        delivered=delivered,
        wasted=wasted,
        how=how,
        per_abandoned=per_abandoned,
        rows=rows,
        rows_wasted=rows_wasted,
        rows_wasted_share=rows_share,
        work_wasted_share=images_share if rows_share is None else rows_share,
    )


def _per_abandoned(runs: Sequence[Run]) -> float | None:
    """Return images' worth of CPU time for each request whose client left, of those that all left."""
    plain = [run for run in runs if run.scenario not in (LEAVERS, ABANDONED) and _is_plain(run)]
    an_image = _cpu_an_image(plain)
    all_ = [run for run in runs if run.scenario == ABANDONED]
    left = sum(run.requests.count(Outcome.LEFT) for run in all_)
    if not an_image or not left:
        return None
    worth = sum(run.cpu_s for run in all_) / an_image - _delivered(all_)
    return round(max(0.0, worth) / left, 2)


def _counted(runs: Sequence[Run], name: str) -> int | None:
    if not runs or any(name not in run.counters for run in runs):
        return None
    return round(sum(run.counters[name] for run in runs))


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 4)


def _is_plain(run: Run) -> bool:
    return {kind for kind, *_ in run.requests.rows()} == {Kind.PREDICT}


def _cpu_an_image(runs: Sequence[Run]) -> float | None:
    images = _delivered(runs)
    return round(sum(run.cpu_s for run in runs) / images, 4) if images else None


def _delivered(runs: Iterable[Run]) -> int:
    return sum(run.requests.count(Outcome.OK) for run in runs)
