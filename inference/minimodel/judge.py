"""The judge: a small convolutional network that names what a picture shows, to measure the model by.

Learns from fresh drawings only and is itself measured on them; never takes part in generation.
"""

import json
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from inference.minimodel.bank import EYE, build_bank, eye, labelled_drawing
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for
from inference.minimodel.vocabulary import ATTRIBUTES

PLAN: Final = Plan("judge", steps=2000, learning_rate=2e-3, decay_from=0.4)
HEADS: Final[dict[str, tuple[str, ...]]] = {**ATTRIBUTES, "restricted": ("no", "yes")}
_WIDTHS: Final = (32, 48, 96, 128)


class Judge(nn.Module):
    """Pictures (N, 3, 96, 96) in [-1, 1] to one row of logits an attribute."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width_in = 3
        for width in _WIDTHS:
            layers += [
                nn.Conv2d(width_in, width, 3, stride=2, padding=1),
                nn.GroupNorm(8, width),
                nn.SiLU(),
            ]
            width_in = width
        side = EYE // 2 ** len(_WIDTHS)
        self.body = nn.Sequential(*layers, nn.Conv2d(width_in, 48, 1), nn.Flatten())
        self.heads = nn.ModuleDict(
            {key: nn.Linear(48 * side * side, len(names)) for key, names in HEADS.items()}
        )

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Logits (N, classes) of each attribute, and of the motif."""
        features = self.body(pictures)
        return {key: head(features) for key, head in self.heads.items()}

    @torch.no_grad()
    def name(self, pictures: list[Image.Image]) -> Tensor:
        """The most likely class of every head for each picture, int64 (N, heads)."""
        seen = torch.stack([eye(picture) for picture in pictures])
        logits = self(seen)
        return torch.stack([logits[key].argmax(dim=1) for key in HEADS], dim=1)


def judging_loss(judge: Judge, pictures: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy summed over the heads; pictures (N, 3, 96, 96), labels int64 (N, heads)."""
    logits = judge(pictures)
    losses = [
        functional.cross_entropy(logits[key], wanted)
        for key, wanted in zip(HEADS, labels.T, strict=True)
    ]
    return torch.stack(losses).sum()


def train_judge(folder: Path = WORKSHOP, plan: Plan = PLAN, size: int = 32) -> None:
    """Train the judge on the bank, resuming where a checkpoint stands."""
    torch.manual_seed(4)
    judge, bank = Judge(), build_bank(folder)

    def loss(step: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed_for(plan.name, step))
        return judging_loss(judge, *bank.batch(size, generator))

    loop = Loop(plan, judge, loss, folder)
    loop.resume()
    loop.run()


def load_trained_judge(folder: Path = WORKSHOP) -> Judge:
    """The judge as its training left it, with averaged weights."""
    judge = Judge()
    averaged_state(PLAN.name, judge, folder)
    return judge.eval()


def save_judge(judge: Judge, folder: Path) -> None:
    """Write weights (fp16) and the names of the classes."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.half().contiguous() for key, value in judge.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "classes.json").write_text(json.dumps(HEADS, indent=2) + "\n")


def load_judge(folder: Path) -> Judge:
    """Read a shipped judge."""
    judge = Judge()
    weights = load_file(folder / "model.safetensors")
    judge.load_state_dict({key: value.float() for key, value in weights.items()})
    return judge.eval()


def judge_accuracy(judge: Judge, drawings: int = 1000) -> dict[str, float]:
    """The share of fresh drawings that each head names rightly."""
    hits = torch.zeros(len(HEADS))
    for start in range(0, drawings, 50):
        pairs = [
            labelled_drawing(seed_for("judged", k)) for k in range(start, min(start + 50, drawings))
        ]
        named = judge.name([picture for picture, _ in pairs])
        hits += (named == torch.tensor([label for _, label in pairs])).sum(dim=0)
    return {key: float(hit) / drawings for key, hit in zip(HEADS, hits, strict=True)}
