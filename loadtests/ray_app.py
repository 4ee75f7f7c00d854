"""`python -m loadtests.ray_app GCS PORT REPLICAS`: has the Ray at GCS serve the inference app on every node, and ends.

The app stays without it. Whoever measures must not be a part of the Ray whose head it kills.
"""

from __future__ import annotations

import sys
from importlib import import_module

import inference.ray_environment  # noqa: F401 - before `ray`, which reads the environment

# isort: split
import ray
from ray import serve

NAME = "atelier"


def main(gcs: str, port: str, replicas: str) -> None:
    """Serve one application of so many replicas, a core each; returns when they are ready."""
    ray.init(address=gcs, log_to_driver=False, configure_logging=False)
    serve.start(proxy_location="EveryNode", http_options={"host": "127.0.0.1", "port": int(port)})
    # By import, so that replicas load it by name instead of by value.
    app = import_module("inference.serve_app")
    options = app.ServeOptions(num_cpus=1, min_replicas=int(replicas), max_replicas=int(replicas))
    serve.run(app.build(options), name=NAME, route_prefix="/")
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
