"""A case that a reviewer hands to administrators: claim, order, who decides, who is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.kit.errors import Conflict, Forbidden
from backend.moderation import claims, escalating, repository, service
from backend.moderation.models import Flag
from backend.moderation.presentation import one
from backend.moderation.schemas import Decision, Escalate, FlagQuery
from tests.backend.moderation.conftest import Queue
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.workshop import audited

Two = Callable[[], tuple[Actor, Actor]]


def reviewer_only(cases: Queue) -> Actor:
    """Return somebody who reviews and administers nothing."""
    actor = actor_of(add_user(cases.database, "designer"))
    return Actor(**{**vars(actor), "permissions": frozenset({REVIEW})})


def hand_over(cases: Queue, actor: Actor, flag: str, note: str = "May be a child.") -> None:
    with cases.database.write() as session:
        escalating.escalate(session, cases.notifier, actor, flag, Escalate(note=note))


def claim(cases: Queue, actor: Actor, flag: str) -> None:
    with cases.database.write() as session:
        claims.claim(session, actor, flag)


def listed(cases: Queue, limit: int) -> list[str]:
    found, cursor = [], None
    with cases.database.read() as session:
        while True:
            page, cursor = repository.page(session, FlagQuery(), cursor=cursor, limit=limit)
            found += [case.flag.id for case in page]
            if cursor is None:
                return found


def test_it_comes_before_what_is_severe_and_its_claim_is_over(cases: Queue) -> None:
    ordinary, severe, handed = cases.hold(), cases.severe(), cases.hold()
    ben = reviewer_only(cases)
    claim(cases, ben, handed)
    hand_over(cases, ben, handed)
    for limit in (1, 10):
        assert listed(cases, limit) == [handed, severe, ordinary]
    assert cases.case(handed).claimant is None


def test_only_administrators_claim_and_decide_it_from_then_on(cases: Queue) -> None:
    flag, ben, ada = cases.hold(), reviewer_only(cases), cases.reviewer()
    hand_over(cases, ben, flag)
    with pytest.raises(Forbidden, match="handed to administrators"):
        cases.decide(ben, flag, Decision.REJECT)
    with pytest.raises(Forbidden, match="handed to administrators"):
        claim(cases, ben, flag)
    with cases.database.read() as session:
        shown = {who.id: one(session, who, repository.get(session, flag)) for who in (ben, ada)}
    assert (shown[ben.id].refused, shown[ada.id].refused) == (True, False)
    told = shown[ada.id].escalation
    assert told is not None
    assert (told.name, told.note) == (ben.name, "May be a child.")
    claim(cases, ada, flag)
    assert cases.decide(ada, flag, Decision.REJECT).flag.state == "rejected"


def test_it_is_audited_and_open_pages_of_administrators_are_told(cases: Queue, two: Two) -> None:
    flag, ben = cases.hold(), reviewer_only(cases)
    people = {f"person:{one.id}" for one in two()}
    cases.notifier.said.clear()
    hand_over(cases, ben, flag)
    told = [
        (who, said["data"]) for who, said in cases.notifier.said if said["event"] == "escalated"
    ]
    assert {who for who, _ in told} == people
    assert told[0][1] == {"flag_id": flag, "name": ben.name}
    entry = audited(cases.database, f"image:{cases.image(flag).id}")[-1]
    assert (entry.verb, entry.actor_id) == ("image.escalate", ben.id)
    assert entry.detail == {"flag": flag, "note": "May be a child."}


def test_once_and_while_it_is_open_and_free(cases: Queue, two: Two) -> None:
    ada, ben = two()
    flag, taken, decided = cases.hold(), cases.hold(seed=4), cases.hold(seed=5)
    hand_over(cases, ada, flag)
    claim(cases, ben, taken)
    cases.decide(ben, decided, Decision.REJECT)
    for other in (flag, taken, decided):
        with pytest.raises(Conflict):
            hand_over(cases, ada, other)


def test_its_author_reads_neither_who_nor_why(cases: Queue) -> None:
    owner = add_user(cases.database, "admin")
    flag = cases.hold(owner=owner)
    with pytest.raises(Forbidden):
        hand_over(cases, actor_of(owner), flag)
    hand_over(cases, cases.reviewer(), flag)
    with cases.database.read() as session:
        told = one(session, actor_of(owner), repository.get(session, flag)).escalation
    assert told is not None
    assert (told.name, told.note) == ("", "")


def test_whose_notes_are_forgotten(cases: Queue) -> None:
    flag, ben = cases.hold(), reviewer_only(cases)
    hand_over(cases, ben, flag)
    with cases.database.write() as session:
        service.forget_notes(session, ben.id)
        row = session.get_one(Flag, flag)
        assert (row.escalation, row.escalated_by) == (None, ben.id)
