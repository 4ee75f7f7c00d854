"""Galleries over HTTP and on each kind of database: made, found, changed, handed over, deleted, and who is in them."""

from __future__ import annotations

from typing import Any

import pytest

from backend.accounts.models import Standing, Team, User
from backend.galleries import membership, service
from backend.kit.ids import new_id
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

GALLERIES = "/api/v1/galleries"


def make(person: Client, name: str = "Spring", **wanted: Any) -> str:
    answer = person.post(GALLERIES, json={"name": name, **wanted})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def names(person: Client, of: str) -> list[str]:
    answer = person.get(GALLERIES, params={"of": of})
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


def let_in(owner: Client, gallery: str, member: Client, role: str) -> None:
    answer = owner.put(f"{GALLERIES}/{gallery}/members/{member.user_id}", json={"role": role})
    assert answer.status_code == 200, answer.text


def in_team(studio: Studio, team: str | None) -> Client:
    return studio.actors.browser(user=add_user(studio.context.database, team_id=team))


@pytest.fixture
def team(studio: Studio) -> str:
    row = Team(name=new_id())
    with studio.context.database.write() as session:
        session.add(row)
    return row.id


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


@pytest.fixture
def eli(studio: Studio) -> Client:
    return studio.actors.browser("designer")


def test_are_made_read_and_deleted_by_their_owner(studio: Studio, dana: Client) -> None:
    wanted = {"name": "  Spring 26 ", "brief": "Linen.\nNo logos.", "visibility": "everyone"}
    made = dana.post(GALLERIES, json=wanted).json()
    assert dana.get(f"{GALLERIES}/{made['id']}").json() == made
    assert (made["name"], made["brief"], made["visibility"]) == (
        "Spring 26",
        "Linen.\nNo logos.",
        "everyone",
    )
    assert (made["role"], made["cover"], made["count"], made["approved"]) == ("owner", [], 0, 0)
    assert made["owner"]["id"] == dana.user_id
    assert dana.delete(f"{GALLERIES}/{made['id']}").status_code == 204
    assert dana.get(f"{GALLERIES}/{made['id']}").status_code == 404
    verbs = [entry.verb for entry in studio.audited(f"gallery:{made['id']}")]
    assert verbs == ["gallery.create", "gallery.delete"]


def test_marketing_makes_them_too_and_a_key_that_may_not_browse_does_not(studio: Studio) -> None:
    make(studio.actors.browser("marketing"))
    key = studio.actors.program("designer", scopes=["generate"])
    assert key.post(GALLERIES, json={"name": "Spring"}).status_code == 403
    looking = studio.actors.program("designer", scopes=["browse"])
    assert looking.post(GALLERIES, json={"name": "Spring"}).status_code == 403


def test_are_as_many_as_one_may_have(
    studio: Studio, dana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_GALLERIES", 2)
    make(dana)
    make(dana)
    answer = dana.post(GALLERIES, json={"name": "Third"})
    assert answer.status_code == 409
    assert "2 galleries" in answer.json()["detail"]
    make(studio.actors.browser("designer"))


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"name": "a" * 81},
        {"name": "a\x00"},
        {"name": "a", "brief": "b" * 4001},
        {"name": "a", "brief": "\x00"},
        {"name": "a", "visibility": "world"},
        {"name": "a", "colour": "red"},
    ],
)
def test_have_bounds(dana: Client, wanted: dict[str, str]) -> None:
    assert dana.post(GALLERIES, json=wanted).status_code == 422


def test_are_listed_by_whose_they_are(studio: Studio, dana: Client, team: str) -> None:
    eli, mate = in_team(studio, team), in_team(studio, team)
    make(eli, "Own")
    make(eli, "For the team", visibility="team")
    make(eli, "For all", visibility="everyone")
    let_in(eli, make(eli, "By name"), dana, "viewer")
    assert names(eli, "mine") == ["By name", "For all", "For the team", "Own"]
    assert names(eli, "shared") == []
    assert names(dana, "shared") == ["By name"]
    assert names(mate, "shared") == ["For the team"]
    assert names(dana, "everyone") == names(mate, "everyone") == ["For all"]
    assert names(dana, "all") == ["By name", "For all"]
    assert names(dana, "mine") == []


def test_come_in_pages(dana: Client) -> None:
    for number in range(5):
        make(dana, f"g{number}")
    seen, cursor = [], None
    while True:
        page = dana.get(GALLERIES, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [one["name"] for one in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == ["g4", "g3", "g2", "g1", "g0"]


class TestVisibility:
    def test_for_a_team_takes_a_team(self, dana: Client) -> None:
        answer = dana.post(GALLERIES, json={"name": "Spring", "visibility": "team"})
        assert answer.status_code == 422
        (problem,) = answer.json()["fields"]
        assert (problem["field"], problem["nearest"]) == ("visibility", "private")
        made = make(dana)
        assert dana.patch(f"{GALLERIES}/{made}", json={"visibility": "team"}).status_code == 422
        assert dana.get(f"{GALLERIES}/{made}").json()["visibility"] == "private"

    def test_decides_what_others_are(self, studio: Studio, team: str, dana: Client) -> None:
        owner, mate = in_team(studio, team), in_team(studio, team)
        gallery = f"{GALLERIES}/{make(owner, visibility='team')}"
        assert mate.get(gallery).json()["role"] == "commenter"
        assert dana.get(gallery).status_code == 404
        owner.patch(gallery, json={"visibility": "everyone"})
        assert mate.get(gallery).json()["role"] == "viewer"
        assert dana.get(gallery).json()["role"] == "viewer"
        owner.patch(gallery, json={"visibility": "private"})
        assert mate.get(gallery).status_code == dana.get(gallery).status_code == 404
        verbs = [entry.verb for entry in studio.audited(f"gallery:{gallery.rpartition('/')[2]}")]
        assert verbs == ["gallery.create", "gallery.visibility", "gallery.visibility"]

    def test_never_lowers_what_a_member_may(self, studio: Studio, team: str) -> None:
        owner, mate = in_team(studio, team), in_team(studio, team)
        gallery = make(owner, visibility="team")
        for role, seen in (("viewer", "commenter"), ("editor", "editor")):
            let_in(owner, gallery, mate, role)
            assert mate.get(f"{GALLERIES}/{gallery}").json()["role"] == seen


class TestChanging:
    def test_an_editor_changes_the_brief_and_the_owner_all(self, dana: Client, eli: Client) -> None:
        gallery = make(dana)
        let_in(dana, gallery, eli, "editor")
        path = f"{GALLERIES}/{gallery}"
        before = dana.get(path).json()
        changed = eli.patch(path, json={"brief": "Wool."}).json()
        assert (changed["brief"], changed["name"]) == ("Wool.", "Spring")
        assert changed["updated_at"] > before["updated_at"]
        for wanted in ({"name": "Mine"}, {"visibility": "everyone"}, {"owner_id": eli.user_id}):
            answer = eli.patch(path, json={"brief": "No.", **wanted})
            assert answer.status_code == 403, answer.text
        assert eli.get(path).json()["brief"] == "Wool."
        assert dana.patch(path, json={"name": "Autumn"}).json()["name"] == "Autumn"

    @pytest.mark.parametrize("role", ["viewer", "commenter"])
    def test_others_change_nothing(self, dana: Client, eli: Client, role: str) -> None:
        gallery = make(dana)
        let_in(dana, gallery, eli, role)
        path = f"{GALLERIES}/{gallery}"
        assert eli.patch(path, json={"brief": "x"}).status_code == 403
        assert eli.delete(path).status_code == 403
        assert eli.get(f"{path}/candidates").status_code == 403
        other = f"{path}/members/{dana.user_id}"
        assert eli.put(other, json={"role": "viewer"}).status_code == 403
        assert eli.delete(other).status_code == 403

    def test_a_stranger_finds_nothing(self, dana: Client, eli: Client) -> None:
        path = f"{GALLERIES}/{make(dana)}"
        assert eli.get(path).status_code == 404
        assert eli.patch(path, json={"brief": "x"}).status_code == 404
        assert eli.delete(path).status_code == 404
        assert eli.get(f"{path}/members").status_code == 404

    def test_a_cover_is_an_image_in_it(self, dana: Client) -> None:
        path = f"{GALLERIES}/{make(dana)}"
        answer = dana.patch(path, json={"cover_id": "01m7xxtq72y599hfwczfvzjz52"})
        assert answer.status_code == 422
        assert dana.patch(path, json={"cover_id": None}).status_code == 200


class TestHandingOver:
    def test_makes_a_member_the_owner_and_keeps_the_giver(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        gallery = make(dana)
        let_in(dana, gallery, eli, "viewer")
        answer = dana.patch(f"{GALLERIES}/{gallery}", json={"owner_id": eli.user_id})
        assert (answer.json()["role"], answer.json()["owner"]["id"]) == ("editor", eli.user_id)
        assert eli.get(f"{GALLERIES}/{gallery}").json()["role"] == "owner"
        members = eli.get(f"{GALLERIES}/{gallery}/members").json()
        assert [(one["user"]["id"], one["role"]) for one in members] == [
            (eli.user_id, "owner"),
            (dana.user_id, "editor"),
        ]
        told = studio.audited(f"gallery:{gallery}")[-1]
        assert told.verb == "gallery.owner"
        assert told.detail == {"from": dana.user_id, "to": eli.user_id}

    def test_goes_to_an_active_member_alone(
        self, studio: Studio, dana: Client, eli: Client
    ) -> None:
        gallery = make(dana)
        path = f"{GALLERIES}/{gallery}"
        assert dana.patch(path, json={"owner_id": eli.user_id}).status_code == 422
        let_in(dana, gallery, eli, "editor")
        with studio.context.database.write() as session:
            session.get_one(User, eli.user_id).standing = Standing.DEACTIVATED
        assert dana.patch(path, json={"owner_id": eli.user_id}).status_code == 422
        assert dana.get(path).json()["role"] == "owner"


class TestMembers:
    def test_are_found_let_in_and_let_go(self, studio: Studio, dana: Client) -> None:
        database = studio.context.database
        emil = add_user(database, name="Emil Ård")
        add_user(database, name="Emil Gone", standing=Standing.DEACTIVATED)
        add_user(database, name="Frida")
        gallery = make(dana)
        path = f"{GALLERIES}/{gallery}"
        found = dana.get(f"{path}/candidates", params={"q": "emil"}).json()
        assert found == [{"id": emil.id, "name": "Emil Ård"}]
        answer = dana.put(f"{path}/members/{emil.id}", json={"role": "editor"})
        assert answer.json() == {
            "user": {"id": emil.id, "name": "Emil Ård", "email": emil.email},
            "role": "editor",
        }
        assert dana.get(f"{path}/candidates", params={"q": "emil"}).json() == []
        assert dana.delete(f"{path}/members/{emil.id}").status_code == 204
        assert dana.delete(f"{path}/members/{emil.id}").status_code == 404
        verbs = [entry.verb for entry in studio.audited(f"gallery:{gallery}")]
        assert verbs == ["gallery.create", "gallery.member", "gallery.member_remove"]

    def test_candidates_are_few_and_never_the_owner(self, studio: Studio, dana: Client) -> None:
        for number in range(25):
            add_user(studio.context.database, name=f"P {number}")
        path = f"{GALLERIES}/{make(dana)}/candidates"
        assert len(dana.get(path, params={"q": "p "}).json()) == 20
        mine = dana.get("/api/v1/me").json()["name"]
        assert dana.get(path, params={"q": mine}).json() == []
        assert dana.get(path, params={"q": "%"}).json() == []
        assert dana.get(path, params={"q": "a" * 81}).status_code == 422

    def test_leave_by_themselves_but_the_owner_does_not(self, dana: Client, eli: Client) -> None:
        gallery = make(dana)
        let_in(dana, gallery, eli, "viewer")
        path = f"{GALLERIES}/{gallery}"
        assert dana.delete(f"{path}/members/{dana.user_id}").status_code == 409
        role = {"role": "viewer"}
        assert dana.put(f"{path}/members/{dana.user_id}", json=role).status_code == 409
        assert eli.delete(f"{path}/members/{eli.user_id}").status_code == 204
        assert eli.get(path).status_code == 404

    def test_addresses_are_for_the_owner(self, dana: Client, eli: Client) -> None:
        gallery = make(dana)
        let_in(dana, gallery, eli, "editor")
        path = f"{GALLERIES}/{gallery}/members"
        assert all(one["user"]["email"] for one in dana.get(path).json())
        assert [one["user"]["email"] for one in eli.get(path).json()] == [None, None]

    def test_must_be_able_to_come_in(self, studio: Studio, dana: Client) -> None:
        gone = add_user(studio.context.database, standing=Standing.DEACTIVATED)
        path = f"{GALLERIES}/{make(dana)}/members"
        for nobody in (gone.id, "01m7xxtq72y599hfwczfvzjz52"):
            assert dana.put(f"{path}/{nobody}", json={"role": "viewer"}).status_code == 404

    def test_are_as_many_as_a_gallery_may_have(
        self, studio: Studio, dana: Client, eli: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(membership, "MOST_MEMBERS", 1)
        gallery = make(dana)
        let_in(dana, gallery, eli, "viewer")
        let_in(dana, gallery, eli, "editor")
        other = add_user(studio.context.database)
        answer = dana.put(f"{GALLERIES}/{gallery}/members/{other.id}", json={"role": "viewer"})
        assert answer.status_code == 409
