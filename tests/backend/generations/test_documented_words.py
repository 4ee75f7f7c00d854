"""What docs/api.md shows of words that do more than name things draws as it stands there."""

from __future__ import annotations

from typing import Any

import pytest

from inference.protocol import EmbeddingCard, LoraCard
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.documented import Command, commands
from tests.fixtures.scripted import DRAFTING

SECTION = "Words"
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DRAWN = ("text", "weights", "wildcards", "lora", "inversion", "draft", "model")


@pytest.fixture
def dana(studio: Studio) -> Client:
    """Somebody with a model that has what the page names, and a second one."""
    words = {"loras": [LoraCard(name=name, title=name) for name in ("argyle", "blueprint")]}
    known = DRAFTING.model_copy(
        update={**words, "embeddings": [EmbeddingCard(name="<knit>", title="Knit")]}
    )
    studio.inference.cards = [known, known.model_copy(update={"name": "sdxl"})]
    return studio.actors.program("designer")


def asked(about: str) -> Command:
    """Return the last command of the page about that: one that lists what there is may stand before it."""
    return [one for one in commands(SECTION) if one.about == about][-1]


def drawn(person: Client, command: Command) -> Any:
    one = command.ask(person)
    person.get(one["urls"]["events"]).raise_for_status()
    done = person.get(one["urls"]["self"]).json()
    assert done["state"] == "succeeded", done["error"]
    return done


def test_every_command_of_the_section_is_asked_here() -> None:
    assert {one.about for one in commands(SECTION)} == {*DRAWN, "reading", "style"}


@ONE_DATABASE
@pytest.mark.parametrize("about", DRAWN)
def test_the_page_draws_what_it_says(studio: Studio, dana: Client, about: str) -> None:
    done = drawn(dana, asked(about))
    sent = studio.inference.asked[-1].parameters
    assert done["parameters"]["prompt"] == sent.prompt == asked(about).body["prompt"]


@ONE_DATABASE
def test_a_prompt_is_read_before_anything_is_drawn(studio: Studio, dana: Client) -> None:
    told = asked("reading").ask(dana)
    assert (told["chunks"], told["notes"], studio.inference.asked) == (2, [], [])
    weights = {part["text"].strip(): part["weight"] for part in told["parts"]}
    assert weights["red"] == pytest.approx(1.4)
    assert weights["striped"] == pytest.approx(1 / 1.1, abs=1e-4)


@ONE_DATABASE
def test_a_style_is_kept(dana: Client) -> None:
    kept = asked("style").ask(dana)
    assert dana.get("/api/v1/presets").json()["items"] == [kept]


@ONE_DATABASE
def test_each_image_has_words_of_its_own(dana: Client) -> None:
    images = drawn(dana, asked("wildcards"))["images"]
    words = [image["words"]["prompt"] for image in images]
    assert len(words) == 4
    assert {*words} <= {f"a {colour} dress" for colour in ("red", "blue", "green")}


@ONE_DATABASE
def test_both_loras_go_to_the_model(studio: Studio, dana: Client) -> None:
    done = drawn(dana, asked("lora"))
    assert {one["name"]: one["scale"] for one in done["parameters"]["loras"]} == {"blueprint": 0.5}
    assert "<lora:argyle:0.8>" in studio.inference.asked[-1].parameters.prompt


@ONE_DATABASE
def test_the_model_that_is_named_draws(dana: Client) -> None:
    listed, _ = [one for one in commands(SECTION) if one.about == "model"]
    assert [card["name"] for card in listed.ask(dana)] == ["scripted", "sdxl"]
    done = drawn(dana, asked("model"))
    assert (done["parameters"]["model"], done["by_canary"]) == ("sdxl", False)
