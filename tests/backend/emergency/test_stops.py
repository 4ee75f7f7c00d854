"""What a stop does on both databases: nothing is accepted, begun, gone on with, or shown of it."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import select

from backend.dispatch.outcomes import Failure
from backend.emergency import service
from backend.emergency.schemas import ReachWanted, StopDone
from backend.generations.models import Generation
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.errors import Conflict, Unprocessable
from backend.kit.queue import State
from backend.moderation.models import Flag
from backend.moderation.schemas import FlagState
from backend.stops.refusals import DrawingStopped, ModelStopped
from backend.stops.schemas import Scope, StopWanted
from backend.usage.models import UsageTally
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import Workshop

pytestmark = pytest.mark.anyio
SCRIPTED = StopWanted(scope=Scope.MODEL, name=CARD.name, reason="It draws what it should not.")
ALL = StopWanted(scope=Scope.EVERYTHING, reason="A fire drill.")
CATEGORY = StopWanted(scope=Scope.CATEGORY, name="restricted", reason="Too many of them.")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pull(workshop: Workshop, wanted: StopWanted) -> StopDone:
    with workshop.context.database.write() as session:
        return service.pull(session, workshop.context, workshop.actor.id, [CARD], wanted)


def lift(workshop: Workshop, done: StopDone) -> None:
    with workshop.context.database.write() as session:
        service.lift(session, workshop.context, workshop.actor.id, done.stop.id)


def images_of(workshop: Workshop, row: Generation) -> list[tuple[Image, Flag | None]]:
    with workshop.context.database.read() as session:
        found = session.exec(select(Image).where(Image.generation_id == row.id)).all()
        flags = {flag.image_id: flag for flag in session.exec(select(Flag))}
        return [(image, flags.get(image.id)) for image in found]


class TestDrawing:
    @pytest.mark.parametrize(
        ("wanted", "refusal"), [(SCRIPTED, ModelStopped), (ALL, DrawingStopped)]
    )
    def test_refuses_who_asks_and_says_why_until_it_is_lifted(
        self, workshop: Workshop, wanted: StopWanted, refusal: type[Exception]
    ) -> None:
        done = pull(workshop, wanted)
        with pytest.raises(refusal, match=wanted.reason):
            workshop.submit()
        lift(workshop, done)
        assert workshop.submit().state is State.QUEUED

    def test_ends_what_waits_and_pays_it_back(self, workshop: Workshop) -> None:
        rows = [workshop.submit() for _ in range(3)]
        assert pull(workshop, SCRIPTED).ended == 3
        for row in map(workshop.row, rows):
            assert (row.state, row.error_code) == (State.FAILED, "model_stopped")
            assert SCRIPTED.reason in (row.error_message or "")
        with workshop.context.database.read() as session:
            tallies = session.exec(select(UsageTally.microcredits)).all()
        assert tallies
        assert sum(tallies) == 0

    async def test_ends_what_runs_at_its_next_step(self, workshop: Workshop) -> None:
        with workshop.inference.hold():
            async with workshop.dispatching():
                row = workshop.submit()
                await workshop.reached(row, State.RUNNING)
                await asyncio.to_thread(workshop.inference.wait_until_held)
                assert pull(workshop, ALL).ended == 0
                async with asyncio.timeout(5):
                    ended = await workshop.ended(row)
        assert (ended.state, ended.error_code) == (State.FAILED, "drawing_stopped")
        assert len(workshop.inference.canceled) == 1
        assert workshop.context.hub.latest(row.id) is None

    async def test_begins_nothing_that_was_accepted_in_the_same_moment(
        self, workshop: Workshop
    ) -> None:
        pull(workshop, SCRIPTED)
        late = Generation.model_validate(
            {
                "owner_id": workshop.actor.id,
                "parameters": {"prompt": "a hat", "model": CARD.name},
                "priority": "normal",
                "cost": 1.0,
                "max_attempts": 3,
                "request_hash": "0" * 64,
            }
        )
        from backend.generations.models import queue

        with workshop.context.database.write() as session:
            queue.put(session, late, person=workshop.actor.id)
        async with workshop.dispatching():
            ended = await workshop.ended(late)
        assert ended.error_code == "model_stopped"
        assert workshop.inference.asked == []

    def test_leaves_other_models_alone(self, workshop: Workshop) -> None:
        row = workshop.submit()
        other = CARD.model_copy(update={"name": "another"})
        with workshop.context.database.write() as session:
            wanted = StopWanted(scope=Scope.MODEL, name="another", reason="Not that one.")
            done = service.pull(session, workshop.context, None, [CARD, other], wanted)
        assert done.ended == 0
        assert workshop.row(row).state is State.QUEUED

    def test_is_pulled_once_and_lifted_as_often_as_anybody_likes(self, workshop: Workshop) -> None:
        done = pull(workshop, SCRIPTED)
        with pytest.raises(Conflict, match="stopped already"):
            pull(workshop, SCRIPTED)
        lift(workshop, done)
        lift(workshop, done)
        verbs = [one.verb for one in workshop.audited(f"stop:{done.stop.id}")]
        assert verbs == ["emergency.stop", "emergency.lift"]
        with workshop.context.database.read() as session:
            now = service.look(session, [CARD])
        assert now.stops == []
        assert [one.reason for one in now.lately] == [SCRIPTED.reason]

    @pytest.mark.parametrize("scope", [Scope.MODEL, Scope.CATEGORY])
    def test_knows_what_there_is(self, workshop: Workshop, scope: Scope) -> None:
        with pytest.raises(Unprocessable, match="nowhere"):
            pull(workshop, StopWanted(scope=scope, name="nowhere", reason="For no reason."))

    def test_counts_before(self, workshop: Workshop) -> None:
        workshop.submit()
        workshop.become_somebody_else()
        workshop.submit()
        workshop.claim()
        with workshop.context.database.read() as session:
            told = service.reach(session, [CARD], ReachWanted(scope=Scope.MODEL, name=CARD.name))
        assert (told.queued, told.running, told.people) == (1, 1, 2)


class TestCategory:
    async def test_rejects_what_shows_it_and_asks_nobody(self, workshop: Workshop) -> None:
        pull(workshop, CATEGORY)
        async with workshop.dispatching():
            rows = [
                await workshop.ended(workshop.submit(prompt=prompt))
                for prompt in ("a dress with motif", "a dress", "unchecked")
            ]
        [(motif, flag)], [(dress, none)], [(unchecked, _)] = (
            images_of(workshop, row) for row in rows
        )
        assert motif.moderation is Moderation.REJECTED
        assert flag
        assert flag.state is FlagState.REJECTED
        assert (dress.moderation, none) == (Moderation.RELEASED, None)
        assert unchecked.moderation is Moderation.HELD


def test_a_failure_of_a_stop_is_never_tried_again() -> None:
    from backend.dispatch.halting import failure
    from backend.stops.models import EmergencyStop
    from backend.stops.service import Stops

    stops = Stops.of([EmergencyStop(scope=Scope.EVERYTHING, reason="now")])
    told = failure(stops, "any")
    assert isinstance(told, Failure)
    assert not told.retryable
