"""Making pictures larger: what comes out and what it costs, who may and how large, and what the file says of it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from backend.images import metadata
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.uploads.models import Upload
from tests.backend.generations.test_generations import ANY_DATABASE, post
from tests.backend.generations.test_pictures import (
    GREEN,
    NOBODYS,
    bring,
    mixed,
    pixels,
    put_into,
    shared,
    spent,
)
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

RESAMPLED = {"factor": 2, "method": "resample"}
LARGE = {"prompt": "a dress", "upscale": {"factor": 4}}


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


def put_size(studio: Studio, upload: str, width: int, height: int) -> None:
    """Have the studio believe that an upload is of that size."""
    with studio.context.database.write() as session:
        row = session.get_one(Upload, upload)
        row.width, row.height = width, height
        session.add(row)


def price(person: Client, **asked: Any) -> float:
    return float(post(person, {"prompt": "a dress", **asked}, dry_run=True).json()["credits"])


def content(person: Client, image: str, **query: str) -> bytes:
    return bytes(person.get(f"/api/v1/images/{image}/content", params=query).content)


class TestDrawing:
    def test_what_comes_out_is_larger_and_drawn_over_a_little(
        self, studio: Studio, dana: Client
    ) -> None:
        done = studio.draw(dana, init_image=bring(dana), upscale={"factor": 2}, seed=5)
        assert (done["state"], done["op"]) == ("succeeded", "upscale"), done["error"]
        assert done["parameters"]["strength"] == 0.2
        [image] = done["images"]
        assert (image["width"], image["height"]) == (128, 128)
        assert pixels(dana, image) == mixed(0.2, 5)

    def test_what_is_resampled_takes_no_step(self, studio: Studio, dana: Client) -> None:
        first = studio.image(dana)
        done = studio.draw(dana, init_image=first["id"], upscale=RESAMPLED)
        assert (done["op"], done["parent_id"]) == ("upscale", first["id"])
        [image] = done["images"]
        assert (image["width"], image["height"]) == (128, 128)
        assert pixels(dana, image, (60, 60)) == pixels(dana, first, (30, 30))

    def test_the_same_again_is_answered_from_storage(self, studio: Studio, dana: Client) -> None:
        asked: dict[str, Any] = {"init_image": bring(dana), "seed": 5, "upscale": RESAMPLED}
        first = studio.draw(dana, **asked)
        again = post(dana, {"prompt": "a red dress", **asked}).json()
        assert (again["from_cache"], again["credits"]) == (True, 0)
        other = {**asked, "upscale": {"factor": 4, "method": "resample"}}
        assert post(dana, {"prompt": "a red dress", **other}).json()["from_cache"] is False
        for image in (first["images"][0], again["images"][0]):
            assert b"algorithmicallyEnhanced" in content(dana, image["id"], variant="clean")


class TestPrices:
    """By hand: 64 × 64 is 0.004096 megapixels; strength 0.2 of 20 steps takes 4."""

    @ANY_DATABASE
    @pytest.mark.parametrize(
        ("upscale", "steps", "expected"),
        [
            ({"factor": 2}, 20, 128 * 128 * 4),
            ({"factor": 4}, 20, 256 * 256 * 4),
            ({"factor": 4}, 1, 256 * 256 * 1),
            ({"factor": 2, "method": "resample"}, 20, 163.84),
            ({"factor": 4, "method": "resample"}, 100, 655.36),
        ],
    )
    def test_what_comes_out_is_paid(
        self, dana: Client, upscale: dict[str, Any], steps: int, expected: float
    ) -> None:
        asked = {"init_image": bring(dana), "upscale": upscale, "num_inference_steps": steps}
        assert price(dana, **asked) == round(expected) / 1e6
        tile = price(dana, **asked, width=512, height=512)
        assert tile == round(expected) / 1e6

    def test_what_was_foretold_is_charged(self, studio: Studio, dana: Client) -> None:
        asked: dict[str, Any] = {
            "init_image": bring(dana),
            "upscale": {"factor": 4},
            "strength": 0.5,
        }
        told = price(dana, **asked)
        before = spent(dana)
        assert studio.draw(dana, **asked)["credits"] == told == 256 * 256 * 2 / 1e6
        assert spent(dana) - before == pytest.approx(told)

    @ANY_DATABASE
    def test_a_grid_costs_the_sum(self, dana: Client) -> None:
        base = {"prompt": "a dress", "init_image": bring(dana), "upscale": {"factor": 2}}
        axis = {"setting": "strength", "values": [0.25, 0.5]}
        body = {"base": base, "x": axis}
        told = dana.post("/api/v1/grids", json=body, params={"dry_run": True})
        assert told.json()["credits"] == pytest.approx(128 * 128 * (1 + 2) / 1e6)


class TestRefused:
    @ANY_DATABASE
    @pytest.mark.parametrize(
        ("size", "factor", "nearest"),
        [((2049, 10), 4, 2), ((10, 4096), 4, 2), ((4097, 4097), 2, None), ((10, 5000), 4, None)],
    )
    @pytest.mark.parametrize("dry", [True, False])
    def test_above_8192_a_side(  # noqa: PLR0913, PLR0917
        self,
        studio: Studio,
        dana: Client,
        size: tuple[int, int],
        factor: int,
        nearest: int | None,
        dry: bool,
    ) -> None:
        upload = bring(dana)
        put_size(studio, upload, *size)
        asked = {"prompt": "a dress", "init_image": upload, "upscale": {"factor": factor}}
        answer = post(dana, asked, dry_run=dry)
        assert answer.status_code == 422, answer.text
        [problem] = answer.json()["fields"]
        assert (problem["field"], problem["nearest"]) == ("upscale.factor", nearest)
        assert "8192 pixels a side" in problem["message"]
        grid = {"base": asked, "x": {"setting": "strength", "values": [0.2]}}
        refused = dana.post("/api/v1/grids", json=grid, params={"dry_run": dry})
        assert refused.json()["fields"][0]["field"] == "base.upscale.factor"

    @ANY_DATABASE
    @pytest.mark.parametrize(("size", "factor"), [((2048, 2048), 4), ((4096, 8), 2)])
    def test_8192_a_side_is_priced(
        self, studio: Studio, dana: Client, size: tuple[int, int], factor: int
    ) -> None:
        upload = bring(dana)
        put_size(studio, upload, *size)
        told = price(dana, init_image=upload, upscale={"factor": factor, "method": "resample"})
        assert told == round(size[0] * size[1] * factor**2 / 100) / 1e6

    @ANY_DATABASE
    @pytest.mark.parametrize("upscale", [{"factor": 2}, RESAMPLED])
    def test_several_images(self, dana: Client, upscale: dict[str, Any]) -> None:
        asked = {"init_image": bring(dana), "upscale": upscale, "num_images": 2}
        answer = post(dana, {"prompt": "a dress", **asked})
        [problem] = answer.json()["fields"]
        assert (problem["field"], problem["nearest"]) == ("num_images", 1)

    @ANY_DATABASE
    def test_another_factor(self, dana: Client) -> None:
        answer = post(
            dana, {"prompt": "a dress", "init_image": bring(dana), "upscale": {"factor": 3}}
        )
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"].startswith("upscale.factor")

    @pytest.mark.parametrize("dry", [True, False])
    def test_what_is_not_yours_and_what_is_not_there_look_the_same(
        self,
        studio: Studio,
        dana: Client,
        dry: bool,
    ) -> None:
        other = studio.actors.program("designer")
        hidden = studio.image(other)["id"]
        shared(other, hidden, "private")
        told = []
        for name in (NOBODYS, bring(other), hidden):
            answer = post(dana, {**LARGE, "init_image": name}, dry_run=dry)
            [problem] = answer.json()["fields"]
            assert (answer.status_code, problem["field"]) == (404, "init_image")
            told.append(answer.json()["detail"].replace(name, "ID"))
        assert len(set(told)) == 1
        grid: dict[str, Any] = {"base": {**LARGE, "init_image": NOBODYS}}
        grid["x"] = {"setting": "strength", "values": [0.2]}
        refused = dana.post("/api/v1/grids", json=grid, params={"dry_run": dry})
        assert refused.json()["fields"][0]["field"] == "base.init_image"

    def test_what_is_gone_when_it_is_drawn(self, studio: Studio, dana: Client) -> None:
        image = studio.image(dana)["id"]
        with studio.inference.hold():
            running = [studio.submit(dana) for _ in range(2)]
            studio.inference.wait_until_held()
            waiting = studio.submit(dana, init_image=image, upscale=RESAMPLED)
            put_into(studio, image, moderation=Moderation.HELD)
        for one in (*running, waiting):
            dana.get(f"/api/v1/generations/{one}/events").raise_for_status()
        told = dana.get(f"/api/v1/generations/{waiting}").json()
        assert told["error"]["code"] == "picture_gone"


class TestFiles:
    @pytest.mark.parametrize(
        ("of", "expected"), [("upload", metadata.ENHANCED), ("drawn", None), ("inpainted", None)]
    )
    @ANY_DATABASE
    def test_a_plain_enlargement_is_what_its_source_is(
        self, studio: Studio, dana: Client, of: str, expected: str | None
    ) -> None:
        source = bring(dana)
        if of == "drawn":
            source, expected = studio.image(dana)["id"], metadata.TRAINED_ALGORITHMIC_MEDIA
        if of == "inpainted":
            done = studio.draw(dana, init_image=source, mask=bring(dana))
            source, expected = done["images"][0]["id"], metadata.COMPOSITE
        for _ in range(2):  # and what is made of that by the same means
            [image] = studio.draw(dana, init_image=source, upscale=RESAMPLED)["images"]
            source = image["id"]
            for kind in ("webp", "png", "jpeg"):
                for variant in ("full", "clean", "thumb"):
                    data = content(dana, source, format=kind, variant=variant)
                    assert f"DigitalSourceType>{expected}<".encode() in data

    @ANY_DATABASE
    def test_what_the_model_drew_over_is_made_by_a_model(
        self, studio: Studio, dana: Client
    ) -> None:
        [image] = studio.draw(dana, init_image=bring(dana), upscale={"factor": 2})["images"]
        data = content(dana, image["id"])
        assert f">{metadata.TRAINED_ALGORITHMIC_MEDIA}<".encode() in data

    def test_others_learn_how_and_not_of_what(self, studio: Studio, dana: Client) -> None:
        upload = bring(dana)
        [image] = studio.draw(dana, init_image=upload, upscale={"factor": 2})["images"]
        shared(dana, image["id"], "everyone")
        for role in ("designer", "marketing", "admin"):
            told = studio.actors.program(role).get(f"/api/v1/images/{image['id']}")
            assert upload not in told.text
            assert told.json()["op"] == "upscale"
            assert told.json()["parameters"]["upscale"] is None

    def test_a_large_one_is_kept_and_handed_out(self, studio: Studio, dana: Client) -> None:
        """The upload is 1024 px a side, so that 4096 come out."""
        out = BytesIO()
        Pillow.new("RGB", (1024, 1024), GREEN).save(out, "PNG")
        answer = dana.post("/api/v1/uploads", files={"file": ("a.png", out.getvalue())})
        asked = {
            "init_image": answer.json()["id"],
            "upscale": {"factor": 4, "method": "resample"},
        }
        [image] = studio.draw(dana, **asked)["images"]
        assert (image["width"], image["height"]) == (4096, 4096)
        with studio.context.database.read() as session:
            assert session.get_one(Image, image["id"]).width == 4096
        for variant, side in (("full", 4096), ("clean", 4096), ("preview", 640), ("thumb", 320)):
            data = content(dana, image["id"], variant=variant)
            assert Pillow.open(BytesIO(data)).size == (side, side)
