"""Restorations over HTTP: our own files exactly, everybody else's as told, and nothing kept of either."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import SQLModel

from inference.protocol import Scheduler
from tests.backend.restorations import pictures
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

PATH = "/api/v1/restorations"
ASKED: dict[str, Any] = {
    "prompt": 'a red dress, "striped" <b> & 眼鏡 👗',
    "negative_prompt": "blurred",
    "width": 128,
    "height": 64,
    "num_inference_steps": 3,
    "guidance_scale": 6.5,
    "seed": 4294967294,
    "num_images": 2,
    "scheduler": "dpmpp_2m_karras",
}
# What has no say in an image that was drawn from its prompt alone.
EDITING = {
    "upscale", "control",
    "init_image", "strength", "fit", "mask", "invert_mask", "mask_blur", "masked_area", "outpaint",
    "variation_seed", "variation_strength",
}  # fmt: skip


def bring(person: Client, data: bytes) -> Any:
    return person.post(PATH, files={"file": ("a.png", data)})


def said_in(restoration: Any) -> dict[str, Any]:
    """Return the settings that a picture says something about."""
    return {name: value for name, value in restoration["settings"].items() if value is not None}


def drawn(studio: Studio, person: Client, variant: str, **asked: Any) -> tuple[Any, bytes]:
    """Draw, and return the parameters of the second image and its file."""
    generation = studio.draw(person, **{**ASKED, **asked})
    image = generation["images"][1]
    told = person.get(f"/api/v1/images/{image['id']}").json()["parameters"]
    file = person.get(f"/api/v1/images/{image['id']}/content", params={"variant": variant})
    return told, file.content


class TestOurs:
    @pytest.mark.parametrize("scheduler", Scheduler)
    def test_a_file_that_was_downloaded_draws_itself_again(
        self, shared_studio: Studio, scheduler: Scheduler
    ) -> None:
        dana = shared_studio.actors.browser()
        told, file = drawn(shared_studio, dana, "full", scheduler=scheduler.value)
        answer = bring(dana, file).json()
        assert (answer["source"], answer["changes"]) == ("atelier", [])
        said = said_in(answer)
        assert said == {name: told[name] for name in said}
        assert told.keys() - said.keys() <= {"num_images", "priority", "loras", "decoder"} | EDITING

    def test_whoever_may_see_the_image_is_told_which_it_is(self, shared_studio: Studio) -> None:
        dana, eli = (shared_studio.actors.browser() for _ in range(2))
        image = shared_studio.draw(dana, **ASKED)["images"][1]["id"]
        file = dana.get(f"/api/v1/images/{image}/content").content
        assert bring(dana, file).json()["image_id"] == image
        assert bring(eli, file).json()["image_id"] is None
        gallery = dana.post("/api/v1/galleries", json={"name": "g", "visibility": "everyone"})
        path = f"/api/v1/galleries/{gallery.json()['id']}/images"
        dana.post(path, json={"image_ids": [image]}).raise_for_status()
        assert bring(eli, file).json()["image_id"] == image

    def test_a_clean_copy_says_nothing(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        _, file = drawn(shared_studio, dana, "clean")
        assert bring(dana, file).json()["code"] == "no_settings"

    def test_the_infotext_of_our_file_is_read_by_the_same_rules(
        self, shared_studio: Studio
    ) -> None:
        dana = shared_studio.actors.browser()
        told, file = drawn(shared_studio, dana, "full")
        answer = bring(dana, file.replace(b"<atelier:generation>", b"<somebody:whatever>")).json()
        assert answer["source"] == "a1111"
        said = said_in(answer)
        assert said == {name: told[name] for name in said}
        assert told.keys() - said.keys() <= {"num_images", "priority", "loras", "decoder"} | EDITING


class TestOthers:
    def test_what_is_not_here_is_named(self, shared_studio: Studio) -> None:
        answer = bring(shared_studio.actors.browser(), pictures.comfyui()).json()
        assert answer["source"] == "comfyui"
        assert answer["settings"]["prompt"] == pictures.PROMPT
        assert answer["settings"]["scheduler"] == "dpmpp_2m_karras"
        assert {one["field"]: one["reason"] for one in answer["changes"]} == {
            "model": "absent",
            "seed": "nearest",
            "lora": "left_out",
        }

    def test_text_is_read_as_pictures_are(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        pasted = dana.post(PATH, json={"text": pictures.INFOTEXT})
        assert pasted.json() == bring(dana, pictures.a1111()).json()

    def test_a_program_may_too(self, shared_studio: Studio) -> None:
        assert bring(shared_studio.actors.program(), pictures.swarmui()).status_code == 200


class TestRefusals:
    def test_a_picture_without_settings_says_whose_have_some(self, shared_studio: Studio) -> None:
        answer = bring(shared_studio.actors.browser(), pictures.png(Software="Paint"))
        assert (answer.status_code, answer.json()["code"]) == (422, "no_settings")
        assert "ComfyUI" in answer.json()["detail"]

    def test_what_is_no_picture_says_what_would_be(self, shared_studio: Studio) -> None:
        answer = bring(shared_studio.actors.browser(), b"GIF89a")
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["limit"] == "a PNG, JPEG or WebP picture"

    @pytest.mark.parametrize(
        "body",
        ["", "[", "{}", '{"text": 1}', '{"text": "a", "more": 1}', '{"text": "\ud800"}', '{"text": "a"}',
         json.dumps({"text": "x" * 100_001}), json.dumps({"text": "\x01" * 200_000})],
    )  # fmt: skip
    def test_a_text_that_is_none(self, shared_studio: Studio, body: str) -> None:
        answer = shared_studio.actors.browser().post(
            PATH,
            content=body.encode(errors="surrogatepass"),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 422
        assert answer.json()["code"] in {"invalid", "no_settings"}

    def test_asks_who_it_is_before_it_reads(self, shared_studio: Studio) -> None:
        headers = {"content-type": "multipart/form-data; boundary=x"}
        marketing = shared_studio.actors.browser("marketing")
        for person, status in ((shared_studio.actors.anonymous(), 401), (marketing, 403)):
            request = person.build_request("POST", PATH, content=b"x" * 100, headers=headers)
            assert person.send(request).status_code == status

    def test_a_picture_may_be_as_large_as_an_upload(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        large = pictures.a1111()[:-12] + b"\0" * 11_000_000
        assert bring(dana, large).status_code == 200
        assert bring(dana, b"\0" * 13_000_000).status_code == 413


def test_nothing_is_kept(studio: Studio) -> None:
    dana = studio.actors.browser()
    before = _rows(studio)
    bring(dana, pictures.a1111())
    assert _rows(studio) == before


def _rows(studio: Studio) -> dict[str, int]:
    with studio.context.database.read() as session:
        return {
            table.name: session.connection().scalar(select(func.count()).select_from(table)) or 0
            for table in SQLModel.metadata.sorted_tables
            if table.name != "rate_limit"
        }


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300), kind=st.sampled_from([b"parameters", b"prompt", b"XMP"]))
def test_nothing_that_is_brought_is_answered_by_a_500(
    shared_studio: Studio, data: bytes, kind: bytes
) -> None:
    dana = shared_studio.actors.browser()
    for file in (data, b"\x89PNG\r\n\x1a\n" + data, b"\xff\xd8\xff\xe1" + data,
                 b"RIFF\0\0\0\0WEBPEXIF" + len(data).to_bytes(4, "little") + data,
                 b"\x89PNG\r\n\x1a\n" + (len(kind) + 1 + len(data)).to_bytes(4, "big") + b"tEXt" + kind + b"\0" + data):  # fmt: skip
        assert bring(dana, file).status_code in {200, 422}
