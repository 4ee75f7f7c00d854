from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from inference.bundles import load_bundle
from inference.catalog import CatalogError
from inference.devices import Placement

FLOAT = Placement(torch.device("cpu"), torch.float32)


@pytest.fixture
def copy(tiny_model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model_dir, tmp_path / "copy"))


class TestLoadBundle:
    def test_puts_every_part_in_place(self, tiny_model_dir: Path) -> None:
        bundle = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.bfloat16))
        assert bundle.unet.dtype == bundle.vae.dtype == torch.bfloat16
        assert not bundle.unet.training
        assert bundle.pixels_per_latent == 8
        assert bundle.safety is not None
        assert bundle.safety.model.dtype == torch.float32
        assert bundle.card.safety_checker == bundle.safety.name

    def test_takes_fp16_files_where_they_are_all_there_is(self, copy: Path) -> None:
        plain = copy / "unet" / "diffusion_pytorch_model.safetensors"
        plain.rename(copy / "unet" / "diffusion_pytorch_model.fp16.safetensors")
        assert load_bundle(copy, FLOAT).unet.dtype == torch.float32

    def test_names_concepts_as_the_checker_does(self, copy: Path) -> None:
        file = copy / "safety_checker" / "config.json"
        told = json.loads(file.read_text())
        file.write_text(json.dumps({**told, "concepts": {"0": "restricted badge"}}))
        safety = load_bundle(copy, FLOAT).safety
        assert safety is not None
        assert safety.concepts[:2] == ("restricted badge", "concept_1")
        assert safety.special_care == ("special_care_0", "special_care_1", "special_care_2")

    def test_goes_on_without_a_checker_and_says_so(
        self, copy: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        shutil.rmtree(copy / "safety_checker")
        bundle = load_bundle(copy, FLOAT)
        assert bundle.safety is None
        assert bundle.card.safety_checker == "none"
        assert "will all be held" in caplog.text

    def test_goes_on_with_a_checker_that_is_broken(
        self, copy: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (copy / "safety_checker" / "model.safetensors").write_bytes(b"not weights")
        assert load_bundle(copy, FLOAT).safety is None
        assert "cannot be loaded" in caplog.text

    def test_another_pipeline_is_refused_by_name(self, copy: Path) -> None:
        (copy / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
        with pytest.raises(CatalogError, match="FluxPipeline"):
            load_bundle(copy, FLOAT)

    def test_a_folder_that_lacks_a_part_is_refused(self, copy: Path) -> None:
        shutil.rmtree(copy / "vae")
        with pytest.raises(CatalogError, match="lacks the folders vae"):
            load_bundle(copy, FLOAT)

    def test_any_other_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match=r"model_index\.json is missing"):
            load_bundle(tmp_path, FLOAT)


class TestLaidOut:
    def test_convolutions_keep_channels_together_and_say_the_same(
        self, tiny_model_dir: Path
    ) -> None:
        bundle = load_bundle(tiny_model_dir, FLOAT)
        x = torch.randn(2, 4, 8, 8)
        with torch.inference_mode():
            turned = bundle.vae.decode(x).sample
            weight = bundle.vae.decoder.conv_in.weight
            assert weight.is_contiguous(memory_format=torch.channels_last)
            plain = bundle.vae.to(memory_format=torch.contiguous_format)
            assert torch.allclose(plain.decode(x).sample, turned, atol=1e-5)
