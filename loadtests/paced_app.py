"""The real inference app on Ray Serve, with steps that take a fixed time: what `capacity_check` draws with.

Engine, policy, backlog, streams, HAProxy and Ray's autoscaler are the real ones; only the UNet's step sleeps until its
time is up, so that crowded cores change little, and a replica's start lasts as long as its pace says.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from inference.serve_app import Inference  # before `ray`, whose environment it sets

# isort: split
from ray import serve

if TYPE_CHECKING:
    from inference.options import EngineOptions

PACE_VARIABLE: Final = "ATELIER_LOADTEST_PACE"
TIMES_VARIABLE: Final = "ATELIER_LOADTEST_TIMES"


class Pace(BaseModel):
    """Seconds a call of the UNet takes, and each row in it; rows a call; seconds a replica needs to start."""

    call_s: float = 0.20
    row_s: float = 0.10
    row_cap: int = 8
    cold_start_s: float = 30.0

    @classmethod
    def read(cls) -> Pace:
        """Return what the environment says."""
        return cls.model_validate_json(os.environ.get(PACE_VARIABLE, "{}"))


_Plain: Any = Inference.func_or_class.__mro__[1]  # type: ignore[attr-defined] # under Ray's own wrapper


class PacedInference(_Plain):
    """`serve_app.Inference` at a fixed pace."""

    def __init__(self, options: EngineOptions, models: tuple[str, ...] = ()) -> None:
        note("constructing")
        began, pace = time.monotonic(), Pace.read()
        keep_pace(pace)
        super().__init__(options, models)
        time.sleep(max(0.0, began + pace.cold_start_s - time.monotonic()))
        note("ready")


def keep_pace(pace: Pace) -> None:
    """Have every step of this process last as long as `pace` says, and carry as many rows."""
    loop, studio = import_module("inference.loop"), import_module("inference.studio")
    real = loop.denoise.step

    def step(unet: Any, batch: Any) -> Any:  # noqa: ANN401 - torch's
        until = time.monotonic() + pace.call_s + pace.row_s * (len(batch.latents) + batch.guided)
        stepped = real(unet, batch)
        time.sleep(max(0.0, until - time.monotonic()))
        return stepped

    loop.denoise.step = step
    studio.Studio.row_cap = lambda *_: pace.row_cap


def note(what: str) -> None:
    """Note the time, for who wants to know how long Ray takes to start a process."""
    if name := os.environ.get(TIMES_VARIABLE):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what, "at": time.time()}) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Do what `python -m inference.serve_app` does, at a pace."""
    serve_app: Any = import_module("inference.serve_app")
    serve_app.Inference = serve_app.Inference.options(
        func_or_class=serve.ingress()(import_module("loadtests.paced_app").PacedInference)
    )
    run = serve.run

    def noted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - Ray's
        note("asked")
        return run(*given, **named)

    serve.run = noted
    return int(serve_app.main(arguments))


if __name__ == "__main__":
    sys.exit(main())
