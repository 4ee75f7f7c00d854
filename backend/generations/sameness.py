"""Whether a request that comes again under its idempotency key asks for the very same."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from backend.generations.origin import Origin
from inference.protocol import GenerationParameters

NOWHERE: Final = Origin()


def fingerprint_of(
    parameters: GenerationParameters,
    webhook_url: str | None,
    origin: Origin,
    *,
    fresh: bool = False,
) -> str:
    """Return the digest of what was asked, before the model's defaults and the seed are filled in."""
    asked = parameters.model_dump_json(exclude_unset=True) + (webhook_url or "")
    if origin != NOWHERE:
        asked += f" {origin}"
    if fresh:
        asked += " fresh"
    return sha256(asked.encode()).hexdigest()
