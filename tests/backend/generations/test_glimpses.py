"""What one process draws is seen in another, at a bounded rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backend.generations.glimpses import CHANNEL, Desk
from backend.kit.context import Context
from backend.kit.live import Glimpse, Mark, Phase
from backend.kit.notifier import MISSED, Message, Reach
from backend.kit.notifier.memory import MemoryNotifier
from inference.protocol import Preview, Progress
from tests.fixtures.workshop import Workshop


class Line(MemoryNotifier):
    """Notes what would leave the process, and what is said inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[Message] = []
        self.said: list[tuple[str, Message]] = []

    def publish(self, channel: str, message: Message, reach: Reach = Reach.EVERYWHERE) -> None:
        if reach is Reach.ELSEWHERE:
            assert channel == CHANNEL
            self.left.append(message)
        else:
            self.said.append((channel, message))


class Process:
    """One process: its hub, its line and its desk."""

    def __init__(self, workshop: Workshop) -> None:
        self.line = Line()
        parts = {name: getattr(workshop.context, name) for name in ("settings", "database")}
        self.context = Context(
            **parts,
            storage=workshop.context.storage,
            inference=workshop.inference,
            notifier=self.line,
        )
        self.hub = self.context.hub
        self.desk = Desk(self.context)

    def share(self) -> list[Message]:
        self.line.left.clear()
        self.desk.share()
        return list(self.line.left)

    def hear(self, messages: list[Message]) -> None:
        for message in messages:
            self.desk.hear(message)

    def shown(self) -> list[Any]:
        told = [[news["event"] for news in message["news"]] for _, message in self.line.said]
        self.line.said.clear()
        return told


@pytest.fixture
def drawing(sqlite_database: Any, tmp_path: Path) -> Process:
    return Process(Workshop(sqlite_database, tmp_path))


@pytest.fixture
def serving(sqlite_database: Any, tmp_path: Path) -> Process:
    return Process(Workshop(sqlite_database, tmp_path))


def at(number: int, fence: int = 1) -> Mark:
    return Mark(fence, Phase.RUNNING, number)


def step(number: int) -> Progress:
    return Progress(step=number, total=9)


def look(index: int, number: int) -> Preview:
    return Preview(index=index, step=number, width=8, height=8, webp_base64="UklGRg==")


def see(process: Process, number: int, news: Progress | Preview, fence: int = 1) -> None:
    process.hub.saw("g", at(number, fence), news, owner_id="dana")


class TestSharing:
    def test_another_process_sees_the_same_and_tells_the_owner(
        self, drawing: Process, serving: Process
    ) -> None:
        see(drawing, 1, step(1))
        see(drawing, 2, look(0, 1))
        see(drawing, 3, look(1, 1))
        serving.hear(drawing.share())
        assert serving.hub.latest("g") == drawing.hub.latest("g")
        assert [channel for channel, _ in serving.line.said] == ["person:dana"]
        assert serving.shown() == [["progress", "preview", "preview"]]

    def test_however_much_happens_one_message_is_said(self, drawing: Process) -> None:
        for number in range(100):
            see(drawing, number, look(0, number))
        assert len(drawing.share()) == 1
        assert drawing.share() == []

    def test_only_new_previews_travel(self, drawing: Process, serving: Process) -> None:
        see(drawing, 1, look(0, 1))
        serving.hear(drawing.share())
        see(drawing, 2, step(2))
        [message] = drawing.share()
        assert message["data"]["previews"] == []
        serving.shown()
        serving.hear([message])
        assert serving.shown() == [["progress"]]
        assert serving.hub.latest("g") == drawing.hub.latest("g")

    def test_the_preview_of_a_finished_image_goes(self, drawing: Process, serving: Process) -> None:
        see(drawing, 1, look(0, 1))
        see(drawing, 2, look(1, 1))
        serving.hear(drawing.share())
        drawing.hub.drop_preview("g", 0)
        serving.hear(drawing.share())
        seen = serving.hub.latest("g")
        assert seen
        assert list(seen.previews) == [1]

    def test_what_has_ended_is_forgotten(self, drawing: Process, serving: Process) -> None:
        see(drawing, 1, step(1))
        serving.hear(drawing.share())
        drawing.hub.forget("g")
        serving.hear(drawing.share())
        assert serving.hub.latest("g") is None

    def test_what_comes_late_changes_nothing(self, drawing: Process, serving: Process) -> None:
        see(drawing, 1, step(1))
        late = drawing.share()
        see(drawing, 1, step(5), fence=2)
        serving.hear([*drawing.share(), *late])
        seen = serving.hub.latest("g")
        assert seen
        assert seen.progress == step(5)

    def test_another_claim_begins_without_previews(
        self, drawing: Process, serving: Process
    ) -> None:
        serving.hub.saw_elsewhere("g", Glimpse(at(7), "dana", step(7), {1: look(1, 7)}))
        see(drawing, 1, look(0, 1), fence=2)
        serving.hear(drawing.share())
        seen = serving.hub.latest("g")
        assert seen
        assert list(seen.previews) == [0]


class TestAsking:
    def test_a_newcomer_is_told_everything_again(self, drawing: Process, serving: Process) -> None:
        see(drawing, 1, look(0, 1))
        drawing.share()
        serving.desk.ask()
        drawing.hear(serving.line.left)
        serving.hear(drawing.share())
        assert serving.hub.latest("g") == drawing.hub.latest("g")

    def test_who_missed_something_asks_and_tells_again(self, drawing: Process) -> None:
        see(drawing, 1, look(0, 1))
        drawing.share()
        drawing.line.left.clear()
        drawing.hear([{"event": MISSED}])
        assert drawing.line.left == [{"event": "ask"}]
        assert [message["event"] for message in drawing.share()] == ["glimpse"]

    @pytest.mark.parametrize(
        "message", [{"event": "new"}, {"event": "glimpse", "data": {"id": "g"}}, {}]
    )
    def test_another_versions_words_are_left_alone(
        self, serving: Process, message: Message
    ) -> None:
        serving.hear([message])
        assert serving.hub.latest("g") is None
