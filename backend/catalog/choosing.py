"""What the stages of models come to for one person: which they may ask for, and which draws when they name none.

Read anew for each request, so that a move holds from the next one on in every process. What already waits for a
model that was retired is still drawn: whoever draws does not ask here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from backend.accounts.actor import Actor
from backend.accounts.permissions import ADMINISTER
from backend.catalog import repository
from backend.catalog.models import ModelChoice
from backend.catalog.stages import DRAWS_UNNAMED, Stage, is_drawn_by_canary
from backend.kit.database import Database
from backend.kit.errors import FieldProblem, Unprocessable
from inference.protocol import ModelCard

_ORDER: Final = (Stage.DEFAULT, Stage.AVAILABLE, Stage.CANARY, Stage.STAGING)


class ModelRetired(Unprocessable):
    """An administrator retired the model: nobody newly draws with it."""

    code = "model_retired"
    title = "This model is retired"

    @classmethod
    def of(cls, choice: ModelChoice, nearest: str) -> Self:
        """Return the refusal: why it is retired, and what to ask for in its place."""
        message = f"{choice.model} is retired: {choice.reason}; the nearest good value is {nearest}"
        problem = FieldProblem(
            field="model", message=message, limit="a model that is not retired", nearest=nearest
        )
        return cls(f"model {message}", fields=[problem])


@dataclass(frozen=True)
class Chosen:
    """The model that draws, and whether a canary's lot decided that and nobody named it."""

    card: ModelCard
    by_canary: bool = False


@dataclass(frozen=True)
class Offer:
    """What one person may ask for: the first draws when they name none."""

    cards: list[ModelCard]
    retired: dict[str, ModelChoice]
    by_canary: bool = False
    """Whether the first is there by lot."""

    @property
    def why_retired(self) -> dict[str, str]:
        """Return the retired models that they might else draw with, and why each is."""
        return {name: row.reason for name, row in self.retired.items()}


@dataclass(frozen=True)
class Choices:
    """The stages that models were given, by their names."""

    rows: dict[str, ModelChoice] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: list[ModelChoice]) -> Self:
        """Return what the rows say."""
        return cls({row.model: row for row in rows})

    def stage_of(self, model: str) -> Stage:
        """Return the stage of a model."""
        row = self.rows.get(model)
        return row.stage if row else Stage.AVAILABLE

    def default_among(self, cards: list[ModelCard]) -> str | None:
        """Return the model that draws for everybody who names none: the default, or who stands in while it is away."""
        unnamed = [card for card in self._in_order(cards) if self._is(card, *DRAWS_UNNAMED)]
        return unnamed[0].name if unnamed else None

    def offered_to(self, actor: Actor, cards: list[ModelCard]) -> Offer:
        """Return what `actor` may ask for of `cards`."""
        theirs = [card for card in cards if actor.may_draw_with(card.name)]
        retired = {
            row.model: row
            for row in self.rows.values()
            if row.stage is Stage.RETIRED and actor.may_draw_with(row.model)
        }
        if not actor.may(ADMINISTER):
            theirs = [card for card in theirs if not self._is(card, Stage.STAGING)]
        offered = [card for card in self._in_order(theirs) if not self._is(card, Stage.RETIRED)]
        drawn = next((card for card in offered if self._is_drawn_by(actor, card)), None)
        if drawn is None:
            return Offer(offered, retired)
        rest = [card for card in offered if card is not drawn]
        return Offer([drawn, *rest], retired, by_canary=True)

    def _in_order(self, cards: list[ModelCard]) -> list[ModelCard]:
        """Return the default first, then the others by stage; within one as inference orders them."""
        order = [*_ORDER, Stage.RETIRED]
        return sorted(cards, key=lambda card: order.index(self.stage_of(card.name)))

    def _is(self, card: ModelCard, *stages: Stage) -> bool:
        return self.stage_of(card.name) in stages

    def _is_drawn_by(self, actor: Actor, card: ModelCard) -> bool:
        row = self.rows.get(card.name)
        if row is None or row.stage is not Stage.CANARY:
            return False
        return is_drawn_by_canary(actor.id, row.model, row.share or 0)


def nobody_chose() -> Choices:
    """Return the choices of a studio in which nobody made any."""
    return Choices()


def choices_in(database: Database) -> Choices:
    """Return what was chosen, as it stands now."""
    with database.read() as session:
        return Choices.of(repository.choices(session))
