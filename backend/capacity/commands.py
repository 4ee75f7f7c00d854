"""`atelier capacity`: how many GPUs for how many designers, at what cost, and what breaks first beside them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from backend.console import err, fail, out, read_settings, reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.capacity.plan import Plan
    from inference.capacity.arrivals import Ask
    from inference.capacity.engines import EngineModel

# Every option with its words, so that the command itself stays short enough to read.
_Designers = Annotated[int, typer.Option(help="People at work in the busiest hours.")]
_Within = Annotated[float, typer.Option(help="Seconds that 95 of 100 may wait.")]
_Until = Annotated[
    Literal["image", "start"], typer.Option(help="Wait for the image, or for its first step.")
]
_Engine = Annotated[str, typer.Option(help="An engine of assets/capacity/engines.toml, or a file.")]
_Trace = Annotated[
    Path | None, typer.Option(help="CSV or JSONL: seconds, images, steps, width, height, guided.")
]
_History = Annotated[
    bool, typer.Option("--from-history", help="What this studio has been asked so far.")
]
_Days = Annotated[float, typer.Option(help="How far back, with --from-history.")]
_Hours = Annotated[float, typer.Option(help="How long the busiest time is that must be met.")]
_Think = Annotated[float, typer.Option(help="Seconds between two asks of who is at it.")]
_Sketches = Annotated[float, typer.Option(help="Share of asks with 4 steps; the others have 30.")]
_Seeds = Annotated[int, typer.Option(help="How often it is simulated, each time otherwise.")]
_OnDemand = Annotated[float | None, typer.Option(help="USD a GPU and hour; else prices.toml.")]
_Spot = Annotated[float | None, typer.Option(help="The same of a spot machine.")]
_Beside = Annotated[
    bool, typer.Option("--beside", help="1 to 1,000 GPUs, and what breaks first beside them.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Out = Annotated[Path | None, typer.Option("--out", help="A folder to draw two plots into.")]
_SaveTrace = Annotated[Path | None, typer.Option(help="Write what is simulated to a file.")]
_Measure = Annotated[
    Path | None, typer.Option(help="Measure the engine here into a file; see --engine.")
]
_Model = Annotated[str | None, typer.Option(help="Which model --measure draws with.")]


def capacity(  # noqa: PLR0913 - one argument an option
    *,
    designers: _Designers = 30,
    within: _Within = 10.0,
    until: _Until = "image",
    engine: _Engine = "l4",
    trace: _Trace = None,
    from_history: _History = False,
    days: _Days = 30.0,
    hours: _Hours = 1.0,
    think: _Think = 45.0,
    sketches: _Sketches = 0.8,
    seeds: _Seeds = 5,
    on_demand_price: _OnDemand = None,
    spot_price: _Spot = None,
    beside: _Beside = False,
    as_json: _Json = False,
    out_folder: _Out = None,
    save_trace: _SaveTrace = None,
    measure: _Measure = None,
    model: _Model = None,
) -> None:
    """Say how many GPUs are enough, what each mix of spot and on demand costs, and what breaks first beside them."""
    from backend.capacity import asking  # noqa: PLC0415 - a command imports what it needs
    from backend.capacity.planning import Wanted, planned  # noqa: PLC0415
    from inference.capacity.arrivals import write_trace  # noqa: PLC0415
    from inference.capacity.engines import CapacityError, engine_named  # noqa: PLC0415
    from inference.capacity.money import prices_of  # noqa: PLC0415

    try:
        if measure is not None:
            _measured(measure, model)
            return
        found = engine_named(engine)
        recorded = _recorded(trace, days, from_history=from_history)
        people = None if recorded else asking.people(designers, think, sketches)
        asked = asking.Asked.of(people, recorded, hours)
        if save_trace is not None:
            write_trace(asked.busiest(0), save_trace)
        prices = prices_of(found, on_demand=on_demand_price, spot=spot_price)
        wanted = Wanted(within, until, seeds, beside)
        with err.status("simulating") as status:
            plan = planned(found, asked, prices, wanted, tell=status.update)
        _tell(plan, out_folder, as_json=as_json)
    except CapacityError as error:
        fail(escape(str(error)))


def _recorded(trace: Path | None, days: float, *, from_history: bool) -> Sequence[Ask]:
    """Return what was recorded, or nothing where designers are to be simulated."""
    from backend.capacity import history  # noqa: PLC0415
    from backend.kit.clock import utc_now  # noqa: PLC0415
    from inference.capacity.arrivals import read_trace  # noqa: PLC0415
    from inference.capacity.engines import CapacityError  # noqa: PLC0415

    if trace and from_history:
        raise CapacityError("--trace and --from-history are both given; leave one of them out")
    if trace:
        return read_trace(trace)
    if not from_history:
        return []
    since = history.days_ago(utc_now(), days)
    with reading() as session:
        return history.asks_since(session, since)


def _measured(file: Path, model: str | None) -> None:
    """Measure the engine that the settings name into `file`."""
    from backend.capacity.measuring import measured  # noqa: PLC0415
    from inference.capacity.engines import written  # noqa: PLC0415

    if file.suffix != ".toml":
        fail(f"--measure is {escape(str(file))}; its name must end in .toml, for example mine.toml")
    engine: EngineModel = measured(read_settings(), model)
    file.write_text(written(engine), "utf-8")
    rate = engine.images_per_s()
    out.print(f"Written: [bold]{escape(str(file))}[/]; 4 steps with guidance: {rate:.2f} images/s.")
    out.print(f"Now: atelier capacity --engine {escape(str(file))}", soft_wrap=True)


def _tell(plan: Plan, folder: Path | None, *, as_json: bool) -> None:
    from backend.capacity.plots import draw  # noqa: PLC0415
    from backend.capacity.tables import show  # noqa: PLC0415

    drawn = draw(plan, folder) if folder else []
    if as_json:
        sys.stdout.write(plan.model_dump_json(indent=1) + "\n")
        return
    show(plan)
    for file in drawn:
        out.print(f"Drawn: {escape(str(file))}", soft_wrap=True)
