"""Loads one network of a model folder, whole or not at all. Reads local files only; which networks there are is `bundles`'."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError

from inference.catalog import CatalogError
from inference.devices import Placement

_NAMED: Final = 3


def load_part(kind: Any, directory: Path, where: Placement) -> Any:  # noqa: ANN401
    """Load one network in evaluation mode, in the wanted precision; fp16 files serve if alone.

    Raises:
        CatalogError: A weight is missing (it would be drawn at random), has another shape or is not finite.
    """
    plain = any(directory.glob("*model.safetensors*"))
    try:
        module, told = kind.from_pretrained(
            directory,
            dtype=where.dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            variant=None if plain else "fp16",
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise CatalogError(f"the weights in {directory} do not fit its config: {error}") from error
    if missing := sorted(told["missing_keys"]):
        raise CatalogError(f"the weights in {directory} lack {', '.join(missing[:_NAMED])}")
    odd = [name for name, part in module.named_parameters() if not bool(part.isfinite().all())]
    if odd:
        raise CatalogError(
            f"the weights in {directory} are not finite: {', '.join(sorted(odd)[:_NAMED])}"
        )
    return module.to(where.device).eval().requires_grad_(False)
