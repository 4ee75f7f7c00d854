"""Share links, over HTTP and on each kind of database: who makes them, what a guest sees, and where they end."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlmodel import col, select

from backend.accounts.models import Standing, User
from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.links import entry, service
from backend.links.models import ShareLink
from backend.links.repository import digest_of
from tests.backend.generations.test_pictures import WHITE, bring
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

API = "/api/v1"
GALLERIES = f"{API}/galleries"
UNKNOWN = "/s/" + "x" * 43
PASSWORD = "spring spring"
PROMPT = "a red <b>dress</b>"


class Shared:
    """A gallery of `owner` with one image, and links to it."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.owner = studio.actors.browser("designer")
        self.image = str(studio.image(self.owner, PROMPT)["id"])
        wanted = {"name": "Spring <i>26</i>", "brief": "Linen & silk."}
        self.id = str(self.owner.post(GALLERIES, json=wanted).json()["id"])
        self.path = f"{GALLERIES}/{self.id}"
        self.place(self.image)

    def place(self, image: str) -> None:
        answer = self.owner.post(f"{self.path}/images", json={"image_ids": [image]})
        assert answer.json()["placed"] == [image]

    def link(self, by: Client | None = None, **wanted: Any) -> Any:
        answer = (by or self.owner).post(f"{self.path}/links", json=wanted)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def open(self, **wanted: Any) -> str:
        """Make a link; return the path of its page."""
        return "/s/" + str(self.link(**wanted)["url"]).rpartition("/s/")[2]

    def change(self, table: Any, key: str, **changes: Any) -> None:
        with self.studio.context.database.write() as session:
            row = session.get_one(table, key)
            for name, value in changes.items():
                setattr(row, name, value)

    def change_link(self, path: str, **changes: Any) -> None:
        with self.studio.context.database.write() as session:
            digest = digest_of(path.rpartition("/")[2])
            row = session.exec(select(ShareLink).where(col(ShareLink.token_hash) == digest)).one()
            for name, value in changes.items():
                setattr(row, name, value)


@pytest.fixture
def shared(studio: Studio) -> Shared:
    return Shared(studio)


@pytest.fixture
def guest(studio: Studio) -> Client:
    return studio.actors.anonymous()


class TestMaking:
    def test_shows_the_address_once_and_keeps_a_digest(self, shared: Shared) -> None:
        made = shared.link(downloads="full", prompts=True)
        token = made["url"].rpartition("/s/")[2]
        assert len(token) == 43
        assert made["url"].startswith(shared.studio.context.settings.base_url)
        (listed,) = shared.owner.get(f"{shared.path}/links").json()
        assert listed == {**made, "url": None}
        with shared.studio.context.database.read() as session:
            row = session.get_one(ShareLink, made["id"])
            assert token not in str(row.model_dump())
            assert row.token_hash == digest_of(token)
        assert timedelta(days=6, hours=23) < row.expires_at - utc_now() < timedelta(days=7, hours=1)
        (told,) = shared.studio.audited(f"link:{made['id']}")
        assert (told.verb, told.actor_id) == ("link.create", shared.owner.user_id)
        assert token not in str(told)

    def test_is_done_by_those_who_may_change_the_gallery_in_a_browser(
        self, studio: Studio, shared: Shared
    ) -> None:
        eli = studio.actors.browser("designer")
        for role, status in (("viewer", 403), ("commenter", 403), ("editor", 201)):
            member = f"{shared.path}/members/{eli.user_id}"
            shared.owner.put(member, json={"role": role}).raise_for_status()
            assert eli.post(f"{shared.path}/links", json={}).status_code == status
            assert eli.get(f"{shared.path}/links").status_code == (200 if status == 201 else 403)
        with studio.context.database.read() as session:
            person = session.get_one(User, shared.owner.user_id)
        program = studio.actors.program(user=person)
        assert program.post(f"{shared.path}/links", json={}).status_code == 403

    @pytest.mark.parametrize(
        "wanted",
        [
            {"expires_in_days": 0},
            {"expires_in_days": 91},
            {"password": "short"},
            {"password": "a" * 201},
            {"downloads": "everything"},
            {"token": "mine"},
        ],
    )
    def test_has_bounds(self, shared: Shared, wanted: dict[str, Any]) -> None:
        assert shared.owner.post(f"{shared.path}/links", json=wanted).status_code == 422

    def test_is_done_so_many_times(self, shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST_LINKS", 1)
        made = shared.link()
        assert shared.owner.post(f"{shared.path}/links", json={}).status_code == 409
        shared.owner.delete(f"{shared.path}/links/{made['id']}").raise_for_status()
        shared.link()


class TestPage:
    def test_opens_under_maintenance_too(self, studio: Studio, shared: Shared) -> None:
        path = shared.open()
        notice = {"kind": "maintenance", "text": "The GPUs move."}
        studio.actors.browser("admin").put("/api/v1/notice", json=notice)
        assert studio.actors.anonymous().get(path).status_code == 200

    def test_shows_the_gallery_and_nothing_of_its_making(
        self, shared: Shared, guest: Client
    ) -> None:
        path = shared.open()
        page = guest.get(path)
        assert page.status_code == 200
        assert "Spring &lt;i&gt;26&lt;/i&gt;" in page.text
        for hidden in ("Linen", "dress", shared.owner.user_id, "seed"):
            assert hidden not in page.text
        assert f"{path}/images/{shared.image}?variant=preview" in page.text
        assert "variant=clean" not in page.text
        assert not page.cookies
        policy = page.headers["content-security-policy"]
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        assert policy.startswith("default-src 'none'")
        assert f'<script nonce="{nonce}">' in page.text
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in page.headers["x-robots-tag"]
        assert page.headers["cache-control"] == "no-store"

    def test_shows_prompts_and_brief_where_the_link_says_so(
        self, shared: Shared, guest: Client
    ) -> None:
        page = guest.get(shared.open(prompts=True, brief=True)).text
        assert "a red &lt;b&gt;dress&lt;/b&gt;" in page
        assert "Linen &amp; silk." in page

    def test_shows_each_image_without_a_script(self, shared: Shared, guest: Client) -> None:
        path = shared.open(downloads="full")
        one = guest.get(path, params={"image": shared.image})
        assert one.status_code == 200
        assert f"{path}/images/{shared.image}?variant=clean" in one.text
        assert "dress" not in one.text

    def test_counts_visits_and_writes_down_the_first_of_a_day(
        self, shared: Shared, guest: Client
    ) -> None:
        path = shared.open()
        for _ in range(3):
            guest.get(path)
        (link,) = shared.owner.get(f"{shared.path}/links").json()
        assert link["visits"] == 3
        visits = [e for e in shared.studio.audited(f"link:{link['id']}") if e.verb == "link.visit"]
        assert [(one.actor_id, one.detail) for one in visits] == [(None, {"gallery": shared.id})]
        shared.change_link(path, last_visit_at=utc_now() - timedelta(days=1))
        guest.get(path)
        visits = [e for e in shared.studio.audited(f"link:{link['id']}") if e.verb == "link.visit"]
        assert len(visits) == 2

    def test_comes_in_parts(
        self, shared: Shared, guest: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.links.guests.ON_A_PAGE", 1)
        second = str(shared.studio.image(shared.owner)["id"])
        shared.place(second)
        path = shared.open()
        first = guest.get(path).text
        assert (second in first, shared.image in first, "2 images" in first) == (True, False, True)
        cursor = first.partition("?after=")[2].partition('"')[0]
        more = guest.get(path, params={"after": cursor}).text
        assert (second in more, shared.image in more) == (False, True)
        assert guest.get(path, params={"after": "nonsense!"}).status_code == 404


def _nonces(text: str, to: str) -> tuple[str, str]:
    return text.partition('nonce="')[2].partition('"')[0], to


class TestAnOpenPage:
    """What it asks every few seconds: which of its images are still shown."""

    def asks(self, guest: Client, path: str, **query: str) -> str:
        text = guest.get(path, params=query).text
        return unescape(text.partition('data-shown-at="')[2].partition('"')[0])

    def test_is_told_those_that_are_still_shown(self, shared: Shared, guest: Client) -> None:
        others = [str(shared.studio.image(shared.owner)["id"]) for _ in range(2)]
        for other in others:
            shared.place(other)
        path = shared.open()
        at = self.asks(guest, path)
        first = guest.get(at)
        assert first.json() == {"images": [*reversed(others), shared.image]}
        assert first.headers["cache-control"] == "private, no-cache"
        assert first.headers["referrer-policy"] == "no-referrer"
        known = {"If-None-Match": first.headers["etag"]}
        assert guest.get(at, headers=known).status_code == 304
        for hide, show in (
            ({"moderation": "held"}, {"moderation": "released"}),
            ({"trashed_at": utc_now()}, {"trashed_at": None}),
        ):
            shared.change(Image, others[0], **hide)
            now = guest.get(at, headers=known)
            assert (now.status_code, now.json()["images"]) == (200, [others[1], shared.image])
            shared.change(Image, others[0], **show)
            assert guest.get(at, headers=known).status_code == 304
        alone = self.asks(guest, path, image=others[0])
        assert guest.get(alone).json() == {"images": [others[0]]}

    def test_hears_nothing_of_what_came_after_it_or_stands_on_another_page(
        self, shared: Shared, guest: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.links.guests.ON_A_PAGE", 1)
        second = str(shared.studio.image(shared.owner)["id"])
        shared.place(second)
        path = shared.open()
        at = self.asks(guest, path)
        shared.place(str(shared.studio.image(shared.owner)["id"]))
        assert guest.get(at).json() == {"images": [second]}

    def test_is_told_that_the_link_has_ended(self, shared: Shared, guest: Client) -> None:
        empty = str(shared.owner.post(GALLERIES, json={"name": "Empty"}).json()["id"])
        for gallery in (shared.id, empty):
            shared.path = f"{GALLERIES}/{gallery}"
            made = shared.link()
            at = self.asks(guest, "/s/" + made["url"].rpartition("/s/")[2])
            assert guest.get(at).status_code == 200
            revoked = shared.owner.delete(f"{shared.path}/links/{made['id']}")
            assert (revoked.status_code, guest.get(at).status_code) == (204, 404)

    def test_is_told_nothing_without_the_password_or_by_marks_of_others(
        self, shared: Shared, guest: Client
    ) -> None:
        path = shared.open()
        assert guest.get(f"{path}/shown?newest=nonsense!&oldest=x").status_code == 404
        closed = shared.open(password=PASSWORD)
        assert guest.get(f"{closed}/shown").status_code == 404
        elsewhere = Shared(shared.studio)
        marks = self.asks(guest, elsewhere.open()).partition("?")[2]
        assert guest.get(f"{path}/shown?{marks}").json() == {"images": []}


class TestImages:
    @pytest.mark.parametrize(
        ("downloads", "clean"), [("none", 404), ("preview", 404), ("full", 200)]
    )
    def test_come_in_the_forms_that_the_link_allows(
        self, shared: Shared, guest: Client, downloads: str, clean: int
    ) -> None:
        path = f"{shared.open(downloads=downloads)}/images/{shared.image}"
        answers = {v: guest.get(path, params={"variant": v}) for v in ("thumb", "preview", "clean")}
        assert [answer.status_code for answer in answers.values()] == [200, 200, clean]
        assert guest.get(path, params={"variant": "full"}).status_code == 404
        assert guest.get(path, params={"variant": "nonsense"}).status_code == 404
        for answer in answers.values():
            assert b"dress" not in answer.content
        thumb = answers["thumb"]
        assert thumb.headers["content-type"] == "image/webp"
        assert thumb.headers["referrer-policy"] == "no-referrer"
        again = guest.get(
            path, params={"variant": "thumb"}, headers={"If-None-Match": thumb.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")

    def test_are_those_of_the_gallery_alone(
        self, studio: Studio, shared: Shared, guest: Client
    ) -> None:
        path = shared.open(downloads="full")
        own = str(studio.image(shared.owner)["id"])
        elsewhere = Shared(studio)
        for other in (own, elsewhere.image, "nothing", "../../api/v1/me"):
            assert guest.get(f"{path}/images/{other}").status_code == 404
            assert guest.get(path, params={"image": other}).status_code == 404
        for way in (
            f"{API}/images/{shared.image}/content",
            f"{API}/images/{shared.image}",
            shared.path,
            f"{shared.path}/images",
            f"{API}/events",
            f"{API}/me",
        ):
            assert guest.get(way).status_code == 401

    def test_disappear_at_once_when_they_are_not_to_be_seen(
        self, shared: Shared, guest: Client
    ) -> None:
        path = shared.open()
        image = f"{path}/images/{shared.image}"
        for hide, show in (
            ({"moderation": "held"}, {"moderation": "released"}),
            ({"trashed_at": utc_now()}, {"trashed_at": None}),
        ):
            assert guest.get(image).status_code == 200
            shared.change(Image, shared.image, **hide)
            assert guest.get(image).status_code == 404
            assert shared.image not in guest.get(path).text
            shared.change(Image, shared.image, **show)
        shared.owner.request(
            "DELETE", f"{shared.path}/images", json={"image_ids": [shared.image]}
        ).raise_for_status()
        assert guest.get(image).status_code == 404

    def test_of_somebody_who_was_shut_out_are_shown_no_more(
        self, studio: Studio, shared: Shared, guest: Client
    ) -> None:
        eli = studio.actors.browser("designer")
        shared.owner.put(f"{shared.path}/members/{eli.user_id}", json={"role": "editor"})
        theirs = str(studio.image(eli)["id"])
        eli.post(f"{shared.path}/images", json={"image_ids": [theirs]}).raise_for_status()
        path = shared.open()
        assert theirs in guest.get(path).text
        shared.change(User, eli.user_id, standing=Standing.DEACTIVATED)
        assert theirs not in guest.get(path).text
        assert guest.get(f"{path}/images/{theirs}").status_code == 404


class TestEnding:
    def is_gone(self, guest: Client, path: str, image: str) -> bool:
        """Say whether a link leads nowhere, after asking in each way; they answer all the same."""
        answers = [
            guest.get(path),
            guest.get(f"{path}/images/{image}"),
            guest.post(path, data={"password": PASSWORD}),
            guest.get(UNKNOWN),
        ]
        gone = [answer.status_code == 404 for answer in answers[:3]]
        if all(gone):
            texts = {a.text.replace(*_nonces(a.text, "")) for a in answers}
            assert len(texts) == 1
        return all(gone)

    def test_by_being_revoked(self, shared: Shared, guest: Client) -> None:
        path = shared.open()
        assert not self.is_gone(guest, path, shared.image)
        (link,) = shared.owner.get(f"{shared.path}/links").json()
        for _ in range(2):
            answer = shared.owner.delete(f"{shared.path}/links/{link['id']}")
            assert answer.status_code == 204
        assert self.is_gone(guest, path, shared.image)
        assert shared.owner.get(f"{shared.path}/links").json() == []
        verbs = [entry.verb for entry in shared.studio.audited(f"link:{link['id']}")]
        assert verbs == ["link.create", "link.visit", "link.revoke"]

    def test_by_expiring(self, shared: Shared, guest: Client) -> None:
        path = shared.open()
        shared.change_link(path, expires_at=utc_now() - timedelta(seconds=1))
        assert self.is_gone(guest, path, shared.image)

    def test_with_the_gallery(self, shared: Shared, guest: Client) -> None:
        path = shared.open()
        shared.owner.delete(shared.path).raise_for_status()
        assert self.is_gone(guest, path, shared.image)

    def test_with_the_rights_of_who_made_it(
        self, studio: Studio, shared: Shared, guest: Client
    ) -> None:
        eli = studio.actors.browser("designer")
        member = f"{shared.path}/members/{eli.user_id}"
        shared.owner.put(member, json={"role": "editor"}).raise_for_status()
        path = "/s/" + str(shared.link(eli)["url"]).rpartition("/s/")[2]
        assert not self.is_gone(guest, path, shared.image)
        shared.owner.put(member, json={"role": "commenter"}).raise_for_status()
        assert self.is_gone(guest, path, shared.image)
        shared.owner.put(member, json={"role": "editor"}).raise_for_status()
        shared.change(User, eli.user_id, standing=Standing.DEACTIVATED)
        assert self.is_gone(guest, path, shared.image)

    @pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "a" * 5000, "é"])
    def test_what_never_was_looks_the_same(self, guest: Client, token: str) -> None:
        answer = guest.get(f"/s/{token}")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text


class TestPassword:
    def test_is_asked_once_and_remembered_for_this_link_alone(
        self, shared: Shared, guest: Client
    ) -> None:
        path, other = shared.open(password=PASSWORD), shared.open(password="another word")
        image = f"{path}/images/{shared.image}"
        asked = guest.get(path)
        assert 'type="password"' in asked.text
        assert shared.image not in asked.text
        assert "Spring" not in asked.text
        assert guest.get(image).status_code == 404
        wrong = guest.post(path, data={"password": "summer summer"})
        assert (wrong.status_code, wrong.cookies.get(entry.COOKIE)) == (403, None)
        right = guest.post(path, data={"password": PASSWORD})
        assert (right.status_code, right.headers["location"]) == (303, path)
        cookie = right.headers["set-cookie"].lower()
        for attribute in ("httponly", "samesite=lax", f"path={path}".lower()):
            assert attribute in cookie
        assert shared.image in guest.get(path).text
        assert guest.get(image).status_code == 200
        value = right.cookies[entry.COOKIE]
        assert (
            'type="password"'
            in guest.get(other, headers={"Cookie": f"{entry.COOKIE}={value}"}).text
        )
        (first, *_) = shared.owner.get(f"{shared.path}/links").json()
        assert first["has_password"] is True

    def test_a_made_up_or_old_cookie_is_worth_nothing(
        self, shared: Shared, guest: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = shared.open(password=PASSWORD)
        monkeypatch.setattr(entry, "REMEMBERED_S", -1)
        value = guest.post(path, data={"password": PASSWORD}).cookies[entry.COOKIE]
        guest.cookies.clear()
        for sent in (value, "made-up", value[:-4] + "AAAA"):
            page = guest.get(path, headers={"Cookie": f"{entry.COOKIE}={sent}"})
            assert 'type="password"' in page.text

    def test_cannot_be_guessed_for_long(self, shared: Shared, guest: Client) -> None:
        path = shared.open(password=PASSWORD)
        wrong = [guest.post(path, data={"password": "nonsense"}) for _ in range(8)]
        assert {answer.status_code for answer in wrong} == {403}
        refused = guest.post(path, data={"password": PASSWORD})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "Too many attempts" in refused.text

    def test_is_taken_from_our_own_form_alone(self, shared: Shared, guest: Client) -> None:
        path = shared.open(password=PASSWORD)
        answer = guest.post(
            path, data={"password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 404
        assert not answer.cookies

    def test_is_kept_so_that_nobody_can_read_it(self, shared: Shared) -> None:
        made = shared.link(password=PASSWORD)
        with shared.studio.context.database.read() as session:
            kept = session.get_one(ShareLink, made["id"]).password_hash
        assert kept
        assert PASSWORD not in kept
        assert "password" not in made


def test_a_link_goes_with_whoever_made_it_or_owns_its_gallery(
    studio: Studio, shared: Shared
) -> None:
    from backend.leaving.belongings import SHARE_LINKS

    stranger = add_user(studio.context.database)
    made = shared.link()
    with studio.context.database.read() as session:
        for person, found in ((shared.owner.user_id, [made["id"]]), (stranger.id, [])):
            rows = session.exec(select(ShareLink.id).where(SHARE_LINKS.of(person)))
            assert list(rows) == found


def test_a_guest_learns_of_no_picture_that_was_drawn_over(shared: Shared, guest: Client) -> None:
    upload, mask = bring(shared.owner), bring(shared.owner, WHITE)
    asked = {"init_image": upload, "mask": mask}
    image = str(shared.studio.draw(shared.owner, "a dress", **asked)["images"][0]["id"])
    shared.place(image)
    path = shared.open(downloads="full", prompts=True)
    files = (f"{path}/images/{image}?variant={one}" for one in ("thumb", "preview", "clean"))
    for address in (path, f"{path}?image={image}", *files):
        answer = guest.get(address)
        assert answer.status_code == 200
        assert upload.encode() not in answer.content
        assert mask.encode() not in answer.content
