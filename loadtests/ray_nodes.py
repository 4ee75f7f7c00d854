"""A Ray cluster of several nodes on this machine, each a family of processes that can be killed as a machine can.

Each node has ports of its own: HAProxy would share a fixed one with its neighbour without a word. The head draws
nothing and keeps what it knows in RocksDB; every worker has the place of one replica.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import psutil

import inference.ray_environment  # noqa: F401 - what Ray is told through the environment
from inference.caretaker import watch_over
from inference.hosting import free_port
from loadtests.front import HOST, Front, is_ready
from loadtests.processes import Family

RAY_HOST: Final = "127.0.0.2"  # Ray takes 127.0.0.1 for another name of the machine's own address
PLACES: Final = 4  # workers that one front can know
PATIENCE_S: Final = 240
ATTEMPTS: Final = 5  # a busy machine may need longer than Ray's fixed 30 s
RECONNECT_S: Final = 120  # how long a worker waits for a head that is gone
PROXY_DRAINS_S: Final = 5  # Ray's own 30 is for load balancers that look more seldom than our front
PROXY_READY_S: Final = 60  # Ray's own 5 is too short for a busy machine
REPLICA: Final = "ray::ServeReplica:"
_FILES: Final = {
    "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": "haproxy.cfg",
    "RAY_SERVE_HAPROXY_SOCKET_PATH": "a",
    "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": "m",
    "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": "",
    "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": "s",
}


class NotStarted(RuntimeError):
    """Ray gave a node up before it was there."""


@dataclass(frozen=True)
class Node:
    """A running node: what Ray calls it, its first process, everybody who came of it, and where its proxy listens."""

    id: str
    process: subprocess.Popen[bytes]
    family: Family
    port: int

    def replicas(self) -> set[int]:
        """Return the process ids of the replicas on it, ready or not."""
        return {
            one.pid
            for one in self.family.members()
            if any(REPLICA in word for word in _words_of(one))
        }

    def kill(self) -> None:
        """Kill -9 everybody on it."""
        self.family.kill()
        self.process.communicate()  # closes its pipes, and waits for it


class RayNodes:
    """A head, and as many workers as are asked for, for as long as the block lasts."""

    def __init__(self, models_file: Path, replicas: int) -> None:
        # AF_UNIX paths end at 107 characters and Ray adds 60 of its own: a short folder.
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))
        self._caretaker = watch_over(self.folder)  # HAProxy would outlive us if we were killed
        self.gcs = f"{RAY_HOST}:{free_port()}"
        self.front = Front(self.folder, [free_port() for _ in range(PLACES)])
        self.workers: list[Node] = []
        self.head: Node | None = None
        self._replicas = replicas
        self._head_port = free_port()
        self._fallback_port = free_port()
        self._environment = {
            **os.environ,
            **{name: str(self.folder / file) for name, file in _FILES.items()},
            "ATELIER_MODELS": str(models_file),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "RAY_ADDRESS": self.gcs,
            "RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S": str(PROXY_DRAINS_S),
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": str(PROXY_READY_S),
            "RAY_agent_register_timeout_ms": str(PATIENCE_S * 1000),
            "RAY_gcs_rpc_server_reconnect_timeout_s": str(RECONNECT_S),
        }

    def __enter__(self) -> Self:
        try:
            self.start_head()
            for _ in range(self._replicas):
                self.add_worker()
            self.run("loadtests.ray_app", self.gcs, str(self._head_port), str(self._replicas))
            self.front.start()
            self.wait_for(self.front.is_well, "the proxies")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.front.stop()
        for node in [*self.workers, *([self.head] if self.head else [])]:
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._caretaker.communicate()  # closes its input, and waits for it

    def start_head(self) -> None:
        """Start the head, with what it knew if it was there before."""
        (self.folder / "gcs").mkdir(exist_ok=True)
        told = {
            "RAY_gcs_storage": "rocksdb",
            "RAY_gcs_storage_path": str(self.folder / "gcs"),
            "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(self._fallback_port),
        }
        gcs_port = int(self.gcs.split(":")[1])
        words = {"gcs_server_port": gcs_port, "temp_dir": str(self.folder), "num_cpus": 0}
        self.head = self._started(self._head_port, told, words)

    def add_worker(self) -> Node:
        """Start a worker with a place for one replica; its proxy listens where the front looks."""
        taken = {node.port for node in self.workers}
        port = next(port for port in self.front.ports if port not in taken)
        told = {"RAY_SERVE_WORKER_PROXY_HTTP_PORT": str(port)}
        node = self._started(port, told, {"gcs_address": self.gcs, "num_cpus": 1})
        self.workers.append(node)
        return node

    def lose(self, node: Node) -> None:
        """Kill -9 a worker; it is none of this cluster from then on."""
        self.workers.remove(node)
        node.kill()

    def lose_head(self) -> None:
        """Kill -9 the head; what it knew is on disk."""
        if self.head:
            self.head.kill()
        self.head = None

    def head_serves(self) -> bool:
        """Say whether the head's own proxy has somebody to send to: the controller is back then."""
        return is_ready(f"http://{HOST}:{self._head_port}")

    def replicas(self) -> set[int]:
        """Return the process ids of all replicas."""
        return {pid for node in self.workers for pid in node.replicas()}

    def run(self, module: str, *words: str) -> None:
        """Run a module of ours against this Ray to its end; RuntimeError if it fails."""
        done = subprocess.run(  # noqa: S603 - our own modules
            [sys.executable, "-m", module, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-2000:]}")

    def wait_for(self, true: Callable[[], bool], what: str) -> None:
        """Wait until `true`; TimeoutError after four minutes."""
        until = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > until:
                raise TimeoutError(f"{what} were not there after {PATIENCE_S} s")
            time.sleep(0.1)

    def _started(self, port: int, told: dict[str, str], words: dict[str, Any]) -> Node:
        """Start a node, again if Ray gave up."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._start(port, told, words)
            except NotStarted:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError

    def _start(self, port: int, told: dict[str, str], words: dict[str, Any]) -> Node:
        own = {
            "RAY_SERVE_HAPROXY_STATS_PORT": str(free_port()),
            "RAY_SERVE_HAPROXY_METRICS_PORT": str(free_port()),
        }
        log = self.folder / f"node-{port}.log"
        with log.open("wb") as heard:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-m",
                    "loadtests.ray_node",
                    json.dumps({"node_ip_address": RAY_HOST, **words}),
                ],
                env={**self._environment, **own, **told},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=heard,
                start_new_session=True,
            )
        family = Family(process.pid)
        said = process.stdout.readline() if process.stdout else b""
        family.members()  # remembered, in case that parents end
        if not said:
            family.kill()
            process.communicate()
            raise NotStarted(log.read_text(errors="replace")[-2000:])
        return Node(json.loads(said)["node"], process, family, port)


def _words_of(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []
