"""A node that is drained: its replica is replaced before it goes, and nobody who asks meanwhile is turned away."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.heavy, pytest.mark.ray, pytest.mark.timeout(420)]
MEMORY = 80 * 2**20
ANSWER_WITHIN_S = 60.0


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A Ray of two nodes on this machine, each with a place for one replica."""
    import inference.ray_environment  # noqa: F401 - before `ray`

    # isort: split
    import ray
    from ray import serve
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "resources": {"place": 1}, "object_store_memory": MEMORY}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    made.add_node(**node)
    ray.init(address=made.address, log_to_driver=False, configure_logging=False)
    yield made
    serve.shutdown()
    ray.shutdown()
    made.shutdown()


def serve_one() -> Any:
    """Serve one replica, beside the head, that says where it is; return the handle to ask it by."""
    import ray
    from ray import serve
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    @ray.remote(num_cpus=0, resources={"place": 1})
    class Holder:
        def here(self) -> str:
            return str(ray.get_runtime_context().get_node_id())

    # The head's place is taken until the replica has found the other one.
    head = ray.get_runtime_context().get_node_id()
    there: Any = Holder
    pinned = NodeAffinitySchedulingStrategy(head, soft=False)
    holder = there.options(scheduling_strategy=pinned).remote()
    assert ray.get(holder.here.remote()) == head

    @serve.deployment(ray_actor_options={"num_cpus": 0.2, "resources": {"place": 1}})
    class Where:
        def __call__(self) -> str:
            return str(ray.get_runtime_context().get_node_id())

    application: Any = Where
    serve.start(proxy_location="Disabled")
    handle = serve.run(application.bind(), name="where", route_prefix=None)
    ray.kill(holder)
    return handle


class Asking(threading.Thread):
    """Asks again and again, and remembers every answer."""

    def __init__(self, handle: Any) -> None:
        super().__init__()
        self.answers: list[str] = []
        self._handle = handle
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.wait(0.1):
            try:
                self.answers.append(self._handle.remote().result(timeout_s=ANSWER_WITHIN_S))
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody was turned away
                self.answers.append(repr(error))

    def stop(self) -> list[str]:
        self._enough.set()
        self.join()
        return self.answers


def drain(cluster: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inference.drain", *arguments],
        env={"RAY_ADDRESS": cluster.address, "PYTHONPATH": ".", "RAY_AUTH_MODE": "disabled"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nobody_is_turned_away_from_a_node_that_is_drained(cluster: Any) -> None:
    handle = serve_one()
    first = handle.remote().result(timeout_s=ANSWER_WITHIN_S)
    (going,) = cluster.worker_nodes
    assert first == going.node_id
    asking = Asking(handle)
    asking.start()
    done = drain(cluster, "--seconds=120", f"--node={first}")
    assert done.returncode == 0, done.stderr
    second = handle.remote().result(timeout_s=ANSWER_WITHIN_S)
    cluster.remove_node(going, allow_graceful=False)
    assert handle.remote().result(timeout_s=ANSWER_WITHIN_S) == second
    assert second != first
    assert set(asking.stop()) == {first, second}


def test_what_others_draw_is_passed_on_to_its_end() -> None:
    from inference.drain import is_used

    deployments = {"Where": {"replicas": [{"node_id": "other"}, {"node_id": None}]}}
    details: dict[str, Any] = {
        "controller_info": {"node_id": "head"},
        "proxies": {"head": {}, "going": {"status": "DRAINING"}, "other": {}},
        "applications": {"where": {"deployments": deployments}},
    }
    assert is_used(details, "going")
    del details["proxies"]["going"]
    assert not is_used(details, "going")
    assert is_used(details, "other")
    assert not is_used(details, "head")


def test_a_node_that_is_not_there_is_told(cluster: Any) -> None:
    done = drain(cluster, "--seconds=5", "--node=nowhere")
    assert done.returncode != 0
    assert "nowhere" in done.stderr
