"""Lets generations in from the waiting room: there must be room in the loop, and their model must be warm.

Sees to it that models are loaded for who waits. Runs on the engine's thread; what it shares with others is touched
with the engine's lock held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Condition

from inference.drawing import Drawing
from inference.generation import Generation
from inference.protocol import InferenceError, Unavailable
from inference.room import WaitingRoom
from inference.warming import Plan, Wish


@dataclass
class Porter:
    """Who waits, who is drawn, what draws them, and how to tell one that nothing will come of it."""

    room: WaitingRoom
    running: set[Generation]
    changed: Condition
    drawing: Drawing
    end: Callable[[Generation, InferenceError], None]
    _plan: Plan = field(default_factory=Plan)

    def has_work(self) -> bool:
        """Whether somebody can enter, or something is to be done about models. With the lock held."""
        hopeless = self._look()
        errand = hopeless or self.drawing.studio.fleet.has_news or self._plan.load is not None
        return bool(errand) or self._next() is not None

    def let_in(self) -> list[Generation]:
        """Take out of the room who fits, the most urgent first; with nobody else drawn, at least one.

        Before that a model that was loaded is warmed up, which takes a moment, and another one is begun.
        """
        self.drawing.studio.take_in()
        with self.changed:
            hopeless = self._look()
            for generation, _ in hopeless:
                self.room.remove(generation)
        for generation, error in hopeless:
            self.end(generation, error)
        self._act()
        with self.changed:
            return self._entering()

    def _entering(self) -> list[Generation]:
        entering: list[Generation] = []
        while (following := self._next(entering)) is not None:
            self.room.remove(following)
            entering.append(following)
        self.running.update(entering)
        if entering:
            self.room.tell_positions(running=len(self.running))
        return entering

    def _look(self) -> list[tuple[Generation, InferenceError]]:
        """Decide what is to be done about models; return who waits for one that cannot be loaded, and why."""
        fleet = self.drawing.studio.fleet
        models = {generation.parameters.model for generation in self.running}
        fleet.touch(models)
        wishes = [Wish(one.parameters.model, one.asked_at) for one in self.room.in_order()]
        self._plan = fleet.plan(wishes, models)
        return [
            (waiting, Unavailable(f"{waiting.parameters.model} cannot be loaded: {why}"))
            for waiting in self.room
            if (why := fleet.trouble_with(waiting.parameters.model))
        ]

    def _act(self) -> None:
        self.drawing.studio.make_room(*self._plan.evict)
        if self._plan.load is not None:
            self.drawing.studio.fleet.begin(self._plan.load)

    def _next(self, beside: Iterable[Generation] = ()) -> Generation | None:
        return self.drawing.loop.next_of(self.room, beside, self._may_enter)

    def _may_enter(self, generation: Generation) -> bool:
        model = generation.parameters.model
        return model not in self._plan.closed and self.drawing.studio.fleet.is_warm(model)
