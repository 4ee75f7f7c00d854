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


class TestLoras:
    TABLE = '[[lora]]\nname = "knit"\nfile = "loras/knit.safetensors"\n'

    def test_are_on_the_cards_of_the_models_that_they_are_for(self, tmp_path: Path) -> None:
        (tmp_path / "loras").mkdir()
        down, up = {"dtype": "F32", "shape": [1, 2]}, {"dtype": "F32", "shape": [2, 1]}
        halves = {"lora_unet_a.lora_down.weight": down, "lora_unet_a.lora_up.weight": up}
        (tmp_path / "loras" / "knit.safetensors").write_bytes(safetensors_of(halves, bytes(16)))
        for name in ("one", "two"):
            weights(tmp_path / "weights" / name)
        two = ONE.replace("one", "two") + 'family = "sd15"\n'
        by_name = self.TABLE + 'models = ["one"]\nscale = 0.5\ntrigger_words = ["cable"]\n'
        by_family = self.TABLE.replace('"knit"', '"wool"') + 'family = "sd15"\n'
        catalog = Catalog.read(write(tmp_path, ONE + two + by_name + by_family))
        cards = {offer.name: offer.card.loras for offer in catalog.offers}
        assert [card.name for card in cards["one"]] == ["knit"]
        assert [card.name for card in cards["two"]] == ["wool"]
        (knit,) = cards["one"]
        assert (knit.title, knit.scale, knit.trigger_words) == ("knit", 0.5, ["cable"])
        assert (len(knit.sha256), knit.trouble) == (64, "")

    def test_one_that_is_broken_stops_no_model(self, tmp_path: Path) -> None:
        weights(tmp_path / "weights" / "one")
        (offer,) = Catalog.read(write(tmp_path, ONE + self.TABLE + 'models = ["one"]\n')).offers
        (card,) = offer.card.loras
        assert card.trouble == "loras/knit.safetensors cannot be opened: no such file or directory"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (TABLE, "which models it is for"),
            (TABLE + 'models = ["two"]\n', "'knit' is for two, which is not offered"),
            (TABLE + 'family = "sdxl"\n', "'knit' is for sdxl, which is not offered"),
            ((TABLE + 'models = ["one"]\n') * 2, "two LoRAs 'knit'"),
            (TABLE + 'models = ["one"]\nscale = 3\n', "scale"),
            (TABLE + 'models = ["one"]\nroot = "/"\nsha256 = "ab"\n', "sha256"),
            (TABLE.replace("knit", "No Spaces Please", 1) + 'models = ["one"]\n', "name"),
            (TABLE + 'models = ["one"]\nwords = []\n', "words"),
        ],
    )
    def test_a_table_that_cannot_be_meant_is_refused(
        self, tmp_path: Path, text: str, told: str
    ) -> None:
        with pytest.raises(CatalogError, match=told):
            Catalog.read(write(tmp_path, ONE + text))

    def test_within_the_table_of_a_model_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match=r"\[\[lora\]\] tables of their own"):
            Catalog.read(write(tmp_path, ONE + "loras = []\n"))

    def test_a_root_of_ones_own_is_not_taken(self, tmp_path: Path) -> None:
        weights(tmp_path / "weights" / "one")
        text = ONE + self.TABLE.replace("loras/", "../") + 'models = ["one"]\nroot = "/"\n'
        (tmp_path.parent / "knit.safetensors").write_bytes(b"outside")
        (offer,) = Catalog.read(write(tmp_path, text)).offers
        assert "leads out" in offer.card.loras[0].trouble


class TestControls:
    TABLE = '[[control]]\nname = "lines"\ndirectory = "controls/lines"\n'

    def test_are_on_the_cards_of_the_models_that_they_are_for(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            weights(tmp_path / "weights" / name)
        folder = tmp_path / "controls" / "lines"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text('{"_class_name": "ControlNetModel"}')
        (folder / "diffusion_pytorch_model.safetensors").write_bytes(
            safetensors_of({"a": {"dtype": "F32", "shape": [2]}}, bytes(8))
        )
        two = ONE.replace("one", "two") + 'family = "sd15"\n'
        by_name = self.TABLE + 'models = ["one"]\nscale = 0.5\nkind = "scribble"\n'
        by_family = self.TABLE.replace('"lines"', '"poses"', 1) + 'family = "sd15"\n'
        catalog = Catalog.read(write(tmp_path, ONE + two + by_name + by_family))
        cards = {offer.name: offer.card.controls for offer in catalog.offers}
        assert [card.name for card in cards["one"]] == ["lines"]
        assert [(card.name, card.kind) for card in cards["two"]] == [("poses", "other")]
        (lines,) = cards["one"]
        assert (lines.title, lines.scale, lines.kind) == ("lines", 0.5, "scribble")
        assert (len(lines.sha256), lines.trouble) == (64, "")

    def test_one_that_is_broken_stops_no_model(self, tmp_path: Path) -> None:
        weights(tmp_path / "weights" / "one")
        (offer,) = Catalog.read(write(tmp_path, ONE + self.TABLE + 'models = ["one"]\n')).offers
        (card,) = offer.card.controls
        assert card.trouble.startswith("controls/lines/diffusion_pytorch_model.safetensors cannot")

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (TABLE, "which models it is for"),
            (TABLE + 'models = ["two"]\n', "ControlNet 'lines' is for two, which is not offered"),
            ((TABLE + 'models = ["one"]\n') * 2, "two ControlNets 'lines'"),
            (TABLE + 'models = ["one"]\nscale = 0\n', "scale"),
            (TABLE + 'models = ["one"]\nkind = "smell"\n', "kind"),
            (TABLE + 'models = ["one"]\nfile = "x"\n', "file"),
            ("controls = []\n", r"\[\[control\]\] tables of their own"),
        ],
    )
    def test_a_table_that_cannot_be_meant_is_refused(
        self, tmp_path: Path, text: str, told: str
    ) -> None:
        with pytest.raises(CatalogError, match=told):
            Catalog.read(write(tmp_path, ONE + text))

    def test_a_root_of_ones_own_is_not_taken(self, tmp_path: Path) -> None:
        weights(tmp_path / "weights" / "one")
        text = ONE + self.TABLE.replace("controls/", "../") + 'models = ["one"]\nroot = "/"\n'
        (tmp_path.parent / "lines").mkdir()
        (tmp_path.parent / "lines" / "diffusion_pytorch_model.safetensors").write_bytes(b"outside")
        (offer,) = Catalog.read(write(tmp_path, text)).offers
        assert "leads out" in offer.card.controls[0].trouble
