"""`python -m loadtests.ray_node '{"num_cpus": 1, …}'`: one node of a Ray; says its id, lives until its input closes.

What `ray start --block` does, without the autoscaler and the client server that it starts beside a head: `Cluster` of
Ray's own tests starts nodes like this, all of them in one process, which nobody can kill one by one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import inference.ray_environment  # noqa: F401 - before `ray`, which reads the environment
from inference.hosting import free_port

# isort: split
from ray._private import utils
from ray._private.node import Node
from ray._private.parameter import RayParams

MEMORY: Final = 80 * 2**20


class Ready(Node):
    """A node whose raylet does not wait for its agents to say on which ports they listen: it is told."""

    def start_ray_processes(self) -> None:
        """Write what the agents would, which takes a busy machine longer than the 15 s after which a raylet dies."""
        given = self._ray_params
        ports = {
            "metrics_agent_port": given.metrics_agent_port,
            "metrics_export_port": given.metrics_export_port,
            "dashboard_agent_listen_port": given.dashboard_agent_listen_port,
            "runtime_env_agent_port": given.runtime_env_agent_port,
        }
        for name, port in ports.items():
            Path(self._session_dir, f"{name}_{self._node_id}").write_text(str(port))
        super().start_ray_processes()


def main(words: str) -> None:
    """Run a node, a head if no address of one is given."""
    told: dict[str, Any] = json.loads(words)
    # As without Ray's dashboard: its agents import less.
    utils.get_dashboard_dependency_error = lambda: "left out"
    parameters = RayParams(
        object_store_memory=MEMORY,
        include_dashboard=False,
        include_log_monitor=False,
        no_monitor=True,
        min_worker_port=0,
        max_worker_port=0,
        node_manager_port=0,
        dashboard_agent_listen_port=free_port(),
        metrics_agent_port=free_port(),
        metrics_export_port=free_port(),
        runtime_env_agent_port=free_port(),
        **told,
    )
    node = Ready(parameters, head="gcs_address" not in told, spawn_reaper=False)
    sys.stdout.write(json.dumps({"node": node.node_id}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
