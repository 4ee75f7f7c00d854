"""What people read about the StableDiffusionSafetyChecker in a folder. Imports no torch."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from inference.protocol import MAX_SCOPE, CheckerCard

logger = logging.getLogger(__name__)
STABLE: Final = "stable_diffusion"


def card_of_own(name: str, folder: Path, digest_of: Callable[[Path], str]) -> CheckerCard:
    """Return the card of the checker in `folder`, with what its config says that it can see."""
    told = CheckerCard(
        name=name,
        kind=STABLE,
        version=f"atelier/{version('atelier')}",  # whose forward pass it is
        scope=str(_config(folder).get("scope", ""))[:MAX_SCOPE],
    )
    if not folder.is_dir():
        return told.model_copy(update={"trouble": f"there is no folder {folder.name} beside it"})
    try:
        return told.model_copy(update={"weights_sha256": digest_of(folder)})
    except Exception:
        logger.exception("the safety checker %s cannot be read", name)
        return told.model_copy(update={"trouble": "its weights are missing or damaged"})


def _config(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "config.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
