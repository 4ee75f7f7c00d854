"""What the browser's half of the form is told after Generate was pressed.

Always a value and never an exception: Gradio turns an exception into a bare 500, and swallows a 401.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from backend.kit.errors import FieldProblem, Problem
from backend.screening.schemas import Finding
from webui.client import Accepted, Away, CallFailed, Refused, SignedOut


class Answer(BaseModel):
    """How it went. `ticket` is the browser's own mark, so that two equal answers still differ."""

    ticket: str
    outcome: Literal["accepted", "refused", "signed_out", "away", "priced"]
    generation_id: str | None = None
    credits: float | None = None
    words: list[Finding] = []
    problem: Problem | None = None
    retry_after: int | None = None


def accepted(ticket: str, found: Accepted) -> Answer:
    """Say that the generation is on its way, and what the policy says of its words."""
    return Answer(ticket=ticket, outcome="accepted", generation_id=found.id, words=found.words)


def priced(credits: float | None) -> Answer:  # noqa: A002 - it is what they are called
    """Say what it would cost; None if that is not known just now."""
    return Answer(ticket="", outcome="priced", credits=credits)


def failed(ticket: str, failure: CallFailed) -> Answer:
    """Say why it was not accepted."""
    if isinstance(failure, Refused):
        return Answer(ticket=ticket, outcome="refused", problem=failure.problem)
    if isinstance(failure, SignedOut):
        return Answer(ticket=ticket, outcome="signed_out")
    wait = failure.retry_after if isinstance(failure, Away) else None
    return Answer(ticket=ticket, outcome="away", retry_after=wait)


def wrong_field(ticket: str, problem: FieldProblem) -> Answer:
    """Say which field cannot be read, before anything was sent."""
    whole = Problem(
        title="Not accepted",
        status=422,
        code="unprocessable",
        detail=f"{problem.field}: {problem.message}",
        fields=[problem],
    )
    return Answer(ticket=ticket, outcome="refused", problem=whole)
