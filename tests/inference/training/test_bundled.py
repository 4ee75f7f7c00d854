"""The bundled model itself learns, by its name in the models file, and the inspector that is shipped sees well."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inference.devices import Placement
from inference.minimodel.evaluate import load_pipeline
from inference.minimodel.export import SHIPPED
from inference.training.base import load_base
from inference.training.evaluate import INSPECTOR, SHIPPED_LORAS
from inference.training.examples import LOOKS, write_examples
from inference.training.inspector import inspector_accuracy, load_inspector
from inference.training.plan import Request
from inference.training.reading import merge_file
from inference.training.train import train

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.heavy, pytest.mark.model, pytest.mark.filterwarnings("ignore")]


class Quiet:
    def begin(self, what: str, total: int) -> None:
        pass

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        pass


def test_the_inspector_names_drawings_it_never_saw() -> None:
    shares = inspector_accuracy(load_inspector(ROOT / SHIPPED_LORAS / INSPECTOR), drawings=100)
    assert set(shares) == {"neither", *LOOKS}
    assert min(shares.values()) >= 0.95


def test_the_bundled_model_learns_and_its_file_changes_what_it_draws(tmp_path: Path) -> None:
    write_examples("argyle", tmp_path / "argyle", count=3)
    request = Request(
        pictures=tmp_path / "argyle", name="argyle", trigger="argyle", out=tmp_path / "a.safetensors",
        class_words="garment", steps=3, batch=1, prior_count=1, learning_rate=0.01, text_encoder=True,
    )  # fmt: skip
    base = load_base("atelier-mini", Placement(torch.device("cpu"), torch.float32))
    outcome = train(request, "atelier-mini", Quiet(), base)
    assert outcome.whole
    assert outcome.file.stat().st_size <= 1_500_000
    plain, learned = load_pipeline(ROOT / SHIPPED), load_pipeline(ROOT / SHIPPED)
    merge_file(outcome.file, {"unet": learned.unet, "text_encoder": learned.text_encoder})
    made = [
        pipeline(
            "a red argyle hat",
            num_inference_steps=2,
            generator=torch.Generator().manual_seed(1),
            output_type="np",
        ).images
        for pipeline in (plain, learned)
    ]
    assert abs(made[0] - made[1]).max() > 0.02
