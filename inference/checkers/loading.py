"""Brings the checkers of a model to its device. One that cannot be loaded keeps its seat: it measures nothing.

A package's own checker is named `package.module:factory` and is made by `factory(offer, placement)`. It is code of the
operator's, from an installed package and named in the models file, which nobody else can write.
"""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from inference.catalog import NO_CHECKER, Offer, digest_of
from inference.checkers.checker import Checker
from inference.checkers.heads import HeadChecker
from inference.checkers.offers import HEAD, CheckerOffer
from inference.checkers.panel import Panel, Seat
from inference.checkers.stable import StableChecker
from inference.devices import Placement
from inference.layouts import read_json
from inference.parts import load_part
from inference.protocol import CheckerCard
from inference.stages.safety import Preprocessing, SafetyChecker
from inference.weightfiles import RefusedFile

logger = logging.getLogger(__name__)


def load_panel(offer: Offer, where: Placement) -> tuple[Panel, SafetyChecker | None]:
    """Return every checker of a model, in place, and its own one by itself."""
    own = load_own(offer, where)
    seats = []
    if (card := offer.own_checker) or not offer.checkers:
        told = card or CheckerCard(name=NO_CHECKER, kind=NO_CHECKER, trouble="there is none")
        trouble = told.trouble or ("" if own else "its weights cannot be loaded")
        seats.append(
            Seat(
                told.model_copy(update={"trouble": trouble}),
                StableChecker(own) if own else None,
                offer.check_seconds,
            )
        )
    digest = own.weights_sha256 if own else ""
    seats += [_further(table, digest, where) for table in offer.checkers]
    return Panel(seats), own


def load_own(offer: Offer, where: Placement) -> SafetyChecker | None:
    """Load the checker that comes with the model; without a usable one every image goes unchecked, and is held."""
    name = offer.name
    if offer.own_checker is None or not offer.checker_directory.is_dir():
        if not offer.checkers or offer.own_checker:
            logger.warning("%s has no safety checker: its images will all be held", name)
        return None
    try:
        return _load_stable(offer, where)
    except Exception:
        logger.exception("the safety checker of %s cannot be loaded: its images will be held", name)
        return None


def _load_stable(offer: Offer, where: Placement) -> SafetyChecker:
    from diffusers.pipelines.stable_diffusion.safety_checker import (  # noqa: PLC0415 - only if there is one
        StableDiffusionSafetyChecker,
    )

    folder = offer.checker_directory
    # Always float32: half precision overflows in ViT-L, and a score of NaN holds the image back.
    model = load_part(StableDiffusionSafetyChecker, folder, Placement(where.device, torch.float32))
    card = offer.own_checker
    return SafetyChecker(
        model=model,
        preprocessing=_preprocessing(folder.parent, model.config.vision_config.image_size),
        name=offer.safety_checker,
        weights_sha256=(card.weights_sha256 if card else "") or digest_of(folder),
        concepts=_names(model.config, "concepts", len(model.concept_embeds)),
        special_care=_names(model.config, "special_care", len(model.special_care_embeds)),
        version=card.version if card else "",
        scope=card.scope if card else "",
    )


def _further(table: CheckerOffer, own_digest: str, where: Placement) -> Seat:
    """Load one further checker; what goes wrong stands on its card, and its seat measures nothing."""
    try:
        return Seat(table.card, _made(table, own_digest, where), table.seconds)
    except Exception as error:
        logger.exception("the checker %s cannot be loaded: images will be held", table.name)
        trouble = str(error).partition("\n")[0] or type(error).__name__
        return Seat(table.card.model_copy(update={"trouble": trouble}), None, table.seconds)


def _made(table: CheckerOffer, own_digest: str, where: Placement) -> Checker:
    if table.kind != HEAD:
        module, _, factory = table.kind.partition(":")
        made: Checker = getattr(import_module(module), factory)(table, where)
        return made
    if isinstance(table.head, str):
        raise RefusedFile(table.head)
    if table.head.words.trained_on != own_digest:
        raise RefusedFile(
            f"{table.head.name} was trained on the embedding of other weights than this model's checker has "
            f"({table.head.words.trained_on[:12]}…, not {own_digest[:12] or 'none'}…)"
        )
    return HeadChecker(table.name, table.head, where)


def _names(config: Any, kind: str, count: int) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names a checker's config gives by index, `{"0": "badge"}`; else `concept_3`."""
    told = getattr(config, kind, None) or {}
    stem = kind.removesuffix("s")
    return tuple(told.get(str(index), f"{stem}_{index}") for index in range(count))


def _preprocessing(directory: Path, side: int) -> Preprocessing:
    file = directory / "feature_extractor" / "preprocessor_config.json"
    told = read_json(file) if file.exists() else {}
    return Preprocessing(
        side=side,
        mean=tuple(told.get("image_mean", (0.48145466, 0.4578275, 0.40821073))),
        std=tuple(told.get("image_std", (0.26862954, 0.26130258, 0.27577711))),
    )
