"""Who draws, as its callers see it; `inference.client` has the implementations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from pydantic import BaseModel, Field

from inference.protocol.events import GenerationEvent
from inference.protocol.models import ModelCard
from inference.protocol.parameters import GenerationRequest
from inference.protocol.prompts import PromptLength


class InferenceHealth(BaseModel):
    """Whether a replica can draw now, and on what."""

    ready: bool
    device: str
    dtype: str
    running: int
    waiting: int
    detail: str = Field(default="", description="Why it cannot draw now, for people.")


class InferenceClient(Protocol):
    """Whatever can draw: an engine in this process, a server on this machine, a cluster.

    Every implementation passes `tests/conformance/test_inference_client.py`.
    """

    def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """Run `request` and yield its events, ending with `Done` or `Failed`.

        A generation of the same id that already runs there is attached to, not started again.
        Leaving the iterator before its end (`aclose`) leaves the generation running for a short
        grace; `cancel` stops it.

        Raises:
            InferenceError: It could not be started, or the connection broke.
        """
        ...

    async def image(self, generation_id: str, index: int) -> bytes:
        """Return the encoded bytes of a finished image (lossless WebP).

        Raises:
            UnknownGeneration: No such image is held there (any more).
        """
        ...

    async def cancel(self, generation_id: str) -> None:
        """Stop a generation between two steps. Asking twice, or for an unknown one, is no error."""
        ...

    async def models(self) -> list[ModelCard]:
        """Return the models on offer there; the first is the default."""
        ...

    async def length_of(self, prompt: str, model: str | None = None) -> PromptLength:
        """Return how many tokens and chunks `prompt` is to `model`, or to the default one; draws nothing.

        Raises:
            UnknownModel: There is no such model there.
            Unavailable: Nothing answered, or the models are still loading.
        """
        ...

    async def health(self) -> InferenceHealth:
        """Return whether it can draw now.

        Raises:
            Unavailable: Nothing answered.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections; generations go on where they run."""
        ...
