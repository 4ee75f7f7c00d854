"""The ControlNets on offer with one model; loaded when one is first asked for, and let go when room is short.

All models share the room, a `Rack`. What somebody is drawing by is kept by them, and goes when they are done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final, Self

import torch

from inference.controls.applying import Shape, Shapes
from inference.controls.fitting import Base, without_numbers
from inference.controls.network import ControlNet, loaded
from inference.controls.offers import ControlOffer
from inference.devices import Placement
from inference.kept import Kept
from inference.protocol import ControlCard, ControlUse, InvalidParameters
from inference.weightfiles import RefusedFile

ROOM_BYTES: Final = 4 * 1024**3
logger = logging.getLogger(__name__)


class Rack(Kept[ControlNet]):
    """The room on one device: at most `most` bytes of what nobody draws by, or one that is larger."""

    def __init__(self, most: int = ROOM_BYTES) -> None:
        super().__init__(most)


class ControlShelf:
    """What one model offers. Every file is gone through when the model is loaded; what fails is told of on its card."""

    def __init__(
        self,
        model: str,
        offers: Iterable[ControlOffer],
        base: Base,
        placement: Placement,
        rack: Rack | None = None,
    ) -> None:
        self._model, self._base, self._placement = model, base, placement
        self.rack = rack or Rack()
        self._offers = {offer.name: offer for offer in offers}
        self.cards = [self._tried(offer) for offer in self._offers.values()]

    @classmethod
    def empty(cls) -> Self:
        """Return the shelf of a model that offers none."""
        return cls("", (), Base(None, 1), Placement(torch.device("cpu"), torch.float32))

    def forget(self) -> None:
        """Keep no ControlNet on the device any more; each is read again when it is asked for."""
        self.rack.forget(self._model)

    def shapes(
        self,
        asked: Sequence[ControlUse],
        pictures: Sequence[torch.Tensor],
        *,
        precise: bool = False,
    ) -> Shapes:
        """Return what `asked` names, on the device, with what it sees of `pictures`; a scale of 0 leaves one out.

        `precise`: in float32, whatever the model computes in.

        Raises:
            InvalidParameters: A file is not any more what it was when the model was loaded.
        """
        shapes = []
        for use, picture in zip(asked, pictures, strict=True):
            if use.scale:
                net = self._net(use.name, precise=precise)
                shapes.append(Shape(net, net.hint(picture), use.scale, use.start, use.end))
        return tuple(shapes)

    def _net(self, name: str, *, precise: bool) -> ControlNet:
        where, kept_as = self._placement, name
        if precise and where.dtype != torch.float32:
            where, kept_as = Placement(where.device, torch.float32), f"{name} in float32"
        try:
            return self.rack.get(self._model, kept_as, lambda: self._loaded(name, where))
        except RefusedFile as error:
            raise InvalidParameters(f"control: {name} cannot be used now: {error}") from None

    def _loaded(self, name: str, where: Placement) -> ControlNet:
        file = self._offers[name].file
        if isinstance(file, str):
            raise RefusedFile(file)
        return loaded(file, self._base, where)

    def _tried(self, offer: ControlOffer) -> ControlCard:
        card, file = offer.card, offer.file
        if not isinstance(file, str):
            try:
                without_numbers(file, self._base)
            except RefusedFile as error:
                card = card.model_copy(update={"trouble": str(error), "sha256": ""})
        if card.trouble:
            logger.error(
                "the ControlNet %s of %s is not offered: %s", card.name, self._model, card.trouble
            )
        return card
