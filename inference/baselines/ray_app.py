"""The study's Ray Serve server, and the same with `@serve.batch`; from a Ray of this process's own.

One replica with every core, behind Ray's default proxy. What exceeds its requests under way waits there.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from fastapi import FastAPI, Response
from starlette.concurrency import run_in_threadpool

from inference.baselines import BATCH_IMAGES, BATCH_SECONDS
from inference.baselines.answers import Drawn, answer_of
from inference.baselines.tally import Tally
from inference.catalog import Catalog
from inference.hosting import address, announce
from inference.protocol import GenerationParameters

# isort: split
# As the study had it, and as Ray has it unless told otherwise. Read when `ray` is imported, just below.
os.environ["RAY_SERVE_ENABLE_HA_PROXY"] = "0"
from inference.local_ray import HOST, LocalRay

# isort: split
from ray import serve as ray_serve
from ray.serve import Application

Draw = Callable[[GenerationParameters], Awaitable[Drawn]]


def create_app(draw: Draw, tally: Tally) -> FastAPI:
    """Return the app of a replica, around what it draws with, which is counted in `tally`."""
    app = FastAPI(title="Baseline: Ray Serve")
    tally.told_by(app)

    @app.get("/readyz")
    async def ready() -> None:
        """Say that it draws; a replica is there once its model is loaded."""

    @app.post("/predict", response_class=Response)
    async def predict(asked: GenerationParameters) -> Response:
        """Draw `asked` and return the (first) image."""
        return await run_in_threadpool(answer_of, await draw(asked))

    return app


@ray_serve.deployment
@ray_serve.ingress()
class OneByOne:
    """One request after another. Drawing in a thread keeps the replica's event loop free to answer."""

    def __init__(self) -> None:
        from inference.baselines.predicting import Predictor  # noqa: PLC0415 - torch is the replica's

        self._tally = Tally()
        self._predictor = Predictor(Catalog.read(), self._tally)
        self._turn = asyncio.Lock()

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Make the app inside the replica."""
        return create_app(self._draw, self._tally)

    async def _draw(self, asked: GenerationParameters) -> Drawn:
        async with self._turn:
            return (await asyncio.to_thread(self._predictor.draw, [asked]))[0]


# One batch that is drawn and one that comes together; Ray's default of 5 would cut batches short.
@ray_serve.deployment(max_ongoing_requests=2 * BATCH_IMAGES)
@ray_serve.ingress()
class Batched:
    """What came within a moment together. A request that cannot be drawn fails alone."""

    def __init__(self) -> None:
        from inference.baselines.predicting import Predictor  # noqa: PLC0415 - torch is the replica's

        self._tally = Tally()
        self._predictor = Predictor(Catalog.read(), self._tally)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Make the app inside the replica."""
        return create_app(self._draw, self._tally)

    @ray_serve.batch(max_batch_size=BATCH_IMAGES, batch_wait_timeout_s=BATCH_SECONDS)
    async def _draw(self, asked: list[GenerationParameters]) -> list[Drawn]:
        return await asyncio.to_thread(self._predictor.draw, asked)


def serve(port: int, *, batched: bool) -> None:
    """Serve until a signal says stop."""

    def applications(num_cpus: float, num_gpus: float) -> dict[str, Application]:
        # By import, so that the replica loads it by name instead of by value.
        module = import_module("inference.baselines.ray_app")
        deployment: Any = module.Batched if batched else module.OneByOne
        actor = {"num_cpus": num_cpus, "num_gpus": min(1.0, num_gpus)}
        return {"/": deployment.options(num_replicas=1, ray_actor_options=actor).bind()}

    with LocalRay(port, applications) as local:
        announce(address(HOST, local.port))
        threading.Event().wait()
