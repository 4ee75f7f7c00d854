"""What a generation draws over is fetched when it is drawn: the same at every attempt, and only what its owner may use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlmodel import col, update

from backend.accounts.models import Standing, User
from backend.generations import pictures, service
from backend.generations.models import Generation
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.queue import State
from backend.uploads import service as uploads
from backend.uploads.decoding import Picture
from backend.uploads.models import Upload
from inference.client import InProcessInferenceClient
from inference.engine import Engine
from inference.protocol import Broken, GenerationParameters, Unavailable
from tests.backend.dispatch.test_dispatcher import images_of
from tests.fixtures.images import add_image
from tests.fixtures.workshop import Workshop


def saved(colour: str = "red") -> bytes:
    return as_webp(Pillow.new("RGB", (64, 64), colour))


def as_webp(picture: Pillow.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", lossless=True)
    return out.getvalue()


def bring(workshop: Workshop, data: bytes | None = None) -> str:
    data = data or saved()
    key = workshop.context.storage.put(data, suffix=".webp")
    with workshop.context.database.write() as session:
        picture = Picture(data, 64, 64)
        return uploads.keep(workshop.context, session, workshop.actor, picture, key).id


def end(workshop: Workshop, row: Generation) -> Generation:
    async def scenario() -> Generation:
        async with workshop.dispatching():
            return await workshop.ended(row)

    return asyncio.run(scenario())


def sent(workshop: Workshop) -> list[Any]:
    return [request.pictures for request in workshop.inference.asked]


class TestAttempts:
    def test_each_sends_the_same_files(self, workshop: Workshop) -> None:
        workshop.inference.trouble_after = 3
        workshop.inference.troubles.extend([Unavailable("It went away.")])
        mask = saved("white")
        row = workshop.submit(init_image=bring(workshop), mask=bring(workshop, mask))
        assert end(workshop, row).attempt == 2
        first, second = sent(workshop)
        assert first == second
        assert (first.init_image, first.mask) == (saved(), mask)

    def test_what_is_drawn_from_its_prompt_sends_none(self, workshop: Workshop) -> None:
        assert end(workshop, workshop.submit()).state is State.SUCCEEDED
        assert (sent(workshop)[0].init_image, sent(workshop)[0].mask) == (None, None)

    def test_a_storage_that_is_away_is_tried_again(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        get, away = workshop.context.storage.get, [True]

        def once(key: str) -> bytes:
            if away.pop() if away else False:
                raise TimeoutError("the store does not answer")
            return get(key)

        row = workshop.submit(init_image=bring(workshop))
        monkeypatch.setattr(workshop.context.storage, "get", once)
        ended = end(workshop, row)
        assert (ended.state, ended.attempt) == (State.SUCCEEDED, 2)

    def test_a_storage_that_stays_away_is_told_in_words(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(key: str) -> bytes:
            raise PermissionError(key)

        row = workshop.submit(init_image=bring(workshop))
        monkeypatch.setattr(workshop.context.storage, "get", never)
        ended = end(workshop, row)
        assert (ended.state, ended.error_code) == (State.FAILED, "storage")
        assert (ended.error_message or "").startswith("The picture that it draws over")


class TestGone:
    @pytest.mark.parametrize("why", ["rejected", "hidden"])
    def test_an_image_that_may_not_be_used_any_more(self, workshop: Workshop, why: str) -> None:
        with workshop.context.database.write() as session:
            image = add_image(session, session.get_one(User, workshop.actor.id)).id
        row = workshop.submit(init_image=image)
        workshop.become_somebody_else()
        values: dict[str, Any] = {"owner_id": workshop.actor.id}
        if why == "rejected":
            values = {"moderation": Moderation.REJECTED}
        with workshop.context.database.write() as session:
            session.execute(update(Image).where(col(Image.id) == image).values(**values))
        self.ends_as_gone(workshop, row)

    def test_an_upload_whose_row_is_gone(self, workshop: Workshop) -> None:
        upload = bring(workshop)
        row = workshop.submit(init_image=upload)
        with workshop.context.database.write() as session:
            session.delete(session.get_one(Upload, upload))
        self.ends_as_gone(workshop, row)

    def test_an_upload_whose_file_is_gone(self, workshop: Workshop) -> None:
        upload = bring(workshop)
        row = workshop.submit(init_image=upload)
        with workshop.context.database.read() as session:
            workshop.context.storage.delete(session.get_one(Upload, upload).storage_key)
        self.ends_as_gone(workshop, row)

    def test_for_who_was_deactivated_meanwhile(self, workshop: Workshop) -> None:
        row = workshop.submit(init_image=bring(workshop))
        with workshop.context.database.write() as session:
            person = update(User).where(col(User.id) == workshop.actor.id)
            session.execute(person.values(standing=Standing.DEACTIVATED))
        self.ends_as_gone(workshop, row)

    def ends_as_gone(self, workshop: Workshop, row: Generation) -> None:
        ended = end(workshop, row)
        assert (ended.state, ended.error_code) == (State.FAILED, "picture_gone")
        assert ended.attempt == 1
        assert workshop.inference.asked == []


def test_a_file_larger_than_inference_takes_is_refused_in_words(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURE_BYTES", 10)
    ended = end(workshop, workshop.submit(init_image=bring(workshop)))
    assert (ended.state, ended.error_code) == (State.FAILED, "picture_too_large")
    assert "at most 10 are taken" in (ended.error_message or "")


def test_an_engine_that_breaks_says_so_and_nothing_of_pictures(workshop: Workshop) -> None:
    workshop.inference.troubles.append(Broken("The engine ran out of memory."))
    ended = end(workshop, workshop.submit(init_image=bring(workshop)))
    assert ended.error_code == "broken"


def test_a_real_engine_draws_over_what_was_brought(workshop: Workshop, tiny_engine: Engine) -> None:
    inference = InProcessInferenceClient(tiny_engine)
    workshop.context = replace(workshop.context, inference=inference)
    mask = Pillow.new("L", (64, 64), 0)
    mask.paste(255, (32, 0, 64, 64))
    upload, painted = bring(workshop), bring(workshop, as_webp(mask))
    drawn = {
        finished(workshop, tiny_engine),
        finished(workshop, tiny_engine, init_image=upload, strength=0.5),
        finished(workshop, tiny_engine, init_image=upload, strength=0.5, seed=8),
        finished(workshop, tiny_engine, init_image=upload, strength=1.0, mask=painted),
    }
    assert len(drawn) == 4


def finished(workshop: Workshop, engine: Engine, **asked: Any) -> bytes:
    """Return the pixels that `engine` draws."""
    parameters = GenerationParameters(**{"prompt": "a red dress", "seed": 7, **asked})
    with workshop.context.database.write() as session:
        [card] = engine.models()
        row = service.submit(session, workshop.context, workshop.actor, parameters, card).row
    ended = end(workshop, row)
    assert ended.state is State.SUCCEEDED, ended.error_message
    [image] = images_of(workshop, row.id)
    file = workshop.context.storage.get(image.storage_key)
    return Pillow.open(BytesIO(file)).convert("RGB").tobytes()
