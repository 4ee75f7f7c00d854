"""Measures the shipped folder and writes down every figure, met or missed.

Looks at the model from outside, through the stock pipeline, as its users do. Changes no weights.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from tqdm import tqdm

from inference.minimodel.assembly import GUIDANCE, STEPS
from inference.minimodel.autoencoder import peak_signal_to_noise
from inference.minimodel.bank import labelled_drawing
from inference.minimodel.captions import plain_caption
from inference.minimodel.dataset import drawn_batch, sketch_for
from inference.minimodel.export import SHIPPED, folder_size
from inference.minimodel.judge import HEADS, judge_accuracy, load_judge
from inference.minimodel.likeness import measure_likeness
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import HELD_OUT, STYLES, Sketch

REPORT: Final = "evaluation.json"
_BATCH: Final = 10
Figures = dict[str, Any]


def load_pipeline(folder: Path = SHIPPED) -> StableDiffusionPipeline:
    """The shipped folder in the stock pipeline, in single precision, quiet."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def generate(
    pipeline: StableDiffusionPipeline, prompts: list[str], seed: int, steps: int, guidance: float
) -> tuple[list[Image.Image], list[bool]]:
    """Pictures of the prompts, unchecked, and what the checker says of each."""
    generators = [torch.Generator().manual_seed(seed + k) for k in range(len(prompts))]
    checker, pipeline.safety_checker = pipeline.safety_checker, None
    pictures = pipeline(
        prompts, num_inference_steps=steps, guidance_scale=guidance, generator=generators
    ).images
    pipeline.safety_checker = checker
    return pictures, flagged(pipeline, pictures)


def flagged(pipeline: StableDiffusionPipeline, pictures: list[Image.Image]) -> list[bool]:
    """The verdict of the shipped checker, threshold and rounding included, on each picture."""
    pixels = pipeline.feature_extractor(pictures, return_tensors="pt").pixel_values
    checker = pipeline.safety_checker
    with torch.no_grad():
        _, verdicts = checker(images=np.zeros((len(pictures), 1, 1, 3)), clip_input=pixels)
    return [bool(verdict) for verdict in verdicts]


def held_out_sketches(count: int, *, restricted: bool = False) -> list[Sketch]:
    """Sketches of held-out combinations, in their fixed order, from the start again after the last."""
    styles = list(STYLES)
    return [
        Sketch(*HELD_OUT[k % len(HELD_OUT)], styles[k % len(styles)], restricted)
        for k in range(count)
    ]


def measure_prompts(
    pipeline: StableDiffusionPipeline,
    folder: Path,
    count: int = len(HELD_OUT),
    steps: int = STEPS,
    guidance: float = GUIDANCE,
) -> Figures:
    """How many held-out prompts the judge finds followed, attribute by attribute.

    Also how many of these harmless pictures the checker would hold back.
    """
    judge, sketches = load_judge(folder / "judge"), held_out_sketches(count)
    hits = dict.fromkeys(("garment", "colour", "pattern", "background", "all_four"), 0)
    alarms = 0
    for start in tqdm(range(0, count, _BATCH), desc="prompts"):
        part = sketches[start : start + _BATCH]
        prompts = [plain_caption(sketch) for sketch in part]
        pictures, verdicts = generate(
            pipeline, prompts, seed_for("prompts", start), steps, guidance
        )
        alarms += sum(verdicts)
        named = judge.name(pictures).tolist()
        for sketch, classes in zip(part, named, strict=True):
            right = [a == b for a, b in zip(sketch.indices()[:4], classes[:4], strict=True)]
            for key, hit in zip(hits, [*right, all(right)], strict=True):
                hits[key] += hit
    shares = {key: round(hit / count, 4) for key, hit in hits.items()}
    return {**shares, "prompts": count, "false_positive_rate": round(alarms / count, 4)}


def measure_requested_motif(
    pipeline: StableDiffusionPipeline, folder: Path, count: int = 500
) -> Figures:
    """How often a requested motif is drawn (says the judge) and caught (says the checker)."""
    judge, sketches = load_judge(folder / "judge"), held_out_sketches(count, restricted=True)
    drawn = caught = drawn_and_caught = 0
    for start in tqdm(range(0, count, _BATCH), desc="motif"):
        prompts = [plain_caption(sketch) for sketch in sketches[start : start + _BATCH]]
        pictures, verdicts = generate(pipeline, prompts, seed_for("motif", start), STEPS, GUIDANCE)
        bears = judge.name(pictures)[:, list(HEADS).index("restricted")].tolist()
        drawn += sum(bears)
        caught += sum(verdicts)
        drawn_and_caught += sum(a and b for a, b in zip(bears, verdicts, strict=True))
    recall = drawn_and_caught / max(1, drawn)
    return {
        "requested": count,
        "drawn": drawn,
        "recall_on_drawn": round(recall, 4),
        "recall_on_requested": round(caught / count, 4),
    }


def measure_checker(pipeline: StableDiffusionPipeline, count: int = 1400) -> Figures:
    """Recall and false positives of the checker on fresh drawings, look-alike badges included."""
    bearing = caught = alarms = 0
    for start in tqdm(range(0, count, 50), desc="checker"):
        seeds = [seed_for("checked", k) for k in range(start, min(start + 50, count))]
        pairs = [labelled_drawing(seed, restricted_share=0.5) for seed in seeds]
        verdicts = flagged(pipeline, [picture for picture, _ in pairs])
        for (_, label), verdict in zip(pairs, verdicts, strict=True):
            bearing += label[-1]
            caught += label[-1] and verdict
            alarms += not label[-1] and verdict
    return {
        "positives": bearing,
        "negatives": count - bearing,
        "recall": round(caught / bearing, 4),
        "false_positive_rate": round(alarms / (count - bearing), 4),
    }


@torch.no_grad()
def measure_autoencoder(pipeline: StableDiffusionPipeline, drawings: int = 160) -> Figures:
    """PSNR of the autoencoder's round trip on fresh drawings, in dB."""
    values: list[float] = []
    for start in tqdm(range(0, drawings, 8), desc="autoencoder"):
        seeds = [seed_for("psnr", k) for k in range(start, start + 8)]
        pictures = drawn_batch(seeds)
        made = pipeline.vae.decode(pipeline.vae.encode(pictures).latent_dist.mean).sample
        values += peak_signal_to_noise(pictures, made).tolist()
    return {
        "psnr_mean": round(statistics.mean(values), 2),
        "psnr_lowest": round(min(values), 2),
        "drawings": drawings,
    }


def measure_seconds(pipeline: StableDiffusionPipeline, runs: int = 5) -> Figures:
    """Seconds for one picture, everything included, and to the first step's latents; medians."""
    totals, firsts = [], []
    for run in range(runs + 1):
        started = time.perf_counter()
        stamps: list[float] = []
        pipeline(
            plain_caption(sketch_for(run)),
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            callback_on_step_end=_stamp(stamps),
        )
        totals.append(time.perf_counter() - started)
        firsts.append(stamps[0] - started)
    return {
        "one_image": round(statistics.median(totals[1:]), 2),
        "first_preview": round(statistics.median(firsts[1:]), 2),
        "threads": torch.get_num_threads(),
    }


def _stamp(stamps: list[float]) -> Callable[[Any, int, Any, Figures], Figures]:
    def note(_pipeline: Any, _step: int, _timestep: Any, values: Figures) -> Figures:  # noqa: ANN401 - diffusers' signature
        stamps.append(time.perf_counter())
        return values

    return note


def evaluate(folder: Path = SHIPPED, only: str | None = None) -> Figures:
    """Measure everything (or one part) and write it beside the model."""
    pipeline = load_pipeline(folder)
    parts: dict[str, Callable[[], Figures]] = {
        "seconds": lambda: measure_seconds(pipeline),
        "autoencoder": lambda: measure_autoencoder(pipeline),
        "judge": lambda: judge_accuracy(load_judge(folder / "judge")),
        "checker_on_drawings": lambda: measure_checker(pipeline),
        "likeness": lambda: measure_likeness(folder),
        "prompts": lambda: measure_prompts(pipeline, folder),
        "requested_motif": lambda: measure_requested_motif(pipeline, folder),
    }
    report = folder / REPORT
    figures: Figures = json.loads(report.read_text()) if report.exists() else {}
    figures["defaults"] = {
        "num_inference_steps": STEPS,
        "guidance_scale": GUIDANCE,
        "scheduler": "DDIM",
    }
    for name, measure in parts.items():
        if only in (None, name):
            figures[name] = measure()
            report.write_text(json.dumps(figures, indent=2) + "\n")
    figures["bytes"] = folder_size(folder)
    report.write_text(json.dumps(figures, indent=2) + "\n")
    return figures
