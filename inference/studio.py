"""What the engine's thread works with: the loaded models and the finisher. Imports torch.

Only ever touched from that one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from inference import pipeline
from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog
from inference.devices import place, use_every_core
from inference.finishing import Finisher
from inference.generation import Generation
from inference.protocol import GenerationParameters, GenerationRequest

logger = logging.getLogger(__name__)


class Studio:
    """Every model of the catalog on one device, ready to draw one generation at a time."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        on_image: Callable[[], None],
        on_end: Callable[[Generation], None],
    ) -> None:
        diffusers_logging.set_verbosity_error()
        transformers_logging.set_verbosity_error()
        self._placement = place()
        threads = use_every_core()
        self._bundles = {
            offer.name: load_bundle(offer, self._placement) for offer in catalog.offers
        }
        self._finisher = Finisher(on_image=on_image, on_end=on_end)
        logger.info("drawing on %s in %s with %d threads", self.device, self.dtype, threads)

    @property
    def device(self) -> str:
        """The torch device: cpu, cuda:0."""
        return str(self._placement.device)

    @property
    def dtype(self) -> str:
        """The precision of the models: float32, bfloat16, float16."""
        return self._placement.dtype_name

    def draw(
        self,
        generation: Generation,
        *,
        before_step: Callable[[], None],
        after_step: Callable[[float], None],
    ) -> None:
        """Draw `generation` to its end; its images are encoded beside.

        Raises:
            InferenceError: It was stopped, or cannot be drawn.
        """
        pipeline.draw(
            self._bundles[generation.parameters.model],
            generation,
            before_step=before_step,
            after_step=after_step,
            deliver=lambda finished: self._finisher.take(generation, finished),
        )
        self._finisher.close(generation)

    def warm_up(self) -> None:
        """Draw one step with every model at its usual size, so that the first person need not wait."""
        for bundle in self._bundles.values():
            pipeline.draw(
                bundle,
                _rehearsal(bundle),
                before_step=lambda: None,
                after_step=lambda _: None,
                deliver=lambda _: None,
            )

    def close(self) -> None:
        """Encode what is still to be encoded, and end."""
        self._finisher.stop()


def _rehearsal(bundle: Bundle) -> Generation:
    asked = GenerationParameters(prompt="warm-up", num_inference_steps=1, model=bundle.card.name)
    complete = asked.completed_by(bundle.card, seed=0)
    return Generation(GenerationRequest(id="warm-up", parameters=asked), complete)
