"""Training on the tiny model: the file, its names, resuming, and what a merged file draws."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from inference.devices import Placement
from inference.training import files
from inference.training.base import Base, load_base
from inference.training.lora import attach, merge, set_strength
from inference.training.loss import noised, weighted_loss
from inference.training.pictures import read_folder
from inference.training.plan import Request, TrainingRefused
from inference.training.reading import merge_file
from inference.training.session import Session, encoded, pace_of
from inference.training.train import Outcome, train

CPU = Placement(torch.device("cpu"), torch.float32)
SIDE = 64


class Quiet:
    """Hears everything, and breaks off after so many steps, as Ctrl-C does."""

    def __init__(self, steps: int | None = None) -> None:
        self.left, self.losses, self.parts = steps, list[float](), 0

    def begin(self, what: str, total: int) -> None:
        pass

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        self.parts += count
        if loss is not None:
            self.losses.append(loss)
            if len(self.losses) == self.left:
                raise KeyboardInterrupt


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "coats"
    folder.mkdir()
    for k, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (SIDE, SIDE), colour).save(folder / f"{k}.png")
        (folder / f"{k}.txt").write_text(f"a {colour} argyle coat")
    return folder


@pytest.fixture
def base(tiny_model_dir: Path) -> Base:
    return load_base(str(tiny_model_dir), CPU)


def asked(pictures: Path, out: Path, **more: object) -> Request:
    given: dict[str, object] = {
        "name": "argyle", "trigger": "argyle", "class_words": "coat", "rank": 2, "steps": 4, "batch": 2,
        "resolution": SIDE, "learning_rate": 0.01, "prior_count": 2, "layers": "all", **more,
    }  # fmt: skip
    return Request(pictures=pictures, out=out, **given)  # type: ignore[arg-type]


@pytest.fixture
def trained(pictures: Path, base: Base, tmp_path: Path) -> tuple[Request, Outcome]:
    request = asked(pictures, tmp_path / "argyle.safetensors", text_encoder=True)
    return request, train(request, "", Quiet(), base)


def said_by(base: Base) -> Tensor:
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        answer: Tensor = base.unet(
            latents, torch.tensor([500]), base.read(["an argyle coat"])
        ).sample
    return answer


class TestFile:
    def test_has_kohyas_names_shapes_and_half_precision(
        self, trained: tuple[Request, Outcome], base: Base
    ) -> None:
        tensors = load_file(trained[1].file)
        modules = {path.replace(".", "_"): m for path, m in base.unet.named_modules()}
        stems = {key.split(".")[0] for key in tensors}
        assert any(
            stem.startswith("lora_te_text_model_encoder_layers_0_self_attn_q") for stem in stems
        )
        assert any(stem.endswith("attn1_to_out_0") for stem in stems)
        assert len(tensors) == 3 * len(stems)
        assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
        for stem in stems:
            down, up = tensors[f"{stem}.lora_down.weight"], tensors[f"{stem}.lora_up.weight"]
            assert len(down) == up.shape[1] <= 2
            assert float(tensors[f"{stem}.alpha"]) == len(down)
            if stem.startswith("lora_unet_"):
                weight = modules[stem.removeprefix("lora_unet_")].weight
                assert (up.shape[0], *down.shape[1:]) == tuple(weight.shape)
                assert up.ndim == down.ndim

    def test_says_what_it_is(self, trained: tuple[Request, Outcome], base: Base) -> None:
        with safe_open(trained[1].file, "pt") as opened:
            told = opened.metadata()
        assert told["modelspec.sai_model_spec"] == "1.0.1"
        assert told["modelspec.architecture"] == "tiny/lora"
        assert told["modelspec.trigger_phrase"] == "argyle"
        assert told["modelspec.hash_sha256"].startswith("0x")
        assert told["atelier.base_sha256"] == base.sha256
        assert (told["ss_network_dim"], told["ss_network_alpha"]) == ("2", "2")

    def test_comes_with_a_table_and_a_sheet(self, trained: tuple[Request, Outcome]) -> None:
        import tomllib

        [table] = tomllib.loads(trained[1].table)["lora"]
        assert (table["name"], table["models"]) == ("argyle", ["tiny"])
        assert table["trigger_words"] == ["argyle"]
        assert trained[1].sheet is not None
        with Image.open(trained[1].sheet) as sheet:
            assert sheet.width > 3 * 200

    def test_merged_it_says_what_was_said_while_training(
        self, trained: tuple[Request, Outcome], base: Base, tiny_model_dir: Path
    ) -> None:
        fresh = load_base(str(tiny_model_dir), CPU)
        untouched = said_by(fresh)
        changed = merge_file(
            trained[1].file, {"unet": fresh.unet, "text_encoder": fresh.text_encoder}
        )
        assert changed > 10
        assert torch.allclose(said_by(fresh), said_by(base), atol=2e-3)
        assert not torch.allclose(said_by(fresh), untouched, atol=2e-3)


class TestResume:
    def test_takes_the_same_steps_as_an_unbroken_run(
        self, pictures: Path, tiny_model_dir: Path, tmp_path: Path
    ) -> None:
        whole, parts = Quiet(), (Quiet(2), Quiet())
        one = asked(pictures, tmp_path / "whole.safetensors")
        train(one, "", whole, load_base(str(tiny_model_dir), CPU))
        two = tmp_path / "broken.safetensors"
        kept = train(asked(pictures, two), "", parts[0], load_base(str(tiny_model_dir), CPU))
        assert (kept.whole, kept.steps) == (False, 2)
        assert load_file(two)
        again = asked(pictures, two, resume=True)
        assert train(again, "", parts[1], load_base(str(tiny_model_dir), CPU)).whole
        assert parts[0].losses + parts[1].losses == whole.losses
        first, second = load_file(one.out), load_file(two)
        assert all(torch.equal(first[key], second[key]) for key in first)

    def test_goes_on_with_no_other_run(
        self, trained: tuple[Request, Outcome], pictures: Path, base: Base
    ) -> None:
        other = asked(pictures, trained[0].out, rank=3, text_encoder=True, resume=True)
        with pytest.raises(TrainingRefused, match="rank differ"):
            train(other, "", Quiet(), base)

    def test_a_run_that_was_begun_is_not_begun_again(
        self, trained: tuple[Request, Outcome], base: Base
    ) -> None:
        trained[0].out.unlink()
        with pytest.raises(TrainingRefused, match="holds a run that was begun"):
            train(trained[0], "", Quiet(), base)


class TestLoss:
    def test_class_pictures_count_by_their_weight(self) -> None:
        said, target = torch.zeros(4, 1, 2, 2), torch.ones(4, 1, 2, 2)
        target[2:] = 3.0
        assert float(weighted_loss(said, target, own=2, prior_weight=0.5)) == 1 + 0.5 * 9
        assert float(weighted_loss(said[:2], target[:2], own=2, prior_weight=0.5)) == 1

    @pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
    def test_the_target_is_what_the_scheduler_predicts(self, kind: str) -> None:
        scheduler = DDIMScheduler(prediction_type=kind)
        latents = torch.ones(8, 4, 2, 2)
        noisy, times, target = noised(scheduler, latents, torch.Generator().manual_seed(0))
        alpha = scheduler.alphas_cumprod[times].sqrt()[:, None, None, None]
        sigma = (1 - alpha**2).sqrt()
        noise = (noisy - alpha * latents) / sigma
        wanted = noise if kind == "epsilon" else alpha * noise - sigma * latents
        assert torch.allclose(target, wanted, atol=1e-3)
        assert sorted(int(time) // 125 for time in times) == list(range(8))

    def test_falls_while_it_learns(self, pictures: Path, base: Base, tmp_path: Path) -> None:
        request = asked(pictures, tmp_path / "x.safetensors", prior_weight=0.0, steps=30)
        own = encoded(base, read_folder(pictures, "argyle", "coat", SIDE), SIDE)
        session = Session(request, base, own, None)
        before = float(session.loss(7).detach())
        for _ in session.steps():
            pass
        assert float(session.loss(7).detach()) < 0.97 * before


class TestLowRank:
    def test_untrained_or_without_strength_changes_nothing(self, base: Base) -> None:
        before = said_by(base)
        loras = attach(base.unet, "all", rank=2, alpha=2)
        assert torch.equal(said_by(base), before)
        for lora in loras.values():
            torch.nn.init.normal_(lora.up, std=0.1)
        assert not torch.allclose(said_by(base), before)
        set_strength(loras, 0.0)
        assert torch.equal(said_by(base), before)

    def test_merged_weights_say_the_same(self, base: Base, tiny_model_dir: Path) -> None:
        loras = attach(base.unet, "all", rank=2, alpha=1)
        for lora in loras.values():
            torch.nn.init.normal_(lora.up, std=0.1)
        merged = load_base(str(tiny_model_dir), CPU)
        merge(merged.unet, loras)
        assert torch.allclose(said_by(merged), said_by(base), atol=1e-4)

    def test_attention_alone_is_its_projections(self, base: Base) -> None:
        loras = attach(base.unet, "attention", rank=2, alpha=2)
        assert {path.rpartition("attn")[2][2:] for path in loras} == {
            "to_q",
            "to_k",
            "to_v",
            "to_out.0",
        }


def test_the_model_must_be_there() -> None:
    with pytest.raises(TrainingRefused, match="offers no nobody; choose from"):
        load_base("nobody", CPU)


def test_numbers_suit_the_size_of_the_model(pictures: Path, base: Base, tmp_path: Path) -> None:
    request = Request(pictures=pictures, name="a", trigger="a", out=tmp_path / "a.safetensors")
    assert pace_of(request, base).layers == "all"
    assert pace_of(request, base).steps == 400


def test_a_full_disk_is_said_and_leaves_nothing(
    trained: tuple[Request, Outcome], base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = trained[0].out.read_bytes()
    monkeypatch.setattr(files, "save_file", full)
    with pytest.raises(TrainingRefused, match="no room on the disk"):
        files.write_lora(trained[0], base, {}, {})
    assert trained[0].out.read_bytes() == before
    assert not trained[0].out.with_suffix(".part").exists()
