"""What a studio loses when a machine of its Ray goes: killed, drained first, or the head.

    python -m loadtests.nodes [--generations 60] [--models FILE] [--only undisturbed kill drain head]

A Ray of a head and two workers with a replica each, the real inference app on them, and a studio that draws there,
all on this machine. Prints a table; the exit status is 1 if anything was lost, doubled or drawn differently.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np
from PIL import Image as Picture
from sqlmodel import select

from backend import migrations
from backend.images.models import Image
from backend.kit.database import Database
from inference.catalog import BUNDLED
from loadtests.ray_nodes import RayNodes
from tests.faults.dispatchers import ledger_of, rows_of
from tests.faults.studio import Part, client_of, running_studio, submit
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.workshop import Workshop

REPLICAS: Final = 2
GENERATIONS: Final = 60
AT_ONCE: Final = 8
BEGAN: Final = "atelier_inference_images_created "
DRAIN_S: Final = 120
MOST_APART: Final = 2  # of 255: who shares the steps decides in which order floats are added
SETTINGS: Final = {
    "dispatch_concurrency": AT_ONCE,
    "result_cache": False,  # the same seeds are drawn again
    "max_outstanding": 1000,
    "max_attempts": 20,
}


class Scene:
    """A studio that draws in a Ray of several nodes, and what is done to those."""

    def __init__(self, nodes: RayNodes, workshop: Workshop, client: httpx2.Client) -> None:
        self.nodes = nodes
        self._workshop = workshop
        self._client = client
        self._pixels: dict[int, Any] = {}
        self._mine: set[str] = set()
        self._before: set[str] = set()

    def undisturbed(self, number: int) -> dict[str, Any]:
        """Draw with nothing done to anybody; what comes is what the others are compared with."""
        self._submit(number)
        self._wait(number)
        self._pixels = self._drawn()
        return self._told()

    def kill(self, number: int) -> dict[str, Any]:
        """Kill a worker in the middle, and start another."""
        self._submit(number)
        self._wait(number // 4)
        done = self._ended()
        killed = time.monotonic()
        self.nodes.lose(self.nodes.workers[0])
        self._wait(done + 1)
        drawn_again = time.monotonic() - killed
        self.nodes.add_worker()
        there = time.monotonic()
        self._wait_for_replicas()
        back = time.monotonic()
        self._wait(number)
        return self._told() | {
            "next_image_s": round(drawn_again, 1),
            "replica_on_new_node_s": round(back - there, 1),
            "replica_back_s": round(back - killed, 1),
        }

    def drain(self, number: int) -> dict[str, Any]:
        """Drain a worker in the middle, with another to go to, and kill it once it is empty."""
        going = self.nodes.workers[0]
        self.nodes.add_worker()
        self._submit(number)
        self._wait(number // 4)
        began = time.monotonic()
        self.nodes.run("inference.drain", f"--seconds={DRAIN_S}", f"--node={going.id}")
        drained = time.monotonic() - began
        self.nodes.lose(going)
        self._wait(number)
        return self._told() | {"drained_s": round(drained, 1)}

    def head(self, number: int) -> dict[str, Any]:
        """Kill the head in the middle, draw without it, start it again on what it wrote down."""
        before = self.nodes.replicas()
        self._submit(number)
        self._wait(number // 4)
        self.nodes.lose_head()
        self._wait(number // 2)
        without = self._ended()
        began = time.monotonic()
        self.nodes.start_head()
        self.nodes.wait_for(self.nodes.head_serves, "the head's proxy")
        back = time.monotonic() - began
        self._wait(number)
        return self._told() | {
            "drawn_without_head": without - number // 4,
            "head_back_s": round(back, 1),
            "same_replicas": self.nodes.replicas() == before,
        }

    def _submit(self, number: int) -> None:
        self._before = {row.id for row in rows_of(self._workshop)}
        asked = {"num_inference_steps": 50, "width": 128, "height": 128}
        self._mine = {submit(self._client, seed=seed, **asked) for seed in range(number)}

    def _ended(self) -> int:
        rows = rows_of(self._workshop)
        return sum(row.state.ended for row in rows if row.id in self._mine)

    def _wait(self, number: int) -> None:
        """Wait until so many of what was submitted last have ended."""
        self.nodes.wait_for(lambda: self._ended() >= number, f"{number} images")

    def _wait_for_replicas(self) -> None:
        """Wait until both have answered, told apart by when their engines began."""
        ready: set[str] = set()

        def asked() -> bool:
            with suppress(httpx2.TransportError):
                answer = httpx2.get(f"{self.nodes.front.url}/metrics", timeout=5, trust_env=False)
                ready.update(line for line in answer.text.splitlines() if line.startswith(BEGAN))
            return len(ready) == REPLICAS

        self.nodes.wait_for(asked, "both replicas")

    def _drawn(self) -> dict[int, Any]:
        """Return the pixels that were drawn of each seed, [h, w, 3] from 0 to 255."""
        context = self._workshop.context
        with context.database.read() as session:
            images = list(session.exec(select(Image)))
        return {
            image.parameters.seed: _pixels_of(context.storage.get(image.storage_key))
            for image in images
            if image.generation_id in self._mine
        }

    def _told(self) -> dict[str, Any]:
        ledger = ledger_of(self._workshop, self._mine | self._before, 1)
        rows = [row for row in rows_of(self._workshop) if row.id in self._mine]
        drawn = self._drawn()
        apart = [_apart(drawn.get(seed), was) for seed, was in self._pixels.items()]
        return {
            "accepted": len(self._mine),
            "succeeded": sum(row.state == "succeeded" for row in rows),
            "lost": ledger["lost"] + ledger["missing_files"],
            "doubled": ledger["duplicates"],
            "retried": sum(row.attempt > 1 for row in rows),
            "same_pixels": apart.count(0),
            "other_pictures": sum(most > MOST_APART for most in apart),
        }


@contextmanager
def scene_of(models_file: Path, database_url: str, folder: Path) -> Iterator[Scene]:
    """A Ray of a head and two workers, and a studio that draws there with a migrated database."""
    with RayNodes(models_file, REPLICAS) as nodes, studio_at(nodes, database_url, folder) as scene:
        yield scene


@contextmanager
def studio_at(nodes: RayNodes, database_url: str, folder: Path) -> Iterator[Scene]:
    """A studio that draws in `nodes`."""
    database = Database(database_url)
    workshop = Workshop(database, folder)
    key = add_key(database, add_user(database))
    settings = {**SETTINGS, "inference_url": nodes.front.url}
    try:
        with (
            running_studio(Part(database_url, str(folder), settings, quiet=True)) as studio,
            client_of(studio.url, key) as client,
        ):
            yield Scene(nodes, workshop, client)
    finally:
        database.dispose()


def _pixels_of(data: bytes) -> Any:  # noqa: ANN401 - an array
    return np.asarray(Picture.open(BytesIO(data)).convert("RGB"), dtype=np.int16)


def _apart(one: Any, other: Any) -> int:  # noqa: ANN401 - arrays, or none of the first
    """Return by how much of 255 two pictures differ where they differ most."""
    return 255 if one is None else int(np.abs(one - other).max())


def is_good(told: dict[str, Any]) -> bool:
    """Return whether everything was drawn once and as it would have been."""
    nothing = not any(told[what] for what in ("lost", "doubled", "other_pictures"))
    whole = told["succeeded"] == told["accepted"]
    return nothing and whole and told.get("same_replicas", True)


def main() -> int:
    """Do what is asked for, one after the other, and return the exit status."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--generations", type=int, default=GENERATIONS)
    words.add_argument("--models", type=Path, help="a models file; else the usual one")
    ways = ["undisturbed", "kill", "drain", "head"]
    words.add_argument("--only", nargs="+", choices=ways, default=ways)
    asked = words.parse_args()
    models_file = (asked.models or BUNDLED).resolve()
    with tempfile.TemporaryDirectory(prefix="nodes-") as name:
        url = f"sqlite:///{name}/atelier.db"
        migrations.upgrade(url)
        with scene_of(models_file, url, Path(name)) as scene:
            good = [_done(scene, way, asked.generations) for way in asked.only]
    return 0 if all(good) else 1


def _done(scene: Scene, way: str, number: int) -> bool:
    do: Callable[[int], dict[str, Any]] = getattr(scene, way)
    told = do(number)
    sys.stdout.write(f"{json.dumps({'way': way, **told})}\n")
    sys.stdout.flush()
    return is_good(told)


if __name__ == "__main__":
    sys.exit(main())
