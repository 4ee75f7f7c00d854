"""Images put into galleries, taken out and counted; over HTTP and on each kind of database."""

from __future__ import annotations

from typing import Any

import pytest

from backend.images.models import Image
from backend.images.schemas import Status
from backend.kit.clock import utc_now
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API = "/api/v1"
GALLERIES = f"{API}/galleries"
NOWHERE = "01m7xxtq72y599hfwczfvzjz52"


class Gallery:
    """A gallery of `owner`, and what people do in it."""

    def __init__(self, owner: Client, **wanted: Any) -> None:
        made = owner.post(GALLERIES, json={"name": "Spring", **wanted})
        assert made.status_code == 201, made.text
        self.id = str(made.json()["id"])
        self.path = f"{GALLERIES}/{self.id}"
        self.owner = owner

    def let_in(self, person: Client, role: str) -> None:
        answer = self.owner.put(f"{self.path}/members/{person.user_id}", json={"role": role})
        assert answer.status_code == 200, answer.text

    def place(self, person: Client, *ids: str) -> Any:
        answer = person.post(f"{self.path}/images", json={"image_ids": ids})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def take(self, person: Client, *ids: str) -> Any:
        answer = person.request("DELETE", f"{self.path}/images", json={"image_ids": ids})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def seen_by(self, person: Client) -> list[str]:
        answer = person.get(f"{self.path}/images")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    def as_seen_by(self, person: Client) -> Any:
        return person.get(self.path).json()


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


@pytest.fixture
def eli(studio: Studio) -> Client:
    return studio.actors.browser("designer")


def drawn(studio: Studio, person: Client, number: int = 1, **parameters: Any) -> list[str]:
    images = studio.draw(person, num_images=number, **parameters)["images"]
    return [str(image["id"]) for image in images]


def change(studio: Studio, image_id: str, **changes: Any) -> None:
    with studio.context.database.write() as session:
        row = session.get_one(Image, image_id)
        for name, value in changes.items():
            setattr(row, name, value)


class TestPlacing:
    def test_shows_ones_own_to_those_who_may_open_it(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        first, second = drawn(studio, dana, 2)
        gallery = Gallery(dana)
        gallery.let_in(eli, "viewer")
        assert eli.get(f"{API}/images/{first}/content").status_code == 404
        before = gallery.as_seen_by(dana)["updated_at"]
        assert gallery.place(dana, first, second, first) == {
            "placed": [first, second],
            "refused": [],
        }
        assert gallery.place(dana, first)["placed"] == [first]
        assert gallery.seen_by(eli) == [second, first]
        assert eli.get(f"{API}/images/{first}/content").status_code == 200
        assert gallery.as_seen_by(dana)["updated_at"] > before
        (item, _) = eli.get(f"{gallery.path}/images").json()["items"]
        assert item["owner"]["id"] == dana.user_id
        assert (item["prompt"], item["status"], item["mine"]) == ("a red dress", "draft", False)
        assert gallery.take(dana, first) == {"removed": [first], "refused": []}
        assert gallery.seen_by(eli) == [second]
        assert eli.get(f"{API}/images/{first}/content").status_code == 404
        verbs = [entry.verb for entry in studio.audited(f"gallery:{gallery.id}")]
        assert verbs[-3:] == ["gallery.place", "gallery.place", "gallery.take_out"]

    def test_of_others_takes_only_what_everyone_sees(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        (image,) = drawn(studio, dana)
        shown, own = Gallery(dana), Gallery(eli)
        shown.let_in(eli, "viewer")
        shown.place(dana, image)
        refused = own.place(eli, image)
        assert refused["placed"] == []
        assert "Only who made it" in refused["refused"][0]["reason"]
        dana.patch(shown.path, json={"visibility": "everyone"})
        assert own.place(eli, image) == {"placed": [image], "refused": []}

    def test_names_each_that_is_refused_and_places_the_rest(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        (good,) = drawn(studio, dana)
        (thrown,) = drawn(studio, dana)
        (others,) = drawn(studio, eli)
        held = str(studio.image(dana, "a dress with motif")["id"])
        change(studio, thrown, trashed_at=utc_now())
        answer = Gallery(dana).place(dana, good, thrown, others, held, NOWHERE)
        assert answer["placed"] == [good]
        reasons = {one["id"]: one["reason"] for one in answer["refused"]}
        assert list(reasons) == [thrown, others, held, NOWHERE]
        assert reasons[others] == reasons[NOWHERE]  # not theirs, and not there, look the same
        assert "not released" in reasons[held]

    @pytest.mark.parametrize(
        ("role", "status"), [("viewer", 403), ("commenter", 403), ("editor", 200)]
    )
    def test_takes_an_editor(
        self, studio: Studio, dana: Client, eli: Client, role: str, status: int
    ) -> None:
        (image,) = drawn(studio, eli)
        gallery = Gallery(dana)
        gallery.let_in(eli, role)
        answer = eli.post(f"{gallery.path}/images", json={"image_ids": [image]})
        assert answer.status_code == status

    def test_is_bounded(self, dana: Client) -> None:
        path = f"{Gallery(dana).path}/images"
        for ids in ([], [NOWHERE] * 501, ["a b"], [3]):
            assert dana.post(path, json={"image_ids": ids}).status_code == 422


class TestTakingOut:
    def test_is_always_allowed_to_who_made_it(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        mine, other = *drawn(studio, eli), *drawn(studio, dana)
        gallery = Gallery(dana)
        gallery.let_in(eli, "editor")
        gallery.place(eli, mine)
        gallery.place(dana, other)
        dana.delete(f"{gallery.path}/members/{eli.user_id}")
        assert eli.get(gallery.path).status_code == 404
        answer = gallery.take(eli, mine, other, NOWHERE)
        assert answer["removed"] == [mine]
        reasons = [one["reason"] for one in answer["refused"]]
        assert reasons[0] == reasons[1]  # what else is in there is not told
        assert gallery.seen_by(dana) == [other]
        again = eli.request("DELETE", f"{gallery.path}/images", json={"image_ids": [mine]})
        assert again.status_code == 404

    def test_of_others_takes_an_editor(self, studio: Studio, dana: Client, eli: Client) -> None:
        (image,) = drawn(studio, dana)
        gallery = Gallery(dana)
        gallery.place(dana, image)
        gallery.let_in(eli, "commenter")
        assert gallery.take(eli, image)["removed"] == []
        gallery.let_in(eli, "editor")
        assert gallery.take(eli, image, NOWHERE) == {
            "removed": [image],
            "refused": [{"id": NOWHERE, "reason": "It is not in this gallery."}],
        }

    def test_deleting_a_gallery_deletes_no_image(self, studio: Studio, dana: Client) -> None:
        (image,) = drawn(studio, dana)
        gallery = Gallery(dana)
        gallery.place(dana, image)
        assert dana.delete(gallery.path).status_code == 204
        assert dana.get(f"{API}/images/{image}").status_code == 200


class TestCards:
    def test_count_what_their_reader_comes_across(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        ids = drawn(studio, dana, 4) + drawn(studio, dana, 1)
        gallery = Gallery(dana, visibility="everyone")
        gallery.place(dana, *ids)
        change(studio, ids[0], status=Status.APPROVED)
        change(studio, ids[1], moderation="held")
        change(studio, ids[2], trashed_at=utc_now())
        seen = {who: gallery.as_seen_by(person) for who, person in (("dana", dana), ("eli", eli))}
        assert [(one["count"], one["approved"]) for one in seen.values()] == [(4, 1), (3, 1)]
        assert seen["dana"]["cover"] == seen["eli"]["cover"] == [ids[4], ids[3], ids[0]]
        assert gallery.seen_by(eli) == [ids[4], ids[3], ids[0]]
        (listed,) = eli.get(GALLERIES, params={"of": "everyone"}).json()["items"]
        assert listed == seen["eli"]

    def test_show_the_chosen_cover_first_and_four_at_most(
        self, studio: Studio, dana: Client
    ) -> None:
        ids = drawn(studio, dana, 4) + drawn(studio, dana, 2)
        gallery, other = Gallery(dana), Gallery(dana)
        gallery.place(dana, *ids)
        other.place(dana, ids[0])
        answer = dana.patch(gallery.path, json={"cover_id": ids[0]}).json()
        assert answer["cover"] == [ids[0], ids[5], ids[4], ids[3]]
        assert other.as_seen_by(dana)["cover"] == [ids[0]]
        gallery.take(dana, ids[0])
        assert gallery.as_seen_by(dana)["cover"] == [ids[5], ids[4], ids[3], ids[2]]

    def test_images_come_in_pages(self, studio: Studio, dana: Client) -> None:
        ids = drawn(studio, dana, 4) + drawn(studio, dana, 1)
        gallery = Gallery(dana)
        gallery.place(dana, *ids)
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = dana.get(f"{gallery.path}/images", params={"limit": 2, **cursor}).json()
            seen += [one["id"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen == ids[::-1]


class TestDrawingInto:
    def submit(self, person: Client, prompt: str = "a red dress", **params: str) -> Any:
        return person.post(f"{API}/generations", json={"prompt": prompt}, params=params)

    def drawn(self, person: Client, **asked: str) -> str:
        answer = self.submit(person, **asked)
        assert answer.status_code == 202, answer.text
        path = f"{API}/generations/{answer.json()['id']}"
        person.get(f"{path}/events").raise_for_status()
        return str(person.get(path).json()["images"][0]["id"])

    def test_a_gallery_shows_what_was_drawn_for_it(self, dana: Client, eli: Client) -> None:
        gallery = Gallery(dana)
        gallery.let_in(eli, "editor")
        image = self.drawn(eli, gallery=gallery.id)
        assert gallery.seen_by(dana) == [image]

    def test_what_is_held_is_shown_when_it_is_released(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        gallery = Gallery(dana)
        gallery.let_in(eli, "viewer")
        image = self.drawn(dana, prompt="a dress with motif", gallery=gallery.id)
        assert gallery.seen_by(eli) == []
        flag = studio.flag_of(image)["id"]
        review = studio.actors.browser("admin").post(
            f"{API}/moderation/flags/{flag}/review", json={"decision": "release"}
        )
        assert review.status_code == 200, review.text
        assert gallery.seen_by(eli) == [image]

    def test_who_edits_it_no_more_puts_nothing_into_it(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        gallery = Gallery(dana, visibility="everyone")
        gallery.let_in(eli, "editor")
        queue = studio.actors.browser("admin")
        queue.post(f"{API}/queue/drain")
        submitted = self.submit(eli, gallery=gallery.id).json()["id"]
        gallery.let_in(eli, "commenter")
        queue.post(f"{API}/queue/resume")
        eli.get(f"{API}/generations/{submitted}/events").raise_for_status()
        assert eli.get(f"{API}/generations/{submitted}").json()["images"]
        assert gallery.seen_by(dana) == []

    def test_is_refused_where_one_may_not(self, dana: Client, eli: Client) -> None:
        closed, looked_at = Gallery(dana), Gallery(dana, visibility="everyone")
        assert self.submit(eli, gallery=closed.id).status_code == 404
        assert self.submit(eli, gallery=NOWHERE).status_code == 404
        assert self.submit(eli, gallery=looked_at.id).status_code == 403
        assert self.submit(eli, gallery="no id").status_code == 422

    @pytest.mark.parametrize("field", ["gallery", "parent"])
    def test_a_refusal_names_the_field_and_that_none_is_good(
        self, dana: Client, eli: Client, field: str
    ) -> None:
        answer = self.submit(eli, **{field: Gallery(dana).id})
        [problem] = answer.json()["fields"]
        assert (answer.status_code, problem["field"], problem["nearest"]) == (404, field, "")

    def test_a_generation_tells_where_its_images_go_while_one_may_put_them_there(
        self, dana: Client, eli: Client
    ) -> None:
        gallery = Gallery(dana)
        gallery.let_in(eli, "editor")
        made = self.submit(eli, gallery=gallery.id).json()
        assert made["gallery"] == {"id": gallery.id, "name": gallery.as_seen_by(eli)["name"]}
        gallery.let_in(eli, "viewer")
        assert eli.get(f"{API}/generations/{made['id']}").json()["gallery"] is None
        [listed] = eli.get(f"{API}/generations").json()["items"]
        assert (listed["id"], listed["gallery"]) == (made["id"], None)

    def test_the_same_key_for_another_gallery_is_another_request(self, dana: Client) -> None:
        for gallery, status in ((Gallery(dana), 202), (Gallery(dana), 422)):
            answer = dana.post(
                f"{API}/generations",
                json={"prompt": "a red dress"},
                params={"gallery": gallery.id},
                headers={"Idempotency-Key": "one"},
            )
            assert answer.status_code == status, answer.text

    def test_an_image_knows_what_it_was_made_from(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        parent = str(studio.image(dana)["id"])
        child = self.drawn(dana, parent=parent)
        with studio.context.database.read() as session:
            assert session.get_one(Image, child).parent_id == parent
        assert self.submit(eli, parent=parent).status_code == 404
        Gallery(dana, visibility="everyone").place(dana, parent)
        made = self.submit(eli, parent=parent)
        assert (made.status_code, made.json()["parent_id"]) == (202, parent)
