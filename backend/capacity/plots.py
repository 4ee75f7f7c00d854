"""Two pictures of a plan: cost against waiting for each mix, and waiting over GPUs. Drawn off screen, by matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from backend.capacity.plan import Plan
from inference.capacity.engines import CapacityError

COST: Final = "capacity-cost.png"
GPUS: Final = "capacity-gpus.png"
_COLOURS: Final = ("#4c566a", "#2f6fb0", "#c0392b", "#e58a6c")
_MARKERS: Final = ("o", "^", "*", "X")
_STYLE: Final = {
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 10.5,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
}
_SIZE: Final = (7.2, 3.8)


def draw(plan: Plan, folder: Path) -> list[Path]:
    """Draw what there is to draw into `folder`, and return the files.

    Raises:
        CapacityError: matplotlib is not installed, or the folder cannot be written to.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - only who draws needs it
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise CapacityError(
            "--out draws with matplotlib, which is not installed: pip install matplotlib"
        ) from None
    drawn = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context(_STYLE):
            for name, wanted, fill in (
                (GPUS, plan.answer.rows, _gpus),
                (COST, [row for row in plan.day if row.usd_an_image is not None], _cost),
            ):
                if wanted:
                    figure = Figure(figsize=_SIZE, layout="constrained")
                    fill(figure.subplots(), plan)
                    figure.savefig(folder / name, dpi=150, metadata={"Software": None})
                    drawn.append(folder / name)
    except OSError as error:
        raise CapacityError(f"--out {folder}: {error.strerror or error}") from None
    return drawn


def _gpus(axes: Any, plan: Plan) -> None:  # noqa: ANN401 - matplotlib's
    rows = plan.answer.rows
    counts = [row.gpus for row in rows]
    for name, numbers, colour in (
        ("until the image is there", [row.p95 for row in rows], _COLOURS[2]),
        ("until the first step", [row.start_p95 for row in rows], _COLOURS[1]),
    ):
        middle = [one.value for one in numbers]
        lengths = [
            [one.value - one.low for one in numbers],
            [one.high - one.value for one in numbers],
        ]
        axes.errorbar(counts, middle, yerr=lengths, marker="o", capsize=3, color=colour, label=name)
    axes.axhline(plan.answer.within_s, color="#9aa5b8", linestyle="--", linewidth=1.2)
    axes.text(counts[-1], plan.answer.within_s, "wanted ", ha="right", va="bottom", color="#4c566a")
    axes.set(
        xlabel="GPUs, always there",
        ylabel="p95, seconds",
        title="Waiting over GPUs",
        yscale="symlog",
    )
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.yaxis.set_major_formatter(lambda seconds, _: f"{seconds:g}")
    axes.set_ylim(bottom=0)
    axes.legend()


def _cost(axes: Any, plan: Plan) -> None:  # noqa: ANN401 - matplotlib's
    names = list(dict.fromkeys(row.name for row in plan.day))
    for name, colour, marker in zip(names, _COLOURS, _MARKERS, strict=False):
        own = [row for row in plan.day if row.name == name and row.usd_a_month is not None]
        axes.plot(
            [row.usd_a_month for row in own],
            [row.p95.value for row in own],
            color=colour,
            marker=marker,
            markersize=8,
            linewidth=1.2,
            label=name,
        )
        for row in own:
            axes.annotate(
                str(row.gpus),
                (row.usd_a_month, row.p95.value),
                xytext=(5, 5),
                textcoords="offset points",
                fontsize=8,
                color=colour,
            )
    axes.set(
        xlabel="USD a month of working hours (number: at most so many GPUs)",
        ylabel="p95 until the image is there, seconds",
        title="Cost against waiting",
    )
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend()
