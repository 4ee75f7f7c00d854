"""Broken files of LoRAs: every one is refused, the reason names it, and nothing in it was run."""

from __future__ import annotations

import hashlib
import pickle
from io import BytesIO
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as packed

from inference.adapters.adapter import Network, adaptable
from inference.adapters.offers import LoraOffer
from inference.adapters.shelf import Shelf, Wardrobe
from inference.bundles import load_bundle
from inference.devices import Placement
from inference.protocol import InvalidParameters, LoraCard, LoraUse
from tests.fixtures.loras import as_kohya, as_peft, random_lora
from tests.inference.adapters import broken_files, broken_parts
from tests.inference.adapters.broken import CASES, NAME, Bomb, Ground

FLOAT = Placement(torch.device("cpu"), torch.float32)
LONGEST_TO_READ = 1000
__all__ = ["broken_files", "broken_parts"]  # importing them is what fills `CASES`


@pytest.fixture(scope="module")
def networks(tiny_model_dir: Path) -> dict[str, Network]:
    bundle = load_bundle(tiny_model_dir, FLOAT)
    return {"unet": adaptable(bundle.unet), "text": adaptable(bundle.encoder._text_encoder)}


@pytest.fixture(scope="module")
def sound(tiny_model_dir: Path) -> dict[str, torch.Tensor]:
    only = (
        "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1",
        "unet.conv_in",
        "text.encoder",
    )
    return as_kohya(random_lora(tiny_model_dir, seed=1, only=only))


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path / "root", tmp_path / "outside", tmp_path / "canary")
    (ground.root / "loras").mkdir(parents=True)
    ground.outside.mkdir()
    ground.canary.write_text("alive")
    return ground


def tried(
    ground: Ground, networks: dict[str, Network], file: str = NAME, sha256: str = ""
) -> LoraCard:
    offer = LoraOffer(root=ground.root, name="it", file=Path(file), models=("tiny",), sha256=sha256)
    (card,) = Shelf("tiny", [offer], networks, FLOAT).cards
    return card


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 80


@pytest.mark.parametrize("name", CASES)
def test_is_refused_with_the_reason(
    name: str,
    ground: Ground,
    networks: dict[str, Network],
    sound: dict[str, torch.Tensor],
) -> None:
    broken, because = CASES[name]
    recorded = sha256_of(packed(sound)) if "recorded" in because else ""
    file = broken(ground, sound) or NAME
    card = tried(ground, networks, file, recorded)
    assert because in card.trouble
    assert file in card.trouble
    assert len(card.trouble) < LONGEST_TO_READ
    assert card.sha256 == ""
    assert ground.canary.read_text() == "alive"


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class TestSoundOnes:
    """The refusals above are because of what is broken: what is whole is taken."""

    @pytest.fixture(params=["kohya", "peft", "half", "as convolutions", "linked within"])
    def file(self, request: pytest.FixtureRequest, ground: Ground, tiny_model_dir: Path) -> Path:
        made = random_lora(tiny_model_dir, seed=1)
        tensors = as_peft(made) if request.param == "peft" else as_kohya(made)
        if request.param == "half":
            tensors = {key: one.half() for key, one in tensors.items()}
        if request.param == "as convolutions":
            tensors = {
                key: one[:, :, None, None] if one.ndim == 2 else one for key, one in tensors.items()
            }
        ground.file.write_bytes(packed(tensors))
        if request.param == "linked within":
            ground.file.rename(ground.root / "real.safetensors")
            ground.file.symlink_to(ground.root / "real.safetensors")
        return ground.file

    def test_are_taken(self, file: Path, ground: Ground, networks: dict[str, Network]) -> None:
        card = tried(ground, networks, sha256=sha256_of(file.read_bytes()).upper())
        assert card.trouble == ""
        assert card.sha256 == sha256_of(file.read_bytes())

    def test_the_canary_would_die_if_a_pickle_were_read(self, ground: Ground) -> None:
        pickle.load(BytesIO(pickle.dumps(Bomb(ground.canary))))
        assert ground.canary.read_text() == "dead"


def test_what_changed_since_it_was_tried_is_refused(
    ground: Ground, networks: dict[str, Network], sound: dict[str, torch.Tensor]
) -> None:
    ground.file.write_bytes(packed(sound))
    offer = LoraOffer(root=ground.root, name="it", file=Path(NAME), models=("tiny",))
    shelf = Shelf("tiny", [offer], networks, FLOAT, wardrobe := Wardrobe(most=0))
    other = LoraOffer(root=ground.root, name="other", file=Path(NAME), models=("tiny",))
    Shelf("tiny", [other], networks, FLOAT, wardrobe)  # takes the room
    ground.file.write_bytes(packed({key: one * 2 for key, one in sound.items()}))
    with pytest.raises(InvalidParameters, match=r"it cannot be used now: .*not the recorded"):
        shelf.outfit([LoraUse(name="it")])
