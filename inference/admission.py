"""Says whether a request can be drawn here at all, and completes what it left out.

Plain data in and out: knows the models' cards, not the models; leaves waiting to `engine`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from inference.enlarging import enlargement_of
from inference.generation import Generation
from inference.protocol import (
    MAX_SEED,
    GenerationParameters,
    GenerationRequest,
    InvalidParameters,
    ModelCard,
    Overloaded,
    Pictures,
    UnknownModel,
    refusals_of,
    wrong_control,
    wrong_decoder,
    wrong_lora,
)


def complete(
    asked: GenerationParameters, cards: Mapping[str, ModelCard], pictures: Pictures = Pictures()
) -> GenerationParameters:
    """Return `asked` with its model's defaults and a seed, once the model is known to draw it.

    Raises:
        UnknownModel: No model of that name is in `cards`.
        InvalidParameters: The model draws no picture so large, or not with that scheduler, decoder or LoRA; a picture is
            missing, or its margins leave nothing of it, or it is too large to be made larger; or more can come of wildcards than is drawn.
    """
    _require_pictures(asked, pictures)
    card = card_of(asked.model if "model" in asked.model_fields_set else None, cards)
    completed = asked.completed_by(card, seed=secrets.randbelow(MAX_SEED + 1))
    if completed.width * completed.height > card.max_pixels:
        raise InvalidParameters(
            f"{card.name} draws at most {card.max_pixels} pixels, not {completed.width}×"
            f"{completed.height}; a good size is {card.defaults.width}×{card.defaults.height}"
        )
    if completed.scheduler not in card.schedulers:
        raise InvalidParameters(
            f"{card.name} does not draw with the scheduler {completed.scheduler}; choose one of "
            + ", ".join(card.schedulers)
        )
    if wrong := wrong_lora(card.name, card.loras, completed.loras_used):
        raise InvalidParameters(f"loras: {wrong.message}")
    if other := wrong_decoder(card.name, card.draft, completed.decoder):
        raise InvalidParameters(f"decoder {other.message}")
    if unknown := wrong_control(card.name, card.controls, completed.control):
        raise InvalidParameters(f"control: {unknown.message}")
    for field, side in completed.too_small_inside.items():
        raise InvalidParameters(
            f"{field} must be at least {side} with these margins of outpaint, not {getattr(completed, field)}"
        )
    enlargement_of(completed, pictures)
    _require_bounded("prompt", completed.prompt, may_be_empty=False)
    _require_bounded("negative_prompt", completed.negative_prompt, may_be_empty=True)
    return completed


def attached(known: Generation, request: GenerationRequest) -> Generation:
    """Return `known`, which has the id of `request`, once it is known to be the same generation.

    Raises:
        InvalidParameters: The id belongs to a generation with other parameters.
    """
    if known.request != request:
        raise InvalidParameters(
            f"the id {request.id!r} belongs to a generation with other parameters; take a new id"
        )
    return known


def overloaded(running: int, waiting: int, backlog: float) -> Overloaded:
    """Return the refusal of who finds the waiting room full; half of the backlog is a good time to ask again."""
    return Overloaded(
        f"{running} generations are drawn and {waiting} wait here already",
        retry_after=max(1.0, round(backlog / 2, 1)),
    )


def card_of(model: str | None, cards: Mapping[str, ModelCard]) -> ModelCard:
    """Return the card of `model`, or of the default one.

    Raises:
        UnknownModel: No model of that name is in `cards`.
    """
    if model is None:
        return next(iter(cards.values()))
    try:
        return cards[model]
    except KeyError:
        raise UnknownModel(
            f"there is no model {model!r} here; choose one of {', '.join(cards)}"
        ) from None


def _require_pictures(asked: GenerationParameters, pictures: Pictures) -> None:
    for field in ("init_image", "mask"):
        named, came = getattr(asked, field), getattr(pictures, field)
        if named and not came:
            raise InvalidParameters(
                f"pictures.{field} is required: parameters.{field} names {named!r}, and its file did not come along"
            )
        if came and not named:
            raise InvalidParameters(
                f"parameters.{field} must name the picture that came along; any name will do"
            )
    if len(asked.control) != len(pictures.control):
        raise InvalidParameters(
            f"pictures.control must hold {len(asked.control)} files, one for each entry of parameters.control, "
            f"not {len(pictures.control)}"
        )


def _require_bounded(field: str, prompt: str, *, may_be_empty: bool) -> None:
    for refusal in refusals_of(prompt, may_be_empty=may_be_empty):
        raise InvalidParameters(f"{field} {refusal.message}")
