"""Puts the trained parts together as the stock pipelines take them, with the settings that suit them."""

from pathlib import Path
from typing import Any, Final

from inference.minimodel.decoder import load_autoencoder
from inference.minimodel.diffusion import build_scheduler, load_unet
from inference.minimodel.text import load_reader
from inference.minimodel.tokenizer import build_tokenizer
from inference.minimodel.training import WORKSHOP

STEPS: Final = 12
GUIDANCE: Final = 2.5


def drawing_parts(folder: Path = WORKSHOP) -> dict[str, Any]:
    """Everything that draws, by the names that diffusers' pipelines give it; nothing that checks."""
    return {
        "vae": load_autoencoder(folder),
        "text_encoder": load_reader(folder).model,
        "tokenizer": build_tokenizer(),
        "unet": load_unet(folder),
        "scheduler": build_scheduler(),
    }
