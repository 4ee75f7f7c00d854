"""Measures the shipped LoRAs: do they show what their name says, and does the rest stay as it was?

Draws the same prompts with the same seeds, with the LoRA merged into the weights and without it, through the stock
pipeline. The inspector names the look; the bundled model's judge names garment, colour and background.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from PIL import Image

from inference.minimodel.assembly import GUIDANCE, STEPS
from inference.minimodel.evaluate import generate, held_out_sketches, load_pipeline
from inference.minimodel.export import SHIPPED
from inference.minimodel.judge import HEADS, load_judge
from inference.minimodel.sheet import contact_sheet
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import Sketch
from inference.training.examples import LOOKS, prompt_for
from inference.training.inspector import inspector_accuracy, load_inspector
from inference.training.reading import merge_file

SHIPPED_LORAS: Final = Path("assets/loras")
INSPECTOR: Final = "inspector/model.safetensors"
REPORT: Final = "evaluation.json"
PROMPTS: Final = 100
_BATCH: Final = 10
Figures = dict[str, Any]


def asked_sketches(look: str, count: int) -> list[Sketch]:
    """Return what is asked for: combinations held out from the base's training, in the look's pattern."""
    sketches = held_out_sketches(count)
    return [replace(one, pattern="argyle") if look == "argyle" else one for one in sketches]


def drawn(look: str, sketches: list[Sketch], file: Path | None) -> tuple[list[Image.Image], int]:
    """Return a picture of each sketch in a look, with the LoRA in `file` or without, and how many would be held."""
    pipeline = load_pipeline(SHIPPED)
    if file:
        merge_file(file, {"unet": pipeline.unet, "text_encoder": pipeline.text_encoder})
    prompts = [prompt_for(look, sketch) for sketch in sketches]
    pictures: list[Image.Image] = []
    held = 0
    for start in range(0, len(prompts), _BATCH):
        some, verdicts = generate(
            pipeline, prompts[start : start + _BATCH], seed_for(look, start), STEPS, GUIDANCE
        )
        pictures += some
        held += sum(verdicts)
    return pictures, held


def measure(look: str, loras: Path, count: int = PROMPTS) -> Figures:
    """Return the shares of pictures in which each thing is seen, with the LoRA and without."""
    sketches = asked_sketches(look, count)
    inspector, judge = load_inspector(loras / INSPECTOR), load_judge(SHIPPED / "judge")
    figures: Figures = {"prompts": count}
    for case, file in (("without", None), ("with", loras / f"{look}.safetensors")):
        pictures, held = drawn(look, sketches, file)
        named = judge.name(pictures)
        shares = {"shows_it": sum(said == look for said in inspector.name(pictures)) / count}
        for head in ("garment", "colour", "background"):
            place, classes = list(HEADS).index(head), HEADS[head]
            hits = [
                classes[int(row[place])] == getattr(sketch, head)
                for row, sketch in zip(named, sketches, strict=True)
            ]
            shares[head] = sum(hits) / count
        figures[case] = {**{key: round(share, 4) for key, share in shares.items()}, "held": held}
    return figures


def evaluate(
    loras: Path = SHIPPED_LORAS, looks: Iterable[str] = LOOKS, count: int = PROMPTS
) -> Figures:
    """Measure the inspector and each LoRA, and write the figures beside them."""
    report = loras / REPORT
    figures: Figures = json.loads(report.read_text("utf-8")) if report.exists() else {}
    figures["inspector"] = inspector_accuracy(load_inspector(loras / INSPECTOR))
    for look in looks:
        figures[look] = measure(look, loras, count)
        report.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return figures


def write_comparison(loras: Path, to: Path, columns: int = 4) -> Path:
    """Draw the same prompts and seeds without and with each LoRA; return where the sheet lies."""
    pictures: list[Image.Image] = []
    labels: list[str] = []
    for look in LOOKS:
        sketches = asked_sketches(look, columns)
        for case, file in (("without", None), ("with", loras / f"{look}.safetensors")):
            pictures += drawn(look, sketches, file)[0]
            labels += [f"{case}: {prompt_for(look, sketch)}" for sketch in sketches]
    to.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(pictures, labels, columns).save(to, quality=88, subsampling=0, optimize=True)
    return to
