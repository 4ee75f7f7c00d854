"""The hub keeps the latest of what runs, and nothing of what does not."""

from __future__ import annotations

from backend.kit.live import Hub, Mark, Phase
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
