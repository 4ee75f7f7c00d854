"""Recipes over HTTP: kept, shared, changed, deleted; and what is refused, and where."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session

from backend.accounts.models import Team
from backend.galleries.schemas import Visibility
from backend.kit.database import Database
from backend.recipes import repository, service
from backend.recipes.models import Recipe
from backend.recipes.schemas import MOST_RECIPES, RecipeCreate
from backend.recipes.steps import MOST_STEPS, KeptSteps, RecipeStep
from tests.backend.recipes.conftest import (
    INPAINT,
    NOBODYS,
    RECIPES,
    STYLE,
    UPSCALE,
    fields,
    keep,
)
from tests.fixtures.actors import Client, actor_of, add_user
from tests.fixtures.app import Studio

ANY_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTHING = {"over": "nothing", "prompt": "a dress"}
SHAPE = {"name": "scribble"}


def test_kept_changed_and_deleted(studio: Studio, dana: Client) -> None:
    recipe = keep(dana, INPAINT, UPSCALE, STYLE, title="  Finish ", description="For the lookbook")
    assert (recipe["title"], recipe["mine"], recipe["can_change"]) == ("Finish", True, True)
    assert [step["over"] for step in recipe["steps"]] == ["image"] * 3
    path = f"{RECIPES}/{recipe['id']}"
    changed = dana.patch(path, json={"title": "Sharp", "steps": [STYLE, UPSCALE]}).json()
    assert (changed["title"], changed["description"]) == ("Sharp", "For the lookbook")
    assert changed["needs"] == {"image": True, "prompt": True, "mask": False}
    assert changed["steps"][1]["upscale"] == {"factor": 2, "method": "diffusion"}
    assert dana.patch(path, json={"description": ""}).json()["description"] == ""
    assert dana.get(path).json()["title"] == "Sharp"
    assert dana.delete(path).status_code == 204
    assert dana.get(path).status_code == 404
    verbs = [entry.verb for entry in studio.audited(f"recipe:{recipe['id']}")]
    assert verbs == ["recipe.create", "recipe.change", "recipe.change", "recipe.delete"]


def test_found_by_a_part_of_the_title(dana: Client) -> None:
    for title in ("Lookbook 100%", "Poster"):
        keep(dana, STYLE, title=title)
    found = dana.get(RECIPES, params={"q": "0%"}).json()["items"]
    assert [one["title"] for one in found] == ["Lookbook 100%"]
    page = dana.get(RECIPES, params={"limit": 1}).json()
    assert [one["title"] for one in page["items"]] == ["Poster"]
    assert page["next_cursor"]


def test_of_others_only_what_is_shared(studio: Studio, dana: Client) -> None:
    private = keep(dana, STYLE)
    other, admin = studio.actors.browser(), studio.actors.program("admin")
    everyones = keep(admin, STYLE, visibility="everyone")
    assert [one["id"] for one in other.get(RECIPES).json()["items"]] == [everyones["id"]]
    assert other.get(f"{RECIPES}/{private['id']}").status_code == 404
    for verb in ("patch", "delete"):
        arguments: Any = {"json": {"title": "Mine"}} if verb == "patch" else {}
        mine = getattr(other, verb)(f"{RECIPES}/{private['id']}", **arguments)
        theirs = getattr(other, verb)(f"{RECIPES}/{everyones['id']}", **arguments)
        assert (mine.status_code, theirs.status_code) == (404, 403)
    assert not other.get(f"{RECIPES}/{everyones['id']}").json()["can_change"]
    shared = dana.patch(f"{RECIPES}/{private['id']}", json={"visibility": "everyone"})
    assert shared.status_code == 403
    assert fields(dana.patch(f"{RECIPES}/{private['id']}", json={"visibility": "team"})) == {
        "visibility"
    }


@ANY_DATABASE
@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "steps"),
        ([STYLE] * (MOST_STEPS + 1), "steps"),
        ([STYLE, NOTHING], "steps"),
        ([{**NOTHING, "masked": True}], "steps.0"),
        ([{**NOTHING, "strength": 0.5}], "steps.0"),
        ([{**UPSCALE, "masked": True}], "steps.0"),
        ([{"prompt": "{prompt} and {prompt}"}], "steps.0.prompt"),
        ([{"prompt": "x" * 2001}], "steps.0.prompt"),
        ([{"strength": 2}], "steps.0.strength"),
        ([{"upscale": {"factor": 3}}], "steps.0.upscale.factor"),
        ([{**NOTHING, "control": [SHAPE]}], "steps.0"),
        ([{**UPSCALE, "control": [SHAPE]}], "steps.0"),
        ([{"control": [SHAPE] * 4}], "steps.0.control"),
        ([{"control": [{**SHAPE, "start": 0.5, "end": 0.5}]}], "steps.0.control.0.end"),
        ([{"control": [{**SHAPE, "scale": 3}]}], "steps.0.control.0.scale"),
        ([{"control": [{**SHAPE, "image": NOBODYS}]}], "steps.0.control.0.image"),
        ([{"num_images": 2}], "steps.0.num_images"),
        ([{"init_image": NOBODYS}], "steps.0.init_image"),
    ],
)
def test_steps_that_do_not_fit(dana: Client, steps: Any, field: str) -> None:
    answer = dana.post(RECIPES, json={"title": "Finish", "steps": steps})
    assert fields(answer) == {field}, answer.text


@ANY_DATABASE
def test_what_a_run_needs_follows_from_the_steps(dana: Client) -> None:
    resample = {"upscale": {"factor": 4, "method": "resample"}}
    for steps, needs in (
        ([NOTHING], (False, False, False)),
        ([{"over": "nothing"}, INPAINT], (False, True, True)),
        ([resample], (True, False, False)),
        ([{"prompt": "  "}], (True, True, False)),
    ):
        recipe = keep(dana, *steps)
        assert tuple(recipe["needs"].values()) == needs


@ANY_DATABASE
def test_as_many_as_one_person_may_have(studio: Studio, dana: Client) -> None:
    with studio.context.database.write() as session:
        session.add_all(row_of(dana.user_id) for _ in range(MOST_RECIPES))
    answer = dana.post(RECIPES, json={"title": "One more", "steps": [STYLE]})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_teams_recipes_go_where_its_people_go_or_home(database: Database) -> None:
    with database.write() as session:
        session.add_all([old := Team(name="Knits"), new := Team(name="Shoes")])
    owner, mate = (actor_of(add_user(database, team_id=old.id)) for _ in range(2))
    other = actor_of(add_user(database))
    wanted = RecipeCreate.model_validate({"title": "Ink", "visibility": "team", "steps": [STYLE]})
    with database.write() as session:
        kept = service.create(session, owner, wanted)
        assert [found(session, who) for who in (owner, mate, other)] == [1, 1, 0]
        repository.move_team(session, old.id, new.id)
    with database.write() as session:
        row = session.get_one(Recipe, kept.id)
        assert (row.visibility, row.team_id) == (Visibility.TEAM, new.id)
        assert found(session, mate) == 0
        repository.move_team(session, new.id, None)
    with database.read() as session:
        row = session.get_one(Recipe, kept.id)
        assert (row.visibility, row.team_id) == (Visibility.PRIVATE, None)


def found(session: Session, who: Any) -> int:
    return len(repository.page(session, who, search="", cursor=None, limit=10)[0])


def row_of(owner_id: str) -> Recipe:
    steps = KeptSteps((RecipeStep(prompt="a dress"),))
    return Recipe(owner_id=owner_id, title="Ink", visibility=Visibility.PRIVATE, steps=steps)
