"""Counts what another policy would do otherwise. Pure: scores come in, figures come out.

Judges with the very function that judges finished images, so a trial and a real run cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.images.schemas import Moderation
from backend.moderation.schemas import FlagState
from backend.policies.schemas import PolicyDocument
from backend.policies.verdict import UNCHECKED, UNKNOWN, Verdict, verdict_on
from backend.trials.schemas import (
    MOST_LISTED,
    Agreement,
    TrialReport,
    Turn,
    TurnedCategory,
    TurnedImage,
)
from inference.protocol import SafetyScores

_AGREEMENT = {
    (Turn.HELD, FlagState.REJECTED): "held_rejected",
    (Turn.HELD, FlagState.RELEASED): "held_released",
    (Turn.RELEASED, FlagState.RELEASED): "released_released",
    (Turn.RELEASED, FlagState.REJECTED): "released_rejected",
}
_NOT_THE_POLICYS = {UNCHECKED: "Not checked", UNKNOWN: "Something that the policy does not name"}


@dataclass(frozen=True)
class Turned:
    """An image whose verdict would be another; `verdict` is the one of both that holds it."""

    image_id: str
    turn: Turn
    verdict: Verdict


class Count:
    """What the policy `after` would do otherwise than `before`, as far as it was shown."""

    def __init__(self, before: PolicyDocument, after: PolicyDocument) -> None:
        self._before, self._after = before, after
        self._by_turn = dict.fromkeys(Turn, 0)
        self._categories: dict[str, TurnedCategory] = {}
        self._decided = Agreement()
        self._images: list[TurnedImage] = []
        self.seen = 0
        self._held_in_all = 0

    def judge(self, image_id: str, scores: SafetyScores | None) -> Turned | None:
        """Judge one image by both; return it if the verdicts differ."""
        self.seen += 1
        then, now = verdict_on(scores, self._before), verdict_on(scores, self._after)
        held = now.moderation is Moderation.HELD
        self._held_in_all += held
        if then.moderation is now.moderation:
            return None
        return Turned(image_id, *((Turn.HELD, now) if held else (Turn.RELEASED, then)))

    def add(self, one: Turned, moderation: Moderation, decided: FlagState | None) -> None:
        """Count an image whose verdicts differ; `decided` is what people decided about it."""
        self._by_turn[one.turn] += 1
        category = self._category(one.verdict.category or UNKNOWN)
        setattr(category, one.turn, getattr(category, one.turn) + 1)
        if decided is not None:
            name = _AGREEMENT[one.turn, decided]
            setattr(self._decided, name, getattr(self._decided, name) + 1)
        if self._by_turn[one.turn] <= MOST_LISTED:
            self._images.append(
                TurnedImage(
                    image_id=one.image_id,
                    turn=one.turn,
                    category=one.verdict.category,
                    severity=one.verdict.severity,
                    moderation=moderation,
                    decided=decided,
                )
            )

    def report(self) -> TrialReport:
        """Return what was found."""
        return TrialReport(
            of=self.seen,
            held=self._by_turn[Turn.HELD],
            released=self._by_turn[Turn.RELEASED],
            held_in_all=self._held_in_all,
            categories=sorted(
                self._categories.values(), key=lambda one: (-one.held - one.released, one.name)
            ),
            decided=self._decided,
            images=self._images,
        )

    def _category(self, name: str) -> TurnedCategory:
        known = self._after.category(name) or self._before.category(name)
        title = known.title if known else _NOT_THE_POLICYS.get(name, name)
        return self._categories.setdefault(name, TurnedCategory(name=name, title=title))
