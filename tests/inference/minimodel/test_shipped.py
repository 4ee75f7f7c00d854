"""The folder that is shipped: light, loadable by the stock pipeline, and as good as its card says."""

import json
import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from inference.minimodel.assembly import GUIDANCE
from inference.minimodel.card import CARD, figure_rows
from inference.minimodel.evaluate import (
    load_pipeline,
    measure_checker,
    measure_prompts,
    measure_requested_motif,
)
from inference.minimodel.export import SHIPPED, SIZE_LIMIT, folder_size
from inference.minimodel.sheet import contact_sheet

FOLDER = Path(__file__).parents[3] / SHIPPED

pytestmark = [
    pytest.mark.skipif(not (FOLDER / "model_index.json").exists(), reason="no model is shipped"),
    pytest.mark.filterwarnings("ignore"),
]


def test_is_light_enough_for_the_repository() -> None:
    assert folder_size(FOLDER) <= SIZE_LIMIT


def test_names_no_machine() -> None:
    for path in FOLDER.rglob("*.json"):
        assert not re.search(r"\"/\w+/", path.read_text())
        assert "_name_or_path" not in path.read_text()


def test_the_card_says_what_was_measured() -> None:
    figures = json.loads((FOLDER / "evaluation.json").read_text())
    card = (FOLDER / CARD).read_text()
    rows = figure_rows(figures)
    assert len(rows) >= 10
    for what, figure, wanted, met in rows:
        line = f"| {what} | {figure} | {wanted} | {'met' if met else '**missed**'} |"
        assert line in card


def test_the_preview_matrix_maps_latents_to_colours() -> None:
    preview = json.loads((FOLDER / "preview.json").read_text())
    matrix, bias = torch.tensor(preview["matrix"]), torch.tensor(preview["bias"])
    assert matrix.shape == (4, 3)
    assert bias.shape == (3,)


def test_the_checker_says_what_it_is() -> None:
    config = json.loads((FOLDER / "safety_checker/config.json").read_text())
    assert config["name"] == "demo-safety-checker"
    assert "no real nudity" in config["scope"]


def test_the_stock_pipeline_loads_and_runs_it() -> None:
    pipeline = load_pipeline(FOLDER)
    picture = pipeline("a red dress", num_inference_steps=2, guidance_scale=GUIDANCE).images[0]
    assert picture.size == (256, 256)


def test_a_sheet_holds_every_picture() -> None:
    cells = [Image.new("RGB", (256, 256), "red")] * 7
    assert contact_sheet(cells, ["label"] * 7, columns=3).size[1] > 3 * 200


@pytest.mark.heavy
@pytest.mark.model
def test_follows_held_out_prompts() -> None:
    shares = measure_prompts(load_pipeline(FOLDER), FOLDER, count=20)
    for attribute in ("garment", "colour", "pattern", "background"):
        assert shares[attribute] >= 0.8, attribute


@pytest.mark.heavy
@pytest.mark.model
def test_the_checker_tells_the_motif_from_look_alikes() -> None:
    figures = measure_checker(load_pipeline(FOLDER), count=150)
    assert figures["recall"] >= 0.95
    assert figures["false_positive_rate"] <= 0.04


@pytest.mark.heavy
@pytest.mark.model
def test_a_requested_motif_is_drawn_and_held_back() -> None:
    figures = measure_requested_motif(load_pipeline(FOLDER), FOLDER, count=20)
    assert figures["drawn"] >= 15
    assert figures["recall_on_drawn"] >= 0.9
