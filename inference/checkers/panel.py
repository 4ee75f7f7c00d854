"""All the checkers of one model: each image is measured by every one of them, or counts as not checked.

A checker that is missing, raises, answers for other images than it was asked about or takes too long leaves what it should have measured *not
measured*, which holds the image. None of them can make another one's scores go away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Self, TypeVar

import torch

from inference.checkers.booth import Booth
from inference.checkers.checker import Checker, NotMeasured, Views
from inference.checkers.offers import SECONDS
from inference.checkers.stable import StableChecker
from inference.protocol import CheckerCard, SafetyScores
from inference.stages.safety import SafetyChecker

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seat:
    """One checker's place. Without a checker (it could not be loaded) nothing is ever measured there."""

    card: CheckerCard
    checker: Checker | None
    seconds: float = SECONDS


class Panel:
    """The checkers of a model, its own first. Safe between threads."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._seats = [
            (seat, Booth(f"atelier-check-{seat.card.name}", seat.seconds)) for seat in seats
        ]

    @classmethod
    def of(cls, checker: SafetyChecker | None, card: CheckerCard | None = None) -> Self:
        """Return the panel of a model that has its own checker only; of none, where that is missing."""
        told = card or CheckerCard(name=checker.name if checker else "none", kind="none")
        return cls([Seat(told, StableChecker(checker) if checker else None)])

    @property
    def cards(self) -> list[CheckerCard]:
        """What people read about the checkers, as they were loaded."""
        return [_card_now(seat) for seat, _ in self._seats]

    def score(self, pixels: torch.Tensor) -> list[SafetyScores | None]:
        """Return the scores of each of `pixels` (uint8 [n, 3, h, w]); None where no checker at all measured it."""
        seen = self._directions(pixels)
        views = Views(pixels, seen)
        each = [_measured(seat, booth, views) for seat, booth in self._seats]
        return [_together(scores) for scores in zip(*each, strict=True)]

    def _directions(self, pixels: torch.Tensor) -> torch.Tensor | None:
        """Have the first checker that can say where it puts the images; the others build on it."""
        for seat, booth in self._seats:
            if isinstance(seat.checker, StableChecker):
                look = seat.checker.directions
                return _asked(seat, booth, lambda: look(pixels), on=pixels)  # noqa: B023 - called at once
        return None


def _measured(seat: Seat, booth: Booth, views: Views) -> list[SafetyScores]:
    """Return what a checker measured; where it did not, scores without any concept."""
    checker, count = seat.checker, len(views.pixels)
    if checker is None:
        return [_unmeasured(seat.card)] * count
    scores = _asked(seat, booth, lambda: _checked(checker, views), on=views.pixels)
    return scores if scores is not None else [_unmeasured(_card_now(seat))] * count


def _checked(checker: Checker, views: Views) -> list[SafetyScores]:
    """Return its scores, one set for every image, each under the checker's own name."""
    told = list(checker.score(views))
    if len(told) != len(views.pixels):
        raise ValueError(f"it told scores of {len(told)} images, and was shown {len(views.pixels)}")
    return [scores.model_copy(update={"further": ()}) for scores in told]


def _asked(seat: Seat, booth: Booth, work: Callable[[], T], *, on: torch.Tensor) -> T | None:
    """Return what `work` returns on the checker's thread, or None where it fails or is late."""
    threads = torch.get_num_threads()
    stream = torch.cuda.current_stream(on.device) if on.is_cuda else None

    @torch.inference_mode()
    def beside() -> T:
        # A thread begins with settings of its own; the checker computes where and as its caller would.
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        with torch.cuda.stream(stream) if stream else nullcontext():
            return work()

    try:
        return booth.ask(beside)
    except TimeoutError as error:
        logger.error("%s is too slow: %s; these images count as not checked", seat.card.name, error)  # noqa: TRY400
    except NotMeasured as error:
        logger.warning("%s measured nothing: %s; these images are held", seat.card.name, error)
    except Exception:
        logger.exception("%s failed; these images count as not checked", seat.card.name)
    return None


def _together(scores: Sequence[SafetyScores]) -> SafetyScores | None:
    """Return the scores of one image by all the checkers, as they travel."""
    if not any(one.concepts for one in scores):
        return None
    first, *further = scores
    return first.model_copy(update={"further": tuple(further)})


def _unmeasured(card: CheckerCard) -> SafetyScores:
    return SafetyScores(
        checker=card.name,
        version=card.version,
        weights_sha256=card.weights_sha256,
        scope=card.scope,
        concepts={},
    )


def _card_now(seat: Seat) -> CheckerCard:
    """Return the card with what the loaded checker says of itself, where its table says nothing."""
    card, checker = seat.card, seat.checker
    if checker is None:
        return card
    return card.model_copy(
        update={
            "version": card.version or checker.version,
            "weights_sha256": checker.weights_sha256 or card.weights_sha256,
            "scope": card.scope or checker.scope,
        }
    )
