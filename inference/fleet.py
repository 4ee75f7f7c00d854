"""The models of a device: warm ones, which are loaded; cold ones, which are when somebody asks; the one being loaded.

Loading goes on beside the steps, on a thread of its own, one model at a time. Which one, and who leaves for it, is
`warming`'s to say; the engine's thread asks, and takes in what arrived. Imports no torch.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, Self

from inference.catalog import Offer
from inference.protocol import ModelCard, Unavailable, Warmth
from inference.warming import Plan, Resident, Wish, plan

if TYPE_CHECKING:
    from inference.bundles import Bundle

RETRY_AFTER_S: Final = 60.0
_ASK_AGAIN_S: Final = 2.0
logger = logging.getLogger(__name__)


@dataclass
class _Warm:
    bundle: Bundle
    bytes: int
    since: float
    used_at: float


class Fleet:
    """Models by name, in the order in which they are offered. Changed by one thread; any may look."""

    def __init__(
        self, offers: Sequence[Offer], load: Callable[[Offer], Bundle], budget: int
    ) -> None:
        self._offers, self._load, self._budget = {one.name: one for one in offers}, load, budget
        self._cards: dict[str, ModelCard] = {one.name: one.card for one in offers}
        # What the files take on disk, until it is known what that comes to on the device.
        self._sizes = {name: card.weights_bytes or 0 for name, card in self._cards.items()}
        self._warm: dict[str, _Warm] = {}
        self._coming: tuple[str, Future[Bundle]] | None = None
        self._refused: dict[str, tuple[str, float]] = {}
        self._took: dict[str, tuple[float, int]] = {}  # seconds and bytes of the last load of each
        self._lock = threading.Lock()
        self.on_arrival: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, *bundles: Bundle) -> Self:
        """Return a fleet of models that are loaded already, and stay so."""
        fleet = cls((), _never, sum(bundle.bytes for bundle in bundles))
        for bundle in bundles:
            fleet.add(bundle)
        return fleet

    def bundle(self, model: str) -> Bundle:
        """Return a warm model.

        Raises:
            Unavailable: It is cold; asking to draw with it warms it.
        """
        with self._lock:
            if model in self._warm:
                return self._warm[model].bundle
        raise Unavailable(
            f"{model} is not loaded now; it is when somebody draws with it",
            retry_after=_ASK_AGAIN_S,
        )

    @property
    def bundles(self) -> list[Bundle]:
        """The warm models."""
        with self._lock:
            return [warm.bundle for warm in self._warm.values()]

    @property
    def cards(self) -> dict[str, ModelCard]:
        """Every model's card, as it was when last loaded, with how warm it is."""
        with self._lock:
            return {
                name: card.model_copy(
                    update={"warmth": self._warmth(name), "load_seconds": self._load_seconds(name)}
                )
                for name, card in self._cards.items()
            }

    def is_warm(self, model: str) -> bool:
        """Whether images can be drawn with it now."""
        with self._lock:
            return model in self._warm

    @property
    def has_news(self) -> bool:
        """Whether a load has ended that nobody has taken in yet."""
        coming = self._coming
        return coming is not None and coming[1].done()

    def fill(self) -> None:
        """Load models in their order, on this thread, as long as the next one fits; the first one always."""
        for name, offer in self._offers.items():
            taken = sum(warm.bytes for warm in self._warm.values())
            if self._warm and taken + self._sizes[name] > self._budget:
                logger.info("%s stays cold: there is no room for it beside the others", name)
                continue
            self.add(self._timed(offer))

    def add(self, bundle: Bundle) -> None:
        """Count a loaded model among the warm ones."""
        name, now = bundle.card.name, time.monotonic()
        with self._lock:
            self._sizes[name] = bundle.bytes
            self._cards[name] = bundle.card
            self._warm[name] = _Warm(bundle, bundle.bytes, now, now)

    def touch(self, models: Iterable[str]) -> None:
        """Take note that these are drawn with now."""
        now = time.monotonic()
        for model in models:
            if warm := self._warm.get(model):
                warm.used_at = now

    def plan(self, wishes: Sequence[Wish], busy: set[str]) -> Plan:
        """Return what to do for who waits; nothing new is begun while a model is being loaded."""
        with self._lock:
            residents = [
                Resident(name, warm.bytes, name in busy, warm.since, warm.used_at)
                for name, warm in self._warm.items()
            ]
        possible = [wish for wish in wishes if not self.trouble_with(wish.model)]
        said = plan(possible, residents, self._sizes, budget=self._budget, now=time.monotonic())
        return Plan(closed=said.closed) if self._coming else said

    def begin(self, model: str) -> None:
        """Have a cold model loaded beside; `on_arrival` is called when that has ended."""
        logger.info("loading %s", model)
        self._refused.pop(model, None)
        loading: Future[Bundle] = Future()
        self._coming = (model, loading)
        loading.add_done_callback(lambda _: self.on_arrival())
        # A thread that ends with the process: minutes of reading are not waited for by who wants to leave.
        bringing = threading.Thread(
            target=self._bring, args=(model, loading), name="atelier-loader", daemon=True
        )
        bringing.start()

    def evict(self, model: str) -> None:
        """Let a model go that nobody draws with; its memory is free when the last one to know it is done."""
        logger.info("%s leaves the device to make room", model)
        with self._lock:
            bundle = self._warm.pop(model).bundle
        bundle.shelf.forget()
        bundle.controls.forget()

    def take_in(self) -> Bundle | None:
        """Return the model whose loading has ended, warm from now on; `None` where none has, or it failed."""
        if not self.has_news or self._coming is None:
            return None
        (model, loading), self._coming = self._coming, None
        try:
            bundle = loading.result()
        except Exception as error:
            logger.exception("%s cannot be loaded", model)
            self._refused[model] = (str(error).partition("\n")[0], time.monotonic())
            return None
        self.add(bundle)
        return bundle

    def trouble_with(self, model: str) -> str:
        """Return why a model could not be loaded a moment ago; empty: it may be tried."""
        why, when = self._refused.get(model, ("", 0.0))
        return why if time.monotonic() - when < RETRY_AFTER_S else ""

    def _bring(self, model: str, loading: Future[Bundle]) -> None:
        try:
            loading.set_result(self._timed(self._offers[model]))
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the model
            loading.set_exception(error)

    def _timed(self, offer: Offer) -> Bundle:
        since = time.monotonic()
        bundle = self._load(offer)
        with self._lock:
            self._took[offer.name] = (time.monotonic() - since, bundle.bytes)
        return bundle

    def _load_seconds(self, name: str) -> float | None:
        """Return about how long loading it takes: as the last time, else by its size and how fast others were."""
        if name in self._took:
            return round(self._took[name][0], 1)
        seconds, size = (
            (sum(one) for one in zip(*self._took.values(), strict=True)) if self._took else (0, 0)
        )
        return round(seconds * self._sizes[name] / size, 1) if size else None

    def _warmth(self, name: str) -> Warmth:
        if name in self._warm:
            return Warmth.WARM
        coming = self._coming
        return Warmth.LOADING if coming and coming[0] == name else Warmth.COLD


def _never(offer: Offer) -> NoReturn:
    raise LookupError(f"{offer.name} was never to be loaded")
