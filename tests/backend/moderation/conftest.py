"""Held images on both databases, and people who review them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import select

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.generations.models import Generation, queue
from backend.images import service as images
from backend.images.models import Image
from backend.kit.database import Database
from backend.kit.notifier import Message, Reach
from backend.moderation import deciding, repository, service
from backend.moderation.models import Flag
from backend.moderation.repository import Case
from backend.moderation.schemas import Decision, Review
from backend.policies.schemas import Severity
from inference.protocol import GenerationParameters
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.scripted import scores_of


class Listening:
    """A notifier that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Message]] = []

    def publish(self, channel: str, message: Message, _reach: Reach = Reach.EVERYWHERE) -> None:
        self.said.append((channel, message))

    def subscribe(self, *channels: str) -> Any:
        raise NotImplementedError(channels)


@dataclass(frozen=True)
class Queue:
    """A queue of held images over one database."""

    database: Database
    notifier: Listening

    def hold(
        self, prompt: str = "motif", *, seed: int = 3, owner: User | None = None, **flag: Any
    ) -> str:
        """Add an image that is held, or by chance looked at; return its flag's id. `flag` are columns of that."""
        owner = owner or add_user(self.database, "designer")
        parameters = GenerationParameters(prompt=prompt, seed=seed)
        with self.database.write() as session:
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
            own = images.parameters_of(parameters, parameters)
            prepared = images.PreparedImage(
                generation.id, 0, own, 64, 64, "0" * 64, "a/a.webp", "b/b.webp", "c/c.webp"
            )
            image = images.record(session, prepared, owner_id=owner.id)
            service.judge(session, image, scores_of(prompt, seed))
            session.flush()
            row = session.exec(select(Flag).where(Flag.image_id == image.id)).one()
            row.sqlmodel_update(flag)
            session.add(row)
        return row.id

    def severe(self) -> str:
        """Add an image that is held for something severe."""
        return self.hold(severity=Severity.SEVERE, category="minors")

    def reviewer(self) -> Actor:
        return actor_of(add_user(self.database, "admin"))

    def case(self, flag_id: str) -> Case:
        with self.database.read() as session:
            return repository.get(session, flag_id)

    def image(self, flag_id: str) -> Image:
        return self.case(flag_id).image

    def decide(self, actor: Actor, flag_id: str, decision: Decision, note: str = "") -> Case:
        with self.database.write() as session:
            wanted = Review(decision=decision, note=note)
            return deciding.review(session, self.notifier, actor, flag_id, wanted)

    def undo(self, actor: Actor, flag_id: str) -> Case:
        with self.database.write() as session:
            return deciding.undo(session, self.notifier, actor, flag_id)


@pytest.fixture
def cases(database: Database) -> Queue:
    return Queue(database, Listening())


@pytest.fixture
def two(cases: Queue) -> Callable[[], tuple[Actor, Actor]]:
    """Make two reviewers."""
    return lambda: (cases.reviewer(), cases.reviewer())
