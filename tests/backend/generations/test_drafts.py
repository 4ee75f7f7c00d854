"""Drafts: decoded by the model's tiny decoder where it has one, said so wherever their settings are said, drawn again in full."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from backend.generations.examples import SUBMITTED
from backend.generations.models import Generation
from backend.images.metadata import infotext
from tests.backend.results.asking import content, said_in
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD, DRAFTING

API = "/api/v1/generations"
DRAFT: dict[str, Any] = {
    "num_inference_steps": 3,
    "guidance_scale": 2.5,
    "scheduler": "dpmpp_2m",
    "decoder": "tiny",
}
ASKED: dict[str, Any] = {"prompt": "a red dress", "seed": 7}


@pytest.fixture
def dana(studio: Studio) -> Client:
    studio.inference.cards = [DRAFTING]
    return studio.actors.program("designer")


def test_the_model_says_with_what_its_drafts_are_drawn(dana: Client) -> None:
    [model] = dana.get("/api/v1/models").json()
    told = {name: value for name, value in model["draft"].items() if name != "decoder_sha256"}
    assert told == DRAFT


def test_the_decoder_is_asked_for_stored_and_written_into_the_file(
    studio: Studio, dana: Client
) -> None:
    told = studio.draw(dana, **ASKED, **DRAFT)
    assert told["parameters"]["decoder"] == "tiny"
    assert studio.inference.asked[-1].parameters.decoder == "tiny"
    [image] = told["images"]
    kept = dana.get(f"/api/v1/images/{image['id']}").json()
    assert kept["parameters"]["decoder"] == "tiny"
    said = said_in(content(dana, image["id"]))
    assert said.parameters.decoder == "tiny"
    assert "VAE Decoder: TAESD" in infotext(said)


def test_the_example_of_the_reference_is_drawn(studio: Studio, dana: Client) -> None:
    body: Any = SUBMITTED["draft"]["value"]
    told = studio.draw(dana, **body)
    assert told["state"] == "succeeded"
    assert told["parameters"]["decoder"] == "tiny"


def test_it_costs_its_steps_and_nothing_for_its_decoder(studio: Studio, dana: Client) -> None:
    def price(**asked: Any) -> float:
        body = {"prompt": "a red dress", "seed": 99, **asked}
        answer = dana.post(API, json=body, params={"dry_run": True})
        return float(answer.json()["credits"])

    assert price(**DRAFT) == price(**{**DRAFT, "decoder": "full"})
    assert price(**DRAFT) == pytest.approx(price() * 3 / 4)
    assert studio.draw(dana, **ASKED, **DRAFT)["credits"] == price(**{**DRAFT, "seed": 8})


def test_neither_a_draft_nor_the_full_image_answers_for_the_other(
    studio: Studio, dana: Client
) -> None:
    draft = studio.draw(dana, **ASKED, **DRAFT)
    full = studio.draw(dana, **ASKED, **{**DRAFT, "decoder": "full"})
    assert (draft["from_cache"], full["from_cache"]) == (False, False)
    again = dana.post(API, json={**ASKED, **DRAFT}).json()
    assert again["from_cache"] is True
    assert again["parameters"]["decoder"] == "tiny"
    assert len(studio.inference.asked) == 2


def test_a_draft_replayed_as_a_recipe_is_a_draft(studio: Studio, dana: Client) -> None:
    image = studio.draw(dana, **ASKED, **DRAFT)["images"][0]["id"]
    full = studio.draw(dana, **ASKED)["images"][0]["id"]
    for of, decoder in ((image, "tiny"), (full, None)):
        [step] = dana.get(f"/api/v1/images/{of}/steps").json()["steps"]
        assert step["settings"]["decoder"] == decoder


@pytest.mark.parametrize("card", [CARD, DRAFTING.model_copy(update={"draft": None})])
def test_a_model_without_one_refuses_it_before_anything_is_charged(
    studio: Studio, dana: Client, card: Any
) -> None:
    studio.inference.cards = [card]
    answer = dana.post(API, json={**ASKED, **DRAFT})
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["fields"]
    assert (problem["field"], problem["nearest"]) == ("decoder", "full")
    assert "scripted" in problem["limit"]
    with studio.context.database.read() as session:
        assert session.exec(select(Generation)).all() == []


def test_a_decoder_that_nobody_knows_is_refused(dana: Client) -> None:
    answer = dana.post(API, json={**ASKED, "decoder": "huge"})
    assert answer.status_code == 422
    [problem] = answer.json()["fields"]
    assert problem["field"] == "decoder"
