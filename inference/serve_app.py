"""The inference app as a Ray Serve deployment, and `python -m inference.serve_app`: a Ray of its own.

On a cluster the import path is `inference.serve_app:build`. As a module it starts a local Ray on
loopback, prints `{"url": …}` once the model is loaded, and stops everything it started. The app is
bound late, so that the engine is made inside the replica. Nothing queues in Ray: the engine's own
waiting room refuses, and the durable queue is the backend's.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, Field

from inference.offline import stay_offline

_ENVIRONMENT = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_TRAIN_V2_ENABLED": "0",
}
stay_offline()
for _name, _value in _ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)

import ray  # noqa: E402 - reads the environment when it is imported
from ray import serve  # noqa: E402

from inference.app import create_app  # noqa: E402
from inference.catalog import Catalog  # noqa: E402
from inference.engine import Engine  # noqa: E402
from inference.hosting import announce, free_port, when_input_closes  # noqa: E402
from inference.options import EngineOptions, add_room_arguments  # noqa: E402
from inference.protocol import Unavailable  # noqa: E402

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

APPLICATION = "atelier-inference"
ONGOING_REQUESTS = 512  # streams, their followers and image fetches; the engine bounds the work
OBJECT_STORE_BYTES = 100 * 2**20  # Ray's smallest comfortable; nothing of ours goes through it
LOAD_SECONDS = 900.0
DRAIN_SECONDS = 60.0
START_ATTEMPTS = 3
logger = logging.getLogger(__name__)


class ServeOptions(BaseModel):
    """What the replica takes of the cluster, as `args` in a Serve config file.

    One replica an application: a generation's images are held by the replica that drew them, and
    nothing routes their fetch there yet. More replicas are more applications.
    """

    num_cpus: float = Field(default=2, gt=0)
    num_gpus: float = Field(default=0, ge=0)
    slots: int = Field(default=EngineOptions.slots, ge=1)
    waiting_room: int = Field(default=EngineOptions.waiting_room, ge=0)


@serve.deployment(
    max_ongoing_requests=ONGOING_REQUESTS,
    graceful_shutdown_timeout_s=DRAIN_SECONDS + 30,
    graceful_shutdown_wait_loop_s=1,
    health_check_period_s=10,
    health_check_timeout_s=30,
)
@serve.ingress()
class Inference:
    """One replica: an engine, ready and warm when the constructor returns, and the app before it."""

    def __init__(self, options: EngineOptions) -> None:
        self._engine = Engine(Catalog.read(), options).start()
        if not self._engine.wait_until_loaded(LOAD_SECONDS):
            raise Unavailable(self._engine.health().detail)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Make the app inside the replica, around its own engine."""
        return create_app(self._engine)

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Tell an autoscaling policy how many seconds of work wait here."""
        return {"backlog_s": self._engine.backlog_seconds()}

    def check_health(self) -> None:
        """Have Ray replace this replica when its engine has stopped moving."""
        self._engine.raise_if_stuck()

    def __del__(self) -> None:
        self._engine.drain(DRAIN_SECONDS)
        self._engine.stop()


def build(options: ServeOptions) -> Application:
    """Return the application, for `serve run`, a Serve config file or `serve.run`."""
    actor = {"num_cpus": options.num_cpus, "num_gpus": options.num_gpus}
    engine = EngineOptions(slots=options.slots, waiting_room=options.waiting_room)
    deployment: Any = Inference  # what the decorator really made of the class
    return deployment.options(num_replicas=1, ray_actor_options=actor).bind(engine)


class LocalRay:
    """A Ray of this process's own, on loopback, gone without a trace when the block is left.

    `room` is what `ServeOptions` say of slots and waiting room.
    """

    def __init__(self, port: int, **room: int) -> None:
        self.port = port or free_port()
        self._room = room
        # AF_UNIX paths end at 107 characters and Ray adds 60 of its own: a short folder.
        self._folder = Path(tempfile.mkdtemp(prefix="ray"))

    def __enter__(self) -> Self:
        asked_to_leave = signal.getsignal(signal.SIGTERM)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        signal.signal(signal.SIGTERM, asked_to_leave)  # Ray has put its own there
        return self

    def application(self, num_cpus: float, num_gpus: float) -> Application:
        """Return what is served, given the cores and the share of a GPU that are there."""
        # By import, not from `__main__`, so that replicas load it by name instead of by value.
        module = import_module("inference.serve_app")
        options = module.ServeOptions(num_cpus=num_cpus, num_gpus=num_gpus, **self._room)
        built: Application = module.build(options)
        return built

    def _start(self) -> None:
        cores = len(os.sched_getaffinity(0))
        self._start_node(cores)
        serve.start(
            proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": self.port}
        )
        gpus = min(1.0, ray.cluster_resources().get("GPU", 0.0))
        serve.run(self.application(cores, gpus), name=APPLICATION, route_prefix="/")

    def _start_node(self, cores: int) -> None:
        """Start Ray's processes, once more if a busy machine needs longer than Ray's fixed 30 s."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                ray.init(
                    address="local",
                    num_cpus=cores,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    configure_logging=False,
                    object_store_memory=OBJECT_STORE_BYTES,
                    _temp_dir=str(self._folder),
                    _node_ip_address="127.0.0.1",
                )
            except Exception:
                ray.shutdown()
                if attempt == START_ATTEMPTS:
                    raise
                logger.exception("Ray did not start; trying again")
            else:
                return

    def __exit__(self, *_: object) -> None:
        ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Serve from a Ray of this process's own until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inference.serve_app")
    parser.add_argument("--port", type=int, default=8010, help="port to listen on; 0: any free one")
    parser.add_argument("--parent-pipe", action="store_true", help="end when standard input closes")
    add_room_arguments(parser)
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    Catalog.read()  # a mistake in the models file is told here, in plain words, and not from inside Ray
    leave = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leave.set())
    if asked.parent_pipe:
        when_input_closes(leave.set)
    with LocalRay(asked.port, slots=asked.slots, waiting_room=asked.waiting_room) as local:
        announce("127.0.0.1", local.port)
        leave.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
