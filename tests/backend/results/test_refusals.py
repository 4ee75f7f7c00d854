"""Every reason why an image that was drawn before does not answer; and that nobody can tell whose it would have been."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from backend.accounts.actor import Actor
from backend.accounts.models import Standing, User
from backend.generations import foresight
from backend.generations.models import Generation
from backend.generations.recall import ASKED
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.storage.file import FileStorage
from backend.leaving import prompts
from backend.moderation.models import SafetyCheck
from backend.provenance.marker import marker_of
from backend.results import service as results
from inference.protocol import GenerationParameters
from tests.backend.results.asking import API, DRESS, ask, change, draw, is_drawn, price, row_of
from tests.fixtures.actors import Client, actor_of, add_user
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD

Spoil = Callable[[Studio, str], None]


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


def pending(studio: Studio, image_id: str) -> None:
    change(studio, image_id, moderation=Moderation.PENDING)


def held(studio: Studio, image_id: str) -> None:
    change(studio, image_id, moderation=Moderation.HELD)


def rejected(studio: Studio, image_id: str) -> None:
    change(studio, image_id, moderation=Moderation.REJECTED)


def in_the_trash(studio: Studio, image_id: str) -> None:
    change(studio, image_id, trashed_at=utc_now())


def without_its_file(studio: Studio, image_id: str) -> None:
    studio.context.storage.delete(row_of(studio, image_id).storage_key)


def judged_by_another_policy(studio: Studio, image_id: str) -> None:
    _judged(studio, image_id, policy_version="0")


def judged_by_another_checker(studio: Studio, image_id: str) -> None:
    _judged(studio, image_id, checker="another-checker")


def released_by_a_person(studio: Studio, image_id: str) -> None:
    _judged(studio, image_id, concepts={"restricted motif": 0.2})


def not_measured(studio: Studio, image_id: str) -> None:
    _judged(studio, image_id, concepts={"restricted motif": None})


def with_its_prompt_forgotten(studio: Studio, image_id: str) -> None:
    with studio.context.database.write() as session:
        prompts.forget(
            session,
            studio.context.storage,
            marker_of(studio.context.settings),
            [row_of(studio, image_id).generation_id],
        )


def of_before_there_were_keys(studio: Studio, image_id: str) -> None:
    change(studio, image_id, result_key=None)


def _judged(
    studio: Studio, image_id: str, *, policy_version: str | None = None, **measured: Any
) -> None:
    with studio.context.database.write() as session:
        check = session.get_one(SafetyCheck, image_id)
        assert check.scores
        check.scores = check.scores.model_copy(update=measured)
        check.policy_version = policy_version or check.policy_version
        session.add(check)


SPOILT: tuple[Spoil, ...] = (
    pending,
    held,
    rejected,
    in_the_trash,
    without_its_file,
    judged_by_another_policy,
    judged_by_another_checker,
    released_by_a_person,
    not_measured,
    with_its_prompt_forgotten,
    of_before_there_were_keys,
)


class TestTheImage:
    @pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
    def test_answers_no_more(self, studio: Studio, dana: Client, spoil: Spoil) -> None:
        spoil(studio, draw(studio, dana)["images"][0]["id"])
        assert is_drawn(studio, dana)
        assert not is_drawn(studio, dana)  # what was drawn anew answers again

    def test_answers_not_when_another_of_its_request_does_not(
        self, studio: Studio, dana: Client
    ) -> None:
        drawn = draw(studio, dana, num_images=2)
        held(studio, drawn["images"][1]["id"])
        assert is_drawn(studio, dana, {**DRESS, "num_images": 2})

    def test_whose_bytes_are_others_is_drawn_and_the_price_said_so_too_late(
        self, studio: Studio, dana: Client
    ) -> None:
        row = row_of(studio, draw(studio, dana)["images"][0]["id"])
        storage = studio.context.storage
        assert isinstance(storage, FileStorage)
        (storage.folder / row.storage_key).write_bytes(b"RIFF")
        lost = ASKED.labels("lost")._value.get()
        done = ask(dana)
        assert (done["from_cache"], done["credits"] > 0) == (False, True)
        assert ASKED.labels("lost")._value.get() == lost + 1

    def test_that_goes_between_the_look_and_the_rows_does_not_answer(
        self, studio: Studio, dana: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image_id = draw(studio, dana)["images"][0]["id"]
        copy = results.copy

        def slowly(*arguments: Any, **named: Any) -> Any:
            finished = copy(*arguments, **named)
            in_the_trash(studio, image_id)
            return finished

        monkeypatch.setattr(results, "copy", slowly)
        done = ask(dana)
        assert (done["from_cache"], done["credits"] > 0) == (False, True)
        with studio.context.database.read() as session:
            assert len(session.exec(select(Generation)).all()) == 2


class TestWhatIsAsked:
    def test_a_random_seed_is_drawn_anew(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        assert is_drawn(studio, dana, {"prompt": "a red dress"})
        assert is_drawn(studio, dana, {**DRESS, "seed": -1})

    def test_fresh_is_drawn_anew(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        assert is_drawn(studio, dana, fresh=True)

    @pytest.mark.parametrize(
        "other",
        [
            {"prompt": "a red  dress"},
            {"negative_prompt": "stripes"},
            {"width": 72},
            {"height": 72},
            {"num_inference_steps": 5},
            {"guidance_scale": 4.5},
            {"seed": 8},
            {"scheduler": "euler"},
        ],
    )
    def test_what_decides_the_picture_is_drawn(
        self, studio: Studio, dana: Client, other: dict[str, Any]
    ) -> None:
        draw(studio, dana)
        assert is_drawn(studio, dana, {**DRESS, **other})

    @pytest.mark.parametrize(
        "same", [{"priority": "low"}, {"model": "scripted"}, {"width": 64, "guidance_scale": 4}]
    )
    def test_what_does_not_is_answered(
        self, studio: Studio, dana: Client, same: dict[str, Any]
    ) -> None:
        draw(studio, dana)
        assert not is_drawn(studio, dana, {**DRESS, **same})


class TestTheModel:
    @pytest.mark.parametrize("other", [{"weights_sha256": "6d" * 32}, {"software": "scripted/2"}])
    def test_of_other_weights_or_software_draws(
        self, studio: Studio, dana: Client, other: dict[str, str]
    ) -> None:
        draw(studio, dana)
        offer(studio, **other)
        assert is_drawn(studio, dana)

    def test_that_does_not_say_what_it_runs_is_never_kept(
        self, studio: Studio, dana: Client
    ) -> None:
        offer(studio, software="")
        assert row_of(studio, draw(studio, dana)["images"][0]["id"]).result_key is None
        assert is_drawn(studio, dana)

    def test_that_is_retired_is_refused(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        offer(studio, name="another")
        admin = studio.actors.browser("admin")
        offered = [CARD, CARD.model_copy(update={"name": "another"})]
        studio.inference.cards = offered
        studio.app.state.catalog._asked_at = float("-inf")
        off = {"stage": "retired", "reason": "worn out"}
        admin.patch("/api/v1/models/scripted", json=off).raise_for_status()
        answer = dana.post(API, json={**DRESS, "model": "scripted"})
        assert (answer.status_code, answer.json()["code"]) == (422, "model_retired")


def offer(studio: Studio, **other: Any) -> None:
    """Have inference offer its model with other facts, and the studio hear of it."""
    studio.inference.cards = [CARD.model_copy(update=other)]
    studio.app.state.catalog._asked_at = float("-inf")


class TestWhoAsks:
    def test_others_images_do_not_answer(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        for role in ("designer", "admin"):  # to review everything is no reason to be handed it
            assert is_drawn(studio, studio.actors.browser(role))

    def test_nothing_tells_that_somebody_drew_it(self, studio: Studio, dana: Client) -> None:
        eve = studio.actors.browser("designer")
        never = {**DRESS, "seed": 70}
        before = told(price(eve, never)), told(ask(eve, never))
        draw(studio, dana)
        assert (told(price(eve)), told(ask(eve))) == before

    def test_looking_takes_as_many_statements(self, studio: Studio, dana: Client) -> None:
        eve = actor_of(add_user(studio.context.database))
        never = statements(studio, eve, 70)
        draw(studio, dana)
        assert statements(studio, eve, 7) == never

    def test_what_a_gallery_shows_them_answers(self, studio: Studio, dana: Client) -> None:
        image_id = draw(studio, dana)["images"][0]["id"]
        eve = studio.actors.browser("designer")
        gallery = shared_gallery(dana)
        assert is_drawn(studio, eve, {**DRESS, "seed": 99})
        placed = dana.post(f"/api/v1/galleries/{gallery}/images", json={"image_ids": [image_id]})
        assert placed.json()["placed"] == [image_id]
        assert not is_drawn(studio, eve)
        own = eve.get("/api/v1/images").json()["items"][0]
        assert row_of(studio, own["id"]).owner_id == eve.user_id

    def test_what_somebody_shut_out_drew_answers_nobody(self, studio: Studio, dana: Client) -> None:
        image_id = draw(studio, dana)["images"][0]["id"]
        gallery = shared_gallery(dana)
        dana.post(f"/api/v1/galleries/{gallery}/images", json={"image_ids": [image_id]})
        with studio.context.database.write() as session:
            user = session.get_one(User, dana.user_id)
            user.standing = Standing.DEACTIVATED
            session.add(user)
        assert is_drawn(studio, studio.actors.browser("designer"))

    def test_whoever_may_not_draw_is_refused(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        assert studio.actors.browser("marketing").post(API, json=DRESS).status_code == 403
        assert studio.actors.anonymous().post(API, json=DRESS).status_code == 401


def statements(studio: Studio, actor: Actor, seed: int) -> list[str]:
    """Return the statements by which it is found out that nothing answers `actor`."""
    engine, here, said = studio.context.database.engine, threading.get_ident(), []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == here:  # the dispatcher looks at its rows meanwhile
            said.append(statement)

    asked = GenerationParameters(prompt="a red dress", seed=seed)
    event.listen(engine, "before_cursor_execute", listen)
    try:
        assert foresight.foresee(studio.context, actor, asked, CARD) is None
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert said
    return said


def shared_gallery(person: Client) -> str:
    body = {"name": "For everyone", "visibility": "everyone"}
    answer = person.post("/api/v1/galleries", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def told(body: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer says, without what differs from one to the next."""
    never_the_same = {"id", "parameters", "created_at", "started_at", "ended_at", "urls", "images"}
    passing = {"state", "progress", "position", "waiting_for", "estimated_start_s", "remaining"}
    passing |= {"estimated_wait_s", "estimated_seconds", "request_id", "trace_id"}
    return {name: value for name, value in body.items() if name not in never_the_same | passing}
