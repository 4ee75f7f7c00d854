"""Writes what was learned as one safetensors file, by kohya's names, and says in it what it is.

The names: `lora_unet_<path>` and `lora_te_text_model_<path>` with every dot an underscore, each with
`.lora_down.weight`, `.lora_up.weight` and `.alpha`. The rest of the metadata is ModelSpec 1.0.1's.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import torch
from safetensors import SafetensorError
from safetensors.torch import save, save_file
from torch import Tensor

from inference.training.base import Base
from inference.training.lora import LowRank
from inference.training.plan import Request, TrainingRefused

PARTS = {"unet": "lora_unet_", "text_encoder": "lora_te_text_model_"}


def tensors_of(loras: Mapping[str, Mapping[str, LowRank]], alpha: float) -> dict[str, Tensor]:
    """Return what is written, in half precision: by part of the model, the low-rank layers by path."""
    tensors = {}
    for part, layers in loras.items():
        for path, lora in layers.items():
            stem = PARTS[part] + path.removeprefix("text_model.").replace(".", "_")
            up = lora.up if lora.down.ndim == 2 else lora.up[:, :, None, None]  # noqa: PLR2004
            # A layer thinner than the rank keeps alpha/rank: readers divide by what they find.
            own = alpha * len(lora.down) / lora.rank
            tensors[f"{stem}.lora_down.weight"] = _half(lora.down)
            tensors[f"{stem}.lora_up.weight"] = _half(up)
            tensors[f"{stem}.alpha"] = torch.tensor(own, dtype=torch.float16)
    return tensors


def write_lora(
    request: Request, base: Base, tensors: dict[str, Tensor], about: Mapping[str, str]
) -> str:
    """Write the file in one move; return its SHA-256.

    Raises:
        TrainingRefused: There is no room on the disk.
    """
    request.out.parent.mkdir(parents=True, exist_ok=True)
    part = request.out.with_suffix(".part")
    try:
        save_file(tensors, part, {**_modelspec(request, base, tensors), **about})
        part.chmod(0o644)
        part.replace(request.out)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        if no_room(error):
            raise TrainingRefused("out", f"no room on the disk of {request.out.parent}") from error
        raise
    return hashlib.sha256(request.out.read_bytes()).hexdigest()


def no_room(error: BaseException) -> bool:
    """Whether a failed write failed because the disk is full."""
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)


def table_of(request: Request, base: Base, sha256: str) -> str:
    """Return the `[[lora]]` table for the models file."""
    fields = {
        "name": request.name,
        "title": request.name.replace("-", " ").capitalize(),
        "description": f"Write {request.trigger} in the prompt.",
        "file": request.out.name,
        "models": [base.name],
        "trigger_words": [request.trigger],
        "scale": 1.0,
        "licence": request.licence,
        "sha256": sha256,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join(["[[lora]]", *lines])


def _half(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float16).contiguous()


def _modelspec(request: Request, base: Base, tensors: dict[str, Tensor]) -> dict[str, str]:
    return {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.title": request.name,
        "modelspec.architecture": f"{base.architecture}/lora",
        "modelspec.implementation": "https://github.com/huggingface/diffusers",
        "modelspec.trigger_phrase": request.trigger,
        "modelspec.date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "modelspec.license": request.licence,
        "modelspec.resolution": f"{base.resolution}x{base.resolution}",
        "modelspec.prediction_type": base.prediction,
        "modelspec.hash_sha256": f"0x{hashlib.sha256(save(tensors)).hexdigest()}",
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(request.rank),
        "ss_network_alpha": f"{request.alpha:g}",
        "ss_seed": str(request.seed),
        "atelier.base": base.name,
        "atelier.base_sha256": base.sha256,
    }
