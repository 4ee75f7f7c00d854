"""Tries a policy on the stored past, a piece at a time, so that nobody else waits and who asked sees it advance.

First what was measured on images, then, where the words are others, what people asked for.

Each piece is a short transaction that only reads. Images that are judged meanwhile are newer than where a trial began,
and are not in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from anyio import to_thread
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.kit.database import Database
from backend.kit.places import places
from backend.policies import repository as policies
from backend.policies.schemas import PolicyDocument
from backend.trials import repository
from backend.trials.counting import Count
from backend.trials.schemas import MOST_PROMPTS, TrialLine, TrialWanted
from backend.trials.wording import WordTrial, words_differ
from inference.protocol import SafetyScores

PIECE: Final = 1_000
_AT_ONCE: Final = 2
_threads = places("atelier_trials", _AT_ONCE)


class Trial:
    """A policy that is tried; `step` goes on with it."""

    def __init__(
        self,
        database: Database,
        before: PolicyDocument,
        after: PolicyDocument,
        *,
        most: int,
        reader: Actor | None = None,
    ) -> None:
        self._database = database
        self._count = Count(before, after)
        self._words: WordTrial | None = None
        if words_differ(before, after):
            prompts = min(most, MOST_PROMPTS)
            self._words = WordTrial(database, before, after, most=prompts, reader=reader)
        with database.read() as session:
            self._of = min(most, repository.count(session))
        self._last: str | None = None
        self._judged = False

    @property
    def ended(self) -> bool:
        """Whether all of the past was looked at."""
        return self._judged and (self._words is None or self._words.ended)

    def step(self) -> None:
        """Judge the next piece."""
        if not self._judged:
            self._judge_more()
        elif self._words:
            self._words.step()

    def _judge_more(self) -> None:
        room = min(PIECE, self._of - self._count.seen)
        with self._database.read() as session:
            piece = repository.checks(session, before=self._last, limit=room) if room else []
            self._judge(session, piece)
        if piece:
            self._last = piece[-1][0]
        self._judged = len(piece) < room or self._count.seen >= self._of

    def line(self) -> TrialLine:
        """Return how far it has come, with the report once it has ended."""
        words, report = self._words, None
        if self.ended:
            report = self._count.report()
            report.words = words.report() if words else None
        return TrialLine(
            seen=self._count.seen,
            of=self._count.seen if self._judged else self._of,
            prompts_seen=words.seen if words else 0,
            prompts_of=words.of if words else 0,
            report=report,
        )

    def _judge(self, session: Session, piece: Sequence[tuple[str, SafetyScores | None]]) -> None:
        judged = (self._count.judge(image_id, scores) for image_id, scores in piece)
        turned = [one for one in judged if one is not None]
        ids = [one.image_id for one in turned]
        states = repository.moderations(session, ids) if ids else {}
        decided = repository.decisions(session, ids) if ids else {}
        for one in turned:
            if one.image_id in states:  # else it was deleted in between
                self._count.add(one, states[one.image_id], decided.get(one.image_id))


def begin(
    database: Database,
    session: Session,
    number: int,
    wanted: TrialWanted,
    *,
    reader: Actor | None = None,
) -> Trial:
    """Return the trial of version `number`, not begun yet; `reader` is shown the prompts that they may read.

    Raises:
        NotFound: There is no such version.
    """
    row = policies.get(session, number)
    since = policies.get(session, wanted.since or policies.active_name(session)[0])
    after = wanted.document or row.document
    return Trial(database, since.document, after, most=wanted.most, reader=reader)


async def lines(trial: Trial) -> AsyncIterator[bytes]:
    """Go on with a trial to its end, a line of JSON after each piece; nobody reads on: it ends there."""
    while not trial.ended:
        await to_thread.run_sync(trial.step, limiter=_threads())
        yield trial.line().model_dump_json().encode() + b"\n"
