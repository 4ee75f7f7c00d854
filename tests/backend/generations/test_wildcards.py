"""Prompts with wildcards: the words that were drawn, and the template beside them, wherever a picture is told of."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from PIL import Image

from backend.images import metadata
from inference.protocol import MAX_PROMPT_CHARACTERS, MAX_WAYS, drawn
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

TEMPLATE = "a {red|blue|green} dress"
ASKED = {"seed": 40, "num_images": 4}
WORDS = [drawn(TEMPLATE, 40 + index) for index in range(4)]
ANY_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser()


def images_of(person: Client, done: Any) -> list[Any]:
    return [person.get(f"/api/v1/images/{one['id']}").json() for one in done["images"]]


def found(person: Client, query: str) -> set[str]:
    answer = person.get("/api/v1/library", params={"q": query})
    return {image["parameters"]["prompt"] for image in answer.json()["items"]}


def refused(person: Client, **asked: Any) -> dict[str, str]:
    """Return the limit of each field that was refused."""
    answer = person.post("/api/v1/generations", json={"prompt": "a dress", **asked})
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["limit"] for one in answer.json()["fields"]}


class TestImages:
    def test_have_words_of_their_own_and_the_generation_its_template(
        self, studio: Studio, dana: Client
    ) -> None:
        assert len(set(WORDS)) > 1
        done = studio.draw(dana, TEMPLATE, **ASKED)
        assert done["parameters"]["prompt"] == TEMPLATE
        assert [image["words"]["prompt"] for image in done["images"]] == WORDS
        images = images_of(dana, done)
        assert [image["parameters"]["prompt"] for image in images] == WORDS
        assert {image["template"]["prompt"] for image in images} == {TEMPLATE}
        assert not any("template" in image["parameters"] for image in images)

    def test_can_be_made_again_alone(self, studio: Studio, dana: Client) -> None:
        first = images_of(dana, studio.draw(dana, TEMPLATE, negative_prompt="{a|b|c}", **ASKED))[2]
        [again] = images_of(dana, studio.draw(dana, **first["parameters"]))
        assert again["parameters"] == first["parameters"]
        assert again["template"] is None

    def test_without_wildcards_say_nothing_of_a_template(
        self, studio: Studio, dana: Client
    ) -> None:
        done = studio.draw(dana, "a red dress")
        assert [image["words"] for image in done["images"]] == [None]
        assert [image["template"] for image in images_of(dana, done)] == [None]

    def test_are_judged_by_the_words_that_were_drawn(self, studio: Studio, dana: Client) -> None:
        template = "a {plain dress|dress with motif}"
        done = studio.draw(dana, template, **ASKED)
        held = {image["words"]["prompt"]: image["moderation"] for image in done["images"]}
        assert held == {"a plain dress": "released", "a dress with motif": "held"}
        flags = studio.actors.browser("admin").get("/api/v1/moderation/flags").json()["items"]
        assert {flag["prompt"] for flag in flags} == {"a dress with motif"}


class TestFiles:
    def test_say_the_words_and_the_template(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana, TEMPLATE, negative_prompt="{blurred|noisy}, text", **ASKED)
        answer = dana.get(f"/api/v1/images/{done['images'][1]['id']}/content")
        with Image.open(BytesIO(answer.content)) as picture:
            said = metadata.comment_in(picture) or ""
            told = json.loads(metadata.generation_in(picture.info["xmp"]) or "")
        assert said.splitlines()[0] == WORDS[1]
        assert f", Template: {TEMPLATE}" in said
        assert ', Negative Template: "{blurred|noisy}, text"' in said
        assert told["parameters"]["prompt"] == WORDS[1]
        assert told["template"] == {
            "prompt": TEMPLATE,
            "negative_prompt": "{blurred|noisy}, text",
        }
        restored = dana.post(
            "/api/v1/restorations", files={"file": ("a.webp", answer.content, "image/webp")}
        ).json()
        assert restored["settings"]["prompt"] == WORDS[1]

    def test_of_other_programs_have_braces_for_characters(self, dana: Client) -> None:
        text = "a {red|blue} dress\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
        answer = dana.post("/api/v1/restorations", json={"text": text})
        assert answer.json()["settings"]["prompt"] == r"a \{red\|blue\} dress"


class TestFinding:
    def test_goes_by_what_was_drawn_and_by_the_template(self, studio: Studio, dana: Client) -> None:
        studio.draw(dana, TEMPLATE, **ASKED)
        studio.draw(dana, "a green coat")
        assert found(dana, "green") == {"a green coat", *(w for w in WORDS if "green" in w)}
        assert found(dana, "template:green") == set(WORDS)
        assert found(dana, 'template:"red blue"') == set(WORDS)
        assert found(dana, "-template:gre*") == {"a green coat"}
        history = dana.get("/api/v1/generations", params={"q": "green"}).json()["items"]
        assert [one["parameters"]["prompt"] for one in history] == ["a green coat", TEMPLATE]

    def test_a_sheet_has_both(self, studio: Studio, dana: Client) -> None:
        studio.draw(dana, TEMPLATE, **ASKED)
        answer = dana.get("/api/v1/library/export.csv")
        rows = list(csv.DictReader(StringIO(answer.text)))
        assert {row["prompt"] for row in rows} == set(WORDS)
        assert {row["template"] for row in rows} == {TEMPLATE}


class TestLimits:
    @ANY_DATABASE
    @pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
    @pytest.mark.parametrize(
        ("prompt", "limit"),
        [
            ("{" * 9 + "a" + "}" * 9, "8 deep"),
            ("{a|b}" * 33, f"{MAX_WAYS} outcomes"),
            (
                "{9$$" + "x" * 40 + "$$" + "|".join(["y" * 190] * 9) + "}",
                f"{MAX_PROMPT_CHARACTERS} characters in every",
            ),
        ],
    )
    def test_are_named(self, dana: Client, field: str, prompt: str, limit: str) -> None:
        told = refused(dana, **{field: prompt})
        assert list(told) == [field]
        assert limit in told[field]

    @ANY_DATABASE
    def test_something_is_left_to_draw(self, dana: Client) -> None:
        assert list(refused(dana, prompt="{|a dress}")) == ["prompt"]
        assert dana.post(
            "/api/v1/generations", json={"prompt": "a dress", "negative_prompt": "{|blurred}"}
        ).is_success

    @ANY_DATABASE
    def test_hold_in_the_cells_of_a_grid(self, dana: Client) -> None:
        x = {"setting": "prompt", "values": ["WORD", "{|red}"]}
        answer = dana.post("/api/v1/grids", json={"base": {"prompt": "WORD"}, "x": x})
        assert answer.status_code == 422
        assert "can come out empty" in answer.text


class TestGrids:
    def test_choose_by_the_seed_of_each_cell(self, dana: Client) -> None:
        x = {"setting": "seed", "values": [40, 41]}
        answer = dana.post("/api/v1/grids", json={"base": {"prompt": TEMPLATE}, "x": x})
        for cell in answer.json()["cells"]:
            dana.get(cell["generation"]["urls"]["events"])
        cells = dana.get(f"/api/v1/grids/{answer.json()['id']}").json()["cells"]
        words = [cell["generation"]["images"][0]["words"]["prompt"] for cell in cells]
        assert words == WORDS[:2]
