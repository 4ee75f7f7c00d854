"""Everything that draws, put together on the engine's thread: models, loop, finisher. Imports torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inference.enlarger import Enlarger
from inference.finishing import Finisher, Outcome
from inference.generation import Generation
from inference.lanes import Lanes
from inference.loop import Loop, Surroundings
from inference.metrics import Metrics
from inference.options import EngineOptions
from inference.pace import Pace
from inference.protocol import GenerationParameters, InferenceError, ModelCard, PromptLength
from inference.streams import aside_of
from inference.studio import Studio


@dataclass(frozen=True)
class Drawing:
    """The parts that hold torch."""

    studio: Studio
    loop: Loop
    finisher: Lanes
    enlarger: Enlarger

    @property
    def cards(self) -> dict[str, ModelCard]:
        """The cards of the models by name, as they are now; of a warm one every LoRA has been tried."""
        return self.studio.fleet.cards

    def length_of(self, prompt: str, model: str) -> PromptLength:
        """Return how long `prompt` is as `model` reads it; for any thread.

        Raises:
            Unavailable: The model is cold.
        """
        return self.studio.bundle(model).encoder.length(prompt)

    def require_readable(self, parameters: GenerationParameters) -> None:
        """Check that the model can read both prompts of each image; for any thread. A cold one will say so later.

        Raises:
            InvalidParameters: One has too many chunks.
        """
        if not self.studio.fleet.is_warm(parameters.model):
            return
        encoder = self.studio.bundle(parameters.model).encoder
        asked = (parameters.of_image(index) for index in range(parameters.num_images))
        prompts = {prompt for one in asked for prompt in (one.prompt, one.negative_prompt)}
        encoder.require_readable(*prompts)

    def close(self) -> None:
        """Finish what was handed over, and end."""
        self.enlarger.stop()
        self.finisher.stop()


def prepare(  # noqa: PLR0913 - all that it reports to
    studio: Studio,
    options: EngineOptions,
    *,
    pace: Pace,
    metrics: Metrics,
    end: Callable[[Generation, InferenceError], None],
    on_end: Callable[[Generation], None],
    on_room: Callable[[], None],
    on_lost: Callable[[Exception], None],
) -> Drawing:
    """Warm the models up, and return what draws with them."""
    studio.warm_up()
    studio.fleet.on_arrival = on_room
    device, threads = studio.placement.device, studio.every_thread
    outcome = Outcome(on_end=on_end, on_room=on_room, on_lost=on_lost)

    def finisher(at_once: int) -> Finisher:
        return Finisher(
            aside_of(device),
            metrics,
            outcome,
            may_retry=studio.halves,
            threads=threads,
            at_once=at_once,
        )

    lanes = Lanes(finisher)
    enlarger = Enlarger(aside_of(device), on_room, threads=threads)
    loop = Loop(
        studio,
        lanes,
        enlarger,
        Surroundings(pace=pace, metrics=metrics, end=end),
        slots=options.slots,
        grace=options.grace,
    )
    return Drawing(studio, loop, lanes, enlarger)
