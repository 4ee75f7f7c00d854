"""Uploads over HTTP: what is taken, what is made of it, who may see it, and how it goes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms

from backend.kit.storage import shelves
from backend.uploads import decoding
from tests.backend.uploads.corpus import colour, exif, jpeg, png, saved
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

UPLOADS = "/api/v1/uploads"
NOWHERE = f"{UPLOADS}/01m7xxtq72y599hfwczfvzjz52"


def bring(person: Client, data: bytes | None = None, name: str = "a.png") -> Any:
    return person.post(UPLOADS, files={"file": (name, data or png())})


def content(person: Client, upload: Any) -> Any:
    return Image.open(BytesIO(person.get(f"{UPLOADS}/{upload['id']}/content").content))


def files(studio: Studio) -> list[str]:
    storage = studio.context.storage
    return [key for shelf in shelves() for folder in shelf for key in storage.keys(folder)]


class TestBring:
    def test_answers_with_what_is_kept(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        answer = bring(dana, jpeg())
        assert answer.status_code == 201
        told = answer.json()
        assert (told["width"], told["height"], told["content_type"]) == (64, 48, "image/webp")
        assert dana.get(f"{UPLOADS}/{told['id']}").json() == told
        assert content(dana, told).size == (64, 48)
        [record] = studio.audited(f"upload:{told['id']}")
        assert (record.verb, record.actor_id) == ("upload.create", dana.user_id)

    def test_a_program_may_too(self, studio: Studio) -> None:
        assert bring(studio.actors.program()).status_code == 201

    def test_pixels_of_a_lossless_picture_stay_as_they_were(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        noise = Image.effect_noise((200, 100), 80).convert("RGB")
        kept = content(dana, bring(dana, saved(noise, "PNG")).json())
        assert kept.convert("RGB").tobytes() == noise.tobytes()

    def test_transparency_stays(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        hole = Image.new("RGBA", (4, 4), (255, 0, 0, 255))
        hole.putpixel((1, 1), (0, 0, 0, 0))
        kept = content(dana, bring(dana, saved(hole, "PNG")).json())
        assert kept.mode == "RGBA"
        assert kept.getpixel((1, 1))[3] == 0
        assert kept.getpixel((0, 0)) == (255, 0, 0, 255)

    def test_sixteen_bits_become_the_upper_eight(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        kept = content(dana, bring(dana, saved(Image.new("I;16", (4, 4), 0x8012), "PNG")).json())
        assert kept.getpixel((0, 0)) == (0x80, 0x80, 0x80)

    def test_a_picture_on_its_side_is_turned_and_says_nothing_more(
        self, shared_studio: Studio
    ) -> None:
        dana = shared_studio.actors.browser()
        half = Image.new("RGB", (64, 32), "red")
        half.paste((0, 0, 255), (0, 0, 32, 32))
        kept = content(
            dana, bring(dana, saved(half, "JPEG", exif=exif(_274=6), quality=100)).json()
        )
        assert kept.size == (32, 64)
        red, _, blue = kept.getpixel((16, 8))
        assert blue > 200 > red
        assert not kept.getexif()
        assert "xmp" not in kept.info
        assert "icc_profile" not in kept.info

    def test_another_colour_space_becomes_srgb(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        # A profile in which red and blue are the other's.
        swapped = srgb.replace(b"rXYZ", b"?").replace(b"bXYZ", b"rXYZ").replace(b"?", b"bXYZ")
        red = Image.new("RGB", (8, 8), "red")
        kept = content(dana, bring(dana, saved(red, "PNG", icc_profile=swapped)).json())
        assert "icc_profile" not in kept.info
        r, g, b = kept.getpixel((4, 4))
        assert (b > 250, max(r, g) < 5) == (True, True)

    def test_a_large_one_is_made_smaller(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        told = bring(dana, saved(colour((2100, 1050)), "JPEG")).json()
        assert (told["width"], told["height"]) == (2048, 1024)

    def test_what_it_was_called_is_nowhere(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        told = bring(dana, name="../../secret plans.png").json()
        answer = dana.get(f"{UPLOADS}/{told['id']}/content")
        assert "plans" not in str(told) + str(answer.headers)
        assert b"plans" not in b"".join(map(studio.context.storage.get, files(studio)))


class TestRefusals:
    def test_says_what_would_be_taken(self, shared_studio: Studio) -> None:
        answer = bring(shared_studio.actors.browser(), b"<svg/>")
        assert answer.status_code == 422
        [field] = answer.json()["fields"]
        assert field["field"] == "file"
        assert "PNG, JPEG or WebP" in field["limit"]

    def test_asks_who_it_is_before_it_reads(self, shared_studio: Studio) -> None:
        headers = {"content-type": "multipart/form-data; boundary=x"}
        marketing = shared_studio.actors.browser("marketing")
        for person, status in ((shared_studio.actors.anonymous(), 401), (marketing, 403)):
            request = person.build_request("POST", UPLOADS, content=b"x" * 100, headers=headers)
            assert person.send(request).status_code == status

    def test_a_body_larger_than_an_upload_is_a_problem(self, shared_studio: Studio) -> None:
        answer = bring(shared_studio.actors.browser(), b"\0" * 13_000_000)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"

    def test_the_larger_limit_is_for_this_path_alone(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        for path in ("/api/v1/generations", f"{UPLOADS}/", "/api/v1/uploads/x"):
            answer = dana.post(path, content=b"\0" * 2_000_000)
            assert answer.status_code == 413

    def test_a_decoder_that_takes_too_long_is_ended(
        self, shared_studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(decoding, "WITHIN_S", 0.001)
        answer = bring(shared_studio.actors.browser())
        assert answer.status_code == 422
        assert "too long" in answer.json()["detail"]

    def test_a_decoder_that_dies_is_not_the_studios_end(
        self, shared_studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.kit.isolated.sys.executable", "/bin/false")
        answer = bring(shared_studio.actors.browser())
        assert answer.status_code == 422
        monkeypatch.undo()
        assert bring(shared_studio.actors.browser()).status_code == 201


class TestList:
    def test_is_ones_own_newest_first_and_in_pages(self, studio: Studio) -> None:
        dana, other = studio.actors.browser(), studio.actors.browser()
        brought = [bring(dana).json()["id"] for _ in range(3)]
        bring(other)
        first = dana.get(UPLOADS, params={"limit": 2}).json()
        rest = dana.get(UPLOADS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == brought[::-1]
        assert rest["next_cursor"] is None


class TestContent:
    def test_is_guarded(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        path = f"{UPLOADS}/{bring(dana).json()['id']}/content"
        headers = dana.get(path).headers
        assert headers["content-type"] == "image/webp"
        assert (
            headers["content-security-policy"]
            == "default-src 'none'; frame-ancestors 'none'; sandbox"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "private, no-cache"
        assert headers["content-disposition"].startswith("inline;")
        again = dana.get(path, headers={"if-none-match": headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_somebody_elses_tag_opens_nothing(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        path = f"{UPLOADS}/{bring(dana).json()['id']}/content"
        tag = dana.get(path).headers["etag"]
        for role in ("designer", "marketing", "admin"):
            other = studio.actors.browser(role)
            assert other.get(path, headers={"if-none-match": tag}).status_code == 404


class TestDelete:
    def test_takes_row_and_file(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        upload = bring(dana).json()["id"]
        assert len(files(studio)) == 1
        assert dana.delete(f"{UPLOADS}/{upload}").status_code == 204
        assert files(studio) == []
        assert dana.get(f"{UPLOADS}/{upload}").status_code == 404
        assert dana.delete(f"{UPLOADS}/{upload}").status_code == 404
        assert [one.verb for one in studio.audited(f"upload:{upload}")] == [
            "upload.create",
            "upload.delete",
        ]

    def test_leaves_the_file_that_somebody_else_brought_too(self, studio: Studio) -> None:
        dana, other = studio.actors.browser(), studio.actors.browser()
        mine, theirs = bring(dana).json(), bring(other).json()
        dana.delete(f"{UPLOADS}/{mine['id']}")
        assert content(other, theirs).size == (8, 8)
        other.delete(f"{UPLOADS}/{theirs['id']}")
        assert files(studio) == []
