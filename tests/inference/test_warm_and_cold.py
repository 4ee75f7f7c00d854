"""Models that do not fit side by side: loaded when somebody draws with them, beside the steps of others."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog, Offer
from inference.devices import DeviceError, model_budget
from inference.engine import Engine
from inference.generation import Generation, State
from inference.options import EngineOptions
from inference.protocol import Failed, Unavailable, Warmth
from tests.fixtures.inference import asking, running_engine, write_catalog

PATIENCE = 60.0
TABLE = """
[[model]]
name = "{name}"
title = "{name}"
description = "d"
directory = "{name}"
max_pixels = 1048576
defaults = {{ width = 64, height = 64, num_inference_steps = 3, guidance_scale = 4.0 }}
"""


@pytest.fixture(scope="module")
def two_models(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models file with a tiny model and another one of its shape, which draws other pictures."""
    folder = tmp_path_factory.mktemp("two")
    for name in ("one", "two"):
        shutil.copytree(tiny_model_dir, folder / name)
    file = folder / "two" / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({key: value * 0.9 for key, value in load_file(file).items()}, file)
    return write_catalog(folder, TABLE.format(name="one") + TABLE.format(name="two"))


@pytest.fixture
def room_for_one(two_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = Catalog.read(two_models).offers[0].card
    assert card.weights_bytes
    monkeypatch.setenv("ATELIER_MODEL_MEMORY_GB", f"{card.weights_bytes * 1.5 / 1e9:.9f}")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Lets nothing be loaded, once the engine is there, before it is set."""
    real, opened = load_bundle, threading.Event()

    def gated(offer: Offer, *given: object) -> Bundle:
        if threading.current_thread().name == "atelier-loader":
            assert opened.wait(PATIENCE)
        return real(offer, *given)  # type: ignore[arg-type]

    monkeypatch.setattr("inference.studio.load_bundle", gated)
    yield opened
    opened.set()


def ended(generation: Generation) -> Generation:
    deadline = time.monotonic() + PATIENCE
    while not generation.ended:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return generation


def warmth(engine: Engine) -> dict[str, Warmth]:
    return {card.name: card.warmth for card in engine.models()}


def drawn(engine: Engine, model: str) -> bytes:
    generation = ended(engine.submit(asking(model=model, seed=5)))
    assert generation.state == State.SUCCEEDED, generation.mailbox.after(0)[-1].event
    return generation.images[0]


class TestBoth:
    def test_what_fits_is_warm_from_the_start(self, two_models: Path) -> None:
        with running_engine(two_models) as engine:
            assert warmth(engine) == {"one": Warmth.WARM, "two": Warmth.WARM}
            assert drawn(engine, "one") != drawn(engine, "two")


@pytest.mark.usefixtures("room_for_one")
class TestOneAtATime:
    def test_the_second_is_cold_until_somebody_draws_with_it(self, two_models: Path) -> None:
        with running_engine(two_models) as engine:
            assert warmth(engine) == {"one": Warmth.WARM, "two": Warmth.COLD}
            # As fast as the first one was, by its size.
            assert all((card.load_seconds or 0) > 0 for card in engine.models())
            first = drawn(engine, "one")
            second = drawn(engine, "two")
            assert warmth(engine) == {"one": Warmth.COLD, "two": Warmth.WARM}
            assert drawn(engine, "one") == first
            assert drawn(engine, "two") == second != first

    def test_others_are_drawn_while_it_is_loaded(
        self, two_models: Path, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_MODEL_MEMORY_GB", "100")
        monkeypatch.setattr("inference.fleet.Fleet.fill", _only_the_first)
        with running_engine(two_models) as engine:
            waiting = engine.submit(asking(model="two"))
            assert drawn(engine, "one")
            assert warmth(engine)["two"] is Warmth.LOADING
            assert not waiting.ended
            gate.set()
            assert ended(waiting).state == State.SUCCEEDED
            assert warmth(engine) == {"one": Warmth.WARM, "two": Warmth.WARM}

    def test_nobody_who_is_drawn_loses_the_model(self, two_models: Path) -> None:
        with running_engine(two_models, EngineOptions(grace=PATIENCE)) as engine:
            under_way = engine.submit(asking(model="one", num_inference_steps=60))
            waiting = engine.submit(asking(model="two"))
            assert ended(under_way).state == ended(waiting).state == State.SUCCEEDED
            assert under_way.ended_at is not None
            assert waiting.started_at is not None
            assert under_way.ended_at <= waiting.started_at

    def test_a_canceled_one_is_not_waited_for(
        self, two_models: Path, gate: threading.Event
    ) -> None:
        with running_engine(two_models) as engine:
            waiting = engine.submit(asking(model="two"))
            engine.cancel(waiting.id)
            gate.set()
            assert ended(waiting).state == State.CANCELED
            assert drawn(engine, "one")

    def test_a_model_that_cannot_be_loaded_is_told_of_and_tried_again_later(
        self, two_models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with running_engine(two_models) as engine:
            whole = two_models.parent / "two" / "unet" / "config.json"
            kept = whole.read_text()
            whole.write_text("{}")
            try:
                failed = ended(engine.submit(asking(model="two")))
            finally:
                whole.write_text(kept)
            (told,) = (
                letter.event
                for letter in failed.mailbox.after(0)
                if isinstance(letter.event, Failed)
            )
            assert told.code == Unavailable.code
            assert told.message.startswith("two cannot be loaded: ")
            monkeypatch.setattr("inference.fleet.RETRY_AFTER_S", 0.0)
            assert drawn(engine, "two")
            assert drawn(engine, "one")

    def test_how_long_a_prompt_is_to_a_cold_model_is_not_known(self, two_models: Path) -> None:
        with running_engine(two_models) as engine:
            assert engine.length_of("a dress", "one").chunks == 1
            with pytest.raises(Unavailable, match="two is not loaded now"):
                engine.length_of("a dress", "two")


class TestBudget:
    def test_is_a_share_of_the_memory_there_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ATELIER_MODEL_MEMORY_GB", raising=False)
        assert 1e8 < model_budget(torch.device("cpu")) < 1e14

    def test_is_what_the_operator_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ATELIER_MODEL_MEMORY_GB", "2.5")
        assert model_budget(torch.device("cpu")) == 2_500_000_000

    @pytest.mark.parametrize("said", ["much", "0", "-1", "nan", "inf"])
    def test_is_refused_in_words(self, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ATELIER_MODEL_MEMORY_GB", said)
        with pytest.raises(DeviceError, match=r"number of gigabytes above 0, for example 12"):
            model_budget(torch.device("cpu"))


def _only_the_first(fleet: object) -> None:
    offers = list(fleet._offers.values())  # type: ignore[attr-defined]
    fleet.add(fleet._load(offers[0]))  # type: ignore[attr-defined]
