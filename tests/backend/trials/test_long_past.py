"""How long a trial of a hundred thousand images takes; shown with -s."""

from __future__ import annotations

import random
import time

import pytest

from backend.kit.database import Database
from tests.backend.trials.test_trials import OTHER, past, tried
from tests.fixtures.actors import add_user
from tests.fixtures.judged import add_many

IMAGES = 100_000
CONCEPTS = 20  # as many as Stable Diffusion's safety checker has
WITHIN_S = 300.0


@pytest.mark.long
@pytest.mark.serial
@pytest.mark.timeout(900)
def test_a_hundred_thousand_images(database: Database) -> None:
    owner = add_user(database, "designer")
    chance, [pattern] = random.Random(8), past(1, seed=3)
    assert pattern is not None
    names = [f"concept {number}" for number in range(CONCEPTS)]
    measured = [
        pattern.model_copy(update={"concepts": {name: chance.gauss(-0.1, 0.05) for name in names}})
        for _ in range(1_000)
    ]
    for _ in range(IMAGES // len(measured)):
        add_many(database, owner, measured)
    began = time.monotonic()
    lines = tried(database, OTHER)
    took = time.monotonic() - began
    report = lines[-1].report
    assert report is not None
    assert (report.of, len(lines)) == (IMAGES, IMAGES // 1_000 + 1)  # the last is of words
    print(f"{database.engine.dialect.name}: {IMAGES} images in {took:.1f} s")  # noqa: T201
    assert took < WITHIN_S
