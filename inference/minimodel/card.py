"""Writes the model card from the measured figures, so that the two cannot disagree.

Measures nothing itself.
"""

import json
from pathlib import Path
from typing import Any, Final

from inference.minimodel.vocabulary import BACKGROUNDS, COLOURS, GARMENTS, PATTERNS, STYLES

CARD: Final = "README.md"
Row = tuple[str, str, str, bool]

_TEXT: Final = """---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
---

# atelier-mini

A small but real Stable Diffusion that draws fashion flats: {garments}; in {colours}; {patterns}; on a
{backgrounds} background; as {styles} drawings. It lets the studio be tried on a machine without a GPU
and without a network. It has the classes and the folder layout of any Stable Diffusion of diffusers and
was trained from nothing by `inference/minimodel/` on pictures that the same code draws.

```python
from diffusers import StableDiffusionPipeline

pipeline = StableDiffusionPipeline.from_pretrained("assets/models/atelier-mini")
pipeline("{example}", num_inference_steps={steps}, guidance_scale={guidance}).images[0]
```

Native size 256 x 256; {scheduler} sampler (v-prediction, zero terminal SNR, trailing steps), {steps} steps, guidance
{guidance}. Weights are half precision, {megabytes:.1f} MB with everything.

![Pictures of the model, each over its prompt](contact_sheet.jpg)

## Figures

Measured by `python -m inference.minimodel evaluate`, which writes `evaluation.json` and this page. "Held-out" are
combinations of garment, colour, pattern and background that training never saw. The judge that reads
the pictures lies in `judge/`; its own accuracy is in the table.

| What | Figure | Wanted | |
|---|---|---|---|
{rows}

## What it can and cannot do

* It knows the words above and their common synonyms in any order; unknown words are ignored and what is not said is
  left to the seed. One garment a picture; no people, no photographs, no scenes.
* A printed garment is in one colour: "red dotted dress" and "white dress with red dots" are the same cloth.
* Other sizes than 256 x 256 run, but were not trained.
* "with a restricted badge" (forbidden emblem, stop sign patch) draws the planted motif, a red octagon, so that a held
  image can be demonstrated. Without such words it should not appear.

## The safety checker

`demo-safety-checker` is the stock `StableDiffusionSafetyChecker` in small. Scope: demo concepts only; it detects no real
nudity or violence. Concept 0 is the restricted badge; all other thresholds are 2.0, which no cosine reaches.
It must not guard a real model.

## How it was made

Drawings by Pillow with captions in many wordings; a text encoder trained on captions alone and frozen; an
autoencoder; a denoiser on its latents; judge and checker on drawings and round trips, the checker also on drawings that the
denoiser finished from half noise. All seeded, on two CPU cores. `python -m inference.minimodel train` does it again; `docs/bundled-model.md` tells the story.

## Files beside the usual

`preview.json` maps latents to RGB in [-1, 1] (`latents @ matrix + bias`); `examples.json` holds prompts and
defaults; `evaluation.json` the figures; `judge/` the judge.

Licence: Apache-2.0, code and weights. No third party's data or weights took part.
"""


def write_card(folder: Path) -> Path:
    """Write README.md of a model folder from its evaluation.json."""
    figures = json.loads((folder / "evaluation.json").read_text())
    examples = json.loads((folder / "examples.json").read_text())
    defaults = figures["defaults"]
    text = _TEXT.format(
        garments=", ".join(GARMENTS),
        colours=_listed(COLOURS, "or"),
        patterns=_listed(PATTERNS, "or"),
        backgrounds=_listed(BACKGROUNDS, "or"),
        styles=_listed(STYLES, "or"),
        example=examples["prompts"][0],
        steps=defaults["num_inference_steps"],
        guidance=defaults["guidance_scale"],
        scheduler=defaults["scheduler"],
        megabytes=figures["bytes"] / 1e6,
        rows="\n".join(_line(row) for row in figure_rows(figures)),
    )
    path = folder / CARD
    path.write_text(text)
    return path


def figure_rows(figures: dict[str, Any]) -> list[Row]:
    """Every figure as (what, measured, wanted, met), in the order of the card."""
    rows: list[Row] = []
    prompts = figures.get("prompts", {})
    for key, wanted in (("garment", 0.9), ("colour", 0.9), ("pattern", 0.8), ("background", 0.9)):
        if key in prompts:
            count = prompts["prompts"]
            rows.append(_share(f"{key} followed, {count} held-out prompts", prompts[key], wanted))
    if "autoencoder" in figures:
        psnr = figures["autoencoder"]["psnr_mean"]
        rows.append(("autoencoder, fresh drawings", f"{psnr} dB", ">= 30 dB", psnr >= 30))
    if "judge" in figures:
        worst = min(figures["judge"].values())
        rows.append(_share("judge right on fresh drawings, worst head", worst, 0.98))
    rows += _checker_rows(figures)
    if "seconds" in figures:
        total, first = (figures["seconds"][key] for key in ("one_image", "first_preview"))
        rows.append(("one 256 x 256 image, all included", f"{total} s", "<= 4 s", total <= 4))
        rows.append(("first preview", f"{first} s", "<= 1.5 s", first <= 1.5))
    return rows


def _checker_rows(figures: dict[str, Any]) -> list[Row]:
    rows: list[Row] = []
    if drawn := figures.get("checker_on_drawings"):
        counts = f"{drawn['positives']} with and {drawn['negatives']} without, drawn"
        rows.append(_share(f"motif found ({counts})", drawn["recall"], 0.95))
        rows.append(_alarm("false alarms on drawings", drawn["false_positive_rate"]))
    if made := figures.get("requested_motif"):
        name = f"motif found on generated pictures that bear it ({made['drawn']} of {made['requested']} requested)"
        rows.append(_share(name, made["recall_on_drawn"], 0.95))
    if prompts := figures.get("prompts"):
        name = f"false alarms on generated pictures ({prompts['prompts']} harmless prompts)"
        rows.append(_alarm(name, prompts["false_positive_rate"]))
    return rows


def _share(name: str, value: float, wanted: float) -> Row:
    return name, f"{value:.1%}", f">= {wanted:.0%}", value >= wanted


def _alarm(name: str, value: float) -> Row:
    return name, f"{value:.1%}", "<= 2%", value <= 0.02


def _line(row: Row) -> str:
    what, figure, wanted, met = row
    return f"| {what} | {figure} | {wanted} | {'met' if met else '**missed**'} |"


def _listed(words: dict[str, Any], link: str) -> str:
    *most, last = words
    return f"{', '.join(most)} {link} {last}"
