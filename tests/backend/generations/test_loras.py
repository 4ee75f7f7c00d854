"""LoRAs that are asked for: those of the model are drawn with, others are refused before anything is charged."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from backend.generations.models import Generation
from inference.protocol import LoraCard
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD

API = "/api/v1/generations"
KNIT = LoraCard(name="knit", title="Knit", trigger_words=["cable"], scale=0.8, sha256="ab" * 32)
TORN = LoraCard(name="torn", title="Torn", trouble="loras/torn.safetensors is cut short")
VEGA = CARD.model_copy(update={"name": "vega", "title": "Vega"})


@pytest.fixture
def dana(studio: Studio) -> Client:
    studio.inference.cards = [CARD.model_copy(update={"loras": [KNIT, TORN]}), VEGA]
    return studio.actors.program("designer")


def refused(dana: Client, **asked: Any) -> dict[str, Any]:
    answer = dana.post(API, json={"prompt": "a red dress", **asked})
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["fields"]
    return dict(problem)


class TestOnOffer:
    def test_are_told_with_the_model(self, dana: Client) -> None:
        [scripted, vega] = dana.get("/api/v1/models").json()
        assert [lora["name"] for lora in scripted["loras"]] == ["knit", "torn"]
        assert scripted["loras"][0]["trigger_words"] == ["cable"]
        assert vega["loras"] == []

    @pytest.mark.parametrize(
        "asked",
        [
            {"prompt": "a dress <lora:knit:0.8>"},
            {"loras": [{"name": "knit", "scale": -2}]},
            {"loras": [{"name": "knit"}], "prompt": "a <lora:knit:1> dress"},
        ],
    )
    def test_are_drawn_with_and_kept(self, studio: Studio, dana: Client, asked: Any) -> None:
        told = studio.draw(dana, **{"prompt": "a red dress", **asked})
        assert told["state"] == "succeeded"
        kept = told["parameters"]
        assert [use["name"] for use in kept["loras"]] == ["knit"] * len(asked.get("loras", []))
        assert studio.inference.asked[-1].parameters.loras_used[0].name == "knit"


class TestRefused:
    @pytest.mark.parametrize(
        ("asked", "field", "nearest"),
        [
            ({"prompt": "a dress <lora:knitt:0.8>"}, "prompt", "knit"),
            ({"loras": [{"name": "knot"}]}, "loras", "knit"),
            ({"loras": [{"name": "torn"}]}, "loras", "knit"),
            ({"loras": [{"name": "knit"}], "model": "vega"}, "loras", ""),
            ({"prompt": "".join(f"<lora:{k}:1>" for k in range(9))}, "prompt", "8"),
        ],
    )
    def test_names_the_field_and_the_nearest(
        self, studio: Studio, dana: Client, asked: Any, field: str, nearest: str
    ) -> None:
        problem = refused(dana, **asked)
        assert (problem["field"], problem["nearest"]) == (field, nearest)
        assert "LoRA" in problem["limit"]
        with studio.context.database.read() as session:
            assert session.exec(select(Generation)).all() == []

    def test_says_why_one_is_in_trouble(self, dana: Client) -> None:
        assert "cut short" in refused(dana, loras=[{"name": "torn"}])["message"]

    @pytest.mark.parametrize("scale", [2.5, -3, "much", None])
    def test_a_scale_out_of_range(self, dana: Client, scale: Any) -> None:
        problem = refused(dana, loras=[{"name": "knit", "scale": scale}])
        assert "between -2 and 2" in problem["message"]

    def test_more_than_eight(self, dana: Client) -> None:
        assert "8" in refused(dana, loras=[{"name": f"n{k}"} for k in range(9)])["message"]

    def test_a_price_is_not_told_for_one_that_is_not_there(self, dana: Client) -> None:
        asked = {"prompt": "a dress <lora:nothing:1>"}
        assert dana.post(API, json=asked, params={"dry_run": True}).status_code == 422

    def test_a_tag_in_the_negative_prompt_is_nobodys(self, studio: Studio, dana: Client) -> None:
        told = studio.draw(dana, "a dress", negative_prompt="blue <lora:nothing:1>")
        assert told["state"] == "succeeded"


def test_a_reading_names_them_and_counts_no_token(dana: Client) -> None:
    def read(**asked: Any) -> Any:
        return dana.post("/api/v1/prompts/reading", json=asked).json()

    plain, tagged = read(prompt="a dress"), read(prompt="a dress <lora:knit:0.5>")
    assert tagged["tokens"] == plain["tokens"]
    assert tagged["loras"] == [{"name": "knit", "scale": 0.5}]
    negative = read(prompt="blue <lora:knit:0.5>", negative=True)
    assert negative["loras"] == []
    assert [note["code"] for note in negative["notes"]] == ["lora_in_negative"]
