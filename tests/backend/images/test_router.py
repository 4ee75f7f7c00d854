from __future__ import annotations

from hashlib import sha256

import pytest

from backend.images.schemas import Variant
from tests.fixtures.app import Studio


@pytest.fixture
def studio(shared_studio: Studio) -> Studio:
    return shared_studio


class TestListImages:
    def test_shows_ones_own_newest_first(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        made = [studio.image(dana, prompt)["id"] for prompt in ("a hat", "a coat")]
        listed = dana.get("/api/v1/images").json()
        assert [image["id"] for image in listed["items"]] == made[::-1]

    def test_hides_what_belongs_to_someone_else_even_from_a_reviewer(self, studio: Studio) -> None:
        studio.image(studio.actors.browser("designer"))
        for role in ("designer", "marketing", "admin"):
            assert studio.actors.browser(role).get("/api/v1/images").json()["items"] == []

    def test_pages_through_all_of_them_once(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        made = {image["id"] for image in studio.draw(dana, num_images=5)["images"]}
        seen: list[str] = []
        cursor = None
        for _ in range(3):
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = dana.get("/api/v1/images", params=query).json()
            seen += [image["id"] for image in page["items"]]
            cursor = page["next_cursor"]
        assert cursor is None
        assert len(seen) == 5
        assert set(seen) == made

    @pytest.mark.parametrize(("limit", "nearest"), [(0, 1), (101, 100), (10**9, 100)])
    def test_refuses_a_page_too_large(self, studio: Studio, limit: int, nearest: int) -> None:
        answer = studio.actors.browser().get("/api/v1/images", params={"limit": limit})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["nearest"] == nearest


class TestGetImage:
    def test_tells_everything_that_draws_it_again(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        image = studio.draw(dana, "a hat", num_images=2, seed=5)["images"][1]
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        assert told["seed"] == 6
        assert told["parameters"]["seed"] == 6
        assert told["parameters"]["num_images"] == 1
        assert told["parameters"]["prompt"] == "a hat"
        assert told["moderation"] == "released"

    def test_absent_and_not_yours_look_the_same(self, studio: Studio) -> None:
        image = studio.image(studio.actors.browser("designer"))
        other = studio.actors.browser("designer")
        refusals = []
        for image_id in (image["id"], "01" + "0" * 24):
            answer = other.get(f"/api/v1/images/{image_id}")
            problem = answer.json()
            refusals.append(
                (answer.status_code, problem["code"], problem["detail"].replace(image_id, "X"))
            )
        assert refusals[0] == refusals[1]
        assert refusals[0][0] == 404


class TestGetContent:
    def test_the_full_file_is_byte_for_byte_the_one_recorded(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        image = studio.image(dana)
        answer = dana.get(f"/api/v1/images/{image['id']}/content")
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        assert sha256(answer.content).hexdigest() == told["sha256"]

    @pytest.mark.parametrize("variant", Variant)
    def test_every_variant_is_a_guarded_webp(self, studio: Studio, variant: Variant) -> None:
        dana = studio.actors.browser("designer")
        image = studio.image(dana)
        answer = dana.get(f"/api/v1/images/{image['id']}/content", params={"variant": variant})
        assert answer.content[8:12] == b"WEBP"
        headers = answer.headers
        assert headers["content-type"] == "image/webp"
        assert headers["cache-control"] == "private, no-cache"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert {"Cookie", "Authorization"} <= set(headers["vary"].split(", "))
        assert "sandbox" in headers["content-security-policy"]
        assert headers["content-disposition"].startswith("inline; filename=")

    def test_only_the_clean_file_has_lost_its_prompt(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        image = studio.image(dana, "a secret launch")
        full, clean = (
            dana.get(f"/api/v1/images/{image['id']}/content", params={"variant": variant}).content
            for variant in ("full", "clean")
        )
        assert b"a secret launch" in full
        assert b"a secret launch" not in clean
        assert b"trainedAlgorithmicMedia" in clean

    def test_the_tag_saves_the_bytes_of_the_same_variant_only(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        url = f"/api/v1/images/{studio.image(dana)['id']}/content"
        tag = dana.get(url).headers["etag"]
        for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = dana.get(url, headers={"If-None-Match": held})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        thumb = dana.get(url, params={"variant": "thumb"}, headers={"If-None-Match": tag})
        assert thumb.status_code == 200

    def test_another_person_with_the_right_tag_still_gets_nothing(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        url = f"/api/v1/images/{studio.image(dana)['id']}/content"
        held = {"If-None-Match": dana.get(url).headers["etag"]}
        assert studio.actors.browser("designer").get(url, headers=held).status_code == 404
        assert studio.actors.anonymous().get(url, headers=held).status_code == 401

    def test_an_unknown_variant_is_refused_with_the_known_ones(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        url = f"/api/v1/images/{studio.image(dana)['id']}/content"
        answer = dana.get(url, params={"variant": "thumbnail"})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "variant"
        assert answer.json()["fields"][0]["nearest"] == "thumb"


class TestHeldContent:
    @pytest.mark.parametrize("variant", Variant)
    def test_is_nowhere_for_its_owner(self, studio: Studio, variant: Variant) -> None:
        dana = studio.actors.browser("designer")
        image = studio.image(dana, "a dress with motif")
        url = f"/api/v1/images/{image['id']}/content"
        for headers in ({}, {"If-None-Match": "*"}, {"Range": "bytes=0-99"}):
            answer = dana.get(url, params={"variant": variant}, headers=headers)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["cache-control"] == "no-store"

    def test_its_owner_reads_why(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        image = studio.image(dana, "a dress with motif")
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        assert told["moderation"] == "held"
        assert "restricted motif" in told["reason"]

    def test_a_reviewer_sees_it_and_that_is_written_down(self, studio: Studio) -> None:
        image = studio.image(studio.actors.browser("designer"), "a dress with motif")
        ada = studio.actors.browser("admin")
        url = f"/api/v1/images/{image['id']}/content"
        answer = ada.get(url, params={"variant": "preview"})
        assert answer.content[8:12] == b"WEBP"
        assert answer.headers["cache-control"] == "private, no-store"
        assert "etag" not in answer.headers
        reveal = studio.audited(f"image:{image['id']}")[-1]
        assert (reveal.verb, reveal.actor_id) == ("image.reveal", ada.user_id)
        assert reveal.detail == {"variant": "preview", "moderation": "held"}

    def test_a_released_image_is_no_reveal(self, studio: Studio) -> None:
        image = studio.image(studio.actors.browser("designer"))
        studio.actors.browser("admin").get(f"/api/v1/images/{image['id']}/content")
        assert studio.audited(f"image:{image['id']}") == []


class TestPermalink:
    def test_leads_to_the_history(self, studio: Studio) -> None:
        answer = studio.actors.anonymous().get("/i/01abc")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/library?image=01abc"

    @pytest.mark.parametrize("image_id", ["%0d%0aSet-Cookie:x", "a%26next=evil", "a" * 65])
    def test_takes_nothing_but_an_id(self, studio: Studio, image_id: str) -> None:
        answer = studio.actors.anonymous().get(f"/i/{image_id}")
        assert answer.status_code == 422
        assert "location" not in answer.headers
