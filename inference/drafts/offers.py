"""With what a model draws drafts: what the models file says of that, and what is usual where it says nothing."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from inference.protocol import Decoder, DraftSettings, ModelDefaults, Scheduler

USUAL_SHARE: Final = 0.4
"""Of the model's usual steps: where few are too few shows in its pictures, and is for the file to say."""


class DraftOffer(BaseModel):
    """The table `[model.draft]`. What it leaves out is as in the model's defaults, with fewer steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    num_inference_steps: int | None = Field(default=None, ge=1, le=100)
    guidance_scale: float | None = Field(default=None, ge=1, le=30)
    scheduler: Scheduler | None = None

    def settings(self, usual: ModelDefaults, decoder_sha256: str) -> DraftSettings:
        """Return the settings of a draft; a model with the digest of a tiny decoder decodes drafts by it."""
        fewer = max(1, round(usual.num_inference_steps * USUAL_SHARE))
        return DraftSettings(
            num_inference_steps=self.num_inference_steps or fewer,
            guidance_scale=self.guidance_scale or usual.guidance_scale,
            scheduler=self.scheduler or usual.scheduler,
            decoder=Decoder.TINY if decoder_sha256 else Decoder.FULL,
            decoder_sha256=decoder_sha256,
        )
