"""The VAE in tiles: as many as its memory wants, much the same picture, and no more held than one row of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL

from inference.stages import memory
from inference.stages.decode import decode
from inference.stages.patchwork import encoded

LATENTS = torch.randn(4, 40, 56, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def vae(tiny_model_dir: Path) -> Any:
    return AutoencoderKL.from_pretrained(tiny_model_dir / "vae", local_files_only=True).eval()


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.MEMORY_VARIABLE, "5")  # the tiny VAE's 128 × 128, and not 256 × 256


@torch.inference_mode()
@pytest.mark.usefixtures("small_tiles")
def test_tiles_make_much_the_same_picture(vae: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    hook = vae.decoder.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[2:]))
    tiled = decode(vae, LATENTS[None])[0]
    hook.remove()
    assert set(seen) == {(16, 16)}
    assert len(seen) == 3 * 5
    monkeypatch.setenv(memory.MEMORY_VARIABLE, "1000")
    whole = decode(vae, LATENTS[None])[0]
    assert tiled.shape == whole.shape == (3, 320, 448)
    assert float((tiled.float() - whole.float()).abs().mean()) < 0.2 * float(whole.float().std())


@torch.inference_mode()
@pytest.mark.usefixtures("small_tiles")
def test_encoding_in_tiles_takes_8_bits_and_says_much_the_same(
    vae: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    smooth = torch.nn.functional.interpolate(LATENTS[None, :3], size=(320, 448), mode="bicubic")[0]
    pixels = ((smooth / 6 + 0.5).clamp(0, 1) * 255).to(torch.uint8)
    calls: list[None] = []
    tiled = encoded(vae, pixels, lambda: calls.append(None))
    assert len(calls) == 3 * 5
    monkeypatch.setenv(memory.MEMORY_VARIABLE, "1000")
    whole = encoded(vae, pixels)
    for ours, theirs in zip(tiled, whole, strict=True):
        assert ours.shape == theirs.shape == (4, 40, 56)
        assert (
            float((ours - theirs).norm() / theirs.norm()) < 0.4
        )  # random group norms see other parts


@torch.inference_mode()
def test_memory_that_runs_out_makes_the_tiles_smaller(vae: Any) -> None:
    tried: list[int] = []

    def refuse(_: Any, given: tuple[torch.Tensor]) -> None:
        tried.append(given[0].shape[-1])
        if given[0].shape[-1] > 16:
            raise torch.OutOfMemoryError("CUDA out of memory")

    hook = vae.decoder.register_forward_pre_hook(refuse)
    made = decode(vae, LATENTS[None])[0]
    hook.remove()
    assert made.shape == (3, 320, 448)
    assert sorted(set(tried), reverse=True) == [56, 48, 32, 16]


@torch.inference_mode()
def test_another_error_is_told_as_it_is(vae: Any) -> None:
    def fail(*_: object) -> None:
        raise ValueError("boom")

    hook = vae.decoder.register_forward_pre_hook(fail)
    with pytest.raises(ValueError, match="boom"):
        decode(vae, LATENTS[None])
    hook.remove()


class TestBudget:
    @pytest.mark.parametrize(
        ("side", "megabytes", "tile"),
        [(1024, 1000, None), (2048, 1000, 1024), (1024, 200, 768), (2048, 70, 512), (256, 1, 128)],
    )
    def test_what_fits_is_seen_at_once_up_to_1024(
        self, vae: Any, side: int, megabytes: int, tile: int | None
    ) -> None:
        assert memory.tile_for(vae, side, side, megabytes * 2**20) == tile

    def test_on_a_cpu_it_is_a_share_of_what_is_free(self, tmp_path: Path) -> None:
        meminfo = tmp_path / "meminfo"
        meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable:    1000 kB\n")
        assert memory.budget(torch.device("cpu"), meminfo) == 256_000
        assert memory.budget(torch.device("cpu"), tmp_path / "none") == 256 * 2**20

    def test_an_operator_decides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(memory.MEMORY_VARIABLE, "12")
        assert memory.budget(torch.device("cpu")) == 12 * 2**20
