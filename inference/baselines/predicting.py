"""The model behind every baseline server: requests in, pictures or reasons out, in the same order.

A static batcher: what arrived together is grouped by what a batch must share, and group after group
is drawn to its end. Waiting, threads and HTTP are the servers'. Imports torch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from inference.admission import complete
from inference.baselines.answers import Drawn
from inference.baselines.drawing import Likeness, Pipeline, likeness_of
from inference.baselines.tally import Tally
from inference.catalog import Catalog
from inference.protocol import GenerationParameters, InferenceError
from inference.studio import Studio


class Predictor:
    """Every model of a catalog, on the device, with the threads of our own engine, loaded and warm.

    What it draws is counted in `tally`, but for what warmed it up.
    """

    def __init__(self, catalog: Catalog, tally: Tally) -> None:
        studio = Studio.of(catalog)
        bundles = [studio.bundle(offer.name) for offer in catalog.offers]
        self._cards = {bundle.card.name: bundle.card for bundle in bundles}
        self._pipelines = {
            bundle.card.name: Pipeline(bundle, bundle.solvers.config) for bundle in bundles
        }
        self._tally = Tally()
        self.draw(
            [
                GenerationParameters(prompt="warm-up", num_inference_steps=1, model=name)
                for name in self._cards
            ]
        )
        self._tally = tally

    def draw(self, asked: Sequence[GenerationParameters]) -> list[Drawn]:
        """Return the (first) picture of each of `asked`, or why it cannot be drawn."""
        drawn: dict[int, Drawn] = {}
        batches: defaultdict[Likeness, dict[int, GenerationParameters]] = defaultdict(dict)
        for place, one in enumerate(asked):
            try:
                whole = complete(one, self._cards).of_image(0)
                batches[likeness_of(whole)][place] = whole
            except InferenceError as error:
                drawn[place] = error
        for batch in batches.values():
            drawn.update(zip(batch, self._together(list(batch.values())), strict=True))
        return [drawn[place] for place in range(len(asked))]

    def _together(self, alike: list[GenerationParameters]) -> Sequence[Drawn]:
        try:
            pictures = self._pipelines[alike[0].model](alike)
        except InferenceError as error:
            return [error] * len(alike)
        self._tally.add(pictures)
        return pictures
