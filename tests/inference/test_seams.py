"""Seams in what the bundled model makes larger: the figure, on a few pictures; `loadtests.seams` has more."""

from __future__ import annotations

from typing import Any

import pytest

from inference.stages.memory import MEMORY_VARIABLE
from inference.tiles import OVERLAP
from loadtests.seams import FACTOR, MEMORY_OF_A_TILE_MB, SAMPLERS, SIDE, TILE, borders, seam
from loadtests.upscaling import drawn, patient_engine, pixels_of

FIGURE = 1.05


@pytest.mark.model
def test_tiles_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, MEMORY_OF_A_TILE_MB)
    made, plain = [], []
    with patient_engine() as engine:
        for seed, sampler in enumerate(SAMPLERS):
            asked: dict[str, Any] = {
                "prompt": "a red striped dress on a cream background",
                "seed": seed,
            }
            small = drawn(engine, **asked).images[0]
            larger = drawn(engine, small, **asked, upscale={"factor": FACTOR}, scheduler=sampler)
            made.append(pixels_of(larger.images[0]))
            given = drawn(engine, small, **asked, upscale={"factor": FACTOR, "method": "resample"})
            plain.append(pixels_of(given.images[0]))
    at = (borders(SIDE, OVERLAP), borders(TILE, OVERLAP))
    figures = [
        seam(made, lines) / seam(plain, lines) for lines in at
    ]  # what was there before is no seam
    assert max(figures) <= FIGURE
