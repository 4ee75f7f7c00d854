"""A Ray of this process's own, on loopback: started for a block, gone without a trace after it.

Serves whatever applications it is given; knows no engine and no model.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

import inference.ray_environment  # noqa: F401 - before `ray`, which reads the environment
from inference.caretaker import watch_over
from inference.hosting import free_port

# isort: split
import ray
from ray import serve

if TYPE_CHECKING:
    from ray.serve import Application

OBJECT_STORE_BYTES = 100 * 2**20  # Ray's smallest comfortable; nothing of ours goes through it
START_ATTEMPTS = 3
HOST = "127.0.0.1"
logger = logging.getLogger(__name__)

# Two Rays on one machine must not share these: one would send the other its requests.
_PORTS = (
    "RAY_SERVE_HAPROXY_STATS_PORT",
    "RAY_SERVE_HAPROXY_METRICS_PORT",
    "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT",
)
_FILES = {
    "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": "haproxy.cfg",
    "RAY_SERVE_HAPROXY_SOCKET_PATH": "admin.sock",
    "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": "metrics.sock",
    "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": "",
    "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": "server-state",
}
Applications = Callable[[float, float], "Mapping[str, Application]"]
"""The cores and the share of a GPU that are there → applications by their route prefix."""


class LocalRay:
    """Serves `applications` at `port` (0: any free one) of loopback."""

    def __init__(self, port: int, applications: Applications) -> None:
        self.port = port or free_port()
        self._applications = applications
        self._names: list[str] = []
        # AF_UNIX paths end at 107 characters and Ray adds 60 of its own: a short folder.
        self._folder = Path(tempfile.mkdtemp(prefix="ray"))
        self._caretaker = watch_over(self._folder)

    def __enter__(self) -> Self:
        asked_to_leave = signal.getsignal(signal.SIGTERM)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        signal.signal(signal.SIGTERM, asked_to_leave)  # Ray has put its own there
        return self

    def __exit__(self, *_: object) -> None:
        if self._names:
            serve.shutdown()  # lets replicas send the last words of their streams; Ray alone would not
        ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._caretaker.communicate()  # closes its input, and waits for it

    def tell_every_replica(self, method: str, *given: object, timeout_s: float) -> None:
        """Call `method` of every replica of every application; who fails or is late is let be."""
        told = [serve.get_app_handle(name).broadcast(method, *given) for name in self._names]
        for answer in told:
            try:
                answer.results(timeout_s=timeout_s, return_exceptions=True)
            except Exception:
                logger.exception("not every replica heard %s", method)

    def _start(self) -> None:
        os.environ.update({name: str(free_port()) for name in _PORTS})
        os.environ.update({name: str(self._folder / file) for name, file in _FILES.items()})
        cores = len(os.sched_getaffinity(0))
        self._start_node(cores)
        serve.start(proxy_location="HeadOnly", http_options={"host": HOST, "port": self.port})
        gpus = ray.cluster_resources().get("GPU", 0.0)
        for route, application in self._applications(cores, gpus).items():
            self._names.append(f"atelier{route.replace('/', '-').rstrip('-')}")
            serve.run(application, name=self._names[-1], route_prefix=route)

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
                    _node_ip_address=HOST,
                )
            except Exception:
                ray.shutdown()
                if attempt == START_ATTEMPTS:
                    raise
                logger.exception("Ray did not start; trying again")
            else:
                return
