"""All checkers of a model at once: whoever fails leaves what the others measured, and none of it looks safe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from backend.images.schemas import Moderation
from backend.policies.builtin import BUILTIN
from backend.policies.verdict import verdict_on
from inference.bundles import load_bundle
from inference.checkers.checker import Checker
from inference.checkers.offers import CheckerOffer
from inference.checkers.panel import Panel, Seat
from inference.checkers.stable import StableChecker
from inference.devices import Placement
from inference.protocol import CheckerCard
from tests.fixtures import checkers

FLOAT = Placement(torch.device("cpu"), torch.float32)
PIXELS = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
RED = torch.stack([PIXELS[0], torch.tensor([255, 0, 0]).view(3, 1, 1).expand(3, 32, 32).byte()])
Make = Callable[[CheckerOffer, Placement], Checker]


@pytest.fixture(scope="module")
def own(tiny_model_dir: Path) -> Seat:
    loaded = load_bundle(tiny_model_dir, FLOAT)
    assert loaded.safety is not None
    return Seat(loaded.card.checkers[0], StableChecker(loaded.safety))


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    checkers.let_go.clear()
    yield
    checkers.let_go.set()


def seat(make: Make, seconds: float = 60.0, name: str = "further") -> Seat:
    offer = CheckerOffer(root=Path(), name=name, kind="tests:any", models=("tiny",))
    return Seat(offer.card, make(offer, FLOAT), seconds)


class TestScore:
    def test_every_checker_measures_every_image(self, own: Seat) -> None:
        black, red = Panel([own, seat(checkers.sound)]).score(RED)
        assert black is not None
        assert red is not None
        for told in (black, red):
            assert len(told.concepts) == 17
            assert [one.checker for one in told.every] == [own.card.name, "further"]
            assert told.further[0].weights_sha256 == checkers.SHA256
        assert verdict_on(black, BUILTIN).moderation is Moderation.RELEASED
        held = verdict_on(red, BUILTIN)
        assert held.moderation is Moderation.HELD
        assert "“violence”" in (held.reason or "")

    @pytest.mark.parametrize(
        "make",
        [
            checkers.raising,
            checkers.not_a_number,
            checkers.infinite,
            checkers.without_concepts,
            checkers.miscounting,
            checkers.forgetful,
        ],
    )
    def test_one_that_is_broken_holds_what_the_others_let_pass(self, own: Seat, make: Make) -> None:
        for scores in Panel([own, seat(make), seat(checkers.sound, name="third")]).score(PIXELS):
            assert scores is not None
            assert len(scores.concepts) == 17  # the others measured
            assert scores.further[1].concepts["violence"] is not None
            assert verdict_on(scores, BUILTIN).moderation is Moderation.HELD

    def test_one_that_is_late_is_not_waited_for_twice(
        self, own: Seat, caplog: pytest.LogCaptureFixture
    ) -> None:
        panel = Panel([own, seat(checkers.hanging, seconds=0.05)])
        with caplog.at_level(logging.ERROR):
            first, second = panel.score(PIXELS), panel.score(PIXELS)
        for scores in (*first, *second):
            assert scores is not None
            assert scores.further[0].concepts == {}
            assert verdict_on(scores, BUILTIN).moderation is Moderation.HELD
        assert "longer than 0.05 s" in caplog.text
        assert "still busy" in caplog.text

    def test_an_empty_seat_holds_everything_and_says_whose_it_is(self, own: Seat) -> None:
        card = CheckerCard(name="lost", kind="head", trouble="its file is damaged")
        [scores, _] = Panel([own, Seat(card, None)]).score(PIXELS)
        assert scores is not None
        assert (scores.further[0].checker, scores.further[0].concepts) == ("lost", {})
        assert verdict_on(scores, BUILTIN).moderation is Moderation.HELD

    def test_where_nobody_measured_there_are_no_scores(self) -> None:
        assert Panel.of(None).score(PIXELS) == [None, None]
        assert Panel([seat(checkers.raising)]).score(PIXELS) == [None, None]

    def test_a_further_one_alone_is_enough_where_it_is_all_that_was_asked_for(self) -> None:
        [black, red] = Panel([seat(checkers.sound)]).score(RED)
        assert verdict_on(black, BUILTIN).moderation is Moderation.RELEASED
        assert verdict_on(red, BUILTIN).moderation is Moderation.HELD

    def test_computes_with_as_many_threads_as_its_caller_and_no_gradients(self, own: Seat) -> None:
        seen: list[tuple[int, bool]] = []
        assert isinstance(own.checker, StableChecker)
        hook = own.checker.loaded.model.vision_model.register_forward_pre_hook(
            lambda *_: seen.append((torch.get_num_threads(), torch.is_inference_mode_enabled()))
        )
        Panel([own]).score(PIXELS)
        hook.remove()
        assert seen == [(torch.get_num_threads(), True)]


class TestCards:
    def test_say_what_the_loaded_checkers_say_of_themselves(self, own: Seat) -> None:
        mine, further = Panel([own, seat(checkers.sound)]).cards
        assert mine == own.card
        assert (further.version, further.weights_sha256) == ("2.1", checkers.SHA256)
        assert further.scope == "what a test tells it to see"
