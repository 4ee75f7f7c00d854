"""Puts textual inversions in place for the text encoders of one model, or says on their card why not."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from inference.devices import Placement
from inference.inversions.files import InversionFile, read_inversion
from inference.inversions.offers import EmbeddingOffer
from inference.protocol import EmbeddingCard
from inference.stages.readers import Word
from inference.weightfiles import RefusedFile

logger = logging.getLogger(__name__)


def learned(
    model: str,
    offers: Iterable[EmbeddingOffer],
    widths: Sequence[int],
    limit: int,
    placement: Placement,
) -> tuple[list[Word], list[EmbeddingCard]]:
    """Return what `model` can use, and the cards of all. Its encoders have these `widths` and read `limit` tokens at once."""
    words, cards = [], []
    for offer in offers:
        card = offer.card
        if not card.trouble:
            try:
                file = read_inversion(offer.root, offer.file, card.sha256)
                words.append(fitted(offer.name, file, widths, limit, placement))
            except RefusedFile as error:
                card = card.model_copy(update={"trouble": str(error), "sha256": ""})
        if card.trouble:
            logger.error(
                "the textual inversion %s of %s is not offered: %s", card.name, model, card.trouble
            )
        cards.append(card)
    return words, cards


def fitted(
    name: str, file: InversionFile, widths: Sequence[int], limit: int, placement: Placement
) -> Word:
    """Return the word `name` in place on its device.

    Raises:
        RefusedFile: It is for another kind of model, too long, or not finite.
    """
    if len(file.tensors) != len(widths):
        wanted = (
            "clip_l and clip_g, as SDXL does" if len(widths) > 1 else "one tensor, not SDXL's two"
        )
        raise RefusedFile(f"{file.name} is for another model: this one takes {wanted}")
    if file.tokens > limit:
        raise RefusedFile(f"{file.name} has {file.tokens} vectors; the model reads {limit} at once")
    try:
        tensors = load(file.data)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise RefusedFile(f"{file.name} cannot be read: {error}") from None
    vectors = []
    for key, width in zip(file.tensors, widths, strict=True):
        one = tensors[key].view(file.tokens, -1)
        if one.shape[1] != width:
            raise RefusedFile(
                f"{file.name} is for another model: its vectors have {one.shape[1]} numbers, not {width}"
            )
        placed = one.to(placement.device, placement.dtype, copy=True)
        if not bool(torch.isfinite(placed).all()):
            raise RefusedFile(f"{file.name} holds numbers that are not finite")
        vectors.append(placed)
    return Word(name, tuple(vectors))
