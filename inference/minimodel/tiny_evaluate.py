"""Measures the decoder for drafts beside the big one: how near its pictures are, and in which share of the time.

Looks at latents of drawings that training never saw, and at latents that the model itself drew. Changes no weights.
"""

import base64
import hashlib
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import Tensor

from inference.minimodel.assembly import GUIDANCE, STEPS
from inference.minimodel.autoencoder import peak_signal_to_noise
from inference.minimodel.captions import plain_caption
from inference.minimodel.control import load_base
from inference.minimodel.dataset import drawn_batch
from inference.minimodel.evaluate import held_out_sketches, load_pipeline
from inference.minimodel.export import SHIPPED
from inference.minimodel.tiny import FOLDER, WEIGHTS, load_teacher, load_tiny
from inference.minimodel.training import seed_for
from inference.stages.preview import LatentColors, TinyColors, preview

REPORT: Final = "evaluation.json"
DRAWINGS: Final = 96
DRAWN: Final = 24
_RUNS: Final = 15
_AT_ONCE: Final = 8
Figures = dict[str, Any]


@torch.no_grad()
def evaluate_tiny(
    model: Path = SHIPPED, only: str | None = None, drawings: int = DRAWINGS, drawn: int = DRAWN
) -> Figures:
    """Measure everything (or one part) and write it into the autoencoder's folder."""
    tiny, big, report = load_tiny(model), load_teacher(model), model / FOLDER / REPORT
    weights = model / FOLDER / WEIGHTS
    figures: Figures = json.loads(report.read_text("utf-8")) if report.exists() else {}
    figures |= {
        "command": "python -m inference.minimodel tiny-evaluate",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "bytes": weights.stat().st_size,
        "decoder_parameters": sum(part.numel() for part in tiny.decoder.parameters()),
    }
    parts: dict[str, Callable[[], Figures]] = {
        "on_drawings": lambda: _on_drawings(tiny, big, drawings),
        "time": lambda: _times(tiny, big, model),
        "on_drawn_latents": lambda: _on_drawn_latents(tiny, big, model, drawn),
    }
    for name, measure in parts.items():
        if only in (None, name):
            figures[name] = measure()
            report.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return figures


def _on_drawings(tiny: AutoencoderTiny, big: AutoencoderKL, count: int) -> Figures:
    """PSNR in dB on fresh drawings: of each decoder against the drawing, and of the one against the other."""
    rows: list[tuple[Tensor, Tensor, Tensor]] = []
    for start in range(0, count, _AT_ONCE):
        pictures = drawn_batch([seed_for("tiny-psnr", k) for k in range(start, start + _AT_ONCE)])
        latents = big.encode(pictures).latent_dist.mean
        rows.append((pictures, tiny.decode(latents).sample, big.decode(latents).sample))
    pictures, small, large = (torch.cat(column) for column in zip(*rows, strict=True))
    return {
        "drawings": count,
        "tiny_to_drawing": _decibels(pictures, small),
        "big_to_drawing": _decibels(pictures, large),
        "tiny_to_big": _decibels(large.clamp(-1, 1), small),
    }


def _on_drawn_latents(
    tiny: AutoencoderTiny, big: AutoencoderKL, model: Path, count: int
) -> Figures:
    """PSNR in dB of the one decoder against the other on what the model draws for held-out prompts."""
    pipeline = load_pipeline(model)
    pipeline.safety_checker = None
    rows = []
    for start in range(0, count, _AT_ONCE):
        sketches = held_out_sketches(start + _AT_ONCE)[start:]
        latents = pipeline(
            [plain_caption(sketch) for sketch in sketches],
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=[
                torch.Generator().manual_seed(seed_for("tiny-drawn", start + k))
                for k in range(len(sketches))
            ],
            output_type="latent",
        ).images
        rows.append((big.decode(latents).sample, tiny.decode(latents).sample))
    large, small = (torch.cat(column) for column in zip(*rows, strict=True))
    return {"pictures": count, "tiny_to_big": _decibels(large.clamp(-1, 1), small)}


def _times(tiny: AutoencoderTiny, big: AutoencoderKL, model: Path) -> Figures:
    """Milliseconds a picture of 256 x 256, medians of runs in turn, so that all share whatever else goes on.

    A preview is what the engine sends: decoded, made small and written as WebP. A step is the denoiser's, with guidance.
    """
    base = load_base(model)
    plain = LatentColors.of(model, tiny.config.latent_channels)
    quick = TinyColors(tiny, plain, share=math.inf)
    latents = big.encode(drawn_batch([seed_for("tiny-times", 0)])).latent_dist.mean
    text = base.encode(["a red dress", ""])
    jobs: dict[str, Callable[[], Any]] = {
        "tiny": lambda: tiny.decode(latents),
        "big": lambda: big.decode(latents),
        "preview": lambda: preview(quick, latents[0], 0, 1),
        "plain_preview": lambda: preview(plain, latents[0], 0, 1),
        "step": lambda: base.unet(latents.expand(2, -1, -1, -1), torch.tensor(500), text),
    }
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for run in range(_RUNS + 1):
        for name, job in jobs.items():
            spent = _seconds(job)
            if run:  # the first run warms up
                taken[name].append(spent)
    medians = {name: 1000 * statistics.median(times) for name, times in taken.items()}
    return {
        **{f"{name}_ms": round(value, 1) for name, value in medians.items()},
        "tiny_to_big": round(medians["tiny"] / medians["big"], 3),
        "preview_to_step": round(medians["preview"] / medians["step"], 3),
        "preview_bytes": len(base64.b64decode(preview(quick, latents[0], 0, 1).webp_base64)),
        "threads": torch.get_num_threads(),
    }


def _seconds(job: Callable[[], Any]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def _decibels(wanted: Tensor, made: Tensor) -> Figures:
    values = peak_signal_to_noise(wanted, made).tolist()
    return {"mean": round(statistics.mean(values), 2), "lowest": round(min(values), 2)}
