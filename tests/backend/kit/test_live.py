"""The hub keeps the latest of what runs, and nothing of what does not."""

from __future__ import annotations

from backend.kit.live import ELSEWHERE_AT_MOST, Glimpse, Hub, Mark, Phase
from inference.protocol import Preview, Progress

FIRST, SECOND = Mark(1, Phase.RUNNING, 1), Mark(1, Phase.RUNNING, 2)
NEXT_FENCE = Mark(2, Phase.RUNNING, 1)


def progress(step: int) -> Progress:
    return Progress(step=step, total=9)


def preview(index: int = 0) -> Preview:
    return Preview(index=index, step=1, width=8, height=8, webp_base64="UklGRg==")


class TestHub:
    def test_keeps_progress_and_preview_beside_each_other(self) -> None:
        hub = Hub()
        hub.saw("g", FIRST, preview())
        hub.saw("g", SECOND, progress(2))
        seen = hub.latest("g")
        assert seen
        assert (seen.mark, seen.progress, seen.preview) == (SECOND, progress(2), preview())

    def test_begins_anew_under_another_fence(self) -> None:
        hub = Hub()
        hub.saw("g", SECOND, preview())
        hub.saw("g", NEXT_FENCE, progress(1))
        seen = hub.latest("g")
        assert seen
        assert seen.preview is None

    def test_drops_the_preview_of_a_finished_image_only(self) -> None:
        hub = Hub()
        hub.saw("g", FIRST, preview(index=1))
        hub.drop_preview("g", 0)
        seen = hub.latest("g")
        assert seen
        assert seen.preview
        hub.drop_preview("g", 1)
        seen = hub.latest("g")
        assert seen
        assert seen.preview is None

    def test_keeps_a_preview_of_each_image_and_knows_the_newest(self) -> None:
        hub = Hub()
        for mark, index in ((FIRST, 1), (SECOND, 0)):
            hub.saw("g", mark, preview(index))
        seen = hub.latest("g")
        assert seen
        assert seen.preview == preview(0)
        assert sorted(seen.previews) == [0, 1]

    def test_what_another_process_saw_counts_if_it_is_newer(self) -> None:
        hub = Hub()
        hub.saw_elsewhere("g", Glimpse(FIRST, progress=progress(1)))
        assert hub.latest("g") == hub.elsewhere("g")
        hub.saw("g", NEXT_FENCE, progress(4))
        seen = hub.latest("g")
        assert seen
        assert seen.progress == progress(4)
        assert list(hub.ours()) == ["g"]
        hub.forget("g")
        assert hub.latest("g") is None

    def test_remembers_a_bounded_number_of_other_processes_generations(self) -> None:
        hub = Hub()
        for number in range(ELSEWHERE_AT_MOST + 1):
            hub.saw_elsewhere(str(number), Glimpse(FIRST))
        assert hub.elsewhere("0") is None
        assert hub.elsewhere("1")
        hub.forget_elsewhere("1")
        assert hub.elsewhere("1") is None

    def test_forgets(self) -> None:
        hub = Hub()
        hub.saw("g", FIRST, preview())
        hub.forget("g")
        hub.forget("g")
        hub.drop_preview("g", 0)
        assert hub.latest("g") is None


class TestMark:
    def test_orders_a_life(self) -> None:
        life = [
            Mark(0, Phase.WAITING),
            Mark(1, Phase.RUNNING),
            FIRST,
            SECOND,
            Mark(1, Phase.WAITING),
            NEXT_FENCE,
            Mark(2, Phase.ENDED),
        ]
        assert life == sorted(life)

    def test_comes_back_as_it_was_written(self) -> None:
        assert Mark.parse(str(SECOND)) == SECOND
        for text in (None, "", "1", "1.9.1", "a.b.c", "1.0.0.0"):
            assert Mark.parse(text) is None
