"""Presets over HTTP: who sees them, who changes them, what they may say, and what becomes of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from backend.accounts.models import Team, User
from backend.galleries.schemas import Visibility
from backend.kit.ids import new_id
from backend.presets.builtin import BUILT_IN
from backend.presets.models import Preset
from backend.presets.schemas import MOST_PRESETS, PresetParameters
from inference.minimodel.captions import _TAILS
from inference.minimodel.vocabulary import BACKGROUNDS, STYLES
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

PATH = "/api/v1/presets"
INK = {"template": "an ink drawing of {prompt}"}


def keep(person: Client, name: str = "Ink", **fields: Any) -> Any:
    return person.post(PATH, json={"name": name, "parameters": INK, **fields})


def names(person: Client, **query: Any) -> list[str]:
    return [one["name"] for one in person.get(PATH, params=query).json()["items"]]


def teammates(studio: Studio, number: int = 2) -> tuple[str, list[Client]]:
    """Return a new team and people in it."""
    people = [studio.actors.browser() for _ in range(number)]
    with studio.context.database.write() as session:
        session.add(team := Team(name=f"Knits {new_id()}"))
        session.flush()
        for person in people:
            session.get_one(User, person.user_id).team_id = team.id
        return team.id, people


class TestWhoSees:
    def test_a_private_one_its_owner_alone(self, shared_studio: Studio) -> None:
        name = new_id()
        _, (dana, robin) = teammates(shared_studio)
        told = keep(dana, name).json()
        assert (told["visibility"], told["mine"], told["can_change"]) == ("private", True, True)
        assert names(dana, q=name) == [name]
        for other in (robin, shared_studio.actors.browser("admin")):
            assert names(other, q=name) == []
            assert other.patch(f"{PATH}/{told['id']}", json={}).status_code == 404
            assert other.delete(f"{PATH}/{told['id']}").status_code == 404

    def test_a_teams_one_the_team(self, shared_studio: Studio) -> None:
        name = new_id()
        _, (dana, robin) = teammates(shared_studio)
        told = keep(dana, name, visibility="team").json()
        [seen] = robin.get(PATH, params={"q": name}).json()["items"]
        assert (seen["mine"], seen["can_change"], seen["owner"]["id"]) == (
            False,
            False,
            dana.user_id,
        )
        assert robin.delete(f"{PATH}/{told['id']}").status_code == 403
        assert names(shared_studio.actors.browser(), q=name) == []

    def test_people_without_a_team_are_no_team(self, shared_studio: Studio) -> None:
        answer = keep(shared_studio.actors.browser(), visibility="team")
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["nearest"] == "private"

    def test_everyones_is_given_by_who_administers(self, shared_studio: Studio) -> None:
        name = new_id()
        dana, admin = shared_studio.actors.browser(), shared_studio.actors.browser("admin")
        assert keep(dana, name, visibility="everyone").status_code == 403
        told = keep(admin, name, visibility="everyone").json()
        assert names(dana, q=name) == [name]
        assert dana.patch(f"{PATH}/{told['id']}", json={"name": "x"}).status_code == 403
        other = shared_studio.actors.browser("admin")
        assert other.patch(f"{PATH}/{told['id']}", json={"name": name + "!"}).status_code == 200
        assert names(shared_studio.actors.browser("marketing"), q=name) == [name + "!"]
        assert other.delete(f"{PATH}/{told['id']}").status_code == 204
        assert names(dana) == []

    def test_one_cannot_give_it_to_everyone_later_either(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        told = keep(dana).json()
        changed = dana.patch(f"{PATH}/{told['id']}", json={"visibility": "everyone"})
        assert changed.status_code == 403
        assert names(dana) == ["Ink"]


class TestChange:
    def test_name_parameters_and_visibility(self, shared_studio: Studio) -> None:
        _, (dana, robin) = teammates(shared_studio)
        told = keep(dana).json()
        look = {"num_inference_steps": 8, "guidance_scale": 2.5, "ratio": "tall"}
        wanted = {"name": " Quick ", "visibility": "team", "parameters": look}
        changed = dana.patch(f"{PATH}/{told['id']}", json=wanted).json()
        assert (changed["name"], changed["visibility"]) == ("Quick", "team")
        set_now = {key: value for key, value in changed["parameters"].items() if value is not None}
        assert set_now == look
        assert names(robin) == ["Quick"]
        dana.patch(f"{PATH}/{told['id']}", json={"visibility": "private"})
        assert names(robin) == []

    def test_that_it_is_a_draft(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        draft = {"num_inference_steps": 3, "decoder": "tiny"}
        told = keep(dana, parameters=draft).json()["parameters"]
        assert {name: value for name, value in told.items() if value is not None} == draft
        assert keep(dana, parameters={"decoder": "small"}).status_code == 422

    def test_delete(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        told = keep(dana).json()
        assert dana.delete(f"{PATH}/{told['id']}").status_code == 204
        assert names(dana) == []
        verbs = [record.verb for record in studio.audited(f"preset:{told['id']}")]
        assert verbs == ["preset.create", "preset.delete"]

    def test_a_team_that_goes_takes_nobodys_preset_with_it(self, shared_studio: Studio) -> None:
        admin = shared_studio.actors.browser("admin")
        team, (dana, robin) = teammates(shared_studio)
        keep(dana, visibility="team")
        gone = admin.delete(f"/api/v1/teams/{team}", params={"move_to": "none"})
        assert gone.status_code == 204, gone.text
        assert names(robin) == []
        [kept] = dana.get(PATH).json()["items"]
        assert kept["visibility"] == "private"


class TestBounds:
    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"template": "no place"},
            {"template": "{prompt} {prompt}"},
            {"template": "{prompt}" + "x" * 2000},
            {"negative_prompt": "x" * 2001},
            {"num_inference_steps": 101},
            {"guidance_scale": 0.5},
            {"scheduler": "heun"},
            {"ratio": "panorama"},
            {"seed": 1},
        ],
    )
    def test_what_a_preset_cannot_set(
        self, shared_studio: Studio, parameters: dict[str, Any]
    ) -> None:
        answer = keep(shared_studio.actors.browser(), parameters=parameters)
        assert answer.status_code == 422, answer.text

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines"])
    def test_a_name_is_one_line(self, shared_studio: Studio, name: str) -> None:
        assert keep(shared_studio.actors.browser(), name).status_code == 422

    def test_so_many_and_no_more(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        with shared_studio.context.database.write() as session:
            look = PresetParameters(num_inference_steps=8)
            session.add_all(
                Preset(
                    owner_id=dana.user_id,
                    name="a",
                    visibility=Visibility.PRIVATE,
                    parameters=look,
                )
                for _ in range(MOST_PRESETS)
            )
        answer = keep(dana)
        assert answer.status_code == 409
        assert str(MOST_PRESETS) in answer.json()["detail"]

    def test_a_search_takes_signs_as_they_are(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        keep(dana, "100% wool_blend")
        assert names(dana, q="0% WOOL_") == ["100% wool_blend"]
        assert names(dana, q="%%") == []


class TestBuiltIn:
    def test_everybody_has_them(self, shared_studio: Studio) -> None:
        told = shared_studio.actors.browser("marketing").get(f"{PATH}/built-in").json()
        assert len(told) == 6
        assert {one["id"] for one in told} == {one.id for one in BUILT_IN}

    def test_they_are_written_in_words_that_the_bundled_model_learned(self) -> None:
        tables = (*STYLES.values(), *BACKGROUNDS.values(), _TAILS)
        phrases = sorted((one for table in tables for one in table), key=len, reverse=True)
        joining = {"a", "an", "of", "on", "against", "background", "wall"}
        for style in BUILT_IN:
            rest = (style.parameters.template or "").replace("{prompt}", " ")
            assert any(word in rest for word in sum(STYLES.values(), ())), style.name
            for phrase in phrases:
                rest = rest.replace(phrase, " ")
            assert set(re.findall(r"\w+", rest)) <= joining, style.name


class TestDrawingOver:
    def test_a_strength_is_kept(self, shared_studio: Studio) -> None:
        dana = shared_studio.actors.browser()
        told = keep(dana, parameters={"strength": 0.4}).json()
        assert told["parameters"]["strength"] == 0.4
        [problem] = keep(dana, parameters={"strength": 2}).json()["fields"]
        assert (problem["field"], problem["nearest"]) == ("parameters.strength", 1)

    @pytest.mark.parametrize("field", ["init_image", "mask"])
    def test_what_is_of_one_moment_is_not(self, shared_studio: Studio, field: str) -> None:
        answer = keep(shared_studio.actors.browser(), parameters={**INK, field: "01m7xxtq72"})
        assert answer.status_code == 422
