"""One replica in virtual time: a waiting room, images that share the steps, and what finishes them.

Who takes part in a step is `inference.policy`'s to choose, and how long the backlog is `inference.pace`'s to say, as in
the engine itself; only the seconds of a step come from an `EngineModel`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from inference.capacity.arrivals import Ask
from inference.capacity.autoscaler import Notes
from inference.capacity.engines import EngineModel
from inference.pace import Pace
from inference.policy import Policy
from inference.protocol import Priority


@dataclass(eq=False)
class Job:
    """A generation on its way: when it came, took its first step and was done; seconds."""

    ask: Ask
    started: float | None = None
    done: float | None = None
    attempts: int = 0
    images_left: int = 0
    steps_taken: int = 0

    @property
    def units_left(self) -> float:
        """The work still to do; see `inference.pace`."""
        ask = self.ask
        return float(ask.images * ask.rows * ask.pixels * (ask.steps - self.steps_taken))


@dataclass(eq=False)
class Image:
    """An image among those that share the steps: what `policy.Runner` asks."""

    job: Job
    rows: int
    key: Hashable
    steps_left: int
    served_at: float
    priority: Priority = Priority.NORMAL


@dataclass(eq=False)
class Replica:
    """A replica on a GPU of its own. `asked_at` is when its machine was asked for, which is when it begins to cost."""

    number: int
    engine: EngineModel
    slots: int
    spot: bool
    asked_at: float
    notes: Notes | None = None
    leaving: bool = False
    gone_at: float | None = None
    busy: bool = False
    busy_s: float = 0.0
    images: list[Image] = field(default_factory=list)
    room: deque[Job] = field(default_factory=deque)
    jobs: dict[Job, None] = field(default_factory=dict)
    finishing: int = 0
    _finisher_free_at: float = 0.0
    _pace: Pace = field(default_factory=Pace)
    _policy: Policy[Image] = field(default_factory=Policy)

    @property
    def ready(self) -> bool:
        """Whether it takes work in."""
        return self.notes is not None and not self.leaving

    def backlog_s(self) -> float:
        """Return what the engine would tell of itself: `Engine.backlog_seconds`."""
        return self._pace.seconds_for(sum(job.units_left for job in self.jobs))

    def take(self, job: Job) -> None:
        """Take `job` in."""
        job.attempts += 1
        job.started, job.steps_taken, job.images_left = None, 0, job.ask.images
        self.jobs[job] = None
        self.room.append(job)

    def step(self, now: float) -> tuple[float, list[Image]]:
        """Begin a step; return when it ends and who takes part. Nobody takes part where nobody is."""
        entering = self._enter(now)
        chosen = self._choose(now)
        if not chosen:
            return now, []
        begins = now + entering * self.engine.prepare_s
        for image in chosen:
            if image.job.started is None:
                image.job.started = begins
        rows, pixels = sum(image.rows for image in chosen), chosen[0].job.ask.pixels
        seconds = self.engine.step_s(rows, pixels)
        self._pace.observe(float(rows * pixels), seconds)
        self.busy_s += begins + seconds - now
        return begins + seconds, chosen

    def end_step(self, now: float, chosen: list[Image]) -> tuple[float, list[tuple[float, Job]]]:
        """End a step; return when the device is free again, and when which jobs have one image more."""
        for image in chosen:
            image.steps_left -= 1
            image.served_at = now
            taken = image.job.ask.steps - image.steps_left
            image.job.steps_taken = max(image.job.steps_taken, taken)
        finished = [image for image in chosen if not image.steps_left]
        self.images = [image for image in self.images if image.steps_left]
        self.finishing += len(finished)
        told = []
        free = now
        for image in finished:
            seconds = self.engine.finish_s * image.job.ask.pixels / self.engine.pixels
            if self.engine.finish_beside:
                self._finisher_free_at = max(now, self._finisher_free_at) + seconds
                told.append((self._finisher_free_at, image.job))
            else:
                free += seconds
                told.append((free, image.job))
        self.busy_s += free - now
        return free, told

    def finish(self, job: Job, now: float) -> bool:
        """Hand over an image of `job`; say whether it was the last."""
        self.finishing -= 1
        job.images_left -= 1
        if job.images_left:
            return False
        job.done = now
        del self.jobs[job]
        return True

    def _enter(self, now: float) -> int:
        """Let in who fits, in the order they came; alone, anybody does. Return how many."""
        entered = 0
        while self.room:
            job = self.room[0]
            taken = len(self.images) + self.finishing
            if taken and taken + job.ask.images > self.slots:
                break
            self.room.popleft()
            entered += 1
            ask = job.ask
            key = (ask.width, ask.height)
            self.images += [Image(job, ask.rows, key, ask.steps, now) for _ in range(ask.images)]
        return entered

    def _choose(self, now: float) -> list[Image]:
        if not self.images:
            return []
        first, cap = self.images[0].key, self.engine.row_cap
        if sum(image.rows for image in self.images) <= self._cap(first, cap) and all(
            image.key == first for image in self.images
        ):
            return list(self.images)  # the policy would say the same, and take longer
        return self._policy.choose(self.images, lambda key: self._cap(key, cap), now)

    def _cap(self, key: Hashable, cap: int) -> int:
        """Return how many rows a step at this size carries: `RowCaps.of`, by pixels."""
        assert isinstance(key, tuple)  # noqa: S101 - it is `_enter`'s
        width, height = key
        return max(2, min(32, cap * self.engine.pixels // (width * height)))
