"""Released images that are looked at by chance: shown meanwhile, and gone only if a person rejects them."""

from __future__ import annotations

import pytest
from sqlmodel import select

from backend.accounts.actor import Actor
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.database import Database
from backend.kit.ids import new_id
from backend.moderation import deciding, repository
from backend.moderation.models import Flag
from backend.moderation.sampling import is_sampled
from backend.moderation.schemas import Decision, FlagOrigin, FlagQuery, Review
from backend.policies.digests import digest_of
from backend.policies.models import Policy
from tests.backend.moderation.conftest import Listening
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.judged import TWO, add_judged, scores

FINE = scores(motif=-0.5)


@pytest.fixture
def reviewer(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


def sampled(database: Database, share: float) -> None:
    document = TWO.model_copy(update={"sampled": share})
    with database.write() as session:
        row = session.get_one(Policy, 1)
        row.document, row.digest = document, digest_of(document)


def drawn(database: Database, count: int = 1) -> list[str]:
    return add_judged(database, add_user(database, "designer"), [FINE] * count)


class TestLot:
    def test_takes_about_the_share_that_is_asked_for(self) -> None:
        ids = [new_id() for _ in range(20_000)]
        taken = sum(is_sampled(image_id, 0.01) for image_id in ids)
        assert 140 <= taken <= 270, "five standard deviations around 200"

    def test_a_larger_share_keeps_whom_a_smaller_one_took(self) -> None:
        ids = [new_id() for _ in range(2_000)]
        few = {image_id for image_id in ids if is_sampled(image_id, 0.05)}
        many = {image_id for image_id in ids if is_sampled(image_id, 0.2)}
        assert few < many

    @pytest.mark.parametrize(("share", "taken"), [(0.0, False), (1.0, True)])
    def test_takes_none_or_all(self, share: float, taken: bool) -> None:
        assert {is_sampled(new_id(), share) for _ in range(100)} == {taken}


class TestSamples:
    def test_are_shown_and_wait_for_a_reviewer(self, database: Database) -> None:
        sampled(database, 1.0)
        [image_id] = drawn(database)
        with database.read() as session:
            image = session.get_one(Image, image_id)
            cases, _ = repository.page(
                session, FlagQuery(origin=FlagOrigin.SAMPLE), cursor=None, limit=5
            )
        assert (image.moderation, image.reason) == (Moderation.RELEASED, None)
        assert [case.image.id for case in cases] == [image_id]

    def test_those_are_looked_at_whom_the_lot_takes(self, database: Database) -> None:
        sampled(database, 0.3)
        ids = drawn(database, 60)
        with database.read() as session:
            flagged = set(session.exec(select(Flag.image_id)))
        assert flagged == {image_id for image_id in ids if is_sampled(image_id, 0.3)}
        assert flagged

    def test_what_is_held_is_no_sample(self, database: Database) -> None:
        sampled(database, 1.0)
        add_judged(database, add_user(database, "designer"), [scores(motif=0.5)])
        with database.read() as session:
            assert session.exec(select(Flag.origin)).all() == [FlagOrigin.CHECK]

    @pytest.mark.parametrize(
        ("decision", "moderation", "told"),
        [
            (Decision.RELEASE, Moderation.RELEASED, []),
            (Decision.REJECT, Moderation.REJECTED, ["rejected"]),
        ],
    )
    def test_stay_or_go_and_the_owner_hears_only_of_going(
        self,
        database: Database,
        reviewer: Actor,
        decision: Decision,
        moderation: Moderation,
        told: list[str],
    ) -> None:
        sampled(database, 1.0)
        [image_id] = drawn(database)
        notifier = Listening()
        with database.write() as session:
            flag = session.exec(select(Flag.id)).one()
            deciding.review(session, notifier, reviewer, flag, Review(decision=decision))
        with database.read() as session:
            assert session.get_one(Image, image_id).moderation is moderation
        assert [message["data"]["moderation"] for _, message in notifier.said] == told
