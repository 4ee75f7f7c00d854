"""Whether `atelier capacity` tells the truth: one recorded trace, on a real local Ray Serve and in virtual time.

    python -m loadtests.capacity_check [--trace FILE] [--out FILE]

Starts the real inference app on a Ray of its own with our autoscaling policy, one to two replicas, its steps at a fixed pace
(`paced_app`), measures the engine through its contract while it is idle, replays the trace through as many leases as a
dispatcher holds, and simulates the same trace with what was measured. Prints one JSON line. Takes about four minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np

from inference.capacity.arrivals import Ask, read_trace
from inference.capacity.autoscaler import Scaling
from inference.capacity.engines import EngineModel
from inference.capacity.measuring import measure
from inference.capacity.simulation import Fleet, simulate
from inference.client import connect
from inference.protocol import (
    Done,
    Failed,
    GenerationParameters,
    GenerationRequest,
    InferenceClient,
    Started,
    new_generation_id,
)
from inference.serve_app import LOCAL_UPSCALE_DELAY_S
from loadtests.machine import describe
from loadtests.paced_app import PACE_VARIABLE, TIMES_VARIABLE, Pace
from tests.fixtures.inference import build_tiny_model, write_catalog

TRACE: Final = Path(__file__).with_name("capacity_trace.csv")
REPLICAS: Final = 2
IN_FLIGHT: Final = 16
FORGOTTEN_S: Final = 31.0
"""How far Ray's autoscaler looks back, and a little more."""
READY_WITHIN_S: Final = 300.0
CONTROL_S: Final = 0.5


@dataclass(frozen=True)
class Served:
    """Where the app answers, and the file in which its processes note when they begin and are ready."""

    url: str
    times: Path

    def starts(self) -> list[float]:
        """Return how long each replica took to be ready, once Ray was told to start it: the process, then the engine."""
        process = self.when("constructing")[0] - self.when("asked")[0]
        begun, ready = sorted(self.when("constructing")), sorted(self.when("ready"))
        return [process + end - begin for begin, end in zip(begun, ready, strict=False)]

    def when(self, what: str) -> list[float]:
        """Return the times, of this machine's clock, at which `what` happened."""
        lines = [json.loads(line) for line in self.times.read_text().splitlines()]
        return [line["at"] for line in lines if line["what"] == what]


@dataclass
class Waited:
    """Seconds since the trace's start."""

    came: float
    started: float = 0.0
    done: float = 0.0


def check(trace: Sequence[Ask], pace: Pace, *, measured: bool = True) -> dict[str, Any]:
    """Replay `trace` on a real Ray and simulate it; return both p95s and their ratio."""
    with tempfile.TemporaryDirectory(prefix="capacity-") as name:
        folder = Path(name)
        with serving(folder, pace) as served:
            return asyncio.run(_compared(served, trace, pace, folder, measured=measured))


@contextmanager
def serving(folder: Path, pace: Pace) -> Iterator[Served]:
    """Serve a tiny random model at `pace` from a Ray of this block's own, with one to two replicas."""
    build_tiny_model(folder / "tiny")
    models, times = write_catalog(folder), folder / "times.jsonl"
    environment = {
        **os.environ,
        "ATELIER_MODELS": str(models),
        "OMP_NUM_THREADS": "1",
        PACE_VARIABLE: pace.model_dump_json(),
        TIMES_VARIABLE: str(times),
    }
    command = [sys.executable, "-m", "loadtests.paced_app", "--port=0", "--parent-pipe"]
    command.append(f"--max-replicas={REPLICAS}")
    with subprocess.Popen(  # noqa: S603 - ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin  # noqa: S101 - they are pipes
        assert process.stdout  # noqa: S101
        try:
            url = json.loads(process.stdout.readline())["url"]
            _wait_until_ready(url)
            yield Served(url, times)
            process.stdin.close()
            process.wait(60)
        finally:
            process.kill()


async def _compared(
    served: Served, trace: Sequence[Ask], pace: Pace, folder: Path, *, measured: bool
) -> dict[str, Any]:
    client = connect(served.url, data_dir=folder)
    try:
        engine = engine_at(pace)
        if measured:
            found = await measure(client, images=(1, 2, 4), tries=2)
            engine = found.model_copy(update={"row_cap": pace.row_cap})
            await asyncio.sleep(FORGOTTEN_S)
        [ready] = served.when("ready")
        before = time.time() - ready
        real = await replay(client, trace)
        came = len(served.when("ready"))
    finally:
        await client.aclose()
    cold = served.starts()
    simulated = simulate(engine, trace, fleet_of(cold[0], before))
    given = simulate(engine, trace, fleet_of(cold[-1], before))
    waits = [one.started - one.came for one in real]
    took = [one.done - one.came for one in real]
    real_p95, took_p95 = (float(np.percentile(seconds, 95)) for seconds in (waits, took))
    return {
        "machine": describe(),
        "arrivals": len(trace),
        "seconds": round(max(one.done for one in real), 1),
        "real_p95_s": round(real_p95, 3),
        "simulated_p95_s": simulated.waiting.p95,
        "ratio": round(simulated.waiting.p95 / real_p95, 3),
        "real_to_image_p95_s": round(took_p95, 3),
        "simulated_to_image_p95_s": simulated.to_image.p95,
        "real_p50_s": round(float(np.percentile(waits, 50)), 3),
        "simulated_p50_s": simulated.waiting.p50,
        "real_replicas": came,
        "simulated_replicas": simulated.most_gpus,
        "points": [(point.rows, round(point.seconds, 3)) for point in engine.points],
        "cold_starts_s": [round(seconds, 1) for seconds in cold],
        "ratio_with_the_second_start": round(given.waiting.p95 / real_p95, 3),
    }


def fleet_of(cold_start_s: float, ready_s: float) -> Fleet:
    """Return the fleet that `serving` starts, its first replica ready for `ready_s`."""
    scaling = Scaling(
        max_replicas=REPLICAS, upscale_delay_s=LOCAL_UPSCALE_DELAY_S, control_s=CONTROL_S
    )
    return Fleet(scaling, REPLICAS, 0.0, IN_FLIGHT, cold_start_s=cold_start_s, ready_for_s=ready_s)


def engine_at(pace: Pace) -> EngineModel:
    """Return the points of `pace` as they are meant, unmeasured."""
    points = [{"rows": rows, "seconds": pace.call_s + pace.row_s * rows} for rows in (1, 2, 4, 8)]
    return EngineModel.model_validate(
        {
            "name": "paced",
            "title": "Paced",
            "source": "estimate",
            "how": "as told",
            "points": points,
            "pixels": 64 * 64,
            "row_cap": pace.row_cap,
        }
    )


async def replay(client: InferenceClient, trace: Sequence[Ask]) -> list[Waited]:
    """Ask for what is in `trace` when it says, `IN_FLIGHT` at once, the others in the order they came."""
    leases = asyncio.Semaphore(IN_FLIGHT)  # first come, first served
    began = time.monotonic()

    async def ask(one: Ask) -> Waited:
        await asyncio.sleep(max(0.0, began + one.seconds - time.monotonic()))
        waited = Waited(one.seconds)
        async with leases:
            await _follow(client, one, waited, began)
        return waited

    return await asyncio.gather(*(ask(one) for one in trace))


async def _follow(client: InferenceClient, one: Ask, waited: Waited, began: float) -> None:
    asked = GenerationParameters(
        prompt="a hat",
        num_images=one.images,
        num_inference_steps=one.steps,
        width=one.width,
        height=one.height,
        guidance_scale=4.0 if one.guided else 1.0,
    )
    request = GenerationRequest(id=new_generation_id(), parameters=asked)
    async for event in client.generate(request):
        if isinstance(event, Started):
            waited.started = time.monotonic() - began
        if isinstance(event, Failed):
            raise SystemExit(event.message)
        if isinstance(event, Done):
            waited.done = time.monotonic() - began


def _wait_until_ready(url: str) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while httpx2.get(f"{url}/readyz", trust_env=False).status_code != httpx2.codes.OK:
        if time.monotonic() > until:
            raise SystemExit(f"not ready after {READY_WITHIN_S:g} s")
        time.sleep(0.1)


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, keep; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.capacity_check")
    parser.add_argument("--trace", type=Path, default=TRACE)
    parser.add_argument("--cold-start", type=float, default=30.0, help="seconds a replica starts")
    parser.add_argument("--out", type=Path, default=None, help="where the JSON is kept too")
    asked = parser.parse_args(arguments)
    told = json.dumps(check(read_trace(asked.trace), Pace(cold_start_s=asked.cold_start)))
    sys.stdout.write(f"{told}\n")
    if asked.out:
        asked.out.write_text(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
