"""Drawing over uploads and images: who may draw over which, what is sent, what comes out, and what is kept for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlmodel import col, update

from backend.dispatch import forgetting
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.uploads.models import Upload
from tests.backend.generations.test_generations import ANY_DATABASE, post
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.colours import colour_of

UPLOADS = "/api/v1/uploads"
GREEN, WHITE, BLACK = (0, 200, 0), (255, 255, 255), (0, 0, 0)
NOBODYS = "01m7xxtq72y599hfwczfvzjz52"


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


def bring(person: Client, colour: tuple[int, int, int] = GREEN, right: Any = None) -> str:
    """Upload a picture of 64 × 64 in `colour`, its right half in another one where that is given."""
    picture = Pillow.new("RGB", (64, 64), colour)
    if right:
        picture.paste(right, (32, 0, 64, 64))
    out = BytesIO()
    picture.save(out, "PNG")
    answer = person.post(UPLOADS, files={"file": ("a.png", out.getvalue())})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def pixels(person: Client, image: Any, place: tuple[int, int] = (10, 10)) -> Any:
    data = person.get(f"/api/v1/images/{image['id']}/content").content
    return Pillow.open(BytesIO(data)).convert("RGB").getpixel(place)


def mixed(strength: float, seed: int, colour: tuple[int, int, int] = GREEN) -> Any:
    parts = zip(colour, colour_of(seed), strict=True)
    return pytest.approx([old + (new - old) * strength for old, new in parts], abs=2)


def put_into(studio: Studio, image_id: str, **values: Any) -> None:
    with studio.context.database.write() as session:
        session.execute(update(Image).where(col(Image.id) == image_id).values(**values))


def shared(owner: Client, image_id: str, visibility: str) -> None:
    gallery = owner.post("/api/v1/galleries", json={"name": "Knits", "visibility": visibility})
    placed = owner.post(
        f"/api/v1/galleries/{gallery.json()['id']}/images", json={"image_ids": [image_id]}
    )
    assert placed.status_code == 200, placed.text


class TestDrawing:
    def test_mixes_an_upload_with_what_is_drawn(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana, seed=5, init_image=bring(dana), strength=0.5)
        assert done["state"] == "succeeded", done["error"]
        assert (done["op"], done["parent_id"]) == ("img2img", None)
        assert pixels(dana, done["images"][0]) == mixed(0.5, 5)

    def test_keeps_what_the_mask_keeps(self, studio: Studio, dana: Client) -> None:
        mask = bring(dana, BLACK, right=WHITE)
        asked: dict[str, Any] = {
            "init_image": bring(dana),
            "mask": mask,
            "strength": 1.0,
            "seed": 5,
        }
        done = studio.draw(dana, **asked)
        assert done["op"] == "inpaint"
        assert pixels(dana, done["images"][0]) == GREEN
        assert pixels(dana, done["images"][0], (50, 10)) == mixed(1, 5)
        [other] = studio.draw(dana, **asked, invert_mask=True)["images"]
        assert pixels(dana, other, (50, 10)) == GREEN

    def test_draws_around_a_picture(self, studio: Studio, dana: Client) -> None:
        asked: dict[str, Any] = {
            "init_image": bring(dana),
            "outpaint": {"left": 32},
            "strength": 1.0,
            "seed": 5,
        }
        done = studio.draw(dana, **asked, width=96)
        assert done["op"] == "outpaint"
        assert pixels(dana, done["images"][0]) == mixed(1, 5)
        assert pixels(dana, done["images"][0], (60, 10)) == GREEN

    def test_an_image_that_was_drawn_becomes_the_parent(self, studio: Studio, dana: Client) -> None:
        first = studio.draw(dana, seed=3)["images"][0]["id"]
        done = studio.draw(dana, init_image=first, strength=0.2, seed=5)
        assert done["parent_id"] == first
        assert pixels(dana, done["images"][0]) == mixed(0.2, 5, colour_of(3))
        child = done["images"][0]["id"]
        lineage = dana.get(f"/api/v1/library/{child}/lineage").json()
        assert [one["id"] for one in lineage["ancestors"]] == [first]
        assert lineage["upload"] is None
        assert dana.get(f"/api/v1/images/{child}").json()["op"] == "img2img"

    def test_a_lineage_begins_with_the_upload(self, studio: Studio, dana: Client) -> None:
        upload = bring(dana)
        first = studio.draw(dana, init_image=upload)["images"][0]["id"]
        second = studio.draw(dana, init_image=first)["images"][0]["id"]
        for image in (first, second):
            assert dana.get(f"/api/v1/library/{image}/lineage").json()["upload"] == upload
            shared(dana, image, "everyone")
            other = studio.actors.program("admin").get(f"/api/v1/library/{image}/lineage")
            assert other.json()["upload"] is None
        assert dana.delete(f"{UPLOADS}/{upload}").status_code == 204
        assert dana.get(f"/api/v1/library/{second}/lineage").json()["upload"] is None

    def test_a_parent_that_is_named_stays_the_parent(self, studio: Studio, dana: Client) -> None:
        first, other = (studio.image(dana)["id"] for _ in range(2))
        answer = post(dana, {"prompt": "a dress", "init_image": first}, parent=other)
        assert answer.json()["parent_id"] == other

    def test_what_is_sent_to_be_drawn_has_no_prompt_in_it(
        self, studio: Studio, dana: Client
    ) -> None:
        first = studio.image(dana, "a secret launch")["id"]
        studio.draw(dana, init_image=first)
        sent = studio.inference.asked[-1].pictures.init_image
        assert sent
        assert b"secret launch" not in sent

    @ANY_DATABASE
    def test_a_variation_is_told_as_one(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana, seed=5, variation_strength=0.25)
        assert (done["op"], done["drawn_over"]) == ("variation", None)
        assert done["parameters"]["variation_seed"] >= 0

    def test_costs_and_counts_the_steps_that_are_taken(self, studio: Studio, dana: Client) -> None:
        asked: dict[str, Any] = {"prompt": "a dress", "num_inference_steps": 20}
        whole = post(dana, asked, dry_run=True).json()["credits"]
        over: dict[str, Any] = {**asked, "init_image": bring(dana), "strength": 0.3}
        assert post(dana, over, dry_run=True).json()["credits"] == pytest.approx(whole * 0.3)
        done = studio.draw(dana, **over)
        assert done["credits"] == pytest.approx(whole * 0.3)


class TestWhoMay:
    @pytest.mark.parametrize("field", ["init_image", "mask"])
    def test_somebody_elses_upload_looks_like_one_that_is_not_there(
        self, studio: Studio, dana: Client, field: str
    ) -> None:
        theirs = bring(studio.actors.program("designer"))
        base = {"prompt": "a dress", "init_image": bring(dana)}
        told = []
        for name in (theirs, NOBODYS):
            answer = post(dana, {**base, field: name})
            assert answer.status_code == 404
            [problem] = answer.json()["fields"]
            assert problem["field"] == field
            told.append((answer.json()["detail"].replace(name, "ID"), problem["limit"]))
        assert told[0] == told[1]

    def test_an_administrator_has_no_uploads_but_their_own(
        self, studio: Studio, dana: Client
    ) -> None:
        admin = studio.actors.program("admin")
        assert post(admin, {"prompt": "a dress", "init_image": bring(dana)}).status_code == 404

    def test_an_image_of_a_private_gallery_is_not_there(self, studio: Studio, dana: Client) -> None:
        theirs = studio.actors.program("designer")
        image = studio.image(theirs)["id"]
        shared(theirs, image, "private")
        assert post(dana, {"prompt": "a dress", "init_image": image}).status_code == 404

    def test_an_image_that_is_shown_to_everyone_may_be_drawn_over(
        self, studio: Studio, dana: Client
    ) -> None:
        theirs = studio.actors.program("designer")
        image = studio.image(theirs)["id"]
        shared(theirs, image, "everyone")
        done = studio.draw(dana, init_image=image, mask=image)
        assert (done["state"], done["parent_id"]) == ("succeeded", image)

    @pytest.mark.parametrize(
        "values",
        [
            {"moderation": Moderation.HELD},
            {"moderation": Moderation.REJECTED},
            {"moderation": Moderation.PENDING},
            {"trashed_at": utc_now()},
        ],
        ids=["held", "rejected", "pending", "trashed"],
    )
    @pytest.mark.parametrize("role", ["designer", "admin"])
    def test_what_may_not_be_shown_is_not_drawn_over(
        self, studio: Studio, role: str, values: dict[str, Any]
    ) -> None:
        person = studio.actors.program(role)
        image = studio.image(person)["id"]
        put_into(studio, image, **values)
        answer = post(person, {"prompt": "a dress", "init_image": image})
        assert answer.status_code == 404
        assert answer.json()["fields"][0]["field"] == "init_image"

    @ANY_DATABASE
    @pytest.mark.parametrize("field", ["mask", "outpaint"])
    def test_what_is_about_a_picture_needs_one(self, dana: Client, field: str) -> None:
        value = {"left": 8} if field == "outpaint" else NOBODYS
        answer = post(dana, {"prompt": "a dress", field: value})
        assert answer.status_code == 422
        assert "init_image" in answer.json()["fields"][0]["message"]

    @ANY_DATABASE
    def test_margins_leave_something_of_the_picture(self, dana: Client) -> None:
        over = {
            "prompt": "a dress",
            "init_image": bring(dana),
            "outpaint": {"left": 32, "right": 32},
        }
        answer = post(dana, {**over, "width": 64})
        assert answer.status_code == 422
        [problem] = answer.json()["fields"]
        assert problem["field"] == "width"
        assert post(dana, {**over, "width": problem["nearest"]}).status_code == 202


class TestMeanwhile:
    def test_what_is_gone_when_it_is_drawn_fails_and_is_given_back(
        self, studio: Studio, dana: Client
    ) -> None:
        image = studio.image(dana)["id"]
        before = spent(dana)
        with studio.inference.hold():
            running = [studio.submit(dana) for _ in range(2)]
            studio.inference.wait_until_held()
            waiting = studio.submit(dana, init_image=image)
            put_into(studio, image, moderation=Moderation.HELD)
        for one in (*running, waiting):
            dana.get(f"/api/v1/generations/{one}/events").raise_for_status()
        told = dana.get(f"/api/v1/generations/{waiting}").json()
        assert (told["state"], told["error"]["code"]) == ("failed", "picture_gone")
        assert "init_image" in told["error"]["message"]
        assert told["drawn_over"]["init_image"] == {"id": image, "kind": "gone", "url": None}
        drawn = dana.get(f"/api/v1/generations/{running[0]}").json()["credits"]
        assert spent(dana) - before == pytest.approx(2 * drawn)
        letters = studio.actors.program("admin").get("/api/v1/queue/dead").json()
        assert waiting not in str(letters)

    def test_an_upload_is_kept_while_it_is_needed(self, studio: Studio, dana: Client) -> None:
        upload, mask = bring(dana), bring(dana, WHITE)
        with studio.inference.hold():
            needs = studio.submit(dana, init_image=upload, mask=mask)
            studio.inference.wait_until_held()
            for one in (upload, mask):
                answer = dana.delete(f"{UPLOADS}/{one}")
                assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
                assert needs in answer.json()["detail"]
            grow_old(studio)
            assert forgetting.forget_uploads(studio.context) == 0
        dana.get(f"/api/v1/generations/{needs}/events").raise_for_status()
        assert dana.delete(f"{UPLOADS}/{upload}").status_code == 204
        assert forgetting.forget_uploads(studio.context) == 1
        told = dana.get(f"/api/v1/generations/{needs}").json()["drawn_over"]
        assert {one["kind"] for one in told.values()} == {"gone"}

    def test_it_is_drawn_from_or_deleted_never_both(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold(), ThreadPoolExecutor(2) as threads:
            for _ in range(6):
                upload = bring(dana)
                asked = {"prompt": "a dress", "init_image": upload}
                submitted = threads.submit(post, dana, asked)
                deleted = threads.submit(dana.delete, f"{UPLOADS}/{upload}")
                came = (submitted.result().status_code, deleted.result().status_code)
                assert came in {(202, 409), (404, 204)}
                if came[0] == 202:
                    one = submitted.result().json()
                    dana.post(one["urls"]["cancel"]).raise_for_status()

    def test_somebody_elses_upload_cannot_be_asked_after(
        self, studio: Studio, dana: Client
    ) -> None:
        upload = bring(dana)
        with studio.inference.hold():
            studio.submit(dana, init_image=upload)
            other = studio.actors.program("designer").delete(f"{UPLOADS}/{upload}")
            assert other.status_code == 404

    def test_to_be_drawn_from_is_to_be_used(self, studio: Studio, dana: Client) -> None:
        upload, unused = bring(dana), bring(dana)
        grow_old(studio)
        studio.draw(dana, init_image=upload)
        assert forgetting.forget_uploads(studio.context) == 1
        assert dana.get(f"{UPLOADS}/{upload}").status_code == 200
        assert dana.get(f"{UPLOADS}/{unused}").status_code == 404

    def test_where_the_pictures_are_is_told_to_the_owner(
        self, studio: Studio, dana: Client
    ) -> None:
        image, upload = studio.image(dana)["id"], bring(dana, WHITE)
        told = studio.draw(dana, init_image=image, mask=upload)["drawn_over"]
        assert (told["init_image"]["kind"], told["mask"]["kind"]) == ("image", "upload")
        for one in told.values():
            assert dana.get(one["url"]).status_code == 200


class TestWhatOthersRead:
    def test_ids_are_the_owners_alone(self, studio: Studio, dana: Client) -> None:
        upload, mask = bring(dana), bring(dana, WHITE)
        done = studio.draw(dana, init_image=upload, mask=mask, outpaint={"left": 8}, width=72)
        image = done["images"][0]["id"]
        shared(dana, image, "everyone")
        own = dana.get(f"/api/v1/images/{image}").json()["parameters"]
        assert (own["init_image"], own["mask"]) == (upload, mask)
        for role in ("designer", "marketing", "admin"):
            other = studio.actors.program(role)
            for address in (f"images/{image}", f"library?q=id:{image}", "library"):
                answer = other.get(f"/api/v1/{address}")
                assert upload not in answer.text
                assert mask not in answer.text
            told = other.get(f"/api/v1/images/{image}").json()
            assert told["op"] == "outpaint"
            assert told["parameters"]["strength"] == 0.75

    @pytest.mark.parametrize("variant", ["full", "clean", "preview", "thumb"])
    @pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
    @ANY_DATABASE
    def test_no_file_has_them(self, studio: Studio, dana: Client, variant: str, kind: str) -> None:
        upload, mask = bring(dana), bring(dana, WHITE)
        image = studio.draw(dana, init_image=upload, mask=mask)["images"][0]["id"]
        asked = {"variant": variant, "format": kind}
        data = dana.get(f"/api/v1/images/{image}/content", params=asked).content
        assert b"compositeWithTrainedAlgorithmicMedia" in data
        for name in (upload, mask):
            assert name.encode() not in data
            assert name.encode("utf-16-be") not in data


def spent(person: Client) -> float:
    return float(person.get("/api/v1/me/usage").json()["today"]["used"])


def grow_old(studio: Studio) -> None:
    with studio.context.database.write() as session:
        session.execute(update(Upload).values(used_at=utc_now() - timedelta(days=400)))


@ANY_DATABASE
@pytest.mark.parametrize("field", ["init_image", "mask", "control.0.image"])
def test_a_dry_run_looks_at_pictures_as_a_submission_does(
    studio: Studio, dana: Client, field: str
) -> None:
    theirs = bring(studio.actors.program("designer"))

    def asked(name: str) -> dict[str, Any]:
        over: dict[str, Any] = {"prompt": "a dress", "init_image": bring(dana)}
        shape = {"control": [{"name": "scribble", "image": name}]}
        return {**over, **(shape if field.startswith("control") else {field: name})}

    assert post(dana, asked(bring(dana)), dry_run=True).status_code == 200
    for name in (theirs, NOBODYS):
        foretold, told = (post(dana, asked(name), dry_run=dry) for dry in (True, False))
        assert foretold.status_code == told.status_code == 404
        assert [one["field"] for one in foretold.json()["fields"]] == [field]
        grid = {"base": asked(name), "x": {"setting": "seed", "values": [1, 2]}}
        refused = dana.post("/api/v1/grids", json=grid, params={"dry_run": True})
        assert refused.json()["fields"][0]["field"] == f"base.{field}"
