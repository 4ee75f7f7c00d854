"""Drafts: which of a model's decoders makes pixels of what was drawn, and with what settings a draft is drawn best."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from inference.protocol.offered import Wrong
from inference.protocol.schedulers import Scheduler


class Decoder(StrEnum):
    """What makes pixels of finished latents: the model's own autoencoder, or a small one that learned to read it."""

    FULL = "full"
    TINY = "tiny"


class DraftSettings(BaseModel):
    """What a draft is drawn with: few steps, and the tiny decoder where the model has one."""

    model_config = ConfigDict(frozen=True)

    num_inference_steps: int
    guidance_scale: float
    scheduler: Scheduler
    decoder: Decoder = Decoder.FULL
    decoder_sha256: str = Field(
        default="", description="Digest of the tiny decoder's weights; empty: the model has none."
    )


def wrong_decoder(model: str, draft: DraftSettings | None, asked: Decoder) -> Wrong | None:
    """Return why a model of these draft settings does not decode as `asked`, if it does not."""
    if asked is Decoder.FULL or (draft and draft.decoder is asked):
        return None
    limit, nearest = f"{Decoder.FULL} with {model}, which has no tiny decoder", Decoder.FULL.value
    message = f"must be {limit}, not {asked}; the nearest good value is {nearest}"
    return Wrong(asked.value, limit, message, nearest)
