from __future__ import annotations

import asyncio
import threading

import pytest

from inference.mailbox import Letter, Mailbox
from inference.protocol import (
    Canceled,
    Done,
    GenerationEvent,
    ImageReady,
    MeasuredPreview,
    Progress,
    Queued,
    Started,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def preview(step: int, index: int = 0) -> MeasuredPreview:
    return MeasuredPreview(index=index, step=step, width=64, height=64, webp_base64="")


def image(index: int) -> ImageReady:
    return ImageReady(
        index=index, sha256="", content_type="", width=8, height=8, seed=0, scores=None
    )


def standing(mailbox: Mailbox) -> list[GenerationEvent]:
    return [letter.event for letter in mailbox.after(0)]


class TestPut:
    def test_progress_and_previews_overwrite_what_stood_there(self) -> None:
        mailbox = Mailbox()
        mailbox.put(Queued(position=2))
        mailbox.put(Queued(position=0))
        for step in range(1, 50):
            mailbox.put(Progress(step=step, total=49))
            mailbox.put(preview(step))
            mailbox.put(preview(step, index=1))
        assert standing(mailbox) == [
            Queued(position=0),
            Progress(step=49, total=49),
            preview(49),
            preview(49, index=1),
        ]

    def test_images_and_the_end_are_all_kept_in_order(self) -> None:
        mailbox = Mailbox()
        for event in (Started(), image(0), image(1), Done()):
            mailbox.put(event)
        assert standing(mailbox) == [Started(), image(0), image(1), Done()]

    def test_after_the_end_nothing_more_is_taken(self) -> None:
        mailbox = Mailbox()
        mailbox.put(Canceled("stopped").as_event())
        mailbox.put(image(0))
        assert len(standing(mailbox)) == 1
        assert mailbox.ended

    def test_numbers_only_grow(self) -> None:
        mailbox = Mailbox()
        for step in range(5):
            mailbox.put(Progress(step=step, total=5))
        mailbox.put(Done())
        assert [letter.number for letter in mailbox.after(0)] == [5, 6]
        assert [letter.number for letter in mailbox.after(5)] == [6]


class TestFollow:
    async def test_a_late_reader_is_told_everything_that_still_matters(self) -> None:
        mailbox = Mailbox()
        for event in (Queued(position=0), Started(), Progress(step=1, total=1), image(0), Done()):
            mailbox.put(event)
        heard = [letter.event async for letter in mailbox.follow() if letter]
        assert [event.type for event in heard] == ["queued", "started", "progress", "image", "done"]

    async def test_hears_a_thread_that_puts_while_it_waits(self) -> None:
        mailbox = Mailbox()
        follower = mailbox.follow()
        first = asyncio.create_task(anext(follower))
        await asyncio.sleep(0)
        threading.Thread(target=mailbox.put, args=[Started()]).start()
        letter = await first
        assert letter
        assert letter.event == Started()
        await follower.aclose()

    async def test_goes_on_after_a_number(self) -> None:
        mailbox = Mailbox()
        for event in (Started(), image(0), Done()):
            mailbox.put(event)
        assert [letter async for letter in mailbox.follow(after=2)] == [Letter(3, Done())]

    async def test_ends_at_once_for_who_has_heard_the_end(self) -> None:
        mailbox = Mailbox()
        mailbox.put(Done())
        assert [letter async for letter in mailbox.follow(after=1)] == []

    async def test_says_nothing_now_and_then_when_it_is_quiet(self) -> None:
        mailbox = Mailbox()
        follower = mailbox.follow(heartbeat=0.01)
        assert await anext(follower) is None
        mailbox.put(Done())
        assert [letter async for letter in follower if letter] == [Letter(1, Done())]

    async def test_a_reader_that_sleeps_costs_one_wake_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailbox = Mailbox()
        follower = mailbox.follow()
        mailbox.put(Started())
        await anext(follower)
        woken = 0
        loop = asyncio.get_running_loop()
        call = loop.call_soon_threadsafe

        def counted(*given: object) -> object:
            nonlocal woken
            woken += 1
            return call(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        for step in range(10_000):
            mailbox.put(Progress(step=step, total=10_000))
        assert woken == 1
        mailbox.put(Done())
        rest = [letter.event async for letter in follower if letter]
        assert rest == [Progress(step=9_999, total=10_000), Done()]

    async def test_a_reader_whose_loop_is_gone_holds_up_nobody(self) -> None:
        mailbox = Mailbox()
        loop = asyncio.new_event_loop()
        follower = mailbox.follow()

        async def begin() -> None:
            mailbox.put(Started())
            await anext(follower)

        await asyncio.to_thread(loop.run_until_complete, begin())
        loop.close()
        mailbox.put(Done())
        assert mailbox.ended


class TestIdleSeconds:
    async def test_counts_while_nobody_reads(self) -> None:
        mailbox = Mailbox()
        await asyncio.sleep(0.01)
        assert mailbox.idle_seconds() >= 0.01
        mailbox.put(Started())
        follower = mailbox.follow()
        await anext(follower)
        assert mailbox.idle_seconds() == 0
        await asyncio.sleep(0.01)
        assert mailbox.idle_seconds() == 0
        await follower.aclose()
        await asyncio.sleep(0.001)
        assert mailbox.idle_seconds() > 0
