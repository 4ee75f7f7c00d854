"""Broken ControlNets: every one is refused, the reason names it, and nothing in it was run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as packed

from inference.bundles import load_bundle
from inference.controls.fitting import Base
from inference.controls.offers import ControlOffer
from inference.controls.shelf import ControlShelf, Rack
from inference.devices import Placement
from inference.protocol import ControlCard, ControlUse, InvalidParameters
from tests.fixtures.controls import SIDE, random_control
from tests.inference.controls.broken import CASES, FOLDER, WEIGHTS, ControlGround, Sound

FLOAT = Placement(torch.device("cpu"), torch.float32)
LONGEST_TO_READ = 1000
PICTURE = torch.rand(3, SIDE, SIDE)


@pytest.fixture(scope="module")
def base(tiny_model_dir: Path) -> Base:
    bundle = load_bundle(tiny_model_dir, FLOAT)
    return Base(bundle.unet, bundle.pixels_per_latent)


@pytest.fixture(scope="module")
def sound(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Sound:
    folder = tmp_path_factory.mktemp("sound")
    network = random_control(tiny_model_dir, seed=1)
    network.save_pretrained(folder)
    weights = {name: part.contiguous() for name, part in network.state_dict().items()}
    return Sound(weights, json.loads((folder / "config.json").read_text()))


@pytest.fixture
def ground(tmp_path: Path, sound: Sound) -> ControlGround:
    """A place with a whole ControlNet in it, to be broken."""
    ground = ControlGround(tmp_path / "root", tmp_path / "outside", tmp_path / "canary")
    ground.outside.mkdir()
    ground.canary.write_text("alive")
    sound.write(ground.folder)
    return ground


def offer_of(ground: ControlGround, folder: str = FOLDER, sha256: str = "") -> ControlOffer:
    return ControlOffer(
        root=ground.root, name="it", directory=Path(folder), models=("tiny",), sha256=sha256
    )


def tried(ground: ControlGround, base: Base, folder: str = FOLDER, sha256: str = "") -> ControlCard:
    (card,) = ControlShelf("tiny", [offer_of(ground, folder, sha256)], base, FLOAT).cards
    return card


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize("name", CASES)
def test_is_refused_with_the_reason(
    name: str, ground: ControlGround, base: Base, sound: Sound
) -> None:
    breaks, because = CASES[name]
    recorded = sha256_of(packed(sound.weights)) if "recorded" in because else ""
    folder = breaks(ground, sound) or FOLDER
    card = tried(ground, base, folder, recorded)
    assert because in card.trouble
    assert folder in card.trouble
    assert len(card.trouble) < LONGEST_TO_READ
    assert card.sha256 == ""
    assert ground.canary.read_text() == "alive"


class TestSoundOnes:
    """The refusals above are because of what is broken: what is whole is taken, and draws."""

    @pytest.mark.parametrize("form", ["as it is", "half", "fp16 alone", "linked within"])
    def test_are_taken(self, form: str, ground: ControlGround, base: Base, sound: Sound) -> None:
        if form in {"half", "fp16 alone"}:
            half = {name: part.half() for name, part in sound.weights.items()}
            ground.file.write_bytes(packed(half))
        digest = sha256_of(ground.file.read_bytes())
        match form:
            case "fp16 alone":
                ground.file.rename(ground.folder / WEIGHTS.replace(".safe", ".fp16.safe"))
            case "linked within":
                ground.file.rename(ground.root / "real.safetensors")
                ground.file.symlink_to(ground.root / "real.safetensors")
        shelf = ControlShelf("tiny", [offer_of(ground, sha256=digest.upper())], base, FLOAT)
        (card,) = shelf.cards
        assert (card.trouble, card.sha256) == ("", digest)
        (shape,) = shelf.shapes([ControlUse(name="it", image="x")], [PICTURE])
        assert shape.net.body.dtype == torch.float32
        given = torch.rand(2, 4, 8, 8), torch.ones(2), torch.rand(2, 16, 32)
        said = shape.net(*given, shape.hint.expand(2, *shape.hint.shape))
        assert all(bool(one.any()) for one in said)


class TestLoading:
    def test_nothing_is_on_the_device_before_somebody_asks(
        self, ground: ControlGround, base: Base, sound: Sound
    ) -> None:
        shelf = ControlShelf("tiny", [offer_of(ground)], base, FLOAT)
        assert shelf.rack.bytes == 0
        shelf.shapes([ControlUse(name="it", image="x", scale=0)], [PICTURE])
        assert shelf.rack.bytes == 0
        shelf.shapes([ControlUse(name="it", image="x")], [PICTURE])
        assert shelf.rack.bytes == sum(part.nbytes for part in sound.weights.values())

    def test_what_left_the_room_is_read_again_and_is_the_same(
        self, ground: ControlGround, base: Base, sound: Sound
    ) -> None:
        sound.write(ground.root / "controls" / "other")
        offers = [
            offer_of(ground),
            offer_of(ground, "controls/other").model_copy(update={"name": "other"}),
        ]
        shelf = ControlShelf("tiny", offers, base, FLOAT, Rack(most=1))

        def shape(name: str) -> torch.Tensor:
            return shelf.shapes([ControlUse(name=name, image="x")], [PICTURE])[0].hint

        (first,) = shelf.shapes([ControlUse(name="it", image="x")], [PICTURE])
        shape("other")
        (again,) = shelf.shapes([ControlUse(name="it", image="x")], [PICTURE])
        assert again.net is not first.net
        assert torch.equal(again.hint, first.hint)
        assert shelf.rack.bytes == first.net.bytes

    @pytest.mark.parametrize("how", ["other numbers", "other shapes", "gone", "cut short"])
    def test_what_changed_since_it_was_tried_is_refused(
        self, ground: ControlGround, base: Base, sound: Sound, how: str
    ) -> None:
        shelf = ControlShelf("tiny", [offer_of(ground)], base, FLOAT)
        match how:
            case "other numbers":
                ground.file.write_bytes(packed({k: v * 2 for k, v in sound.weights.items()}))
            case "other shapes":
                ground.file.write_bytes(packed({"conv_in.bias": torch.zeros(3)}))
            case "gone":
                ground.file.unlink()
            case "cut short":
                ground.file.write_bytes(packed(sound.weights)[:-4])
        with pytest.raises(InvalidParameters, match="control: it cannot be used now: "):
            shelf.shapes([ControlUse(name="it", image="x")], [PICTURE])
        assert shelf.rack.bytes == 0

    def test_what_does_not_fit_half_precision_is_refused_when_it_is_placed(
        self, ground: ControlGround, base: Base, sound: Sound
    ) -> None:
        loud = {**sound.weights, "conv_in.bias": torch.full((16,), 1e30)}
        ground.file.write_bytes(packed(loud))
        half = Placement(torch.device("cpu"), torch.float16)
        shelf = ControlShelf("tiny", [offer_of(ground)], base, half)
        asked = [ControlUse(name="it", image="x")]
        with pytest.raises(InvalidParameters, match=r"conv_in\.bias is not finite in float16"):
            shelf.shapes(asked, [PICTURE])
        assert shelf.shapes(asked, [PICTURE], precise=True)
