"""`python -m inference.drain --seconds=70`: before this machine goes, Ray starts its replicas elsewhere and empties it.

For a pod's preStop hook. Ends when no replica is left here, at the latest after `--seconds`; what is being drawn until
then goes on. Ray's own command for it is hidden and promises nothing, and neither does what tells where replicas
are: both are used here only, and `tests/inference/test_drain.py` says when they change.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import inference.ray_environment  # noqa: F401 - before `ray`, which reads the environment

# isort: split
import ray
from ray.serve.context import _get_global_client

LOOK_EVERY_S = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Drain a node of the Ray that runs on this machine; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inference.drain", description=__doc__)
    parser.add_argument("--seconds", type=int, default=70, help="how long it may take")
    parser.add_argument("--node", help="the id of a node; this machine's own if none is named")
    asked = parser.parse_args(arguments)
    until = time.monotonic() + asked.seconds
    ray.init(address="auto", log_to_driver=False, configure_logging=False)
    here = ray.get_runtime_context()
    node = asked.node or here.get_node_id()
    status = _announce(here.gcs_address, node, int(until - time.monotonic()))
    while not status and time.monotonic() < until and any(_replicas_on(node)):
        time.sleep(LOOK_EVERY_S)
    ray.shutdown()
    return status


def _announce(address: str, node: str, seconds: int) -> int:
    """Have Ray place nothing more on `node`, and replace what is there."""
    told = {
        "--address": address,
        "--node-id": node,
        "--reason": "DRAIN_NODE_REASON_PREEMPTION",
        "--reason-message": "its pod ends",
        "--deadline-remaining-seconds": str(max(1, seconds)),
    }
    words = [word for pair in told.items() for word in pair]
    ray_itself = [sys.executable, "-m", "ray.scripts.scripts", "drain-node"]
    return subprocess.run([*ray_itself, *words], check=False).returncode  # noqa: S603 - Ray's


def _replicas_on(node: str) -> Iterator[Any]:
    """Yield the replicas of Serve that are on `node`, those that are ending too."""
    client = _get_global_client(raise_if_no_controller_running=False)
    applications = client.get_serve_details()["applications"] if client else {}
    for application in applications.values():
        for deployment in application["deployments"].values():
            # One that is starting is on no node yet.
            yield from (one for one in deployment["replicas"] if one.get("node_id") == node)


if __name__ == "__main__":
    sys.exit(main())
