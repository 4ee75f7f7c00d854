"""What administrators chose about models: which are off for new generations, and which one draws when none is named.

Read anew for each request, so that a choice holds from the next one on in every process. What already waits for a
model that was switched off is still drawn: whoever draws does not ask here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from backend.catalog import repository
from backend.catalog.models import ModelChoice
from backend.kit.database import Database
from backend.kit.errors import FieldProblem, Unprocessable
from inference.protocol import ModelCard


class ModelSwitchedOff(Unprocessable):
    """An administrator switched the model off for new generations."""

    code = "model_switched_off"
    title = "This model is switched off"

    @classmethod
    def of(cls, choice: ModelChoice, nearest: str) -> Self:
        """Return the refusal: why it is off, and what to ask for in its place."""
        message = (
            f"{choice.model} is switched off: {choice.reason}; the nearest good value is {nearest}"
        )
        problem = FieldProblem(
            field="model", message=message, limit="a model that is on", nearest=nearest
        )
        return cls(f"model {message}", fields=[problem])


@dataclass(frozen=True)
class Choices:
    """The models that are off, by name, and the name of the chosen default, if there is one."""

    off: dict[str, ModelChoice] = field(default_factory=dict)
    default: str | None = None

    @classmethod
    def of(cls, rows: list[ModelChoice]) -> Self:
        """Return what the rows say."""
        off = {row.model: row for row in rows if not row.enabled}
        return cls(off, next((row.model for row in rows if row.is_default), None))

    def offer(self, cards: list[ModelCard]) -> list[ModelCard]:
        """Return the cards that are on, the default first, the others as inference orders them."""
        on = [card for card in cards if card.name not in self.off]
        return sorted(on, key=lambda card: card.name != self.default)


def nobody_chose() -> Choices:
    """Return the choices of a studio in which nobody made any."""
    return Choices()


def choices_in(database: Database) -> Choices:
    """Return what was chosen, as it stands now."""
    with database.read() as session:
        return Choices.of(repository.choices(session))
