"""Puts the trained parts together as one diffusers folder, small and in half precision.

A part that has not been trained yet is shipped as it stands, so that others can load a real folder
early; a checker without training never fires. Leaves figures and the model card to `evaluate`.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from torch.nn import functional

from inference.minimodel.assembly import GUIDANCE, STEPS, drawing_parts
from inference.minimodel.bank import labelled_drawing
from inference.minimodel.dataset import drawn_batch
from inference.minimodel.decoder import load_autoencoder
from inference.minimodel.judge import load_trained_judge, save_judge
from inference.minimodel.redrawing import load_redrawer, redrawn
from inference.minimodel.safety import (
    build_checker,
    build_processor,
    choose_threshold,
    load_checker,
    motif_scores,
    set_threshold,
)
from inference.minimodel.training import WORKSHOP, seed_for

SHIPPED: Final = Path("assets/models/atelier-mini")
SIZE_LIMIT: Final = 40_000_000
_VALIDATED: Final = 200
EXAMPLES: Final = (
    "a red striped dress on a cream background",
    "tee with blue dots, pink backdrop",
    "a green checked coat on a lavender background",
    "yellow floral skirt, mint background",
    "black and white striped sweater on a sky blue background",
    "an ink drawing of a purple hat on a grey background",
    "brown plain bag on a white background",
    "pencil sketch of pink floral trousers, cream backdrop",
    "flat illustration of an orange dotted boot on sky blue",
    "cream background, crimson dress with flowers",
    "navy gingham skirt on a pink background",
    "an emerald polka dot dress against a white wall",
)


def export(target: Path = SHIPPED, folder: Path = WORKSHOP) -> int:
    """Write the whole model folder; return its size in bytes, which may not pass 40 MB."""
    pipeline = StableDiffusionPipeline(
        **drawing_parts(folder),
        safety_checker=_checker(folder),
        feature_extractor=build_processor(),
    )
    target.mkdir(parents=True, exist_ok=True)
    pipeline.to(torch.float16).save_pretrained(target)
    if (folder / "judge.pt").exists():
        save_judge(load_trained_judge(folder), target / "judge")
    _write_json(target / "preview.json", fit_preview(folder))
    _write_json(target / "examples.json", _examples())
    _forget_paths(target)
    for file in target.rglob("*.safetensors"):
        file.chmod(0o644)
    return folder_size(target)


def folder_size(target: Path) -> int:
    """Bytes of everything in a folder; refuses one too heavy for the repository."""
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    if size > SIZE_LIMIT:
        raise ValueError(f"The model weighs {size} bytes; {SIZE_LIMIT} are allowed.")
    return size


@torch.no_grad()
def fit_preview(folder: Path = WORKSHOP, drawings: int = 24) -> dict[str, Any]:
    """The least-squares line from scaled latents (4) to RGB in [-1, 1] (3): `latents @ matrix + bias`."""
    vae = load_autoencoder(folder)
    seeds = [seed_for("preview", 0, k) for k in range(drawings)]
    rows, colours = [], []
    for start in range(0, drawings, 8):
        pictures = drawn_batch(seeds[start : start + 8])
        latents = vae.encode(pictures).latent_dist.mean * vae.config.scaling_factor
        rows.append(latents.permute(0, 2, 3, 1).reshape(-1, 4))
        colours.append(functional.avg_pool2d(pictures, 8).permute(0, 2, 3, 1).reshape(-1, 3))
    known = torch.cat(rows)
    known = torch.cat([known, torch.ones(len(known), 1)], dim=1)
    solution = torch.linalg.lstsq(known, torch.cat(colours)).solution
    return {
        "matrix": [[round(float(value), 5) for value in row] for row in solution[:4]],
        "bias": [round(float(value), 5) for value in solution[4]],
    }


def _checker(folder: Path) -> StableDiffusionSafetyChecker:
    if not (folder / "safety.pt").exists():
        return build_checker().eval()
    checker = load_checker(folder)
    drawn = [labelled_drawing(seed_for("validation", k), restricted_share=0.4) for k in range(1500)]
    pairs = [(picture, label[-1]) for picture, label in drawn]
    pairs += redrawn(load_redrawer(folder), _VALIDATED, "validated")
    scores = motif_scores(checker, [picture for picture, _ in pairs])
    bearing = [score for score, (_, bears) in zip(scores, pairs, strict=True) if bears]
    others = [score for score, (_, bears) in zip(scores, pairs, strict=True) if not bears]
    set_threshold(checker, choose_threshold(others, bearing))
    return checker


def _examples() -> dict[str, Any]:
    return {"num_inference_steps": STEPS, "guidance_scale": GUIDANCE, "prompts": list(EXAMPLES)}


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


def _forget_paths(target: Path) -> None:
    """Drop the name of the folder a part came from, which says nothing to anybody else."""
    for path in target.rglob("*.json"):
        value = json.loads(path.read_text())
        if isinstance(value, dict) and value.pop("_name_or_path", None) is not None:
            _write_json(path, value)
    shutil.rmtree(target / ".cache", ignore_errors=True)
