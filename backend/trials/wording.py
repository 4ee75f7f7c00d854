"""Tries the words of a policy on what people asked for: which prompts would be refused, looked at first, or let through.

Screens with the very function that screens what is submitted. Words are kept no longer than a piece is read: which prompts
are shown is remembered by id, and their text is read once more at the end, so that what was erased meanwhile is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.kit.database import Database
from backend.policies.schemas import Action, PolicyDocument
from backend.screening.schemas import Finding
from backend.screening.screen import strictest
from backend.screening.service import findings_in
from backend.trials import repository
from backend.trials.schemas import MOST_SAMPLES, PromptTurn, TurnedPrompt, WordsReport
from inference.protocol import GenerationParameters

PIECE: Final = 500
AROUND: Final = 80
"""Characters that a sample shows on either side of the words."""
_REMEMBERED: Final = 5_000
_OUTCOMES: Final = {Action.BLOCK: PromptTurn.REFUSED, Action.REVIEW: PromptTurn.REVIEW}

_Screened = tuple[PromptTurn, PromptTurn, Finding | None]


@dataclass(frozen=True)
class _Sample:
    generation_id: str
    turn: PromptTurn
    finding: Finding


class WordTrial:
    """The words of `after` tried against those of `before`; `reader` is shown samples of what they may read."""

    def __init__(
        self,
        database: Database,
        before: PolicyDocument,
        after: PolicyDocument,
        *,
        most: int,
        reader: Actor | None,
    ) -> None:
        self._database, self._reader = database, reader
        self._before, self._after = before, after
        with database.read() as session:
            self.of = repository.count_prompts(session, most=most)
        self.seen = 0
        self._looked_at = 0
        self._last: str | None = None
        self._known: dict[str, _Screened] = {}
        self._turns = dict.fromkeys(PromptTurn, 0)
        self._samples: list[_Sample] = []
        self._shown: list[TurnedPrompt] = []
        self.ended = False

    def step(self) -> None:
        """Screen the next piece."""
        room = min(PIECE, self.of - self._looked_at)
        with self._database.read() as session:
            piece = repository.prompts(session, before=self._last, limit=room) if room else []
            for row in piece:
                self._screen(row)
            self._looked_at += len(piece)
            self.ended = len(piece) < room or self._looked_at >= self.of
            if self.ended:
                self._shown = self._read_samples(session)
        if piece:
            self._last = piece[-1].id

    def report(self) -> WordsReport:
        """Return what was found."""
        return WordsReport(
            of=self.seen,
            refused=self._turns[PromptTurn.REFUSED],
            review=self._turns[PromptTurn.REVIEW],
            through=self._turns[PromptTurn.THROUGH],
            samples=self._shown,
        )

    def _screen(self, row: repository.Asked) -> None:
        self.seen += 1
        then, now, finding = self._screened(row.parameters)
        if then is now:
            return
        self._turns[now] += 1
        if finding and self._turns[now] <= MOST_SAMPLES and self._may_read(row):
            self._samples.append(_Sample(row.id, now, finding))

    def _screened(self, parameters: GenerationParameters) -> _Screened:
        """Return what becomes of these words by both, and what decides it; the same words are screened once."""
        key = repr(
            (parameters.prompt, parameters.negative_prompt, [one.name for one in parameters.loras])
        )
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            before, after = (findings_in(parameters, one) for one in (self._before, self._after))
            then, now = outcome_of(before), outcome_of(after)
            deciding = before if now is PromptTurn.THROUGH else after
            self._known[key] = then, now, _first(deciding)
        return self._known[key]

    def _may_read(self, row: repository.Asked) -> bool:
        """Return whether `reader` may: reviewers read what anybody drew, others what is their own."""
        reader = self._reader
        return reader is not None and (reader.may(REVIEW) or row.owner_id == reader.id)

    def _read_samples(self, session: Session) -> list[TurnedPrompt]:
        there = repository.prompts_among(session, [one.generation_id for one in self._samples])
        return [
            _shown(one, there[one.generation_id])
            for one in self._samples
            if one.generation_id in there
        ]


def outcome_of(findings: list[Finding]) -> PromptTurn:
    """Return what becomes of a prompt whose words met these rules."""
    return _OUTCOMES.get(strictest(findings), PromptTurn.THROUGH)


def words_differ(before: PolicyDocument, after: PolicyDocument) -> bool:
    """Return whether the two read words otherwise."""
    return (before.terms, before.allowed) != (after.terms, after.allowed)


def _first(findings: list[Finding]) -> Finding | None:
    action = strictest(findings)
    return next((one for one in findings if one.action is action), None)


def _shown(sample: _Sample, parameters: GenerationParameters) -> TurnedPrompt:
    finding = sample.finding
    text = _text_of(parameters, finding.field)
    begin, end = max(0, finding.start - AROUND), finding.end + AROUND
    return TurnedPrompt(
        generation_id=sample.generation_id,
        turn=sample.turn,
        rule=finding.rule,
        category=finding.category,
        field=finding.field,
        text=text[begin:end],
        start=finding.start - begin,
        end=finding.end - begin,
    )


def _text_of(parameters: GenerationParameters, field: str) -> str:
    if field.startswith("loras."):
        return parameters.loras[int(field.split(".")[1])].name
    return parameters.negative_prompt if field == "negative_prompt" else parameters.prompt
