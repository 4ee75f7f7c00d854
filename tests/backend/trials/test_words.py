"""What other words would do with the prompts of the past: the same as they do when they screen for real."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.accounts.permissions import ADMINISTER, REVIEW
from backend.generations.models import Generation
from backend.kit.database import Database
from backend.kit.queue import State
from backend.kit.storage import open_storage
from backend.leaving import prompts as leaving
from backend.leaving.models import Erasure
from backend.policies import service as policies
from backend.policies.schemas import Action, CategoryRule, PolicyDocument, TermRule, Where
from backend.screening import service as screening
from backend.screening.refusal import WordsRefused
from backend.trials import wording
from backend.trials.schemas import MOST_SAMPLES, PromptTurn, TrialWanted, WordsReport
from backend.trials.service import Trial, begin
from inference.protocol import GenerationParameters, Priority
from tests.backend.trials.test_trials import decide_by
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.marks import marker_in

VOCABULARY = [
    "a red dress",
    "gore",
    "g0re",
    "blood",
    "weapon",
    "knife",
    "kitchen knife",
    "logo",
    "silk",
    "{gore|lace}",
]


def rule(name: str, action: Action, *terms: str, **more: Any) -> TermRule:
    return TermRule(name=name, action=action, category="restricted", terms=terms, **more)


def policy(*terms: TermRule, allowed: tuple[str, ...] = ()) -> PolicyDocument:
    category = CategoryRule(name="restricted", title="Restricted", concepts=("*",))
    return PolicyDocument(categories=(category,), terms=terms, allowed=allowed, sampled=0.0)


BEFORE = policy(
    rule("gore", Action.REVIEW, "gore"),
    rule("arms", Action.REVIEW, "weapon", "knife"),
    rule("brands", Action.WARN, "logo"),
)
AFTER = policy(
    rule("gore", Action.BLOCK, "gore"),
    rule(
        "arms",
        Action.REVIEW,
        "weapon",
        "knife",
        beside=("blood",),
        where=(Where.PROMPT, Where.NEGATIVE_PROMPT),
    ),
    rule("brands", Action.REVIEW, "logo"),
    allowed=("kitchen knife",),
)


@pytest.fixture
def dana(database: Database) -> User:
    return add_user(database, "designer")


@pytest.fixture
def reviewer(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


def asked(database: Database, owner: User, *every: GenerationParameters | str) -> list[str]:
    """Have these been asked for; return the ids of their generations."""
    rows = [
        Generation(
            owner_id=owner.id,
            parameters=GenerationParameters(prompt=one, seed=7) if isinstance(one, str) else one,
            request_hash="",
            state=State.SUCCEEDED,
            priority=Priority.NORMAL,
            cost=1.0,
            max_attempts=1,
        )
        for one in every
    ]
    ids = [row.id for row in rows]
    with database.write() as session:
        session.add_all(rows)
    return ids


def tried(
    database: Database, after: PolicyDocument, reader: Actor | None = None, *, most: int = 100_000
) -> WordsReport:
    report = ended(trial_of(database, after, reader, most=most))
    assert report is not None
    return report


def trial_of(
    database: Database, after: PolicyDocument, reader: Actor | None, *, most: int = 100_000
) -> Trial:
    with database.read() as session:
        wanted = TrialWanted(document=after, most=most)
        return begin(database, session, 1, wanted, reader=reader)


def ended(trial: Trial) -> WordsReport | None:
    while not trial.ended:
        trial.step()
    report = trial.line().report
    assert report is not None
    return report.words


def really(session: Session, parameters: GenerationParameters) -> PromptTurn:
    """Return what becomes of this when somebody submits it now, and of its images."""
    try:
        screening.refuse(session, "dana", [parameters])
    except WordsRefused:
        return PromptTurn.REFUSED
    held = screening.verdict_on_words(parameters, policies.active(session).document)
    return PromptTurn.REVIEW if held else PromptTurn.THROUGH


def some(count: int, *, seed: int = 5) -> list[GenerationParameters]:
    chance = random.Random(seed)

    def words() -> str:
        return ", ".join(chance.sample(VOCABULARY, chance.randint(1, 3)))

    return [
        GenerationParameters(
            prompt=words(), negative_prompt=words() if chance.random() < 0.3 else "", seed=7
        )
        for _ in range(count)
    ]


class TestAgainstRealScreening:
    def test_a_trial_of_words_says_what_screening_them_does(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        every = some(1_200)
        ids = asked(database, dana, *every)
        outcomes = []
        for document in (AFTER, BEFORE):
            decide_by(database, document)
            with database.read() as session:
                outcomes.append([really(session, one) for one in every])
        turned = {
            generation: now
            for generation, now, then in zip(ids, *outcomes, strict=True)
            if now is not then
        }
        counted = Counter(turned.values())
        assert min(counted[turn] for turn in PromptTurn) > MOST_SAMPLES, "it would prove little"

        report = tried(database, AFTER, reviewer)
        assert report.of == len(every)
        assert {turn: getattr(report, turn) for turn in PromptTurn} == counted
        for turn in PromptTurn:
            newest = sorted((one for one, what in turned.items() if what is turn), reverse=True)
            shown = [one.generation_id for one in report.samples if one.turn is turn]
            assert shown == newest[:MOST_SAMPLES]

    def test_only_the_latest_are_tried_where_no_more_are_wanted(
        self, database: Database, dana: User
    ) -> None:
        decide_by(database, BEFORE)
        asked(database, dana, "gore", *["silk"] * 9)
        assert tried(database, AFTER, most=9).refused == 0
        assert tried(database, AFTER, most=10).refused == 1

    def test_how_far_it_is_comes_in_pieces(
        self, database: Database, dana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wording, "PIECE", 4)
        decide_by(database, BEFORE)
        asked(database, dana, *["gore"] * 10)
        trial = trial_of(database, AFTER, None)
        seen = []
        while not trial.ended:
            trial.step()
            line = trial.line()
            seen.append(line.prompts_seen)
            assert (line.prompts_of, line.report is None) == (10, line.prompts_seen < 10)
        assert seen == [0, 4, 8, 10]

    def test_the_same_words_are_not_tried(self, database: Database, dana: User) -> None:
        decide_by(database, BEFORE)
        asked(database, dana, "gore")
        shifted = BEFORE.model_copy(update={"sampled": 0.5})
        trial = trial_of(database, shifted, None)
        assert ended(trial) is None
        assert trial.line().prompts_of == 0


class TestSamples:
    def test_show_the_words_and_what_stands_around_them(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, BEFORE)
        long = "silk, " * 40
        [generation] = asked(database, dana, f"{long}g0re, {long}")
        [sample] = tried(database, AFTER, reviewer).samples
        assert (sample.generation_id, sample.rule, sample.field) == (generation, "gore", "prompt")
        assert sample.text[sample.start : sample.end] == "g0re"
        assert len(sample.text) == 2 * wording.AROUND + len("g0re")

    def test_of_what_is_let_through_the_rule_that_held_it(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, BEFORE)
        asked(database, dana, "a kitchen knife")
        [sample] = tried(database, AFTER, reviewer).samples
        assert (sample.turn, sample.rule) == (PromptTurn.THROUGH, "arms")

    def test_are_for_whoever_may_read_them(self, database: Database, dana: User) -> None:
        decide_by(database, BEFORE)
        row = add_user(database, "admin")
        keeper = Actor(**{**vars(actor_of(row)), "permissions": frozenset({ADMINISTER})})
        assert not keeper.may(REVIEW)
        [own] = asked(database, row, "gore")
        asked(database, dana, "gore, blood")
        report = tried(database, AFTER, keeper)
        assert report.refused == 2
        assert [one.generation_id for one in report.samples] == [own]
        assert tried(database, AFTER, None).samples == []


class TestForgotten:
    def test_what_was_forgotten_is_not_in_it(
        self, database: Database, dana: User, reviewer: Actor, tmp_path: Path
    ) -> None:
        decide_by(database, BEFORE)
        old, _ = asked(database, dana, "gore", "gore and silk")
        marker = marker_in(tmp_path)
        with database.write() as session:
            leaving.forget(session, open_storage(f"file:{tmp_path}"), marker, [old])
        report = tried(database, policy(rule("f", Action.BLOCK, "forgotten", "gore")), reviewer)
        assert (report.of, report.refused, len(report.samples)) == (1, 1, 1)

    def test_whose_author_is_being_erased_is_not_in_it(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, BEFORE)
        asked(database, dana, "gore")
        with database.write() as session:
            session.add(Erasure(person_id=dana.id))
        assert tried(database, AFTER, reviewer).of == 0

    def test_what_is_forgotten_meanwhile_is_not_shown(
        self, database: Database, dana: User, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wording, "PIECE", 1)
        decide_by(database, BEFORE)
        asked(database, dana, "silk", "gore")
        trial = trial_of(database, AFTER, reviewer)
        while trial.line().prompts_seen == 0:
            trial.step()
        with database.write() as session:
            session.add(Erasure(person_id=dana.id))
        report = ended(trial)
        assert report is not None
        assert (report.refused, report.samples) == (1, [])
