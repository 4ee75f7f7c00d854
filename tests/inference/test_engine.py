"""The engine's waiting room, bounds and endings; what every client sees is in the conformance suite."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from inference.catalog import Catalog
from inference.engine import Engine
from inference.generation import Generation, State
from inference.holding import Bounds
from inference.imaging import ENCODERS, WEBP
from inference.options import EngineOptions
from inference.protocol import (
    Broken,
    Failed,
    GenerationRequest,
    ImageReady,
    InvalidParameters,
    Overloaded,
    Queued,
    Scheduler,
    Unavailable,
    UnknownGeneration,
)
from tests.fixtures.inference import asking, running_engine, write_catalog

PATIENCE = 60.0
SLOW = {"num_inference_steps": 100, "width": 256, "height": 256, "num_images": 8}


@pytest.fixture(scope="module")
def shared(tiny_models_file: Path) -> Iterator[Engine]:
    options = EngineOptions(slots=8, waiting_room=2, grace=PATIENCE, bounds=Bounds(count=3))
    with running_engine(tiny_models_file, options) as running:
        yield running


@pytest.fixture
def engine(shared: Engine) -> Engine:
    """The shared engine once nobody is left in it: whom the test before left would fill the room."""
    eventually(lambda: shared.health().running == shared.health().waiting == 0)
    return shared


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended(generation: Generation) -> Generation:
    eventually(lambda: generation.ended)
    return generation


def last(generation: Generation) -> object:
    return generation.mailbox.after(0)[-1].event


class TestSubmit:
    def test_draws_first_come_first_served_and_tells_positions(self, engine: Engine) -> None:
        running = engine.submit(asking(**SLOW))
        eventually(lambda: running.state == State.RUNNING)
        first, second = engine.submit(asking()), engine.submit(asking())
        assert last(second) == Queued(position=2)
        engine.cancel(first.id)
        assert last(second) == Queued(position=1)
        engine.cancel(running.id)
        assert ended(second).state == State.SUCCEEDED
        assert ended(first).state == ended(running).state == State.CANCELED

    def test_refuses_what_does_not_fit_and_tells_when_to_come_back(self, engine: Engine) -> None:
        taken = [engine.submit(asking(**SLOW)) for _ in range(3)]
        eventually(lambda: taken[0].steps_done > 0)
        with pytest.raises(Overloaded) as refused:
            engine.submit(asking())
        assert refused.value.retry_after is not None
        assert 1 <= refused.value.retry_after <= engine.backlog_seconds()
        for generation in reversed(taken):
            engine.cancel(generation.id)
        for generation in taken:
            ended(generation)
        assert ended(engine.submit(asking())).state == State.SUCCEEDED

    def test_completes_what_was_left_out_and_draws_a_seed(self, engine: Engine) -> None:
        one, other = engine.submit(asking()), engine.submit(asking())
        assert one.parameters.model == "tiny"
        assert one.parameters.num_inference_steps == 4
        assert one.parameters.seed != other.parameters.seed
        assert min(one.parameters.seed, other.parameters.seed) >= 0
        ended(other)

    def test_refuses_a_scheduler_that_the_model_does_not_offer(
        self, tiny_models_file: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "tiny").symlink_to(tiny_models_file.parent / "tiny")
        text = tiny_models_file.read_text().replace("[model.def", 'schedulers=["ddim"]\n[model.def')
        with (
            running_engine(write_catalog(tmp_path, text)) as running,
            pytest.raises(InvalidParameters, match="tcd; choose one of ddim"),
        ):
            running.submit(asking(scheduler=Scheduler.TCD))


class TestHolding:
    def test_finished_generations_are_dropped_oldest_first(self, engine: Engine) -> None:
        drawn = [ended(engine.submit(asking())) for _ in range(5)]
        engine.submit(asking())
        for old in drawn[:2]:
            with pytest.raises(UnknownGeneration):
                engine.find(old.id)
        assert engine.image(drawn[-1].id, 0)

    @pytest.mark.parametrize(
        "bounds", [Bounds(count=0), Bounds(seconds=0), Bounds(count=9, bytes=0)]
    )
    def test_every_bound_holds(self, tiny_models_file: Path, bounds: Bounds) -> None:
        with running_engine(tiny_models_file, EngineOptions(bounds=bounds)) as running:
            first = ended(running.submit(asking()))
            ended(running.submit(asking()))
            with pytest.raises(UnknownGeneration):
                running.image(first.id, 0)


class TestAbandoned:
    def test_what_nobody_follows_is_canceled_after_the_grace(self, tiny_models_file: Path) -> None:
        with running_engine(tiny_models_file, EngineOptions(grace=0.2)) as running:
            generation = ended(running.submit(asking(**SLOW)))
            assert generation.state == State.CANCELED
            assert "nobody has been following it for 0.2 s" in str(last(generation))


class TestFailures:
    def test_a_bug_ends_one_generation_and_not_the_engine(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("inference.loop.brief_for", _explode)
            failed = ended(engine.submit(asking()))
        assert last(failed) == Failed(
            code=Broken.code, message="the engine failed: boom", retryable=False
        )
        assert ended(engine.submit(asking())).state == State.SUCCEEDED

    def test_an_image_that_cannot_be_encoded_fails_its_generation(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setitem(ENCODERS, WEBP, _explode)
            failed = ended(engine.submit(asking()))
        assert failed.state == State.FAILED
        assert failed.images == {}

    def test_the_same_id_after_a_failure_is_a_fresh_try(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = asking()
        with monkeypatch.context() as broken:
            broken.setitem(ENCODERS, WEBP, _explode)
            ended(engine.submit(request))
        assert ended(engine.submit(request)).state == State.SUCCEEDED

    def test_models_that_cannot_be_loaded_are_told_of(self, tmp_path: Path) -> None:
        text = '[[model]]\nname="lost"\ntitle=""\ndescription=""\ndirectory="lost"\n'
        engine = Engine(Catalog.read(write_catalog(tmp_path, text))).start()
        assert not engine.wait_until_loaded(PATIENCE)
        assert "lost holds no *.safetensors" in engine.health().detail
        with pytest.raises(Unavailable, match="could not be loaded"):
            engine.submit(asking())
        with pytest.raises(Unavailable, match="could not be loaded"):
            engine.models()

    def test_before_it_is_loaded_it_is_unavailable(self, tiny_models_file: Path) -> None:
        engine = Engine(Catalog.read(tiny_models_file))
        with pytest.raises(Unavailable, match="still loading") as refused:
            engine.submit(asking())
        assert refused.value.retry_after
        assert not engine.health().ready


def _explode(*_: object, **__: object) -> None:
    raise RuntimeError("boom")


class TestDrain:
    def test_what_is_there_may_finish_and_nothing_more_comes_in(
        self, tiny_models_file: Path
    ) -> None:
        with running_engine(tiny_models_file) as running:
            taken = [running.submit(asking()) for _ in range(3)]
            draining = threading.Thread(target=running.drain, args=[PATIENCE])
            draining.start()
            eventually(lambda: not running.health().ready)
            with pytest.raises(Unavailable, match="shutting down"):
                running.submit(asking())
            draining.join()
            assert [ended(g).state for g in taken] == [State.SUCCEEDED] * 3

    def test_what_does_not_finish_in_time_may_be_tried_elsewhere(
        self, tiny_models_file: Path
    ) -> None:
        with running_engine(tiny_models_file) as running:
            taken = [running.submit(asking(**SLOW)) for _ in range(2)]
            running.drain(0.05)
            for generation in taken:
                failed = last(ended(generation))
                assert isinstance(failed, Failed)
                assert (failed.code, failed.retryable) == ("unavailable", True)
        assert not running.alive


class TestRaiseIfStuck:
    def test_says_nothing_while_all_is_well(self, engine: Engine) -> None:
        ended(engine.submit(asking()))
        engine.raise_if_stuck()

    def test_tells_when_no_step_ends(self, tiny_models_file: Path) -> None:
        with running_engine(tiny_models_file, EngineOptions(stuck_after=-1)) as running:
            running.raise_if_stuck()
            generation = running.submit(asking(**SLOW))
            eventually(lambda: generation.state == State.RUNNING)
            with pytest.raises(Broken, match="no denoising step has ended"):
                running.raise_if_stuck()


class TestLostDevice:
    """A device that failed for good: everybody may try elsewhere, and a host is told to replace us."""

    def test_while_drawing(self, tiny_models_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with running_engine(tiny_models_file, EngineOptions(slots=8)) as running:
            drawing, waiting = running.submit(asking(**SLOW)), running.submit(asking())
            eventually(lambda: drawing.state == State.RUNNING)
            monkeypatch.setattr("inference.loop.denoise.step", _lose_the_device)
            assert_given_up(running, drawing)
            assert_given_up(running, waiting)
            eventually(lambda: not running.alive)

    def test_while_taking_in(self, tiny_models_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with running_engine(tiny_models_file) as running:
            monkeypatch.setattr("inference.loop.brief_for", _lose_the_device)
            assert_given_up(running, running.submit(asking()))

    def test_while_decoding(self, tiny_models_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with running_engine(tiny_models_file) as running:  # which decodes once while it warms up
            monkeypatch.setattr("inference.finishing.decode.decode", _lose_the_device)
            assert_given_up(running, running.submit(asking()))

    def test_while_a_preview_comes_to_the_host(
        self, tiny_models_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inference.finishing.preview.preview", _lose_the_device)
        with running_engine(tiny_models_file) as running:
            assert_given_up(running, running.submit(asking(**SLOW)))


def assert_given_up(engine: Engine, generation: Generation) -> None:
    failed = last(ended(generation))
    assert isinstance(failed, Failed)
    assert (failed.code, failed.retryable) == ("unavailable", True)
    assert "device-side assert triggered" in failed.message
    assert "TORCH_USE_CUDA_DSA" not in failed.message
    assert not engine.health().ready
    with pytest.raises(Broken, match="device-side assert"):
        engine.raise_if_stuck()
    with pytest.raises(Unavailable, match="device-side assert"):
        engine.submit(asking())


def _lose_the_device(*_: object, **__: object) -> None:
    raise torch.AcceleratorError(
        "CUDA error: device-side assert triggered\nCompile with `TORCH_USE_CUDA_DSA` to ..."
    )


class TestMetrics:
    def test_count_what_happened(self, tiny_models_file: Path) -> None:
        with running_engine(tiny_models_file) as alone:  # another's last image would count here too
            before = alone.metrics.text().decode()
            ended(alone.submit(asking(num_images=2)))
            succeeded = 'generations_total{outcome="succeeded"}'
            eventually(lambda: _value(alone.metrics.text().decode(), succeeded) == 1)
            after = alone.metrics.text().decode()
        assert _value(after, "images_total") == 2
        assert _value(after, "rows_total") == 2 * 2 * 4
        assert _value(after, "rows_wasted_total") == 0
        assert _value(after, 'queue_seconds_count{priority="normal"}') == 1
        assert _value(after, "first_preview_seconds_count") == 1
        assert _value(after, 'generation_seconds_count{outcome="succeeded"}') == 1
        assert _value(after, "decode_seconds_count") >= 1
        assert 0 < _value(after, "mfu") < 1
        assert _value(after, "step_seconds_count") >= _value(before, "step_seconds_count") + 4
        assert _value(after, "waiting") == 0


def _value(text: str, name: str) -> float:
    lines = [line for line in text.splitlines() if line.startswith(f"atelier_inference_{name}")]
    return float(lines[0].split()[-1]) if lines else 0.0


def test_a_request_of_a_known_id_attaches(engine: Engine) -> None:
    request = asking()
    first = engine.submit(request)
    again = engine.submit(GenerationRequest(id=request.id, parameters=request.parameters))
    assert again is first
    ready = [letter.event for letter in ended(first).mailbox.after(0)]
    assert len([event for event in ready if isinstance(event, ImageReady)]) == 1
