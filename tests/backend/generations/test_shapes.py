"""Drawing by shapes: who may draw by which picture, what is sent, what comes out, and what is kept for it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from backend.dispatch import forgetting
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from tests.backend.generations.test_generations import ANY_DATABASE, post
from tests.backend.generations.test_pictures import (
    BLACK,
    NOBODYS,
    UPLOADS,
    WHITE,
    bring,
    grow_old,
    pixels,
    put_into,
    shared,
    spent,
)
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.colours import TINT, colour_of


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


def by(image: str, name: str = "scribble", **use: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **use}


def colour_of_upload(data: bytes) -> Any:
    return Pillow.open(BytesIO(data)).convert("RGB").getpixel((5, 5))


class TestDrawing:
    def test_a_shape_has_a_say_where_it_is_light(self, studio: Studio, dana: Client) -> None:
        shape = bring(dana, BLACK, right=WHITE)
        done = studio.draw(dana, seed=5, control=[by(shape)])
        assert (done["state"], done["op"], done["parent_id"]) == ("succeeded", "control", None)
        assert pixels(dana, done["images"][0]) == colour_of(5)
        assert pixels(dana, done["images"][0], (50, 10)) == TINT
        [told] = done["shapes"]
        assert (told["id"], told["kind"], done["drawn_over"]) == (shape, "upload", None)
        assert dana.get(told["url"]).status_code == 200

    def test_files_travel_in_their_order(self, studio: Studio, dana: Client) -> None:
        over, first, second = (bring(dana, (0, shade, 0)) for shade in (10, 100, 200))
        uses = [by(first, scale=0.5), by(second, "edges", end=0.5), by(first, "edges")]
        done = studio.draw(dana, init_image=over, control=uses)
        assert done["op"] == "img2img"
        sent = studio.inference.asked[-1].pictures
        assert [colour_of_upload(data)[1] for data in sent.control] == [100, 200, 100]
        assert colour_of_upload(sent.init_image or b"")[1] == 10

    def test_what_is_drawn_over_becomes_the_parent_before_a_shape(
        self, studio: Studio, dana: Client
    ) -> None:
        over, shape = (studio.image(dana)["id"] for _ in range(2))
        asked = {"prompt": "a dress", "control": [by(bring(dana)), by(shape)]}
        assert post(dana, asked).json()["parent_id"] == shape
        assert post(dana, {**asked, "init_image": over}).json()["parent_id"] == over
        assert post(dana, {**asked, "init_image": bring(dana)}).json()["parent_id"] is None

    def test_another_shape_is_another_picture(self, studio: Studio, dana: Client) -> None:
        shape = bring(dana, WHITE)
        asked: dict[str, Any] = {"prompt": "a red dress", "seed": 7, "control": [by(shape)]}
        studio.draw(dana, **asked)
        assert post(dana, asked, dry_run=True).json()["from_cache"] is True
        for other in (by(bring(dana, WHITE)), by(shape, "edges"), by(shape, scale=0.5)):
            changed = {**asked, "control": [other]}
            assert post(dana, changed, dry_run=True).json()["from_cache"] is False

    @ANY_DATABASE
    def test_no_shape_no_word_of_one(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana)
        assert (done["shapes"], done["op"]) == ([], None)


class TestWhoMay:
    @pytest.mark.parametrize("place", [0, 1])
    def test_somebody_elses_upload_looks_like_one_that_is_not_there(
        self, studio: Studio, dana: Client, place: int
    ) -> None:
        other = studio.actors.program("designer")
        hidden = studio.image(other)["id"]
        shared(other, hidden, "private")
        told = []
        for name in (bring(other), NOBODYS, hidden):
            uses = [by(bring(dana)), by(bring(dana))]
            uses[place] = by(name)
            answer = post(dana, {"prompt": "a dress", "control": uses})
            [problem] = answer.json()["fields"]
            assert (answer.status_code, problem["field"]) == (404, f"control.{place}.image")
            told.append((answer.json()["detail"].replace(name, "ID"), problem["limit"]))
        assert len(set(told)) == 1

    def test_an_administrator_has_no_uploads_but_their_own(
        self, studio: Studio, dana: Client
    ) -> None:
        admin = studio.actors.program("admin")
        answer = post(admin, {"prompt": "a dress", "control": [by(bring(dana))]})
        assert answer.status_code == 404

    def test_an_image_that_is_shown_to_everyone_may_be_drawn_by(
        self, studio: Studio, dana: Client
    ) -> None:
        theirs = studio.actors.program("designer")
        image = studio.image(theirs)["id"]
        shared(theirs, image, "everyone")
        done = studio.draw(dana, control=[by(image)])
        assert (done["state"], done["parent_id"]) == ("succeeded", image)

    @pytest.mark.parametrize(
        "values",
        [{"moderation": Moderation.HELD}, {"trashed_at": utc_now()}],
        ids=["held", "trashed"],
    )
    @pytest.mark.parametrize("role", ["designer", "admin"])
    def test_what_may_not_be_shown_is_not_drawn_by(
        self, studio: Studio, role: str, values: dict[str, Any]
    ) -> None:
        person = studio.actors.program(role)
        image = studio.image(person)["id"]
        put_into(studio, image, **values)
        answer = post(person, {"prompt": "a dress", "control": [by(image)]})
        assert answer.json()["fields"][0]["field"] == "control.0.image"

    @ANY_DATABASE
    def test_a_net_that_the_model_has_not_is_refused(self, dana: Client) -> None:
        shape = bring(dana)
        asked = {"prompt": "a dress", "control": [by(shape), by(shape, "scribbel")]}
        answer = post(dana, asked)
        assert answer.status_code == 422
        [problem] = answer.json()["fields"]
        assert (problem["field"], problem["nearest"]) == ("control.1.name", "scribble")
        assert "scribble, edges" in problem["limit"]
        grid = {"base": asked, "x": {"setting": "num_inference_steps", "values": [2]}}
        refused = dana.post("/api/v1/grids", json=grid)
        assert refused.json()["fields"][0]["field"] == "base.control.1.name"

    @ANY_DATABASE
    def test_a_grid_says_where_its_shape_is_named(self, dana: Client) -> None:
        base = {"prompt": "a dress", "control": [by(NOBODYS)]}
        axis = {"setting": "num_inference_steps", "values": [2]}
        answer = dana.post("/api/v1/grids", json={"base": base, "x": axis})
        assert answer.status_code == 404
        assert answer.json()["fields"][0]["field"] == "base.control.0.image"


class TestMeanwhile:
    def test_what_is_gone_when_it_is_drawn_fails_and_is_given_back(
        self, studio: Studio, dana: Client
    ) -> None:
        image = studio.image(dana)["id"]
        before = spent(dana)
        with studio.inference.hold():
            running = [studio.submit(dana) for _ in range(2)]
            studio.inference.wait_until_held()
            waiting = studio.submit(dana, control=[by(bring(dana)), by(image)])
            put_into(studio, image, moderation=Moderation.HELD)
        for one in (*running, waiting):
            dana.get(f"/api/v1/generations/{one}/events").raise_for_status()
        told = dana.get(f"/api/v1/generations/{waiting}").json()
        assert (told["state"], told["error"]["code"]) == ("failed", "picture_gone")
        assert "control.1.image" in told["error"]["message"]
        assert [shape["kind"] for shape in told["shapes"]] == ["upload", "gone"]
        drawn = dana.get(f"/api/v1/generations/{running[0]}").json()["credits"]
        assert spent(dana) - before == pytest.approx(2 * drawn)

    def test_an_upload_is_kept_while_it_is_needed(self, studio: Studio, dana: Client) -> None:
        first, second = bring(dana, WHITE), bring(dana)
        with studio.inference.hold():
            needs = studio.submit(dana, control=[by(first), by(second, "edges")])
            studio.inference.wait_until_held()
            for one in (first, second):
                answer = dana.delete(f"{UPLOADS}/{one}")
                assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
                assert needs in answer.json()["detail"]
            grow_old(studio)
            assert forgetting.forget_uploads(studio.context) == 0
        dana.get(f"/api/v1/generations/{needs}/events").raise_for_status()
        assert dana.delete(f"{UPLOADS}/{first}").status_code == 204
        assert forgetting.forget_uploads(studio.context) == 1

    def test_to_be_drawn_by_is_to_be_used(self, studio: Studio, dana: Client) -> None:
        upload, unused = bring(dana), bring(dana)
        grow_old(studio)
        studio.draw(dana, control=[by(upload)])
        assert forgetting.forget_uploads(studio.context) == 1
        assert dana.get(f"{UPLOADS}/{upload}").status_code == 200
        assert dana.get(f"{UPLOADS}/{unused}").status_code == 404


class TestWhatOthersRead:
    def test_ids_are_the_owners_alone(self, studio: Studio, dana: Client) -> None:
        upload = bring(dana, WHITE)
        image = studio.draw(dana, control=[by(upload, scale=0.75)])["images"][0]["id"]
        shared(dana, image, "everyone")
        own = dana.get(f"/api/v1/images/{image}").json()["parameters"]
        assert own["control"][0]["image"] == upload
        for role in ("designer", "marketing", "admin"):
            other = studio.actors.program(role)
            for address in (f"images/{image}", f"library?q=id:{image}", "library"):
                assert upload not in other.get(f"/api/v1/{address}").text
            told = other.get(f"/api/v1/images/{image}").json()
            assert (told["op"], told["parameters"]["control"]) == ("control", [])

    @pytest.mark.parametrize("variant", ["full", "clean", "preview", "thumb"])
    @pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
    @ANY_DATABASE
    def test_no_file_has_them(self, studio: Studio, dana: Client, variant: str, kind: str) -> None:
        upload, over = bring(dana, WHITE), bring(dana)
        [image] = studio.draw(dana, control=[by(upload)], init_image=over)["images"]
        asked = {"variant": variant, "format": kind}
        data = dana.get(f"/api/v1/images/{image['id']}/content", params=asked).content
        for name in (upload, over):
            assert name.encode() not in data
            assert name.encode("utf-16-be") not in data
        assert (b"scribble" in data) is (variant == "full")
