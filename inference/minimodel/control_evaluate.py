"""Measures the shipped scribble ControlNet: does what is drawn fill the shape that was asked for?

The same prompts, seeds and sampler with the ControlNet and without, over scribbles that training never saw. How
silhouettes are read is itself checked, on drawings whose silhouette is known.
"""

import hashlib
import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import ControlNetModel
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from tqdm import tqdm

from inference.minimodel.assembly import GUIDANCE, STEPS
from inference.minimodel.captions import plain_caption
from inference.minimodel.control import WEIGHTS, Base, load_base, load_control
from inference.minimodel.control_drawing import Order, draw
from inference.minimodel.dataset import picture_tensor
from inference.minimodel.evaluate import held_out_sketches
from inference.minimodel.export import SHIPPED
from inference.minimodel.judge import HEADS, load_judge
from inference.minimodel.scribbles import Example, Mask, example_for
from inference.minimodel.silhouettes import THRESHOLD, overlap, read_silhouette
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import Sketch

SHIPPED_CONTROL: Final = Path("assets/controls/scribble")
REPORT: Final = "evaluation.json"
DRAWINGS: Final = 100
WANTED: Final = 0.75
_THRESHOLDS: Final = (16, 24, 32, 40, 48, 64, 80)
_AT_ONCE: Final = 5
_NAMED: Final = ("garment", "colour", "pattern", "background")
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One held-out drawing: what is to be drawn, in which shape, by which seed."""

    sketch: Sketch
    example: Example
    seed: int

    @property
    def order(self) -> Order:
        """What the model is told."""
        return Order(prompt_for(self.sketch), self.seed, self.example.scribble)


def asked(count: int = DRAWINGS, stage: str = "control-measured") -> list[Asked]:
    """Held-out combinations in ink, whose dark outline can be read even around white on white."""
    sketches = [Sketch(*one.combination, style="ink") for one in held_out_sketches(count)]
    seeds = [seed_for(stage, k) for k in range(count)]
    return [
        Asked(sketch, example_for(sketch, seed), seed)
        for sketch, seed in zip(sketches, seeds, strict=True)
    ]


def prompt_for(sketch: Sketch) -> str:
    """What is asked for in words: everything but the shape."""
    return f"ink drawing of {plain_caption(sketch)}"


@torch.no_grad()
def check_reading(base: Base, count: int = DRAWINGS) -> Figures:
    """How well silhouettes are read off drawings of other seeds, fresh and after the autoencoder's round trip.

    Here the threshold was chosen: on drawings, not on results.
    """
    examples = [one.example for one in asked(count, "control-read")]
    truths = [example.silhouette for example in examples]
    fresh, trips = [example.picture for example in examples], []
    for start in range(0, count, _AT_ONCE):
        seen = torch.stack([picture_tensor(one) for one in fresh[start : start + _AT_ONCE]])
        made = base.vae.decode(base.vae.encode(seen).latent_dist.mean).sample
        trips += VaeImageProcessor().postprocess(made, output_type="pil")
    return {
        "drawings": count,
        "threshold": THRESHOLD,
        "iou_mean": _mean_fit(fresh, truths),
        "iou_mean_after_autoencoder": _mean_fit(trips, truths),
        "iou_mean_after_autoencoder_by_threshold": {
            str(threshold): _mean_fit(trips, truths, threshold) for threshold in _THRESHOLDS
        },
    }


def measure(base: Base, control: ControlNetModel | None, count: int = DRAWINGS) -> Figures:
    """How well pictures fill their shapes, and how often they show what the prompt names."""
    rows = asked(count)
    drawn = draw(base, [one.order for one in rows], control)
    pictures = list(tqdm(drawn, total=count, desc="with" if control else "without"))
    truths = [one.example.silhouette for one in rows]
    fits = _fits(pictures, truths)
    outlined = [fit for fit, one in zip(fits, rows, strict=True) if not one.example.filled]
    filled = [fit for fit, one in zip(fits, rows, strict=True) if one.example.filled]
    figures = {
        "iou_mean": statistics.mean(fits),
        "iou_median": statistics.median(fits),
        "iou_10th_percentile": sorted(fits)[count // 10],
        "iou_mean_outlines": statistics.mean(outlined),
        "iou_mean_filled": statistics.mean(filled) if filled else 0.0,
    }
    figures |= _followed(pictures, rows)
    return {key: round(value, 4) for key, value in figures.items()}


def check_judge(count: int = DRAWINGS) -> Figures:
    """What the judge names on the true drawings of the same shapes: it learned garments in one place only."""
    rows = asked(count)
    return {"drawings": count, **_followed([one.example.picture for one in rows], rows)}


def digest_of(folder: Path) -> str:
    """The SHA-256 of a ControlNet's weights."""
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def evaluate_control(
    folder: Path = SHIPPED_CONTROL, only: str | None = None, count: int = DRAWINGS
) -> Figures:
    """Measure everything (or one part) and write it beside the ControlNet's folder."""
    base, report = load_base(), folder.parent / REPORT
    parts: dict[str, Callable[[], Figures]] = {
        "reading": lambda: check_reading(base, count),
        "judge_on_the_drawings": lambda: check_judge(count),
        "without": lambda: measure(base, None, count),
        "with": lambda: {
            "sha256": digest_of(folder),
            **measure(base, load_control(folder), count),
        },
    }
    kept: Figures = json.loads(report.read_text("utf-8")) if report.exists() else {}
    figures: Figures = {**kept.get(folder.name, {}), **_settings(count)}
    for name, part in parts.items():
        if only in (None, name):
            figures[name] = part()
            report.parent.mkdir(parents=True, exist_ok=True)
            report.write_text(json.dumps({**kept, folder.name: figures}, indent=2) + "\n", "utf-8")
    return figures


def _settings(count: int) -> Figures:
    return {
        "command": "python -m inference.minimodel control-evaluate",
        "drawings": count,
        "seeds": f"seed_for('control-measured', k) for k from 0 to {count - 1}",
        "prompts": "'ink drawing of ' and plain_caption of the held-out combinations in their order",
        "first_prompt": prompt_for(held_out_sketches(1)[0]),
        "sampler": "DDIM as in the model's scheduler_config.json",
        "num_inference_steps": STEPS,
        "guidance_scale": GUIDANCE,
        "conditioning_scale": 1.0,
        "wanted_iou_mean": WANTED,
    }


def _followed(pictures: list[Image.Image], rows: list[Asked]) -> Figures:
    """The shares of pictures in which the judge names what was asked for."""
    named, figures = load_judge(SHIPPED / "judge").name(pictures), {}
    for head in _NAMED:
        place, classes = list(HEADS).index(head), HEADS[head]
        hits = [
            classes[int(row[place])] == getattr(one.sketch, head)
            for row, one in zip(named, rows, strict=True)
        ]
        figures[f"{head}_followed"] = sum(hits) / len(rows)
    return figures


def _fits(
    pictures: Iterable[Image.Image], truths: list[Mask], threshold: int = THRESHOLD
) -> list[float]:
    pairs = zip(pictures, truths, strict=True)
    return [overlap(read_silhouette(picture, threshold), truth) for picture, truth in pairs]


def _mean_fit(pictures: list[Image.Image], truths: list[Mask], threshold: int = THRESHOLD) -> float:
    return round(statistics.mean(_fits(pictures, truths, threshold)), 4)
