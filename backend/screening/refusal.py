"""The refusal of words, and what is written down about it: by which rule, never which words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, Self

from prometheus_client import Counter

from backend.audit import service as audit
from backend.kit.context import Context
from backend.kit.database import AWAY
from backend.kit.errors import FieldProblem, Unprocessable, WordsMet
from backend.kit.telemetry import REGISTRY
from backend.policies.schemas import Action
from backend.screening.schemas import Finding

REFUSED: Final = Counter(
    "atelier_words_refused_total",
    "Texts that were refused for their words, by the category of the rule.",
    ["category"],
    registry=REGISTRY,
)
_HOW_TO_ASK: Final = (
    "Write it in other words. If your work needs these, tell an administrator the rule “{rule}”: they can change it, or "
    "allow a phrase."
)
_log = logging.getLogger("atelier.screening")


class WordsRefused(Unprocessable):
    """Words that the policy does not take."""

    code = "words_refused"
    title = "Not with these words"

    def __init__(self, findings: Sequence[Finding], actor_id: str | None) -> None:
        first = findings[0]
        ask = _HOW_TO_ASK.format(rule=first.rule)
        super().__init__(f"{first.message} {ask}", fields=[_problem(one) for one in findings])
        self.findings, self.actor_id = findings, actor_id

    @classmethod
    def of(cls, findings: Sequence[Finding], actor_id: str | None) -> Self | None:
        """Return the refusal that follows from `findings`, if any of them refuses."""
        blocking = [one for one in findings if one.action is Action.BLOCK]
        return cls(blocking, actor_id) if blocking else None

    def after(self, context: Context) -> None:
        """Count it, and write down who met which rule in which field; the words themselves are kept nowhere."""
        first = self.findings[0]
        REFUSED.labels(first.category).inc()
        try:
            with context.database.write() as session:
                audit.record(
                    session,
                    actor_id=self.actor_id,
                    verb="words.refuse",
                    subject=f"rule:{first.rule}",
                    detail={"category": first.category, "field": first.field},
                )
        except AWAY as error:
            _log.warning("a refusal was not written down: %s", type(error).__name__)


def _problem(found: Finding) -> FieldProblem:
    met = WordsMet(rule=found.rule, category=found.category, start=found.start, end=found.end)
    return FieldProblem(field=found.field, message=found.message, words=met)
