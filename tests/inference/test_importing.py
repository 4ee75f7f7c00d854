"""Models in one file: the folder that is made of one draws as the folder it was written from, and what is refused."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from backend.cli import app
from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog, CatalogError
from inference.devices import Placement
from inference.importing import import_model
from inference.weightfiles import RefusedFile
from tests.fixtures.inference import write_catalog
from tests.fixtures.ldm import original_of
from tests.inference.adapters.broken import Bomb

FLOAT = Placement(torch.device("cpu"), torch.float32)
FAMILIES = ["tiny_model_dir", "tiny_xl_dir"]


@pytest.fixture(params=FAMILIES, ids=["SD 1.5", "SDXL"])
def folder(request: pytest.FixtureRequest) -> Path:
    """A model as a folder."""
    return Path(request.getfixturevalue(request.param))


@pytest.fixture
def like(folder: Path, tmp_path: Path) -> Path:
    """The same without weights."""
    return without_weights(folder, tmp_path / "like")


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    """The same in one file."""
    return written(original_of(folder), tmp_path)


def without_weights(folder: Path, into: Path) -> Path:
    return Path(shutil.copytree(folder, into, ignore=shutil.ignore_patterns("*.safetensors")))


def written(tensors: dict[str, torch.Tensor], folder: Path) -> Path:
    file = folder / "model.safetensors"
    save_file(tensors, file, {"format": "pt"})
    return file


@torch.inference_mode()
def answers(bundle: Bundle) -> list[torch.Tensor]:
    """What every network of a model says to the same questions."""
    said = bundle.encoder.conditions("a red dress", "blue hat")
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    whole = {}
    if said[0].pooled is not None:
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]])
        whole = {"text_embeds": said[0].pooled[None], "time_ids": sizes}
    unet: Any = bundle.unet(
        latents, 500, encoder_hidden_states=said[0].tokens, added_cond_kwargs=whole
    )
    drawn = bundle.vae.decode(latents).sample
    pooled = [one.pooled for one in said if one.pooled is not None]
    encoded = bundle.vae.encode(drawn).latent_dist.mean
    return [*(one.tokens for one in said), *pooled, unet.sample, drawn, encoded]


class TestImport:
    def test_draws_as_the_folder_does(
        self, folder: Path, like: Path, file: Path, tmp_path: Path
    ) -> None:
        import_model(file, like, tmp_path / "new")
        one, other = (load_bundle(place, FLOAT) for place in (folder, tmp_path / "new"))
        for ours, theirs in zip(answers(other), answers(one), strict=True):
            assert float((ours - theirs).abs().max()) <= 1e-5

    def test_changes_no_number_and_no_precision(
        self, folder: Path, like: Path, tmp_path: Path
    ) -> None:
        halves = {key: tensor.half() for key, tensor in original_of(folder).items()}
        import_model(written(halves, tmp_path), like, tmp_path / "new")
        again = original_of(tmp_path / "new")
        assert again.keys() == halves.keys()
        assert all(torch.equal(again[key], halves[key]) for key in halves)
        assert all(again[key].dtype == torch.float16 for key in halves)

    def test_leaves_out_what_belongs_to_no_network(
        self, folder: Path, like: Path, tmp_path: Path
    ) -> None:
        more = {"betas": torch.ones(4), "model_ema.decay": torch.ones(1)}
        file = written(original_of(folder) | more, tmp_path)
        import_model(file, like, tmp_path / "new")
        assert load_bundle(tmp_path / "new", FLOAT).unet is not None

    def test_takes_a_safety_checker_along(self, tiny_model_dir: Path, tmp_path: Path) -> None:
        file = written(original_of(tiny_model_dir), tmp_path)
        import_model(file, tiny_model_dir, tmp_path / "new")
        assert load_bundle(tmp_path / "new", FLOAT).safety is not None


def refused(file: Path, like: Path, into: Path) -> str:
    with pytest.raises((CatalogError, RefusedFile)) as caught:
        import_model(file, like, into)
    assert not into.exists()
    assert sorted(into.parent.glob(".*")) == []
    return str(caught.value)


Change = Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]


def only(start: str) -> Change:
    return lambda tensors: {k: v for k, v in tensors.items() if k.startswith(start)}


def without(start: str) -> Change:
    return lambda tensors: {k: v for k, v in tensors.items() if not k.startswith(start)}


def reshaped(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    name = "model.diffusion_model.input_blocks.0.0.weight"
    return {**tensors, name: torch.zeros(3)}


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "because"),
        [
            (only("model.diffusion_model."), "is a UNet alone"),
            (only("first_stage_model."), "is another kind of file"),
            (without("first_stage_model.decoder.conv_in"), "lacks decoder.conv_in.bias"),
            (without("model.diffusion_model.time_embed.0"), "lacks time_embedding.linear_1.bias"),
            (reshaped, "in the shape [3], not"),
        ],
    )
    def test_what_is_no_whole_checkpoint(
        self, change: Change, because: str, tiny_model_dir: Path, tmp_path: Path
    ) -> None:
        like = without_weights(tiny_model_dir, tmp_path / "like")
        file = written(change(original_of(tiny_model_dir)), tmp_path)
        assert because in refused(file, like, tmp_path / "new")

    def test_another_family_than_the_folder(
        self, tiny_model_dir: Path, tiny_xl_dir: Path, tmp_path: Path
    ) -> None:
        classic, xl = (original_of(each) for each in (tiny_model_dir, tiny_xl_dir))
        told = refused(written(classic, tmp_path), tiny_xl_dir, tmp_path / "new")
        assert "is of Stable Diffusion 1.5, and" in told
        told = refused(written(xl, tmp_path), tiny_model_dir, tmp_path / "new")
        assert "is of SDXL, and" in told

    def test_pickles_and_damage(self, tiny_model_dir: Path, tmp_path: Path) -> None:
        canary, new = tmp_path / "canary", tmp_path / "new"
        canary.write_text("alive")
        ckpt = tmp_path / "model.ckpt"
        ckpt.write_bytes(pickle.dumps(Bomb(canary)))
        assert "is a pickle, which could run anything" in refused(ckpt, tiny_model_dir, new)
        hidden = Path(ckpt.rename(tmp_path / "model.safetensors"))
        assert "is a pickle" in refused(hidden, tiny_model_dir, new)
        sound = written(original_of(tiny_model_dir), tmp_path)
        sound.write_bytes(sound.read_bytes()[:-8])
        assert "8 bytes are missing" in refused(sound, tiny_model_dir, new)
        sound.unlink()
        sound.symlink_to(canary)
        assert "is no safetensors file" in refused(sound, tiny_model_dir, new)
        assert canary.read_text() == "alive"

    def test_a_folder_that_is_none_and_one_that_is_there(
        self, tiny_model_dir: Path, tmp_path: Path
    ) -> None:
        file = written(original_of(tiny_model_dir), tmp_path)
        assert "model_index.json is missing" in refused(file, tmp_path, tmp_path / "new")
        with pytest.raises(CatalogError, match="is there already"):
            import_model(file, tiny_model_dir, tiny_model_dir)

    def test_a_file_in_the_models_file_is_told_what_to_do(self, tmp_path: Path) -> None:
        table = '[[model]]\nname = "x"\ntitle = ""\ndescription = ""\nfile = "x.safetensors"\n'
        with pytest.raises(CatalogError, match="atelier import-model"):
            Catalog.read(write_catalog(tmp_path, table))


class TestCommand:
    def test_says_what_to_write_into_the_models_file(
        self, tiny_model_dir: Path, tmp_path: Path
    ) -> None:
        file = written(original_of(tiny_model_dir), tmp_path)
        words = [str(file), "--like", str(tiny_model_dir), "--into", str(tmp_path / "new")]
        done = CliRunner().invoke(app, ["import-model", *words])
        assert done.exit_code == 0, done.stderr
        assert "[[model]]" in done.stdout
        assert 'sha256 = "' in done.stdout
        assert CliRunner().invoke(app, ["import-model", *words]).exit_code == 1
