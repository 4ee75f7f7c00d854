"""How an image came about, told as steps: from its parents, for whoever may see them, and run again elsewhere."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, update

from backend.images.models import Image
from backend.kit.clock import utc_now
from tests.backend.generations.test_pictures import BLACK, WHITE, bring
from tests.backend.recipes.conftest import NOBODYS, keep, ran
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio


def steps_of(person: Client, image_id: str, status: int = 200) -> Any:
    answer = person.get(f"/api/v1/images/{image_id}/steps")
    assert answer.status_code == status, answer.text
    return answer.json()


def chain(studio: Studio, dana: Client) -> list[str]:
    """Draw, draw a part anew, draw all of it over; return the ids of the three images."""
    first = studio.image(dana)["id"]
    mask = bring(dana, BLACK, WHITE)
    masked: dict[str, Any] = {"init_image": first, "mask": mask, "strength": 0.5}
    second = studio.draw(dana, "a blue sleeve", **masked)["images"][0]["id"]
    over: dict[str, Any] = {"init_image": second, "strength": 0.25, "width": 128}
    third = studio.draw(dana, "a watercolour", **over)["images"][0]["id"]
    return [first, second, third]


def test_the_way_back_first_to_last(studio: Studio, dana: Client) -> None:
    images = chain(studio, dana)
    told = steps_of(dana, images[-1])
    assert [step["image_id"] for step in told["steps"]] == images
    assert [step["op"] for step in told["steps"]] == [None, "inpaint", "img2img"]
    assert told["earlier"] is False
    first, second, third = (step["settings"] for step in told["steps"])
    assert (first["over"], first["width"], first["strength"]) == ("nothing", 64, None)
    assert (second["masked"], second["strength"], second["width"]) == (True, 0.5, None)
    assert (third["masked"], third["prompt"], third["width"]) == (False, "a watercolour", 128)


def test_saved_and_replayed_on_another_image(studio: Studio, dana: Client) -> None:
    images = chain(studio, dana)
    edits = [step["settings"] for step in steps_of(dana, images[-1])["steps"][1:]]
    recipe = keep(dana, *edits)
    assert recipe["needs"] == {"image": True, "prompt": False, "mask": True}
    run = ran(studio, dana, recipe, over=[bring(dana)], mask=bring(dana, BLACK, WHITE))
    assert run["state"] == "succeeded"
    drawn = [step["generation"]["parameters"] for step in run["steps"]]
    assert [one["prompt"] for one in drawn] == ["a blue sleeve", "a watercolour"]
    assert [one["strength"] for one in drawn] == [0.5, 0.25]


def test_ends_where_somebody_else_may_not_look(studio: Studio, dana: Client) -> None:
    images = chain(studio, dana)
    other = studio.actors.browser()
    steps_of(other, images[-1], 404)
    steps_of(dana, NOBODYS, 404)
    with studio.context.database.write() as session:
        stranger = update(Image).where(col(Image.id) == images[0])
        session.execute(stranger.values(owner_id=other.user_id))
    told = steps_of(dana, images[-1])
    assert [step["image_id"] for step in told["steps"]] == images[1:]
    assert told["earlier"] is True


def test_over_an_upload_there_is_no_more_to_tell(studio: Studio, dana: Client) -> None:
    over: dict[str, Any] = {"init_image": bring(dana), "strength": 0.5}
    image = studio.draw(dana, **over)["images"][0]["id"]
    told = steps_of(dana, image)
    assert ([step["op"] for step in told["steps"]], told["earlier"]) == (["img2img"], True)


def test_words_that_read_as_a_place_stay_words(studio: Studio, dana: Client) -> None:
    image = studio.draw(dana, "a {prompt} and a {prompt}")["images"][0]["id"]
    assert steps_of(dana, image)["steps"][0]["settings"]["prompt"] == "a prompt and a prompt"


def test_what_is_held_tells_nothing(studio: Studio, dana: Client) -> None:
    held = studio.image(dana, "a dress with motif")["id"]
    steps_of(dana, held, 404)
    image = studio.image(dana)["id"]
    with studio.context.database.write() as session:
        session.execute(update(Image).values(trashed_at=utc_now()))
    assert len(steps_of(dana, image)["steps"]) == 1  # their own trash they may look at


EDGES: dict[str, Any] = {"name": "scribble", "prepare": "edges", "scale": 0.8, "end": 0.6}


def test_a_shape_of_the_picture_itself_is_kept_and_found_in_another(
    studio: Studio, dana: Client
) -> None:
    first = studio.image(dana)["id"]
    by_itself = {"init_image": first, "strength": 1, "control": [{**EDGES, "image": first}]}
    second = studio.draw(dana, "a blue dress", **by_itself)["images"][0]["id"]
    step = steps_of(dana, second)["steps"][-1]
    assert step["left_out"] == []
    assert step["settings"]["control"] == [{**EDGES, "start": 0.0}]
    other = bring(dana)
    run = ran(studio, dana, keep(dana, step["settings"]), over=[other])
    [drawn] = [step["generation"] for step in run["steps"]]
    assert drawn["parameters"]["control"] == [{**EDGES, "start": 0.0, "image": other}]
    assert drawn["credits"] > 0


def test_a_shape_of_another_picture_is_left_out(studio: Studio, dana: Client) -> None:
    first, mine = studio.image(dana)["id"], bring(dana)
    shapes = [{**EDGES, "image": first}, {**EDGES, "image": mine}]
    asked = {"init_image": first, "strength": 1, "control": shapes}
    second = studio.draw(dana, "a blue dress", **asked)["images"][0]["id"]
    step = steps_of(dana, second)["steps"][-1]
    assert step["left_out"] == ["control"]
    assert len(step["settings"]["control"]) == 1
