from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inference.catalog import BUNDLED, WEIGHT_FOLDERS, Catalog, CatalogError, digest_of
from inference.protocol import Scheduler
from tests.fixtures.loras import safetensors_of

ONE = '[[model]]\nname = "one"\ntitle = "One"\ndescription = "d"\ndirectory = "weights/one"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "models.toml"
    file.write_text(text)
    return file


def weights(folder: Path, content: int = 1) -> Path:
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(
        safetensors_of({"weight": {"dtype": "U8", "shape": [1]}}, bytes([content]))
    )
    return folder


class TestRead:
    def test_finds_folders_beside_the_file(self, tmp_path: Path) -> None:
        (offer,) = Catalog.read(write(tmp_path, ONE)).offers
        assert offer.directory == tmp_path / "weights" / "one"
        assert offer.schedulers == list(Scheduler)

    def test_takes_the_file_that_the_environment_names(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_MODELS", str(write(tmp_path, ONE)))
        assert Catalog.read().offers[0].name == "one"

    def test_the_bundled_file_offers_the_bundled_model_first(self) -> None:
        offer = Catalog.read().offers[0]
        assert offer.name == "atelier-mini"
        assert (offer.defaults.width, offer.defaults.height) == (256, 256)
        assert offer.defaults.scheduler == Scheduler.DDIM
        assert offer.directory == BUNDLED.parent / "models" / "atelier-mini"

    def test_the_bundled_card_says_how_large_and_under_which_licence_it_is(self) -> None:
        card = Catalog.read(BUNDLED).offers[0].card
        folder = BUNDLED.parent / "models" / card.name
        weights = [file for of in WEIGHT_FOLDERS for file in (folder / of).glob("*.safetensors")]
        assert card.weights_bytes == sum(file.stat().st_size for file in weights)
        assert (card.licence, card.family) == (
            "Apache-2.0",
            "Stable Diffusion, latent, trained from nothing",
        )

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "offers"),
            ("model = 3", "cannot be used"),
            ("[[model]", "cannot be used"),
            (ONE.replace("title", "titel"), "titel"),
            (ONE.replace('"one"', '"No Spaces Please"', 1), "name"),
        ],
    )
    def test_a_file_that_cannot_be_meant_is_refused(
        self, tmp_path: Path, text: str, told: str
    ) -> None:
        with pytest.raises(CatalogError, match=told):
            Catalog.read(write(tmp_path, text))

    def test_keeps_only_the_offers_asked_for(self, tmp_path: Path) -> None:
        two = ONE + ONE.replace('"one"', '"two"')
        catalog = Catalog.read(write(tmp_path, two))
        assert [offer.name for offer in catalog.only(["two"]).offers] == ["two"]
        assert catalog.only([]).offers == catalog.offers
        with pytest.raises(CatalogError, match="offers no sdxl; choose from one, two"):
            catalog.only(["one", "sdxl"])

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match=r"no models file at .*ATELIER_MODELS"):
            Catalog.read(tmp_path / "nowhere.toml")


class TestCard:
    def test_says_none_where_there_is_no_checker(self, tmp_path: Path) -> None:
        weights(tmp_path / "weights" / "one")
        (offer,) = Catalog.read(write(tmp_path, ONE)).offers
        assert offer.card.safety_checker == "none"

    def test_without_weights_tells_what_to_do(self, tmp_path: Path) -> None:
        (offer,) = Catalog.read(write(tmp_path, ONE)).offers
        with pytest.raises(CatalogError, match=r"holds no \*\.safetensors"):
            offer.card  # noqa: B018 - reading it is the verb


class TestDigestOf:
    def test_changes_with_the_weights_and_nothing_else(self, tmp_path: Path) -> None:
        one = weights(tmp_path / "a")
        same = weights(tmp_path / "b")
        other = weights(tmp_path / "c", 2)
        before = digest_of(one)
        (one / "README.md").write_text("about")
        (one / "judge").mkdir()
        (one / "judge" / "model.safetensors").write_bytes(b"not drawn with")
        assert digest_of(one) == before == digest_of(same) != digest_of(other)


def test_client_catalog_and_protocol_are_imported_without_torch() -> None:
    code = (
        "import sys, inference.client, inference.embedded, inference.catalog, inference.app;"
        "print(*({'torch', 'diffusers', 'transformers', 'ray'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""
