"""A checkpoint as it is passed around, of SDXL: brought in by the command, offered by a table, drawn with in the browser.

Its weights are random and small, so what it draws is noise; everything else is as with one that was trained.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect
from safetensors.torch import save_file
from typer.testing import CliRunner

from backend.cli import app
from inference.catalog import MODELS_VARIABLE
from loadtests.studio import Studio, running_studio
from tests.browser.conftest import sign_in
from tests.fixtures.ldm import original_of
from tests.fixtures.xl import build_tiny_xl

pytestmark = [
    pytest.mark.browser,
    pytest.mark.serial,
    pytest.mark.model,
    pytest.mark.timeout(420),
]
TITLE: Final = "Random SDXL"
TABLE: Final = """
name = "random-xl"
title = "Random SDXL"
description = "Random numbers in the shapes of SDXL."
family = "SDXL"
max_pixels = 65536
safety_checker = "demo-safety-checker"
safety_checker_directory = "checker/safety_checker"
[model.defaults]
width = 64
height = 64
num_inference_steps = 4
guidance_scale = 4.0
scheduler = "euler"
"""
BUNDLED: Final = Path(__file__).parents[2] / "assets" / "models" / "atelier-mini"


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A real studio whose one model was imported from a single file."""
    like = build_tiny_xl(tmp_path / "like")
    file = tmp_path / "random.safetensors"
    save_file(original_of(like), file, {"format": "pt"})
    words = [str(file), "--like", str(like), "--into", str(tmp_path / "imported")]
    told = CliRunner().invoke(app, ["import-model", *words])
    assert told.exit_code == 0, told.output
    for part in ("safety_checker", "feature_extractor"):
        shutil.copytree(BUNDLED / part, tmp_path / "checker" / part)
    table = told.output[told.output.index("[[model]]") :]
    models = tmp_path / "models.toml"
    models.write_text(table + TABLE)
    monkeypatch.setenv(MODELS_VARIABLE, str(models))
    data = tmp_path / "data"
    data.mkdir()
    with running_studio(data) as opened:
        yield opened


def test_it_is_offered_and_draws(studio: Studio, new_page: Callable[..., Any]) -> None:
    designer = new_page(studio.url)
    sign_in(designer, "designer")
    designer.locator("#prompt textarea").fill("a red dress")
    designer.keyboard.press("Control+Enter")
    card = designer.locator("at-card[hero]").filter(has_text="a red dress")
    done = designer.locator("at-card[hero][data-state=succeeded]")
    expect(done).to_be_visible(timeout=120_000)
    # Noise may well be held by the checker; either way the tile says what became of it.
    expect(card.locator(".tile").first).to_have_attribute(
        "data-moderation", re.compile("released|held")
    )
    (one,) = designer.request.get("/api/v1/generations").json()["items"]
    assert one["parameters"]["model"] == "random-xl"
    admin = new_page(studio.url)
    sign_in(admin, "admin", "/models")
    expect(admin.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(admin.get_by_text("SDXL", exact=True).first).to_be_visible()
    (model,) = designer.request.get("/api/v1/models").json()
    assert (model["family"], model["safety_checker"]) == ("SDXL", "demo-safety-checker")
