"""What every `InferenceClient` keeps: an engine in this process, a uvicorn child, a real Ray Serve.

And the one that speaks for several, over one of them.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inference.client import HttpInferenceClient, InProcessInferenceClient
from inference.engine import Engine
from inference.protocol import (
    GenerationRequest,
    InferenceClient,
    InvalidParameters,
    Overloaded,
    Pictures,
    PreviewsWanted,
    Scheduler,
    UnknownGeneration,
    UnknownModel,
    new_generation_id,
)
from inference.routed import RoutedInferenceClient
from tests.fixtures.controls import random_control, scribble, write_controls
from tests.fixtures.inference import (
    ROOM,
    SECONDS_TO_LOAD,
    asking,
    drawn,
    heard,
    pixels_of,
    psnr,
    running_engine,
    running_server,
)

ALIKE = 45.0
SMALL = (f"--slots={ROOM.slots}", f"--waiting-room={ROOM.waiting_room}")
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def models_file(tiny_models_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a ControlNet."""
    lines = random_control(tiny_models_file.parent / "tiny", seed=1)
    return write_controls(tiny_models_file, tmp_path_factory.mktemp("offer"), lines=lines)


@pytest.fixture(scope="module")
def engine(models_file: Path) -> Iterator[Engine]:
    with running_engine(models_file, ROOM) as running:
        yield running


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("in-process"),
        pytest.param("routed"),
        pytest.param("uvicorn", marks=[pytest.mark.heavy, pytest.mark.timeout(300)]),
        pytest.param("ray", marks=[pytest.mark.heavy, pytest.mark.ray, pytest.mark.timeout(300)]),
    ],
)
def place(request: pytest.FixtureRequest, models_file: Path) -> Iterator[str | Engine]:
    """Where drawing happens: an engine, or the address of a server; one of each for all tests."""
    match request.param:
        case "in-process" | "routed":
            yield request.getfixturevalue("engine")
        case "uvicorn":
            with running_server("inference", models_file, SECONDS_TO_LOAD, *SMALL) as server:
                yield server.url
        case "ray":
            with running_server(
                "inference.serve_app", models_file, SECONDS_TO_LOAD, *SMALL
            ) as server:
                yield server.url


@pytest.fixture
async def client(
    place: str | Engine, request: pytest.FixtureRequest
) -> AsyncIterator[InferenceClient]:
    made: InferenceClient = (
        HttpInferenceClient(place) if isinstance(place, str) else InProcessInferenceClient(place)
    )
    if "routed" in request.node.callspec.id:
        made = RoutedInferenceClient([made])
    yield made
    await made.aclose()


def slow(**given: object) -> GenerationRequest:
    """A generation that runs for many seconds unless somebody stops it."""
    return asking(num_inference_steps=100, width=256, height=256, num_images=8, **given)


@asynccontextmanager
async def under_way(client: InferenceClient, request: GenerationRequest) -> AsyncIterator[None]:
    """`request` having begun, followed by nobody; canceled on the way out."""
    follower = client.generate(request)
    async for event in follower:
        if event.type == "progress":
            break
    await _close(follower)
    try:
        yield
    finally:
        await client.cancel(request.id)


async def _close(follower: AsyncIterator[object]) -> None:
    await follower.aclose()  # type: ignore[attr-defined]


class TestGenerate:
    async def test_tells_what_happens_in_order(self, client: InferenceClient) -> None:
        events = await heard(client, asking(num_inference_steps=3, num_images=2, seed=7))
        kinds = [event.type for event in events]
        assert kinds[0] == "queued"
        assert kinds[-1] == "done"
        assert [event.index for event in events if event.type == "image"] == [0, 1]
        assert [event.seed for event in events if event.type == "image"] == [7, 8]
        steps = [event.step for event in events if event.type == "progress"]
        assert steps == sorted(set(steps))
        assert steps[-1] == 3
        # One image may be finished before the other is so far; news of progress is overwritten, not kept.
        assert kinds.index("started") < min(kinds.index("progress"), kinds.index("image"))

    async def test_previews_are_small_pictures_and_come_before_the_image(
        self, client: InferenceClient
    ) -> None:
        request = asking(width=128, height=64, num_inference_steps=6)
        request = request.model_copy(update={"previews": PreviewsWanted.PLAIN})
        events = await heard(client, request)
        previews = [event for event in events if event.type == "preview"]
        assert previews
        for preview in previews:
            data = base64.b64decode(preview.webp_base64)
            picture = Image.open(BytesIO(data))
            assert picture.format == "WEBP"
            assert picture.size == (preview.width, preview.height) == (64, 32)
            assert len(data) < 8192
            assert preview.scores is None
        kinds = [event.type for event in events]
        assert max(k for k, kind in enumerate(kinds) if kind == "preview") < kinds.index("image")

    async def test_a_measured_preview_comes_with_its_scores(self, client: InferenceClient) -> None:
        """Whoever looks rests between looks, so a short drawing may end without one: this lasts until one was heard."""
        request = slow()
        follower = client.generate(request)
        try:
            preview = await anext(event async for event in follower if event.type == "preview")
        finally:
            await _close(follower)
            await client.cancel(request.id)
        assert preview.scores is not None

    async def test_the_bytes_are_the_ones_announced(self, client: InferenceClient) -> None:
        request = asking(width=72, height=104)
        ready = next(event for event in await heard(client, request) if event.type == "image")
        data = await client.image(request.id, 0)
        assert hashlib.sha256(data).hexdigest() == ready.sha256
        assert ready.content_type == "image/webp"
        assert Image.open(BytesIO(data)).size == (ready.width, ready.height) == (72, 104)

    async def test_fills_in_what_was_left_out(self, client: InferenceClient) -> None:
        events = await heard(client, asking())
        ready = next(event for event in events if event.type == "image")
        assert (ready.width, ready.height) == (64, 64)
        assert [event.total for event in events if event.type == "progress"][-1] == 4

    @pytest.mark.parametrize("scheduler", list(Scheduler))
    async def test_every_scheduler_draws(
        self, client: InferenceClient, scheduler: Scheduler
    ) -> None:
        (image,) = await drawn(client, asking(scheduler=scheduler, num_inference_steps=2))
        assert pixels_of(image).std() > 0


class TestSameSeed:
    async def test_twice_is_the_same_picture(self, client: InferenceClient) -> None:
        (one,) = await drawn(client, asking(seed=11))
        (other,) = await drawn(client, asking(seed=11))
        (different,) = await drawn(client, asking(seed=12))
        assert psnr(pixels_of(one), pixels_of(other)) >= ALIKE
        assert psnr(pixels_of(one), pixels_of(different)) < ALIKE

    @pytest.mark.parametrize("scheduler", [Scheduler.DDIM, Scheduler.EULER_A, Scheduler.LCM])
    async def test_image_k_is_the_single_image_of_seed_plus_k(
        self, client: InferenceClient, scheduler: Scheduler
    ) -> None:
        batch = await drawn(client, asking(seed=20, num_images=3, scheduler=scheduler))
        for k, image in enumerate(batch):
            (single,) = await drawn(client, asking(seed=20 + k, scheduler=scheduler))
            assert psnr(pixels_of(image), pixels_of(single)) >= ALIKE

    async def test_beside_others_is_the_same_picture(self, client: InferenceClient) -> None:
        (alone,) = await drawn(client, asking(seed=31))
        async with asyncio.TaskGroup() as tasks:
            others = [
                tasks.create_task(drawn(client, asking(seed=k, num_images=2))) for k in (1, 2)
            ]
            beside = tasks.create_task(drawn(client, asking(seed=31)))
        assert all(len(other.result()) == 2 for other in others)
        assert psnr(pixels_of(alone), pixels_of(beside.result()[0])) >= ALIKE


class TestLongPrompts:
    async def test_draw_the_same_picture_beside_shorter_ones(self, client: InferenceClient) -> None:
        long = "a long coat, a (red:1.4) scarf BREAK [buttons] on a cream background"
        asked = {"seed": 31, "prompt": long, "negative_prompt": "(noise:1.3)"}
        (alone,) = await drawn(client, asking(**asked))
        async with asyncio.TaskGroup() as tasks:
            for k in (1, 2):
                tasks.create_task(drawn(client, asking(prompt="red", seed=k, num_images=2)))
            beside = tasks.create_task(drawn(client, asking(**asked)))
        assert psnr(pixels_of(alone), pixels_of(beside.result()[0])) >= ALIKE

    async def test_are_drawn_to_their_end(self, client: InferenceClient) -> None:
        begun = "a long coat with buttons and a scarf, "
        pictures = [
            await drawn(client, asking(seed=31, prompt=begun + end)) for end in ("red", "blue")
        ]
        assert psnr(*(pixels_of(picture) for (picture,) in pictures)) < ALIKE

    async def test_are_refused_where_they_cannot_be(self, client: InferenceClient) -> None:
        with pytest.raises(InvalidParameters, match="at most 32"):
            await heard(client, asking(prompt="red", negative_prompt="x BREAK " * 40))


class TestLength:
    async def test_is_told_in_tokens_and_chunks(self, client: InferenceClient) -> None:
        length = await client.length_of("a (red:1.3) coat BREAK with buttons")
        assert 0 < length.tokens <= 2 * length.limit
        assert length.chunks == 2
        assert await client.length_of("a (red:1.3) coat BREAK with buttons", "tiny") == length

    async def test_of_nothing_is_one_empty_chunk(self, client: InferenceClient) -> None:
        length = await client.length_of("")
        assert (length.tokens, length.chunks) == (0, 1)

    async def test_is_told_also_of_what_cannot_be_drawn(self, client: InferenceClient) -> None:
        assert (await client.length_of("x BREAK " * 40)).chunks == 40

    async def test_of_a_model_that_is_not_there(self, client: InferenceClient) -> None:
        with pytest.raises(UnknownModel):
            await client.length_of("red", "sdxl")


class TestSafetyScores:
    async def test_come_with_every_image(self, client: InferenceClient) -> None:
        events = await heard(client, asking(seed=5, num_images=2))
        for ready in (event for event in events if event.type == "image"):
            assert ready.scores is not None
            assert len(ready.scores.concepts) == 17
            assert len(ready.scores.special_care) == 3
            assert all(isinstance(score, float) for score in ready.scores.concepts.values())


class TestCancel:
    async def test_stops_between_steps_and_frees_the_engine(self, client: InferenceClient) -> None:
        request = slow()
        last = 0
        async for event in client.generate(request):
            if event.type == "progress":
                last = event.step
                await client.cancel(request.id)
        assert event.type == "error"
        assert event.code == "canceled"
        assert last < 100
        assert await drawn(client, asking())
        with pytest.raises(UnknownGeneration):
            await client.image(request.id, 0)

    async def test_takes_a_waiting_one_out(self, client: InferenceClient) -> None:
        async with under_way(client, slow()):
            waiting = slow()
            async for event in client.generate(waiting):
                if event.type == "queued":
                    assert event.position == 1
                    await client.cancel(waiting.id)
            assert event.type == "error"
            assert event.code == "canceled"

    async def test_of_an_unknown_or_ended_one_is_no_error(self, client: InferenceClient) -> None:
        await client.cancel("never-heard-of")
        request = asking()
        await drawn(client, request)
        await client.cancel(request.id)
        await client.cancel(request.id)
        assert await client.image(request.id, 0)


class TestAttach:
    async def test_joins_the_one_that_runs(self, client: InferenceClient) -> None:
        request = asking(num_inference_steps=30, width=128, height=128)
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(heard(client, request))
            second = tasks.create_task(heard(client, request))
        images = [
            [event.sha256 for event in heard_by.result() if event.type == "image"]
            for heard_by in (first, second)
        ]
        assert images[0] == images[1]
        assert len(images[0]) == 1

    async def test_after_the_end_tells_it_again_without_drawing(
        self, client: InferenceClient
    ) -> None:
        request = asking()  # its seed is drawn at random, so that drawing again would show
        first = [event for event in await heard(client, request) if event.type == "image"]
        again = await heard(client, request)
        assert [event for event in again if event.type == "image"] == first
        assert again[-1].type == "done"

    async def test_with_other_parameters_is_refused(self, client: InferenceClient) -> None:
        request = asking(seed=1)
        await drawn(client, request)
        other = GenerationRequest(id=request.id, parameters=asking(seed=2).parameters)
        with pytest.raises(InvalidParameters, match="other parameters"):
            await heard(client, other)

    async def test_after_a_cancel_draws_afresh(self, client: InferenceClient) -> None:
        request = asking(num_inference_steps=30, width=128, height=128)
        async with under_way(client, request):
            pass
        assert await drawn(client, request)


class TestRefusals:
    async def test_a_model_that_is_not_there(self, client: InferenceClient) -> None:
        with pytest.raises(UnknownModel, match="tiny"):
            await heard(client, asking(model="sdxl"))

    async def test_more_pixels_than_the_model_draws(self, client: InferenceClient) -> None:
        with pytest.raises(InvalidParameters, match=r"at most 65536 pixels.*64×64"):
            await heard(client, asking(width=512, height=512))

    async def test_an_image_that_is_not_held(self, client: InferenceClient) -> None:
        with pytest.raises(UnknownGeneration):
            await client.image("never-heard-of", 0)
        request = asking()
        await drawn(client, request)
        with pytest.raises(UnknownGeneration):
            await client.image(request.id, 1)

    async def test_more_than_the_waiting_room_holds(self, client: InferenceClient) -> None:
        requests = [slow() for _ in range(ROOM.waiting_room + 1)]
        async with asyncio.TaskGroup() as tasks:
            followers = []
            for number, request in enumerate(requests):
                there = asyncio.Event()
                kind = "queued" if number else "started"
                followers.append(tasks.create_task(_follow(client, request, kind, there)))
                await there.wait()
            with pytest.raises(Overloaded) as refused:
                await heard(client, asking())
            assert refused.value.retry_after is not None
            assert refused.value.retry_after >= 1
            for request in reversed(requests):
                await client.cancel(request.id)
        assert {follower.result() for follower in followers} == {"error"}
        assert await drawn(client, asking())


async def _follow(
    client: InferenceClient, request: GenerationRequest, kind: str, heard_it: asyncio.Event
) -> str:
    """Follow `request` to its end, say when an event of `kind` comes, and return the last one's."""
    last = ""
    async for event in client.generate(request):
        last = event.type
        if last == kind:
            heard_it.set()
    return last


class TestDrawingOver:
    async def test_the_picture_that_came_along_decides(self, client: InferenceClient) -> None:
        asked: dict[str, Any] = {"seed": 11, "strength": 0.5, "num_inference_steps": 4}
        (plain,) = await drawn(client, asking(seed=11))
        (red,) = await drawn(client, over(colour("red"), **asked))
        (again,) = await drawn(client, over(colour("red"), **asked))
        (blue,) = await drawn(client, over(colour("blue"), **asked))
        assert psnr(pixels_of(red), pixels_of(again)) >= ALIKE
        assert psnr(pixels_of(red), pixels_of(blue)) < ALIKE
        assert psnr(pixels_of(red), pixels_of(plain)) < ALIKE

    async def test_so_does_its_mask(self, client: InferenceClient) -> None:
        asked: dict[str, Any] = {"seed": 11, "strength": 1.0, "num_inference_steps": 4}
        (half,) = await drawn(client, over(colour("red"), half_white(), **asked))
        (all_of_it,) = await drawn(client, over(colour("red"), **asked))
        assert psnr(pixels_of(half), pixels_of(all_of_it)) < ALIKE

    async def test_what_its_mask_keeps_is_the_picture(self, client: InferenceClient) -> None:
        request = over(colour("red"), half_white(), strength=1.0, mask_blur=0)
        (image,) = await drawn(client, request)
        assert (pixels_of(image)[:, :32] == (255, 0, 0)).all()
        assert (pixels_of(image)[:, 32:] != (255, 0, 0)).any()

    @pytest.mark.parametrize("field", ["init_image", "mask"])
    async def test_what_is_no_picture_is_refused_in_words(
        self, client: InferenceClient, field: str
    ) -> None:
        request = over(colour("red"), half_white())
        wrong = request.pictures.model_copy(update={field: b"<svg/>"})
        try:
            last = (await heard(client, request.model_copy(update={"pictures": wrong})))[-1]
        except InvalidParameters as refusal:  # by whoever looks before it is accepted
            last = refusal.as_event()
        assert last.type == "error", last
        assert last.code == InvalidParameters.code
        assert f"pictures.{field}" in last.message
        assert "PNG, JPEG or WebP" in last.message

    async def test_takes_the_steps_that_its_strength_leaves(self, client: InferenceClient) -> None:
        events = await heard(
            client, over(colour("red"), num_inference_steps=10, strength=0.3, num_images=2)
        )
        steps = [(event.step, event.total) for event in events if event.type == "progress"]
        assert steps[-1] == (3, 3)

    async def test_a_large_picture_comes_through(self, client: InferenceClient) -> None:
        noise = Image.effect_noise((1024, 1024), 90).convert("RGB")
        assert await drawn(client, over(saved(noise, "PNG"), strength=0.3))

    async def test_beside_others_is_the_same_picture(self, client: InferenceClient) -> None:
        request = over(colour("red"), half_white(), seed=31, strength=0.5)
        (alone,) = await drawn(client, request)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(drawn(client, asking(seed=1, num_images=2)))
            tasks.create_task(drawn(client, over(colour("blue"), seed=2, strength=0.8)))
            again = request.model_copy(update={"id": new_generation_id()})
            beside = tasks.create_task(drawn(client, again))
        assert psnr(pixels_of(alone), pixels_of(beside.result()[0])) >= ALIKE

    @pytest.mark.parametrize("field", ["init_image", "mask"])
    async def test_a_picture_that_did_not_come_along_is_refused_in_words(
        self, client: InferenceClient, field: str
    ) -> None:
        request = over(colour("red"), half_white())
        without = request.pictures.model_copy(update={field: None})
        with pytest.raises(InvalidParameters, match=rf"pictures\.{field} is required"):
            await heard(client, request.model_copy(update={"pictures": without}))

    async def test_a_picture_that_nothing_names_is_refused_in_words(
        self, client: InferenceClient
    ) -> None:
        request = asking().model_copy(update={"pictures": Pictures(init_image=colour("red"))})
        with pytest.raises(InvalidParameters, match=r"parameters\.init_image must name"):
            await heard(client, request)

    async def test_the_same_id_with_another_picture_is_refused(
        self, client: InferenceClient
    ) -> None:
        request = over(colour("red"))
        assert await drawn(client, request)
        other = request.model_copy(update={"pictures": Pictures(init_image=colour("blue"))})
        with pytest.raises(InvalidParameters, match="other parameters"):
            await heard(client, other)


def over(picture: bytes, mask: bytes | None = None, **given: Any) -> GenerationRequest:
    """A generation over `picture`, of which `mask` is drawn anew."""
    named: dict[str, Any] = {"init_image": "picture"} | ({"mask": "mask"} if mask else {})
    request = asking(**named, **given)
    return request.model_copy(update={"pictures": Pictures(init_image=picture, mask=mask)})


def colour(name: str) -> bytes:
    return saved(Image.new("RGB", (64, 64), name), "PNG")


def half_white() -> bytes:
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (32, 0, 64, 64))
    return saved(mask, "WEBP")


def saved(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return out.getvalue()


class TestDrawnByShapes:
    async def test_the_picture_that_came_along_decides(self, client: InferenceClient) -> None:
        (plain,) = await drawn(client, asking(seed=11))
        (one,) = await drawn(client, by_lines(lines(1), seed=11))
        (again,) = await drawn(client, by_lines(lines(1), seed=11))
        (other,) = await drawn(client, by_lines(lines(2), seed=11))
        assert psnr(pixels_of(one), pixels_of(again)) >= ALIKE
        assert psnr(pixels_of(one), pixels_of(other)) < ALIKE
        assert psnr(pixels_of(one), pixels_of(plain)) < ALIKE

    async def test_so_do_its_preparation_and_its_scale(self, client: InferenceClient) -> None:
        (one,) = await drawn(client, by_lines(lines(1), seed=11))
        for use in ({"prepare": "invert"}, {"scale": 0.3}, {"start": 0.5}):
            (other,) = await drawn(client, by_lines(lines(1), seed=11, use=use))
            assert psnr(pixels_of(one), pixels_of(other)) < ALIKE, use

    async def test_several_are_told_apart_by_their_places(self, client: InferenceClient) -> None:
        half = {"scale": 0.5}
        (one,) = await drawn(client, by_lines(lines(1), lines(2), seed=11, use=half))
        (turned,) = await drawn(client, by_lines(lines(2), lines(1), seed=11, use=half))
        (twice,) = await drawn(client, by_lines(lines(1), lines(1), seed=11, use=half))
        assert psnr(pixels_of(one), pixels_of(turned)) >= ALIKE
        assert psnr(pixels_of(one), pixels_of(twice)) < ALIKE

    async def test_beside_others_is_the_same_picture(self, client: InferenceClient) -> None:
        (alone,) = await drawn(client, by_lines(lines(1), seed=31))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(drawn(client, asking(seed=1, num_images=2)))
            tasks.create_task(drawn(client, over(colour("blue"), seed=2, strength=0.8)))
            tasks.create_task(drawn(client, by_lines(lines(2), seed=3)))
            beside = tasks.create_task(drawn(client, by_lines(lines(1), seed=31)))
        assert psnr(pixels_of(alone), pixels_of(beside.result()[0])) >= ALIKE

    @pytest.mark.parametrize("files", [(), ("x", "x", "x")])
    async def test_another_number_of_files_is_refused_in_words(
        self, client: InferenceClient, files: tuple[str, ...]
    ) -> None:
        request = by_lines(lines(1), lines(2))
        pictures = Pictures(control=tuple(lines(3) for _ in files))
        with pytest.raises(InvalidParameters, match=rf"pictures\.control must hold 2 .*, not {len(files)}"):  # fmt: skip
            await heard(client, request.model_copy(update={"pictures": pictures}))

    async def test_what_is_no_picture_is_refused_with_its_place(
        self, client: InferenceClient
    ) -> None:
        try:
            last = (await heard(client, by_lines(lines(1), b"<svg/>")))[-1]
        except InvalidParameters as refusal:  # by whoever looks before it is accepted
            last = refusal.as_event()
        assert last.type == "error", last
        assert last.code == InvalidParameters.code
        assert "pictures.control.1" in last.message
        assert "PNG, JPEG or WebP" in last.message

    async def test_one_that_is_not_offered_is_refused_in_words(
        self, client: InferenceClient
    ) -> None:
        with pytest.raises(InvalidParameters, match="must be a ControlNet of tiny: lines, not 'line'; the nearest good value is lines"):  # fmt: skip
            await heard(client, by_lines(lines(1), use={"name": "line"}))

    async def test_the_same_id_with_another_picture_is_refused(
        self, client: InferenceClient
    ) -> None:
        request = by_lines(lines(1))
        assert await drawn(client, request)
        other = request.model_copy(update={"pictures": Pictures(control=(lines(2),))})
        with pytest.raises(InvalidParameters, match="other parameters"):
            await heard(client, other)


def by_lines(*files: bytes, use: dict[str, Any] | None = None, **given: Any) -> GenerationRequest:
    """A generation by these pictures, all of them seen by the one ControlNet there is."""
    uses = [{"name": "lines", "image": f"picture-{k}", **(use or {})} for k, _ in enumerate(files)]
    request = asking(control=uses, **given)
    return request.model_copy(update={"pictures": Pictures(control=files)})


def lines(seed: int) -> bytes:
    return saved(scribble(seed), "PNG")


class TestSlowReader:
    async def test_holds_up_nobody(self, client: InferenceClient) -> None:
        request = asking(num_inference_steps=40, num_images=2)
        follower = client.generate(request)
        assert (await anext(follower)).type == "queued"
        assert await drawn(client, asking())  # drawn after it, while its reader sleeps
        rest = [event async for event in follower]
        assert rest[-1].type == "done"
        assert len([event for event in rest if event.type == "image"]) == 2


class TestAbout:
    async def test_models_are_told_with_their_defaults(self, client: InferenceClient) -> None:
        (card,) = await client.models()
        assert card.name == "tiny"
        assert card.defaults.width == 64
        assert card.safety_checker == "tiny-checker"
        assert len(card.weights_sha256) == 64
        assert card.schedulers == list(Scheduler)
        (control,) = card.controls
        assert (control.name, control.kind, control.scale, control.trouble) == ("lines", "scribble", 0.9, "")  # fmt: skip
        assert len(control.sha256) == 64

    async def test_health_tells_that_it_is_ready_and_on_what(self, client: InferenceClient) -> None:
        health = await client.health()
        assert health.ready
        assert health.device.startswith(("cpu", "cuda"))
        assert health.dtype in {"float32", "bfloat16", "float16"}
