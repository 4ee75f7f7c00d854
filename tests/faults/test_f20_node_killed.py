"""F20: machines of a real Ray go while a studio draws there: killed, drained first, and the head; nothing is lost.

The first is in `make test`, the other two in `make test-long`.
One Ray for all of it, since starting a head and two workers takes a while. `python -m loadtests.nodes` does the same
with the bundled model and prints the figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.nodes import REPLICAS, is_good, studio_at
from loadtests.ray_nodes import RayNodes
from tests.fixtures.telling import Tell

GENERATIONS = 60
SERVED_WITHIN_S = 30.0
pytestmark = [
    pytest.mark.serial,
    pytest.mark.faults,
    pytest.mark.ray,
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def nodes(tiny_models_file: Path) -> Iterator[RayNodes]:
    with RayNodes(tiny_models_file, REPLICAS) as running:
        yield running


def test_a_node_that_is_killed_loses_nothing(
    nodes: RayNodes, postgres_url: str, tmp_path: Path, tell: Tell
) -> None:
    with studio_at(nodes, postgres_url, tmp_path) as scene:
        undisturbed = scene.undisturbed(GENERATIONS)
        assert is_good(undisturbed), undisturbed
        told = scene.kill(GENERATIONS)
    tell({"fault": "F20", "way": "kill", **told})
    assert is_good(told), told
    assert told["retried"] >= 1
    assert told["next_image_s"] <= SERVED_WITHIN_S


@pytest.mark.long
def test_a_node_that_is_drained_first_is_not_missed(
    nodes: RayNodes, sqlite_url: str, tmp_path: Path, tell: Tell
) -> None:
    with studio_at(nodes, sqlite_url, tmp_path) as scene:
        scene.undisturbed(GENERATIONS)
        told = scene.drain(GENERATIONS)
    tell({"fault": "F20", "way": "drain", **told})
    # Nothing is drawn again on idle cores; on crowded ones two of sixty were. Nothing is lost on either.
    assert is_good(told), told


@pytest.mark.long
def test_workers_draw_without_their_head_and_it_comes_back_to_them(
    nodes: RayNodes, sqlite_url: str, tmp_path: Path, tell: Tell
) -> None:
    with studio_at(nodes, sqlite_url, tmp_path) as scene:
        scene.undisturbed(GENERATIONS)
        told = scene.head(GENERATIONS)
    tell({"fault": "F20", "way": "head", **told})
    assert is_good(told), told
    assert told["drawn_without_head"] >= 1
    assert told["retried"] == 0
