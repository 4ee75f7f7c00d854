"""Which kind of checkpoint a folder holds, as its `model_index.json` says, and what of it is drawn with.

Refuses in words what this engine does not draw with. Reads no weights and imports no torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inference.catalog import CatalogError

_CLASSIC: Final = ("StableDiffusionPipeline", "StableDiffusionInpaintPipeline")
_XL: Final = (
    "StableDiffusionXLPipeline",
    "StableDiffusionXLImg2ImgPipeline",
    "StableDiffusionXLInpaintPipeline",
)
_PARTS: Final = ("tokenizer", "text_encoder", "unet", "vae", "scheduler")
_MORE: Final = ("tokenizer_2", "text_encoder_2")


@dataclass(frozen=True)
class Layout:
    """What a folder holds: SDXL (`is_xl`) or an earlier Stable Diffusion.

    `silent_negative`: an empty negative prompt is no words but zeros.
    """

    is_xl: bool
    silent_negative: bool


def layout_of(directory: Path) -> Layout:
    """Return what `directory` holds.

    Raises:
        CatalogError: It is no folder of diffusers, another kind of model, or lacks a part.
    """
    index = directory / "model_index.json"
    if not index.exists():
        raise CatalogError(
            f"{directory} is no diffusers model folder: model_index.json is missing; "
            "of a single file, `atelier import-model` makes one"
        )
    told = read_json(index)
    kind = told.get("_class_name")
    if kind not in (*_CLASSIC, *_XL):
        raise CatalogError(
            f"{directory} holds a {kind}; this engine draws with {', '.join((*_CLASSIC, *_XL))}"
        )
    is_xl = kind in _XL
    if is_xl and (told.get("requires_aesthetics_score") or _is_empty(told.get("text_encoder"))):
        raise CatalogError(
            f"{directory} holds a refiner, which only finishes what another model began; "
            "offer the base model of SDXL, which draws by itself"
        )
    wanted = (*_PARTS, *_MORE) if is_xl else _PARTS
    if missing := [part for part in wanted if not (directory / part).is_dir()]:
        raise CatalogError(f"{directory} lacks the folders {', '.join(missing)}")
    return Layout(is_xl, is_xl and bool(told.get("force_zeros_for_empty_prompt", True)))


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in `file`.

    Raises:
        CatalogError: It cannot be read as one.
    """
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CatalogError(f"{file} cannot be read: {error}") from None


def _is_empty(part: object) -> bool:
    """Whether the index says that there is no such part: [null, null]."""
    return part is None or (isinstance(part, list) and not any(part))
