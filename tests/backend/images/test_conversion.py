"""Images as PNG and JPEG: the same pixels, and what the WebP says about itself."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from backend.images import metadata
from tests.fixtures.app import Studio

LATIN, JAPANESE = "a red dress: café, 10 % off", "赤いドレス 👗 <&>"
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286


@pytest.fixture
def studio(shared_studio: Studio) -> Studio:
    return shared_studio


def opened(data: bytes) -> Any:
    picture = Pillow.open(BytesIO(data))
    picture.load()
    return picture


class TestPng:
    @pytest.mark.parametrize("prompt", [LATIN, JAPANESE])
    def test_keeps_pixels_and_settings(self, studio: Studio, prompt: str) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana, prompt)['id']}/content"
        master, answer = dana.get(address), dana.get(address, params={"format": "png"})
        picture = opened(answer.content)
        assert (answer.headers["content-type"], picture.format) == ("image/png", "PNG")
        assert picture.convert("RGB").tobytes() == opened(master.content).convert("RGB").tobytes()
        assert picture.text["parameters"].startswith(prompt + "\nSteps: ")
        assert json.loads(picture.text["atelier"])["parameters"]["prompt"] == prompt
        assert metadata.TRAINED_ALGORITHMIC_MEDIA in picture.text["XML:com.adobe.xmp"]

    def test_puts_other_than_latin_letters_where_png_has_room_for_them(
        self, studio: Studio
    ) -> None:
        dana = studio.actors.browser("designer")
        for prompt, chunk in ((LATIN, b"tEXtparameters"), (JAPANESE, b"iTXtparameters")):
            address = f"/api/v1/images/{studio.image(dana, prompt)['id']}/content"
            assert chunk in dana.get(address, params={"format": "png"}).content

    def test_a_clean_one_says_only_that_a_model_made_it(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana, LATIN)['id']}/content"
        data = dana.get(address, params={"format": "png", "variant": "clean"}).content
        assert opened(data).text.keys() == {"XML:com.adobe.xmp"}
        assert b"red dress" not in data


class TestJpeg:
    @pytest.mark.parametrize("prompt", [LATIN, JAPANESE])
    def test_says_what_the_webp_says(self, studio: Studio, prompt: str) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana, prompt)['id']}/content"
        answer = dana.get(address, params={"format": "jpeg", "download": True})
        picture = opened(answer.content)
        comment = picture.getexif().get_ifd(_EXIF_IFD)[_USER_COMMENT]
        assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be").startswith(prompt)
        told = metadata.generation_in(picture.info["xmp"])
        assert json.loads(told or "")["parameters"]["prompt"] == prompt
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["content-disposition"].endswith('-full.jpg"')

    def test_a_clean_one_says_only_that_a_model_made_it(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana, LATIN)['id']}/content"
        data = dana.get(address, params={"format": "jpeg", "variant": "clean"}).content
        assert metadata.generation_in(opened(data).info["xmp"]) is None
        assert not opened(data).getexif()
        assert b"red dress" not in data


class TestAsked:
    def test_every_kind_has_a_tag_of_its_own(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana)['id']}/content"
        tags = {}
        for kind in ("webp", "png", "jpeg"):
            answer = dana.get(address, params={"format": kind})
            tags[kind] = answer.headers["etag"]
            again = dana.get(
                address, params={"format": kind}, headers={"if-none-match": tags[kind]}
            )
            assert (again.status_code, again.content) == (304, b"")
        assert len(set(tags.values())) == 3

    def test_a_thumbnail_may_be_had_as_a_jpeg(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana)['id']}/content"
        data = dana.get(address, params={"format": "jpeg", "variant": "thumb"}).content
        assert opened(data).format == "JPEG"

    def test_what_is_not_yours_is_not_converted_either(self, studio: Studio) -> None:
        image = studio.image(studio.actors.browser("designer"))
        other = studio.actors.browser("designer")
        query = {"format": "png"}
        assert other.get(f"/api/v1/images/{image['id']}/content", params=query).status_code == 404

    def test_no_other_kind_is_taken(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        address = f"/api/v1/images/{studio.image(dana)['id']}/content"
        assert dana.get(address, params={"format": "gif"}).status_code == 422
