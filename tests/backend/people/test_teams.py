"""Teams, over HTTP and on each kind of database."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

TEAMS = "/api/v1/teams"


def make(ada: Client, name: str) -> str:
    answer = ada.post(TEAMS, json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_are_made_named_anew_listed_and_removed(studio: Studio, ada: Client) -> None:
    knits, shoes = make(ada, " Knits "), make(ada, "shoes")
    add_user(studio.context.database, team_id=knits)
    listed = [(one["name"], one["people"]) for one in ada.get(TEAMS).json()]
    assert listed == [("Knits", 1), ("shoes", 0)]
    renamed = ada.patch(f"{TEAMS}/{shoes}", json={"name": "Shoes"}).json()
    assert (renamed["name"], renamed["people"]) == ("Shoes", 0)
    assert ada.delete(f"{TEAMS}/{shoes}").status_code == 204
    assert ada.delete(f"{TEAMS}/{shoes}").status_code == 404
    verbs = [entry.verb for entry in studio.audited(f"team:{shoes}")]
    assert verbs == ["team.create", "team.rename", "team.delete"]


def test_of_one_name_there_is_one(ada: Client) -> None:
    make(ada, "Knits")
    shoes = make(ada, "Shoes")
    assert ada.post(TEAMS, json={"name": "KNITS"}).status_code == 409
    assert ada.patch(f"{TEAMS}/{shoes}", json={"name": "knits"}).status_code == 409
    assert ada.patch(f"{TEAMS}/{shoes}", json={"name": "SHOES"}).status_code == 200


def test_letters_beyond_ascii_have_cases_too(ada: Client) -> None:
    shoes, knits = make(ada, "Über Ⱦ"), make(ada, "Knits")
    for same in ("Über Ⱦ", "ÜBER ⱦ"):
        assert ada.post(TEAMS, json={"name": same}).status_code == 409
        assert ada.patch(f"{TEAMS}/{knits}", json={"name": same}).status_code == 409
        assert ada.patch(f"{TEAMS}/{shoes}", json={"name": same}).status_code == 200


@pytest.mark.parametrize(
    ("move_to", "status"),
    [(None, 409), ("itself", 409), ("nowhere", 404), ("none", 204), ("shoes", 204)],
)
def test_with_people_are_removed_only_when_those_are_moved(
    studio: Studio, ada: Client, move_to: str | None, status: int
) -> None:
    knits, shoes = make(ada, "Knits"), make(ada, "Shoes")
    dana = add_user(studio.context.database, team_id=knits)
    wanted = {"itself": knits, "shoes": shoes}.get(move_to or "", move_to)
    params = {"move_to": wanted} if wanted else {}
    answer = ada.delete(f"{TEAMS}/{knits}", params=params)
    assert answer.status_code == status, answer.text
    team = ada.get(f"/api/v1/people/{dana.id}").json()["team"]
    expected = {"none": None, "shoes": "Shoes"}.get(move_to or "", "Knits")
    assert (team and team["name"]) == expected
    moved = [entry for entry in studio.audited(f"person:{dana.id}") if entry.verb == "person.team"]
    assert len(moved) == (status == 204)


@pytest.mark.parametrize("name", ["", "  ", "a" * 81, "a\nb", "a\x00b", 3, None])
def test_have_a_name_of_one_line(ada: Client, name: Any) -> None:
    assert ada.post(TEAMS, json={"name": name}).status_code == 422


def test_a_name_of_half_a_character_is_refused(ada: Client) -> None:
    json = {"content-type": "application/json"}
    body = b'{"name": "a \\ud800"}'
    assert ada.post(TEAMS, content=body, headers=json).status_code == 422
