"""The LoRAs on offer with one model, ready on its device; those asked for longest ago go when room is short.

All models share the room, a `Wardrobe`. What somebody is drawing with is kept by them, and goes when they are done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Final, Self

import torch

from inference.adapters.adapter import Adapter, Network, fitted
from inference.adapters.applying import Outfit, Worn
from inference.adapters.files import read_lora
from inference.adapters.offers import LoraOffer
from inference.devices import Placement
from inference.kept import Kept
from inference.protocol import InvalidParameters, LoraCard, LoraUse
from inference.weightfiles import RefusedFile

ROOM_BYTES: Final = 2 * 1024**3
_BASE: Final = "atelier.base_sha256"
logger = logging.getLogger(__name__)


class Wardrobe(Kept[Adapter]):
    """The room on one device: at most `most` bytes of what nobody draws with, or one that is larger."""

    def __init__(self, most: int = ROOM_BYTES) -> None:
        super().__init__(most)


class Shelf:
    """What one model offers. Every file is tried when the model is loaded; who fails is told of on its card."""

    def __init__(
        self,
        model: str,
        offers: Iterable[LoraOffer],
        networks: Mapping[str, Network],
        placement: Placement,
        wardrobe: Wardrobe | None = None,
    ) -> None:
        self._model, self.networks, self._placement = model, networks, placement
        self._wardrobe = wardrobe or Wardrobe()
        self._offers = {offer.name: offer for offer in offers}
        self.cards = [self._tried(offer) for offer in self._offers.values()]

    @classmethod
    def empty(cls) -> Self:
        """Return the shelf of a model that offers none."""
        return cls("", (), {}, Placement(torch.device("cpu"), torch.float32))

    def forget(self) -> None:
        """Keep no LoRA on the device any more; each is read again when it is asked for."""
        self._wardrobe.forget(self._model)

    def outfit(self, asked: Iterable[LoraUse]) -> Outfit:
        """Return what `asked` names, in place on the device; a scale of 0 leaves one out.

        Raises:
            InvalidParameters: A file is not any more what it was when the model was loaded.
        """
        return tuple(Worn(self._adapter(use.name), use.scale) for use in asked if use.scale)

    def _adapter(self, name: str) -> Adapter:
        try:
            return self._wardrobe.get(self._model, name, lambda: self._fetched(self._offers[name]))
        except RefusedFile as error:
            raise InvalidParameters(f"loras: {name} cannot be used now: {error}") from None

    def _fetched(self, offer: LoraOffer) -> Adapter:
        """Read the file again; it must be what was tried, since nobody else's picture may change."""
        file = read_lora(offer.root, offer.file, offer.card.sha256)
        return fitted(file, self.networks, self._placement)

    def _tried(self, offer: LoraOffer) -> LoraCard:
        card = offer.card
        if not card.trouble:
            try:
                self._wardrobe.get(self._model, offer.name, lambda: self._fetched(offer))
            except RefusedFile as error:
                card = card.model_copy(update={"trouble": str(error), "sha256": ""})
        if card.trouble:
            logger.error(
                "the LoRA %s of %s is not offered: %s", card.name, self._model, card.trouble
            )
        return card
