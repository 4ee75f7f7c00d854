"""The figures as Markdown: what was wanted, what every arm did under every load, what it cost.

Only figures and how they were taken; what they mean is written by hand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadtests.arms import REFERENCE
from loadtests.costs import Waste
from loadtests.estimates import Interval
from loadtests.goals import Goal, shown
from loadtests.plans import Kind
from loadtests.samples import SAME
from loadtests.scenarios import CAPACITY
from loadtests.shapes import CEILINGS
from loadtests.summary import Row, Summary

DISTURBED = 0.1
PLOTS = {
    "throughput.png": "Images a second over users",
    "latency.png": "Seconds until the image, p50 and p95, over users",
    "ratios.png": f"RPS over {REFERENCE}",
    "mix.png": "Sketches and finals in the mixed load",
}
METHOD = f"""\
Every arm runs alone on the machine, with the model loaded and 20 requests not counted; the load generator
(Locust, a process of its own) shares the cores with it. Closed loop: a user asks again as soon as it has its
answer, without thinking. A request belongs to the number of users there were when it was *sent*; when sending
stops, what is under way is waited for, so slow answers count as well. One that was cut off even so counts with
the time it had waited, and stands as unfinished. RPS counts images that arrived while there were so many users;
refused and failed requests are errors and in no percentile. In the open loop a wait begins when the request
was *due*. `×` is over `{REFERENCE}`, with a 95 % interval by block bootstrap over rounds and requests; an
interval from a single round knows nothing of how rounds differ. All arms of a round get the same words, seeds
and arrival times. Time to the first preview is not measured: `/predict` has none.
"""


def markdown(
    summary: Summary, goals: Sequence[Goal], verdict: str, plots: Iterable[str] = ()
) -> str:
    """Return the whole report."""
    parts = [
        f"# Measured: {summary.study.mode}\n\n**{verdict}**",
        _head(summary),
        "## What was wanted\n\n" + _wanted(goals),
        *(_pictures(plots)),
        "## The study's load: four steps, guidance 7.5",
        *_closed_loop(summary),
        "## Mixed load: 80 % sketches, 20 % finals",
        *(_mixed(summary, load) for load in [CAPACITY, *(f"mix-{k}" for k in summary.open_loads)]),
        "## Clients that leave\n\n" + _wastes(summary),
        "## Costs\n\n" + _costs(summary),
        "## What went wrong\n\n" + _wrong(summary),
        "## How it was measured\n\n" + METHOD,
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; every column but the first is of figures."""
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def _head(summary: Summary) -> str:
    study = summary.study
    how = f"{study.rounds} rounds of {len(summary.arms)} arms: `{study.command}`"
    capacity = f"{summary.capacity:.2f} requests a second" if summary.capacity else "not measured"
    lines = [
        f"* {study.machine}",
        f"* began {study.began}, took {study.minutes:.0f} minutes, {how}",
        f"* capacity of `{REFERENCE}` for the mixed load: {capacity}",
        f"* energy: {', '.join(study.meters) or 'no meter on this machine'}",
        *(f"* {note}" for note in study.notes),
    ]
    return "\n".join(lines)


def _wanted(goals: Sequence[Goal]) -> str:
    words = {True: "met", False: "**missed**", None: "not measured"}
    rows = [(goal.what, goal.wanted, goal.measured, words[goal.met]) for goal in goals]
    return table(["what", "wanted", "measured", ""], rows)


def _pictures(names: Iterable[str]) -> list[str]:
    return [f"![{PLOTS.get(name, name)}]({name})" for name in names]


def _closed_loop(summary: Summary) -> list[str]:
    """Return a table for each of the study's ceilings; what lies between is in the plots and the JSON."""
    users = [k for k in summary.users if k in CEILINGS] or summary.users
    return [f"### {k} users\n\n" + _table(summary.under(f"{k} users")) for k in users]


def _table(rows: Sequence[Row]) -> str:
    head = ["arm", "RPS", "p50 s", "p95 s", "p99 s", "images", "errors", "unfinished",
            "× RPS", "× p50", "× p95"]  # fmt: skip
    return table(head, [_cells(row) for row in rows])


def _cells(row: Row) -> list[str]:
    least = "≥ " if row.unfinished else ""
    waits = [f"{least}{_seconds(wait)}" for wait in (row.p50, row.p95, row.p99)]
    counts = [str(row.images), str(row.errors), str(row.unfinished)]
    ratios = [_times(times) for times in (row.times_rps, row.times_p50, row.times_p95)]
    return [row.arm, _number(row.rps), *waits, *counts, *ratios]


def _mixed(summary: Summary, load: str) -> str:
    rows = summary.under(load)
    if not rows:
        return ""
    title = (
        "24 users, closed loop" if load == CAPACITY else f"open loop at {load[4:]} % of capacity"
    )
    head = ["arm", "RPS", "× RPS", "p95 s", "sketch p50 s", "sketch p95 s", "× sketch p95",
            "final p50 s", "final p95 s", "errors", "unfinished"]  # fmt: skip
    cells = [
        [
            row.arm, _number(row.rps), _times(row.times_rps), _seconds(row.p95),
            *_kinds(summary.row(row.arm, load, Kind.SKETCH), summary.row(row.arm, load, Kind.FINAL)),
            str(row.errors), str(row.unfinished),
        ]
        for row in rows
    ]  # fmt: skip
    return f"### {title}\n\n" + table(head, cells)


def _kinds(sketch: Row | None, final: Row | None) -> list[str]:
    sketches = ["–"] * 3
    if sketch:
        sketches = [_seconds(sketch.p50), _seconds(sketch.p95), _times(sketch.times_p95)]
    return [*sketches, *([_seconds(final.p50), _seconds(final.p95)] if final else ["–"] * 2)]


def _wastes(summary: Summary) -> str:
    if not summary.wastes:
        return "Not measured."
    head = ["arm", "asked", "left early", "delivered", "images in vain", "how", "UNet rows in vain",
            "work in vain", "when all leave: images' worth of CPU each"]  # fmt: skip
    rows = [
        [
            waste.arm, str(waste.asked), str(waste.left), str(waste.delivered),
            _number(waste.wasted, 1), waste.how, _rows_in_vain(waste),
            _percent(waste.work_wasted_share), _number(waste.per_abandoned, 2),
        ]
        for waste in summary.wastes
    ]  # fmt: skip
    told = (
        "*Images in vain* were drawn to the end and delivered to nobody. *Work in vain* is of UNet rows where an "
        "arm counts them: all that were computed for what was then canceled or failed, also before the client "
        "left. Else it is of images, which is the same thing: every request of this run is the same work, and "
        "those servers never stop half-way."
    )
    return table(head, rows) + "\n\n" + told


def _rows_in_vain(waste: Waste) -> str:
    return "–" if waste.rows_wasted is None else f"{waste.rows_wasted} of {waste.rows}"


def _costs(summary: Summary) -> str:
    head = ["arm", "scenario", "images", "CPU s an image", "J an image", "generator CPU s",
            "ready after s", "others' share"]  # fmt: skip
    rows = [
        [
            cost.arm, cost.scenario, str(cost.images), _number(cost.cpu_s_an_image, 3),
            _number(cost.joules_an_image) if cost.joules_an_image is not None else "no meter",
            f"{cost.generator_cpu_s:.1f}", f"{cost.start_s:.1f}", _share(cost.others_share),
        ]
        for cost in summary.costs
    ]  # fmt: skip
    told = (
        "CPU seconds are of the arm's whole family of processes, from the first request until it was idle "
        "again; the time to start is not in any figure. *Others' share* is the part of the machine that neither "
        f"the arm nor the generator used: a run above {DISTURBED:.0%} (bold) was disturbed."
    )
    return table(head, rows) + "\n\n" + told


def _wrong(summary: Summary) -> str:
    lines = [f"* {failure}" for failure in summary.failures]
    for arm, errors in summary.errors.items():
        lines += [f"* {arm}, {count} times: `{_one_line(text)}`" for text, count in errors.items()]
    return "\n".join(lines) or "Nothing."


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


def _share(share: float) -> str:
    return f"**{share:.0%}**" if share > DISTURBED else f"{share:.0%}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def _number(value: float | None, decimals: int = 2) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def _seconds(value: float | None) -> str:
    return _number(value)


def _times(interval: Interval | None) -> str:
    return "1" if interval == SAME else shown(interval).replace("x", "")
