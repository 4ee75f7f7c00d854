"""`python -m inference.drain --seconds=70`: before this machine goes, Ray starts its replicas elsewhere and empties it.

For a pod's preStop hook. Ends when no replica is left here and the proxy has passed on the last stream that came
through it, at the latest after `--seconds`; what is being drawn until then goes on. Ray's own command for it is hidden
and promises nothing, and neither does what tells where replicas are: both are used here only, and
`tests/inference/test_drain.py` says when they change.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
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
    while not status and time.monotonic() < until and _in_use(node):
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


def _in_use(node: str) -> bool:
    """Say whether replicas of Serve, ending ones too, or streams to others' replicas are still on `node`."""
    client = _get_global_client(raise_if_no_controller_running=False)
    return bool(client) and is_used(client.get_serve_details(), node)


def is_used(details: dict[str, Any], node: str) -> bool:
    """Say so of what Serve's controller tells of itself."""
    # The controller's own node keeps its proxy, drained or not.
    if node in details["proxies"] and node != details["controller_info"].get("node_id"):
        return True
    return any(
        one.get("node_id") == node  # one that is starting is on no node yet
        for application in details["applications"].values()
        for deployment in application["deployments"].values()
        for one in deployment["replicas"]
    )


if __name__ == "__main__":
    sys.exit(main())
