"""The study's figures drawn from ours: throughput and latency over users, ratios, the mixed load.

Drawn off screen. Colours go by camp, so that a reader sees at once whose line it is; the same arm looks
the same in every figure.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtests.arms import REFERENCE
from loadtests.plans import Kind
from loadtests.scenarios import CAPACITY
from loadtests.shapes import CEILINGS
from loadtests.summary import Row, Summary

# Colour and marker of each arm: greys and blues for the study's, greens for batched, reds for ours.
LOOKS: Final = {
    "fastapi-lock": ("#4c566a", "o"),
    "fastapi": ("#9aa5b8", "s"),
    "litserve": ("#2f6fb0", "^"),
    "ray": ("#7fb2e5", "v"),
    "litserve-batched": ("#2e8b57", "D"),
    "ray-batched": ("#8fcf9f", "P"),
    "engine": ("#e58a6c", "X"),
    "engine-ray": ("#c0392b", "*"),
}
OTHERS: Final = (("#8e44ad", "h"), ("#b8860b", "p"), ("#16a085", "<"))
STYLE: Final = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.7,
    "lines.markersize": 7.5,
    "lines.markeredgewidth": 0.7,
    "lines.markeredgecolor": "white",
    "svg.hashsalt": "atelier",
}
PLURALS: Final = {Kind.SKETCH: "Sketches", Kind.FINAL: "Finals"}
WIDE: Final = (8.4, 3.5)
DPI: Final = 150
Draw = Callable[[Summary], Figure | None]


def draw_all(summary: Summary, folder: Path) -> list[str]:
    """Draw every figure there is something for into `folder` and return their names."""
    figures: dict[str, Draw] = {
        "throughput.png": throughput,
        "latency.png": latency,
        "ratios.png": ratios,
        "mix.png": mix,
    }
    drawn = []
    with mpl.rc_context(STYLE):
        for name, draw in figures.items():
            figure = draw(summary)
            if figure is not None:
                # Without the date and the version: the same figures make the same file.
                figure.savefig(folder / name, dpi=DPI, metadata={"Software": None})
                drawn.append(name)
    return drawn


def throughput(summary: Summary) -> Figure | None:
    """Draw images a second over users."""
    if not summary.users:
        return None
    figure = Figure(figsize=(6.6, 3.7), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title("Throughput")
    _over_users(axes, summary, lambda row: row.rps)
    axes.set_ylabel("images a second")
    axes.set_ylim(bottom=0)
    figure.legend(loc="outside right center")
    return figure


def latency(summary: Summary) -> Figure | None:
    """Draw the median and the 95th percentile over users."""
    if not summary.users:
        return None
    figure = Figure(figsize=WIDE, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _over_users(left, summary, lambda row: row.p50)
    _over_users(right, summary, lambda row: row.p95)
    left.set_title("Latency, p50")
    right.set_title("Latency, p95")
    left.set_ylabel("seconds until the image")
    left.set_yscale("log")
    left.yaxis.set_major_formatter("{x:g}")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure


def ratios(summary: Summary) -> Figure | None:
    """Draw images a second over the reference's, at each of the study's ceilings, with intervals."""
    users = [k for k in CEILINGS if any(row.times_rps for row in summary.under(f"{k} users"))]
    if not users:
        return None
    figure = Figure(figsize=WIDE, layout="constrained")
    panels: list[Axes] = [*figure.subplots(1, len(users), sharey=True, squeeze=False)[0]]
    for axes, count in zip(panels, users, strict=True):
        rows = [row for row in summary.under(f"{count} users") if row.times_rps]
        _bars(axes, rows)
        axes.axvline(1, color="#333333", linewidth=0.9, linestyle=(0, (4, 3)), zorder=0.9)
        axes.set_title(f"{count} users")
        axes.set_xlabel(f"RPS over {REFERENCE}")
    panels[0].invert_yaxis()
    return figure


def mix(summary: Summary) -> Figure | None:
    """Draw the 95th percentile of sketches and of finals over the open loop's load, or as bars for one."""
    loads = summary.open_loads
    if not loads and not summary.under(CAPACITY, Kind.SKETCH):
        return None
    figure = Figure(figsize=WIDE, layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, kind in zip(panels, (Kind.SKETCH, Kind.FINAL), strict=True):
        if len(loads) > 1:
            _over_loads(axes, summary, kind)
        else:
            load = f"mix-{loads[0]}" if loads else CAPACITY
            _waits(axes, [row for row in summary.under(load, kind) if row.p95 is not None])
        axes.set_title(f"{PLURALS[kind]}, p95")
    if len(loads) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center")
    elif loads:
        figure.suptitle(f"Mixed load at {loads[0]} % of capacity", x=0.01, ha="left", fontsize=9.5)
    return figure


def _over_users(axes: Axes, summary: Summary, value: Callable[[Row], float | None]) -> None:
    for arm in summary.arms:
        found = [(users, summary.row(arm, f"{users} users")) for users in summary.users]
        points = [(users, y) for users, row in found if row and (y := value(row))]
        _line(axes, arm, points)
    axes.set_xlabel("users")


def _over_loads(axes: Axes, summary: Summary, kind: Kind) -> None:
    for arm in summary.arms:
        found = [(load, summary.row(arm, f"mix-{load}", kind)) for load in summary.open_loads]
        _line(axes, arm, [(load, row.p95) for load, row in found if row and row.p95])
    axes.set_xlabel(f"load, % of the capacity of {REFERENCE}")
    axes.set_ylabel("seconds until the image")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")


def _line(axes: Axes, arm: str, points: list[tuple[int, float]]) -> None:
    if points:
        colour, marker = look_of(arm)
        x, y = zip(*points, strict=True)
        axes.plot(x, y, color=colour, marker=marker, label=arm, clip_on=False)


def _bars(axes: Axes, rows: list[Row]) -> None:
    for row in rows:
        times = row.times_rps
        if times is not None:
            reach = [[max(0.0, times.value - times.low)], [max(0.0, times.high - times.value)]]
            axes.barh(
                row.arm, times.value, xerr=reach, color=look_of(row.arm)[0], height=0.66,
                error_kw={"elinewidth": 1.1, "capsize": 2.5, "ecolor": "#333333"},
            )  # fmt: skip
            axes.annotate(
                f"{times.value:.2f}", (times.high, row.arm), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8.5,
            )  # fmt: skip
    _plain_bars(axes)


def _waits(axes: Axes, rows: list[Row]) -> None:
    for row in rows:
        wait = row.p95 or 0.0
        axes.barh(row.arm, wait, color=look_of(row.arm)[0], height=0.66)
        axes.annotate(
            f"{wait:.2f}", (wait, row.arm), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=8.5,
        )  # fmt: skip
    axes.invert_yaxis()
    axes.set_xlabel("seconds until the image")
    _plain_bars(axes)


def _plain_bars(axes: Axes) -> None:
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.16)


def look_of(arm: str) -> tuple[str, str]:
    """Return the colour and the marker of `arm`; strangers get one of a few that nobody else has."""
    return LOOKS.get(arm) or OTHERS[sum(arm.encode()) % len(OTHERS)]
