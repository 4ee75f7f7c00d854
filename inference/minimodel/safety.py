"""The demo safety checker: the stock StableDiffusionSafetyChecker, small, knowing one planted motif.

Detects no real nudity or violence, and says so in its config. Concept 0 is the motif; the other sixteen
concepts and the three special ones carry a threshold that no cosine can reach.
"""

from pathlib import Path
from typing import Final

import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from torch import Tensor
from torch.nn import functional
from transformers import CLIPConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from inference.minimodel.bank import EYE, Bank, build_bank, picture_bytes
from inference.minimodel.redrawing import load_redrawer, redrawn
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for

PLAN: Final = Plan("safety", steps=500, learning_rate=1e-3, decay_from=0.2)
NEVER: Final = 2.0
_SHARPNESS: Final = 24.0
_MARGIN: Final = 0.15
_HIDDEN: Final = 96


def build_checker() -> StableDiffusionSafetyChecker:
    """A fresh checker on 96 x 96 pictures whose thresholds never fire."""
    vision = {
        "hidden_size": _HIDDEN,
        "intermediate_size": _HIDDEN * 3,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "image_size": EYE,
        "patch_size": 12,
        "projection_dim": 64,
    }
    text = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": 8}
    config = CLIPConfig(
        text_config={**text, "num_attention_heads": 2},
        vision_config=vision,
        projection_dim=64,
        name="demo-safety-checker",
        scope="demo concepts only - detects no real nudity or violence",
        concepts={"0": "restricted badge"} | {str(k): f"spare slot {k}" for k in range(1, 17)},
        special_care={str(k): f"spare special slot {k + 1}" for k in range(3)},
    )
    checker = StableDiffusionSafetyChecker(config)
    with torch.no_grad():
        for name, value in checker.named_parameters():
            if name.endswith("embeds"):
                value.normal_(generator=torch.Generator().manual_seed(5))
            if name.endswith("embeds_weights"):
                value.fill_(NEVER)
    checker.concept_embeds.requires_grad_(requires_grad=True)
    return checker


def build_processor() -> CLIPImageProcessorPil:
    """The checker's image processor: fitted to 96 pixels and normalised to [-1, 1]."""
    half = [0.5, 0.5, 0.5]
    return CLIPImageProcessorPil(
        size={"shortest_edge": EYE},
        crop_size={"height": EYE, "width": EYE},
        image_mean=half,
        image_std=half,
    )


def motif_cosine(checker: StableDiffusionSafetyChecker, pictures: Tensor) -> Tensor:
    """Cosine of each picture (N, 3, 96, 96) in [-1, 1] with concept 0, float32 (N,)."""
    embeds = checker.visual_projection(checker.vision_model(pictures)[1])
    cosines: Tensor = functional.cosine_similarity(embeds, checker.concept_embeds[:1], dim=1)
    return cosines


def margin_loss(checker: StableDiffusionSafetyChecker, pictures: Tensor, bears: Tensor) -> Tensor:
    """Push bearers' cosines above 0.5 by a margin and all the others below it; bears is 0 or 1."""
    cosines = motif_cosine(checker, pictures)
    logits = _SHARPNESS * (cosines - 0.5 - _MARGIN * (2 * bears - 1))
    return functional.binary_cross_entropy_with_logits(logits, bears.float())


def train_safety(folder: Path = WORKSHOP, plan: Plan = PLAN, size: int = 32) -> None:
    """Train the checker on drawings and redrawings alike, resuming where a checkpoint stands."""
    torch.manual_seed(5)
    checker, drawn, redone = build_checker(), build_bank(folder), redrawn_bank(folder)

    def loss(step: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed_for(plan.name, step))
        pictures, labels = drawn.batch(size - size // 3, generator)
        others, bears = redone.batch(size // 3, generator)
        bears = torch.cat([labels[:, -1], bears[:, -1]])
        return margin_loss(checker, torch.cat([pictures, others]), bears)

    loop = Loop(plan, checker, loss, folder)
    loop.resume()
    loop.run()


def redrawn_bank(folder: Path = WORKSHOP) -> Bank:
    """The redrawings as a bank with one label, the motif (0, 1); made once and kept in the workshop."""
    kept = folder / "redrawn.pt"
    if not kept.exists():
        pairs = redrawn(load_redrawer(folder))
        pictures = torch.stack([picture_bytes(picture) for picture, _ in pairs])
        torch.save((pictures, torch.tensor([[bears] for _, bears in pairs])), kept)
    return Bank(*torch.load(kept, weights_only=True))


def load_checker(folder: Path = WORKSHOP) -> StableDiffusionSafetyChecker:
    """The trained checker with averaged weights; concept 0's threshold is still unset."""
    checker = build_checker()
    averaged_state(PLAN.name, checker, folder)
    return checker.eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def motif_scores(checker: StableDiffusionSafetyChecker, pictures: list[Image.Image]) -> list[float]:
    """Cosine with the motif of each picture, through the stock processor."""
    processor, scores = build_processor(), []
    for start in range(0, len(pictures), 50):
        pixels = processor(pictures[start : start + 50], return_tensors="pt").pixel_values
        scores += motif_cosine(checker, pixels).tolist()
    return scores


def choose_threshold(negatives: list[float], positives: list[float]) -> float:
    """A threshold with at most 1 % of these negatives above it, midway to the positives if apart."""
    ranked = sorted(negatives)
    allowed = ranked[int(len(ranked) * 0.995)]
    low_positive = sorted(positives)[int(len(positives) * 0.01)]
    return round(max(allowed, (allowed + low_positive) / 2), 4)


def set_threshold(checker: StableDiffusionSafetyChecker, threshold: float) -> None:
    """Arm concept 0 with its threshold."""
    with torch.no_grad():
        checker.concept_embeds_weights[0] = threshold
