"""The inference app as a Ray Serve deployment, and `python -m inference.serve_app`: a Ray of its own.

On a cluster the import path is `inference.serve_app:build`, one application a checkpoint. As a module
it starts a local Ray on loopback, prints `{"url": …}` once the models are loaded, and stops everything
it started. Nothing queues in Ray: the engine's own waiting room refuses, and the durable queue is the
backend's.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from inference.local_ray import HOST, LocalRay

# isort: split
import ray.util
from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy, BackpressureConfig

from inference import metrics_port, tracing
from inference.app import create_app, status_of
from inference.catalog import Catalog, CatalogError
from inference.engine import Engine
from inference.hosting import address, announce, when_input_closes
from inference.logs import configure_logging
from inference.options import EngineOptions, add_room_arguments
from inference.protocol import Unavailable, UnknownGeneration
from inference.scaling import BACKLOG, TARGET_BACKLOG_S

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

ONGOING_REQUESTS = 512  # streams, their followers and image fetches; the engine bounds the work
QUEUED_REQUESTS = 256  # on their way into the app; a burst beyond that is told 429 by Ray itself
LOAD_SECONDS = 900.0
STOP_SECONDS = 14.0  # a spot machine of GKE is given 15
SIBLING_SECONDS = 5.0
LOCAL_UPSCALE_DELAY_S = 5.0
LOCAL_DRAIN_S = 8.0  # ending Serve and Ray takes some seconds more
POLICY = "inference.scaling:BacklogPolicy"


class ServeOptions(BaseModel):
    """What an application takes of the cluster, as `args` in a Serve config file.

    Between `min_replicas` and `max_replicas`, as many run as work the backlog off in
    `target_backlog_s` seconds. `models` are names of the models file; none means all of them.
    """

    models: tuple[str, ...] = ()
    num_cpus: float = Field(default=2, gt=0)
    num_gpus: float = Field(default=0, ge=0)
    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=1, ge=1)
    target_backlog_s: float = Field(default=TARGET_BACKLOG_S, gt=0)
    upscale_delay_s: float = Field(default=15, ge=0)
    downscale_delay_s: float = Field(default=600, ge=0)
    slots: int = Field(default=EngineOptions.slots, ge=1)
    waiting_room: int = Field(default=EngineOptions.waiting_room, ge=0)

    def scale(self) -> dict[str, Any]:
        """Return how many replicas run, in the words of `Deployment.options`."""
        if self.max_replicas <= self.min_replicas:
            return {"num_replicas": self.min_replicas}
        policy = AutoscalingPolicy(
            policy_function=POLICY, policy_kwargs={"target_s": self.target_backlog_s}
        )
        return {
            "autoscaling_config": AutoscalingConfig(
                min_replicas=self.min_replicas,
                max_replicas=self.max_replicas,
                upscale_delay_s=self.upscale_delay_s,
                downscale_delay_s=self.downscale_delay_s,
                policy=policy,
            )
        }


@serve.deployment(
    max_ongoing_requests=ONGOING_REQUESTS,
    max_queued_requests=QUEUED_REQUESTS,
    backpressure_config=BackpressureConfig(status_code=429, retry_after_s=2),
    graceful_shutdown_timeout_s=STOP_SECONDS,
    graceful_shutdown_wait_loop_s=0.5,
    health_check_period_s=10,
    health_check_timeout_s=30,
)
@serve.ingress()
class Inference:
    """One replica: an engine, ready and warm when the constructor returns, and the app before it."""

    def __init__(self, options: EngineOptions, models: tuple[str, ...] = ()) -> None:
        configure_logging()
        tracing.start("atelier-inference")
        port = metrics_port.first_port()
        catalog = Catalog.read().only(models)
        self._engine = Engine(catalog, options).start()
        if not self._engine.wait_until_loaded(LOAD_SECONDS):
            raise Unavailable(self._engine.health().detail)
        if port is not None:
            self._tell_metrics(port, ",".join(offer.name for offer in catalog.offers))

    def _tell_metrics(self, first_port: int, models: str) -> None:
        labels = {"replica": serve.get_replica_context().replica_id.unique_id, "model": models}
        metrics_port.answer(self._engine.metrics.registry, _own_address(), first_port, labels)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Make the app inside the replica, around its own engine."""
        return create_app(self._engine, Replicas())

    def held_image(self, generation_id: str, index: int) -> bytes | None:
        """Return a finished image if this replica holds it."""
        try:
            return self._engine.image(generation_id, index)
        except UnknownGeneration:
            return None

    def held_status(self, generation_id: str) -> dict[str, Any] | None:
        """Return how far a generation is, as JSON, if this replica holds it."""
        try:
            return status_of(self._engine.find(generation_id)).model_dump(mode="json")
        except UnknownGeneration:
            return None

    def stop_held(self, generation_id: str) -> None:
        """Cancel a generation if this replica holds it."""
        self._engine.cancel(generation_id)

    async def drain(self, seconds: float) -> None:
        """Take nothing more in, finish what can be in `seconds`, hand the rest back as retryable."""
        await asyncio.to_thread(self._engine.drain, seconds)
        await asyncio.to_thread(tracing.stop)

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Tell the autoscaling policy how many seconds of work wait here."""
        return {BACKLOG: self._engine.backlog_seconds()}

    def check_health(self) -> None:
        """Have Ray replace this replica when its engine has stopped moving."""
        self._engine.raise_if_stuck()

    def __del__(self) -> None:
        self._engine.stop()
        tracing.stop()


class Replicas:
    """The replicas of the application that this process is one of; each is asked at once."""

    async def image(self, generation_id: str, index: int) -> bytes | None:
        """See `siblings.Siblings.image`."""
        found: bytes | None = await self._first("held_image", generation_id, index)
        return found

    async def status(self, generation_id: str) -> dict[str, Any] | None:
        """See `siblings.Siblings.status`."""
        found: dict[str, Any] | None = await self._first("held_status", generation_id)
        return found

    async def cancel(self, generation_id: str) -> None:
        """See `siblings.Siblings.cancel`."""
        await self._first("stop_held", generation_id)

    async def _first(self, method: str, *given: object) -> Any:  # noqa: ANN401
        """Return the first answer there is; a replica that is going away has none."""
        here = serve.get_replica_context()
        handle = serve.get_deployment_handle(here.deployment, here.app_name)
        answers = await handle.broadcast(method, *given).results_async(
            timeout_s=SIBLING_SECONDS, return_exceptions=True
        )
        real = (answer for answer in answers if not isinstance(answer, BaseException))
        return next((answer for answer in real if answer is not None), None)


def build(options: ServeOptions) -> Application:
    """Return the application, for `serve run`, a Serve config file or `serve.run`."""
    actor = {"num_cpus": options.num_cpus, "num_gpus": options.num_gpus}
    engine = EngineOptions(slots=options.slots, waiting_room=options.waiting_room)
    deployment: Any = Inference  # what the decorator really made of the class
    configured = deployment.options(ray_actor_options=actor, **options.scale())
    application: Application = configured.bind(engine, options.models)
    return application


def applications(asked: argparse.Namespace, cores: float, gpus: float) -> Mapping[str, Application]:
    """Return what a local Ray serves by route prefix, the machine shared out evenly among replicas."""
    offered = tuple(offer.name for offer in Catalog.read().offers)
    models = {f"/m/{name}": (name,) for name in offered} if asked.apart else {"/": ()}
    most = max(asked.replicas, asked.max_replicas)
    share = len(models) * most
    # By import, not from `__main__`, so that replicas load it by name instead of by value.
    module = import_module("inference.serve_app")
    return {
        route: module.build(
            module.ServeOptions(
                models=names,
                num_cpus=cores / share,
                num_gpus=min(1.0, gpus / share),
                min_replicas=asked.replicas,
                max_replicas=most,
                upscale_delay_s=LOCAL_UPSCALE_DELAY_S,
                slots=asked.slots,
                waiting_room=asked.waiting_room,
            )
        )
        for route, names in models.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Serve from a Ray of this process's own until told to stop; returns the exit status."""
    asked = _parser().parse_args(arguments)
    configure_logging()
    try:
        catalog = Catalog.read()  # told here, in plain words, and not from inside Ray
    except CatalogError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the interface
        return 1
    leave = threading.Event()
    orphaned = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leave.set())

    def orphan() -> None:
        orphaned.set()
        leave.set()

    if asked.parent_pipe:
        when_input_closes(orphan)
    routes = [f"/m/{offer.name}" for offer in catalog.offers] if asked.apart else [""]
    with LocalRay(asked.port, lambda *there: applications(asked, *there)) as local:
        announce(*(address(HOST, local.port) + route for route in routes))
        leave.wait()
        patience = 0.0 if orphaned.is_set() else LOCAL_DRAIN_S
        local.tell_every_replica("drain", patience, timeout_s=patience + 1)
    return 0


def _own_address() -> str:
    """Return the address by which Ray knows this node, where Prometheus finds it and nobody else has to."""
    this = ray.get_runtime_context().get_node_id()
    return next(str(node["NodeManagerAddress"]) for node in ray.nodes() if node["NodeID"] == this)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.serve_app")
    parser.add_argument("--port", type=int, default=8010, help="port to listen on; 0: any free one")
    parser.add_argument("--parent-pipe", action="store_true", help="end when standard input closes")
    parser.add_argument("--replicas", type=int, default=1, help="engines for each application")
    parser.add_argument(
        "--max-replicas", type=int, default=0, help="how many a backlog may bring that number to"
    )
    parser.add_argument(
        "--apart", action="store_true", help="one application a model, at /m/<its name>"
    )
    add_room_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
