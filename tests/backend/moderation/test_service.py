"""Judging and deciding on both databases, below HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from backend.accounts.actor import Actor
from backend.generations.models import Generation, queue
from backend.images import service as images
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.database import Database
from backend.kit.errors import Conflict
from backend.moderation import deciding, service
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.presentation import one
from backend.moderation.schemas import Decision, FlagState, Review
from inference.protocol import GenerationParameters, SafetyScores
from tests.backend.moderation.conftest import Listening
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.scripted import scores_of

RELEASE = Review(decision=Decision.RELEASE)
REJECT = Review(decision=Decision.REJECT, note="  not for us ")


def add_image(database: Database, scores: SafetyScores | None) -> Image:
    owner = add_user(database, "designer")
    parameters = GenerationParameters(prompt="a red dress", seed=3)
    with database.write() as session:
        generation = Generation(
            owner_id=owner.id,
            parameters=parameters,
            priority=parameters.priority,
            cost=1.0,
            max_attempts=3,
            request_hash="0" * 64,
        )
        queue.put(session, generation, person=owner.id)
        session.flush()
        prepared = images.PreparedImage(
            generation.id,
            0,
            images.parameters_of(parameters, parameters),
            64,
            64,
            "0" * 64,
            "a/a.webp",
            "b/b.webp",
            "c/c.webp",
        )
        image = images.record(session, prepared, owner_id=owner.id)
        service.judge(session, image, scores)
    return image


def flag_of(database: Database, image: Image) -> Flag | None:
    with database.read() as session:
        return session.exec(select(Flag).where(Flag.image_id == image.id)).one_or_none()


@pytest.fixture
def reviewer(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


class TestJudge:
    def test_releases_an_image_and_keeps_its_scores(self, database: Database) -> None:
        scores = scores_of("a dress")
        image = add_image(database, scores)
        assert image.moderation is Moderation.RELEASED
        assert flag_of(database, image) is None
        with database.read() as session:
            kept = session.get_one(SafetyCheck, image.id).scores
            assert scores
            assert kept == scores.model_copy(update={"embedding": None})

    def test_keeps_and_shows_what_every_checker_measured(
        self, database: Database, reviewer: Actor
    ) -> None:
        own = scores_of("a dress")
        assert own is not None
        further = SafetyScores(
            checker="house-rules",
            weights_sha256="ab" * 32,
            version="3",
            scope="our logo",
            concepts={"logo": 0.4, "slogan": None},
        )
        image = add_image(database, own.model_copy(update={"further": (further,)}))
        assert image.moderation is Moderation.HELD
        assert "“logo”" in (image.reason or "")
        with database.read() as session:
            check = session.get_one(SafetyCheck, image.id)
            assert check.scores is not None
            assert check.scores.further == (further,)
            assert check.policy_version
        flag = flag_of(database, image)
        assert flag is not None
        with database.write() as session:
            decided = deciding.review(session, Listening(), reviewer, flag.id, RELEASE)
            public = one(session, reviewer, decided)
        assert [(seen.name, seen.score) for seen in public.concepts[:2]] == [("slogan", None), ("logo", 0.4)]  # fmt: skip
        assert len(public.concepts) == len(own.concepts) + 2

    @pytest.mark.parametrize("prompt", ["motif", "unchecked", "not finite"])
    def test_holds_an_image_and_flags_it(self, database: Database, prompt: str) -> None:
        image = add_image(database, scores_of(prompt))
        flag = flag_of(database, image)
        assert image.moderation is Moderation.HELD
        assert flag is not None
        assert flag.state is FlagState.OPEN
        assert flag.reason == image.reason


class TestReview:
    def test_releasing_takes_the_reason_away(self, database: Database, reviewer: Actor) -> None:
        image = add_image(database, scores_of("motif"))
        flag = flag_of(database, image)
        assert flag is not None
        with database.write() as session:
            decided = deciding.review(session, Listening(), reviewer, flag.id, RELEASE)
            public = one(session, reviewer, decided)
        assert (public.state, public.decided_by) == (FlagState.RELEASED, reviewer.name)
        with database.read() as session:
            row = session.get_one(Image, image.id)
            assert (row.moderation, row.reason) == (Moderation.RELEASED, None)

    def test_the_owner_hears_the_note_after_the_commit(
        self, database: Database, reviewer: Actor
    ) -> None:
        image, notifier = add_image(database, scores_of("motif")), Listening()
        flag = flag_of(database, image)
        assert flag is not None
        with database.write() as session:
            deciding.review(session, notifier, reviewer, flag.id, REJECT)
            assert notifier.said == []
        [(channel, message)] = notifier.said
        assert channel == f"person:{image.owner_id}"
        assert message["event"] == "moderation"
        assert message["data"] == {
            "image_id": image.id,
            "generation_id": image.generation_id,
            "moderation": "rejected",
            "reason": "A reviewer rejected this image: not for us",
        }

    def test_of_two_reviewers_at_once_one_decides(
        self, database: Database, reviewer: Actor
    ) -> None:
        flag = flag_of(database, add_image(database, scores_of("motif")))
        assert flag is not None
        together = threading.Barrier(2)

        def decide(review: Review) -> str:
            together.wait()
            try:
                with database.write() as session:
                    deciding.review(session, Listening(), reviewer, flag.id, review)
            except Conflict:
                return "refused"
            return "decided"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(decide, (RELEASE, REJECT))) == ["decided", "refused"]
