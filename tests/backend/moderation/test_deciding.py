"""Claims, undo, two people and bulk on both databases, below HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.images.schemas import Moderation
from backend.kit import clock
from backend.kit.database import Database
from backend.kit.errors import Conflict, Forbidden
from backend.moderation import bulk, claims, repository
from backend.moderation.schemas import BulkReview, Decision, Deed, FlagOrigin, FlagState
from tests.backend.moderation.conftest import Queue
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.workshop import audited

RELEASE, REJECT = Decision.RELEASE, Decision.REJECT
Two = Callable[[], tuple[Actor, Actor]]


def claim(cases: Queue, actor: Actor, flag_id: str) -> None:
    with cases.database.write() as session:
        claims.claim(session, actor, flag_id)


def deeds(cases: Queue, flag_id: str) -> list[Deed]:
    with cases.database.read() as session:
        return [row.deed for row in repository.decisions(session, cases.image(flag_id).id)]


class TestClaims:
    def test_nobody_else_decides_what_somebody_has_open(self, cases: Queue, two: Two) -> None:
        (ada, ben), flag = two(), cases.hold()
        claim(cases, ada, flag)
        with pytest.raises(Conflict, match=f"{ada.name} has this case open"):
            cases.decide(ben, flag, RELEASE)
        with pytest.raises(Conflict):
            claim(cases, ben, flag)
        assert cases.decide(ada, flag, RELEASE).flag.state is FlagState.RELEASED

    def test_of_two_at_once_one_has_it(self, cases: Queue, two: Two) -> None:
        people, flag, together = two(), cases.hold(), threading.Barrier(2)

        def try_to(actor: Actor) -> str:
            together.wait()
            try:
                claim(cases, actor, flag)
            except Conflict:
                return "refused"
            return "has it"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(try_to, people)) == ["has it", "refused"]

    def test_ends_by_itself_after_ten_minutes_unless_renewed(
        self, cases: Queue, two: Two, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (ada, ben), flag, begun = two(), cases.hold(), clock.utc_now()
        claim(cases, ada, flag)
        monkeypatch.setattr(clock, "utc_now", lambda: begun + timedelta(minutes=9))
        claim(cases, ada, flag)
        monkeypatch.setattr(clock, "utc_now", lambda: begun + timedelta(minutes=18))
        with pytest.raises(Conflict):
            claim(cases, ben, flag)
        monkeypatch.setattr(clock, "utc_now", lambda: begun + timedelta(minutes=20))
        claim(cases, ben, flag)

    def test_nobody_claims_their_own(self, cases: Queue) -> None:
        person = add_user(cases.database, "admin")
        with pytest.raises(Forbidden, match="yourself"):
            claim(cases, actor_of(person), cases.hold(owner=person))

    def test_whoever_lets_go_lets_others_decide(self, cases: Queue, two: Two) -> None:
        (ada, ben), flag = two(), cases.hold()
        claim(cases, ada, flag)
        with cases.database.write() as session, pytest.raises(Conflict):
            claims.let_go(session, ben, flag)
        with cases.database.write() as session:
            claims.let_go(session, ada, flag)
        cases.decide(ben, flag, REJECT)


class TestUndo:
    @pytest.mark.parametrize("decision", Decision)
    def test_puts_everything_back(self, cases: Queue, two: Two, decision: Decision) -> None:
        (ada, _), flag = two(), cases.hold()
        before = cases.image(flag)
        cases.decide(ada, flag, decision, "not for us")
        case = cases.undo(ada, flag)
        assert (case.image.moderation, case.image.reason) == (Moderation.HELD, before.reason)
        assert (case.flag.state, case.flag.note, case.flag.decided_by) == (
            FlagState.OPEN, None, None,
        )  # fmt: skip
        assert deeds(cases, flag) == [Deed(decision.value), Deed.UNDO]
        assert audited(cases.database, f"image:{before.id}")[-1].verb == "image.undo"

    def test_the_author_hears_of_it(self, cases: Queue, two: Two) -> None:
        (ada, _), flag = two(), cases.hold()
        cases.decide(ada, flag, RELEASE)
        cases.undo(ada, flag)
        told = [message["data"]["moderation"] for _, message in cases.notifier.said]
        assert told == ["released", "held"]

    def test_is_for_whoever_decided(self, cases: Queue, two: Two) -> None:
        (ada, ben), flag = two(), cases.hold()
        cases.decide(ada, flag, REJECT)
        with pytest.raises(Conflict, match="whoever made it"):
            cases.undo(ben, flag)

    def test_is_for_fifteen_minutes(
        self, cases: Queue, two: Two, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (ada, _), flag = two(), cases.hold()
        cases.decide(ada, flag, REJECT)
        later = clock.utc_now() + timedelta(minutes=15, seconds=1)
        monkeypatch.setattr(clock, "utc_now", lambda: later)
        with pytest.raises(Conflict, match="within 15 minutes"):
            cases.undo(ada, flag)

    def test_is_done_once(self, cases: Queue, two: Two) -> None:
        (ada, _), flag = two(), cases.hold()
        cases.decide(ada, flag, REJECT)
        cases.undo(ada, flag)
        with pytest.raises(Conflict):
            cases.undo(ada, flag)
        cases.decide(ada, flag, RELEASE)
        assert deeds(cases, flag) == [Deed.REJECT, Deed.UNDO, Deed.RELEASE]

    def test_a_sample_goes_back_to_released(self, cases: Queue, two: Two) -> None:
        (ada, _), flag = two(), cases.hold(origin=FlagOrigin.SAMPLE)
        with cases.database.write() as session:
            image = repository.get(session, flag).image
            image.moderation, image.reason = Moderation.RELEASED, None
            session.add(image)
        cases.decide(ada, flag, REJECT)
        case = cases.undo(ada, flag)
        assert (case.image.moderation, case.image.reason) == (Moderation.RELEASED, None)


class TestTwoPeople:
    def test_a_severe_image_is_released_by_two(self, cases: Queue, two: Two) -> None:
        (ada, ben), flag = two(), cases.severe()
        asked = cases.decide(ada, flag, RELEASE, "a drawing")
        assert (asked.flag.state, asked.image.moderation) == (FlagState.OPEN, Moderation.HELD)
        done = cases.decide(ben, flag, RELEASE)
        assert (done.flag.state, done.flag.note) == (FlagState.RELEASED, "a drawing")
        with cases.database.read() as session:
            [row] = repository.decisions(session, done.image.id)
        assert (row.by, row.asked_by) == (ben.id, ada.id)

    def test_not_by_one_twice(self, cases: Queue, two: Two) -> None:
        (ada, _), flag = two(), cases.severe()
        cases.decide(ada, flag, RELEASE)
        with pytest.raises(Forbidden, match="another person"):
            cases.decide(ada, flag, RELEASE)
        assert cases.image(flag).moderation is Moderation.HELD

    def test_of_two_at_once_one_asks_and_one_confirms(self, cases: Queue, two: Two) -> None:
        people, flag, together = two(), cases.severe(), threading.Barrier(2)

        def release(actor: Actor) -> FlagState:
            together.wait()
            return cases.decide(actor, flag, RELEASE).flag.state

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(release, people)) == [FlagState.OPEN, FlagState.RELEASED]

    def test_one_rejects_it_and_what_was_asked_for_ends(self, cases: Queue, two: Two) -> None:
        (ada, ben), flag = two(), cases.severe()
        cases.decide(ada, flag, RELEASE)
        assert cases.decide(ben, flag, REJECT).flag.state is FlagState.REJECTED
        cases.undo(ben, flag)
        asked = cases.decide(ben, flag, RELEASE)
        assert asked.flag.state is FlagState.OPEN, "a word from before counts no more"

    def test_who_asked_takes_it_back(self, cases: Queue, two: Two) -> None:
        (ada, ben), flag = two(), cases.severe()
        cases.decide(ada, flag, RELEASE)
        cases.undo(ada, flag)
        assert cases.decide(ben, flag, RELEASE).flag.state is FlagState.OPEN


class TestSeveral:
    def several(self, cases: Queue, actor: Actor, flags: list[str], **wanted: object) -> object:
        with cases.database.write() as session:
            asked = {"category": "restricted", "decision": REJECT, "flag_ids": flags, **wanted}
            return bulk.review_several(
                session, cases.notifier, actor, BulkReview.model_validate(asked)
            ).model_dump()

    def test_each_is_decided_or_refused_by_itself(self, cases: Queue, two: Two) -> None:
        ada, ben = two()
        person: User = add_user(cases.database, "admin")
        mine = actor_of(person)
        good, own, decided, taken = (
            cases.hold(), cases.hold(owner=person), cases.hold(), cases.hold(),
        )  # fmt: skip
        cases.decide(ada, decided, RELEASE)
        claim(cases, ben, taken)
        other = cases.hold(category="violence")
        outcome = self.several(cases, mine, [good, own, decided, taken, other])
        assert isinstance(outcome, dict)
        assert outcome["decided"] == [good]
        codes = {one["flag_id"]: one["code"] for one in outcome["refused"]}
        assert codes == {
            own: "forbidden", decided: "conflict", taken: "conflict", other: "conflict",
        }  # fmt: skip
        assert cases.image(good).moderation is Moderation.REJECTED
        assert cases.image(own).moderation is Moderation.HELD

    def test_a_dry_run_changes_nothing(self, cases: Queue, two: Two) -> None:
        (ada, _), flags = two(), [cases.hold(), cases.hold()]
        outcome = self.several(cases, ada, flags, dry_run=True)
        assert outcome == {"decided": sorted(flags), "refused": []}
        assert [cases.image(flag).moderation for flag in flags] == [Moderation.HELD] * 2

    def test_what_takes_two_is_not_released_so(self, cases: Queue, two: Two) -> None:
        (ada, _), flag = two(), cases.severe()
        outcome = self.several(cases, ada, [flag], category="minors", decision=RELEASE)
        assert isinstance(outcome, dict)
        assert "two people" in outcome["refused"][0]["reason"]


def test_decisions_are_never_changed(database: Database, cases: Queue, two: Two) -> None:
    (ada, ben), flag = two(), cases.hold()
    cases.decide(ada, flag, REJECT, "first")
    with database.read() as session:
        [before] = repository.decisions(session, cases.image(flag).id)
    cases.undo(ada, flag)
    cases.decide(ben, flag, RELEASE, "second")
    with database.read() as session:
        after = repository.decisions(session, cases.image(flag).id)
    assert after[0].model_dump() == before.model_dump()
    assert [(row.deed, row.by, row.undoes) for row in after[1:]] == [
        (Deed.UNDO, ada.id, before.id),
        (Deed.RELEASE, ben.id, None),
    ]
