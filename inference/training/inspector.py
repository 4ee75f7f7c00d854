"""The inspector: a small convolutional network that says whether a picture is in argyle, a blueprint, or neither.

Learns from fresh drawings only, half of them as the bundled model was taught them, and is measured on drawings
that it never saw. It judges the shipped LoRAs and never takes part in drawing.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from inference.minimodel.bank import augmented, eye, picture_bytes
from inference.minimodel.drawing import draw_sketch
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import random_sketch
from inference.training.examples import LOOKS, draw_example, example_sketch

CLASSES: Final = ("neither", *LOOKS)
DRAWINGS: Final = 1600
STEPS: Final = 400
BATCH: Final = 32
_WIDTHS: Final = (16, 32, 48, 64)


class Inspector(nn.Module):
    """Pictures (N, 3, 96, 96) in [-1, 1] to logits (N, 3): neither, argyle, blueprint."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for narrow, wide in zip((3, *_WIDTHS), _WIDTHS, strict=False):
            layers += [nn.Conv2d(narrow, wide, 3, 2, 1), nn.GroupNorm(8, wide), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(2 * _WIDTHS[-1], len(CLASSES))

    def forward(self, pictures: Tensor) -> Tensor:
        """Read every place, then the mean and the most of them: where a pattern lies does not matter."""
        seen = self.body(pictures)
        logits: Tensor = self.head(torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], dim=1))
        return logits

    @torch.no_grad()
    def name(self, pictures: list[Image.Image]) -> list[str]:
        """Return the class of each picture."""
        seen = torch.stack([eye(picture) for picture in pictures])
        return [CLASSES[int(index)] for index in self(seen).argmax(1)]


def inspected_drawing(stage: str, index: int) -> tuple[Image.Image, int]:
    """Return a drawing and its class: every second one is as the bundled model was taught."""
    seed = seed_for(stage, index)
    if index % 2 == 0:
        sketch = random_sketch(random.Random(seed), restricted_share=0.1)  # noqa: S311 - pictures
        return draw_sketch(sketch, seed, decoy=index % 8 == 0 and not sketch.restricted), 0
    look = LOOKS[index // 2 % len(LOOKS)]
    return draw_example(look, example_sketch(look, seed), seed), CLASSES.index(look)


def train_inspector(drawings: int = DRAWINGS, steps: int = STEPS) -> Inspector:
    """Draw, learn, and return the inspector; the same on every run of a machine."""
    torch.manual_seed(5)
    pairs = [inspected_drawing("inspector", k) for k in range(drawings)]
    pictures = torch.stack([picture_bytes(picture) for picture, _ in pairs])
    labels = torch.tensor([label for _, label in pairs])
    inspector = Inspector()
    optimizer = torch.optim.AdamW(inspector.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
    generator = torch.Generator().manual_seed(5)
    for _ in range(steps):
        picks = torch.randint(drawings, (BATCH,), generator=generator)
        seen = augmented(pictures[picks].float().div_(127.5).sub_(1), generator)
        loss = functional.cross_entropy(inspector(seen), labels[picks])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return inspector.eval()


def inspector_accuracy(inspector: Inspector, drawings: int = 600) -> dict[str, float]:
    """Return for each class the share of held-out drawings of it that are named rightly."""
    hits, counts = dict.fromkeys(CLASSES, 0), dict.fromkeys(CLASSES, 0)
    for start in range(0, drawings, 50):
        pairs = [inspected_drawing("inspected", k) for k in range(start, start + 50)]
        named = inspector.name([picture for picture, _ in pairs])
        for said, (_, label) in zip(named, pairs, strict=True):
            counts[CLASSES[label]] += 1
            hits[CLASSES[label]] += said == CLASSES[label]
    return {name: round(hits[name] / counts[name], 4) for name in CLASSES}


def save_inspector(inspector: Inspector, file: Path) -> None:
    """Write the weights in half precision."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {key: value.half().contiguous() for key, value in inspector.state_dict().items()}, file
    )


def load_inspector(file: Path) -> Inspector:
    """Read a shipped inspector."""
    inspector = Inspector()
    inspector.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    return inspector.eval()
