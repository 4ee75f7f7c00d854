"""What another policy would do with the past: the same as it does when it judges for real."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from sqlmodel import col, select

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.database import Database
from backend.moderation import deciding
from backend.moderation.holding import Holding
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.schemas import Decision, FlagOrigin, FlagState, Review
from backend.policies.digests import digest_of
from backend.policies.models import Policy
from backend.policies.schemas import CategoryRule, PolicyDocument, Severity
from backend.policies.service import ActivePolicy
from backend.trials import service
from backend.trials.schemas import MOST_LISTED, TrialLine, TrialReport, TrialWanted, Turn
from inference.protocol import SafetyScores
from tests.backend.moderation.conftest import Listening
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.judged import TWO, add_judged, add_many, scores
from tests.fixtures.workshop import audited

OTHER = PolicyDocument(
    categories=(
        CategoryRule(name="minors", title="A child", concepts=("child",), shift=0.03),
        CategoryRule(name="weapons", title="Weapons", severity=Severity.LOW, concepts=("gun",)),
        CategoryRule(name="restricted", title="Restricted", concepts=("*",), shift=-0.04),
    ),
    sampled=0.0,
)


@pytest.fixture
def dana(database: Database) -> User:
    return add_user(database, "designer")


@pytest.fixture
def reviewer(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


def decide_by(database: Database, document: PolicyDocument) -> None:
    """Have `document` be what decides."""
    with database.write() as session:
        row = session.get_one(Policy, 1)
        row.document, row.digest = document, digest_of(document)


def past(count: int, *, seed: int = 8) -> list[SafetyScores | None]:
    """Return scores close to the thresholds, some of them not measured."""
    chance = random.Random(seed)

    def score() -> float | None:
        return None if chance.random() < 0.02 else chance.gauss(-0.03, 0.04)

    return [
        None if chance.random() < 0.02 else scores(child=score(), gun=score(), motif=score())
        for _ in range(count)
    ]


def tried(database: Database, document: PolicyDocument, *, most: int = 100_000) -> list[TrialLine]:
    """Return every line of a trial."""
    with database.read() as session:
        trial = service.begin(database, session, 1, TrialWanted(document=document, most=most))

    async def read() -> list[bytes]:
        return [line async for line in service.lines(trial)]

    return [TrialLine.model_validate_json(line) for line in asyncio.run(read())]


def reported(database: Database, document: PolicyDocument, *, most: int = 100_000) -> TrialReport:
    report = tried(database, document, most=most)[-1].report
    assert report is not None
    return report


def states(database: Database, ids: list[str]) -> list[Moderation]:
    with database.read() as session:
        found = {one.id: one.moderation for one in session.exec(select(Image))}
    return [found[image_id] for image_id in ids]


class TestAgainstARealRun:
    def test_a_trial_of_a_thousand_images_says_what_judging_them_does(
        self, database: Database, dana: User
    ) -> None:
        measured = past(1_000)
        decide_by(database, TWO)
        before = add_judged(database, dana, measured)
        tried_on = reported(database, OTHER)

        decide_by(database, OTHER)
        after = add_judged(database, dana, measured)
        pairs = list(zip(states(database, before), states(database, after), strict=True))
        held = [place for place, pair in enumerate(pairs) if pair == ("released", "held")]
        released = [place for place, pair in enumerate(pairs) if pair == ("held", "released")]
        assert (tried_on.of, tried_on.held, tried_on.released) == (1_000, len(held), len(released))
        assert tried_on.held_in_all == sum(now == "held" for _, now in pairs)
        assert min(len(held), len(released)) > 10, "it would prove nothing"
        with database.read() as session:
            flags = {one.image_id: one.category for one in session.exec(select(Flag))}
        for name, places, ids in (("held", held, after), ("released", released, before)):
            told = {one.name: getattr(one, name) for one in tried_on.categories}
            real = [flags[ids[place]] for place in places]
            assert {key: count for key, count in told.items() if count} == {
                key: real.count(key) for key in set(real)
            }
        listed = {one.image_id for one in tried_on.images if one.turn is Turn.HELD}
        newest = sorted((before[place] for place in held), reverse=True)[:MOST_LISTED]
        assert listed == set(newest)


class TestCounts:
    def test_says_where_people_had_decided_otherwise(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, TWO)
        held = add_judged(database, dana, [scores(motif=0.01), scores(motif=0.02)])
        for image_id, decision in zip(held, (Decision.RELEASE, Decision.REJECT), strict=True):
            with database.write() as session:
                flag = session.exec(select(Flag.id).where(Flag.image_id == image_id)).one()
                review = Review(decision=decision)
                deciding.review(session, Listening(), reviewer, flag, review)
        found = reported(database, OTHER).decided
        assert (found.released_released, found.released_rejected) == (1, 1)
        assert (found.held_released, found.held_rejected) == (0, 0)

    def test_looks_at_the_latest_only_as_far_as_it_is_told(
        self, database: Database, dana: User
    ) -> None:
        decide_by(database, TWO)
        add_judged(database, dana, [scores(motif=0.01), scores(motif=-0.5), scores(motif=-0.5)])
        assert reported(database, OTHER, most=2).released == 0
        assert reported(database, OTHER, most=3).released == 1

    def test_tells_how_far_it_is_a_thousand_images_at_a_time(
        self, database: Database, dana: User
    ) -> None:
        add_many(database, dana, [scores(motif=-0.5)] * 2_500)
        told = [(one.seen, one.of, one.report is not None) for one in tried(database, OTHER)]
        assert told == [
            (1_000, 2_500, False),
            (2_000, 2_500, False),
            (2_500, 2_500, False),
            (2_500, 2_500, True),
        ]

    def test_without_a_past_there_is_nothing_to_say(self, database: Database) -> None:
        *_, line = tried(database, OTHER)
        assert line.report is not None
        assert (line.of, line.report.held, line.report.images) == (0, 0, [])

    def test_changes_nothing(self, database: Database, dana: User) -> None:
        decide_by(database, TWO)
        ids = add_judged(database, dana, past(50))
        before = states(database, ids)
        reported(database, OTHER)
        assert states(database, ids) == before


class TestHolding:
    def hold(self, database: Database, reviewer: Actor, ids: list[str]) -> tuple[int, Listening]:
        notifier = Listening()
        with database.write() as session:
            policy = ActivePolicy("1", OTHER)
            holding = Holding(session, notifier, policy, actor_id=reviewer.id)
            return holding.hold(ids, reason="seen now"), notifier

    def test_holds_what_the_policy_holds_and_nobody_decided(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, TWO)
        seen, unseen = add_judged(database, dana, [scores(child=-0.01), scores(child=-0.5)])
        held, notifier = self.hold(database, reviewer, [seen, unseen])
        assert held == 1
        assert states(database, [seen, unseen]) == [Moderation.HELD, Moderation.RELEASED]
        with database.read() as session:
            [flag] = session.exec(select(Flag)).all()
            version = session.get_one(SafetyCheck, seen).policy_version
        assert (flag.image_id, flag.category, flag.origin) == (seen, "minors", FlagOrigin.CHECK)
        assert version == "1"
        entry = audited(database, f"image:{seen}")[-1]
        assert entry.detail is not None
        assert (entry.actor_id, entry.detail["because"]) == (reviewer.id, "seen now")
        assert [message["data"]["moderation"] for _, message in notifier.said] == ["held"]

    def test_leaves_what_people_released(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, TWO)
        [image] = add_judged(database, dana, [scores(child=0.01)])
        second = actor_of(add_user(database, "admin"))
        for actor in (reviewer, second):  # what is severe is released by two
            with database.write() as session:
                flag = session.exec(select(Flag.id)).one()
                release = Review(decision=Decision.RELEASE)
                deciding.review(session, Listening(), actor, flag, release)
        assert self.hold(database, reviewer, [image])[0] == 0
        assert states(database, [image]) == [Moderation.RELEASED]

    def test_an_image_that_was_chosen_by_chance_becomes_a_held_one(
        self, database: Database, dana: User, reviewer: Actor
    ) -> None:
        decide_by(database, TWO.model_copy(update={"sampled": 1.0}))
        [image] = add_judged(database, dana, [scores(child=-0.01)])
        assert self.hold(database, reviewer, [image])[0] == 1
        with database.read() as session:
            [flag] = session.exec(select(Flag).where(col(Flag.state) == FlagState.OPEN)).all()
        assert flag.origin is FlagOrigin.CHECK


def test_the_answer_is_lines_of_json() -> None:
    line = TrialLine(seen=1, of=2).model_dump_json()
    assert json.loads(line) == {
        "seen": 1,
        "of": 2,
        "prompts_seen": 0,
        "prompts_of": 0,
        "report": None,
    }
