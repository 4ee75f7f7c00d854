"""A plan for people to read, on a terminal."""

from __future__ import annotations

from typing import Final

from rich.markup import escape

from backend.capacity.plan import Plan
from backend.console import out, print_table, table_of
from inference.capacity.sizing import MOST_GPUS, Answer, Between, Row

_UNTIL: Final = {"image": "their image is there", "start": "their first step"}


def show(plan: Plan) -> None:
    """Print `plan`."""
    engine = plan.engine
    mark = "[green]measured[/]" if engine.source == "measured" else "[yellow]estimate[/]"
    out.print(f"\n{escape(engine.title)} · {mark}: {escape(engine.how)}", soft_wrap=True)
    out.print(escape(plan.asked), soft_wrap=True)
    out.print(f"\n[bold]{verdict(plan.answer)}[/]\n", soft_wrap=True)
    _rows(plan.answer.rows)
    if plan.day:
        out.print(f"\nCost against waiting on such a day, USD as in {escape(plan.prices.as_of)}:")
        _costs(plan.day)
    if plan.scales:
        out.print(
            "\nFrom 1 to 1,000 GPUs at 80 % load, and what is passed beside them, the first first:"
        )
        _beside(plan)


def verdict(answer: Answer) -> str:
    """Return the answer in one sentence."""
    wanted = f"95 of 100 wait at most {answer.within_s:g} s until {_UNTIL[answer.until]}"
    if answer.gpus is None:
        last = answer.rows[-1]
        reached = last.p95 if answer.until == "image" else last.start_p95
        if last.gpus < MOST_GPUS:
            return f"No number of GPUs is enough: alone on one it takes {between(reached)} s. Take a faster GPU, fewer steps or a larger --within."
        return f"{MOST_GPUS} GPUs are not enough: p95 is {between(reached)} s. Fewer designers, a faster engine or a larger --within."
    plural = "GPU" if answer.gpus == 1 else "GPUs"
    return f"{answer.gpus} {plural}: {wanted}, with every seed that was tried."


def between(numbers: Between, digits: int = 2) -> str:
    """Return the median with the lowest and highest."""
    if numbers.low == numbers.high:
        return f"{numbers.value:.{digits}f}"
    return f"{numbers.value:.{digits}f} [{numbers.low:.{digits}f}, {numbers.high:.{digits}f}]"


def money(usd: float | None, digits: int = 4) -> str:
    """Return USD, or a dash where no price is known."""
    return "–" if usd is None else f"{usd:,.{digits}f}"


def _rows(rows: list[Row]) -> None:
    table = table_of("GPUs", "p95 to first step s", "p95 to image s", "p99 s", "busy", "J an image")
    for row in rows:
        joules = row.outcome.joules_an_image
        table.add_row(
            str(row.gpus),
            between(row.start_p95),
            between(row.p95),
            f"{row.outcome.to_image.p99:.2f}",
            f"{row.outcome.utilisation:.0%}",
            "–" if joules is None else f"{joules:.0f}",
        )
    print_table(table)


def _costs(rows: list[Row]) -> None:
    table = table_of(
        "at most", "GPUs", "p95 to image s", "on demand h", "spot h", "busy", "drawn again",
        "USD an image", "USD a month",
    )  # fmt: skip
    for row in rows:
        done = row.outcome
        table.add_row(
            str(row.gpus),
            row.name,
            between(row.p95),
            f"{done.on_demand_hours:.1f}",
            f"{done.spot_hours:.1f}",
            f"{done.utilisation:.0%}",
            str(done.drawn_again),
            money(row.usd_an_image),
            money(row.usd_a_month, 0),
        )
    print_table(table)


def _beside(plan: Plan) -> None:
    table = table_of("GPUs", "images/s", "designers", "p95 to image s", "passed")
    for scale in plan.scales:
        table.add_row(
            f"{scale.gpus:,}",
            f"{scale.images_per_s:,.1f}",
            f"{scale.designers:,}",
            f"{scale.p95_s:.2f}",
            ", ".join(scale.breaks) or "nothing",
        )
    print_table(table)
    limits = table_of("part", "reached at", "GPUs", "what was measured", "then")
    for reached in plan.limits:
        limit = reached.limit
        limits.add_row(
            limit.part,
            f"{'> ' if limit.held else ''}{reached.images_per_s:,.1f} images/s",
            f"{reached.gpus:,.1f}",
            f"{limit.rate:g} {limit.unit}: {limit.source}",
            limit.then,
        )
    print_table(limits)
