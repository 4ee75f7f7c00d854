"""A leaver's work becomes somebody else's: all of it, or nothing."""

from __future__ import annotations

import asyncio

import pytest

from backend.accounts.models import User
from backend.dispatch import erasing
from backend.kit.errors import Conflict, UnderLegalHold
from backend.leaving import erasure
from backend.leaving.schemas import Transferred
from backend.leaving.transfer import transfer
from tests.fixtures.actors import add_user
from tests.fixtures.estate import IDEMPOTENCY, Estate


def hand_on(estate: Estate, giver: User, taker: User) -> Transferred:
    with estate.context.database.write() as session:
        return transfer(session, None, session.get_one(User, giver.id), taker)


class TestTransfer:
    def test_moves_generations_and_images_and_leaves_files_as_they_are(
        self, estate: Estate
    ) -> None:
        asyncio.run(estate.fill())
        before = {image.id: image for image in estate.images_of(estate.person)}
        moved = hand_on(estate, estate.person, estate.other)
        assert (moved.generations, moved.images, moved.galleries, moved.grids) == (3, 2, 1, 1)
        assert estate.generations_of(estate.person) == []
        assert estate.images_of(estate.person) == []
        after = {image.id: image for image in estate.images_of(estate.other)}
        assert len(after) == 4
        for image_id, image in before.items():
            assert after[image_id].sha256 == image.sha256
        assert estate.keeps_files_of(estate.other)

    def test_is_written_down_of_both(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        hand_on(estate, estate.person, estate.other)
        for person, other in ((estate.person, "to"), (estate.other, "from")):
            [entry] = estate.audited(f"person:{person.id}", "person.transfer")
            assert entry.detail
            assert entry.detail.keys() == {
                other,
                "generations",
                "images",
                "galleries",
                "grids",
                "runs",
            }

    def test_forgets_keys_that_both_may_have_used(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        taken = estate.generations_of(estate.other)[0]
        with estate.context.database.write() as session:
            session.merge(taken).idempotency_key = IDEMPOTENCY
        hand_on(estate, estate.person, estate.other)
        keys = [row.idempotency_key for row in estate.generations_of(estate.other)]
        assert sorted(filter(None, keys)) == [IDEMPOTENCY]

    def test_is_refused_while_something_waits_or_runs(self, estate: Estate) -> None:
        row = estate.submit()
        with pytest.raises(Conflict, match="1 generations"):
            hand_on(estate, estate.person, estate.other)
        estate.cancel(row)
        assert hand_on(estate, estate.person, estate.other).generations == 1

    def test_is_refused_to_oneself_and_to_who_cannot_come_in(self, estate: Estate) -> None:
        gone = add_user(estate.context.database, standing="deactivated")
        for taker in (estate.person, gone):
            with pytest.raises(Conflict):
                hand_on(estate, estate.person, taker)

    def test_is_refused_under_a_legal_hold(self, estate: Estate) -> None:
        estate.canceled_generation()
        hold = estate.hold_legally(f"person:{estate.person.id}")
        with pytest.raises(UnderLegalHold):
            hand_on(estate, estate.person, estate.other)
        assert len(estate.generations_of(estate.person)) == 1
        estate.lift(hold)
        assert hand_on(estate, estate.person, estate.other).generations == 1


def test_what_was_handed_on_can_be_erased_with_who_got_it(estate: Estate) -> None:
    generation_id = estate.canceled_generation()
    estate.hook("https://hooks.example.com/given", generation_id=generation_id)
    hand_on(estate, estate.person, estate.other)
    with estate.context.database.write() as session:
        asked = erasure.ask(session, None, session.get_one(User, estate.other.id))
    for _ in range(50):
        if erasing.advance(estate.context, asked.id) is erasure.Step.DONE:
            return
    raise AssertionError("it did not end")
