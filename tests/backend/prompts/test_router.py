"""How a prompt is read, over HTTP: with a model to count its tokens, and without one."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from backend.kit.settings import Settings
from backend.prompts import service
from inference.protocol import MAX_CHUNKS, PromptLength, PromptNote
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD

READING = "/api/v1/prompts/reading"


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser()


def read(person: Client, prompt: str, **given: Any) -> Any:
    answer = person.post(READING, json={"prompt": prompt, **given})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestReading:
    def test_tells_weights_and_length(self, dana: Client) -> None:
        assert read(dana, "a (red:1.3) dress BREAK with buttons") == {
            "ways": 1,
            "tokens": 5,
            "limit": 75,
            "chunks": 2,
            "parts": [
                {"text": "a ", "weight": 1.0, "starts_chunk": False},
                {"text": "red", "weight": 1.3, "starts_chunk": False},
                {"text": " dress", "weight": 1.0, "starts_chunk": False},
                {"text": "with buttons", "weight": 1.0, "starts_chunk": True},
            ],
            "loras": [],
            "words": [],
            "notes": [],
        }

    def test_of_nothing_is_nothing(self, dana: Client) -> None:
        told = read(dana, "")
        assert (told["tokens"], told["chunks"], told["parts"], told["notes"]) == (0, 1, [], [])

    def test_of_many_words_goes_on_in_another_chunk(self, dana: Client) -> None:
        told = read(dana, "red " * 83)
        assert (told["tokens"], told["limit"], told["chunks"]) == (83, 75, 2)

    @pytest.mark.parametrize(
        ("prompt", "code"),
        [
            ("(red:9)", "weight_bounded"),
            ("a (red", "no_partner"),
            ("[red:blue:0.5]", "no_schedule"),
            ("[red|blue]", "no_alternation"),
            ("red AND blue", "no_joining"),
            ("<hypernet:knit:1>", "unknown_tag"),
            ("<lora:knit:3>", "lora_bounded"),
            ("x BREAK " * (MAX_CHUNKS + 1), "too_long"),
            ("{red", "no_partner"),
            ("a __colours__ dress", "no_files"),
            ("a ${colour} dress", "no_variables"),
            ("{" * 9 + "a" + "}" * 9, "too_deep"),
            ("{a|b}" * 33, "too_many_ways"),
            ("{9$$" + "x" * 40 + "$$" + "|".join(["y" * 190] * 9) + "}", "outcome_too_long"),
            ("{|red}", "outcome_empty"),
        ],
    )
    def test_notes_what_is_read_otherwise(self, dana: Client, prompt: str, code: str) -> None:
        [note] = read(dana, prompt)["notes"]
        assert note["code"] == code
        assert note["text"].endswith(".")

    def test_counts_what_can_come_of_wildcards_and_the_longest(self, dana: Client) -> None:
        told = read(dana, "a {red|light blue} {2$$wool|silk|linen} dress")
        assert (told["ways"], told["tokens"]) == (12, 7)
        assert read(dana, "{a|b}" * 33)["ways"] is None

    def test_has_a_sentence_for_every_note(self) -> None:
        assert set(service._SAID) == set(PromptNote)


class TestModel:
    def test_may_be_named(self, dana: Client) -> None:
        assert read(dana, "a dress", model=CARD.name)["tokens"] == 2

    def test_that_is_not_there_is_refused_by_the_nearest(self, dana: Client) -> None:
        answer = dana.post(READING, json={"prompt": "a dress", "model": "scriptd"})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["nearest"] == CARD.name


class TestWithoutInference:
    UNKNOWN = (None, None, None)

    def test_the_rest_is_told(self, studio: Studio, dana: Client) -> None:
        studio.inference.away = True
        told = read(dana, "(red:9) dress")
        assert (told["tokens"], told["limit"], told["chunks"]) == self.UNKNOWN
        assert told["parts"][0] == {"text": "red", "weight": 2.0, "starts_chunk": False}
        assert [note["code"] for note in told["notes"]] == ["weight_bounded"]

    def test_that_answers_the_rest_is_told_soon(
        self, studio: Studio, dana: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(_prompt: str, _model: str | None = None) -> PromptLength:
            await asyncio.Event().wait()
            raise AssertionError

        monkeypatch.setattr(studio.inference, "length_of", never)
        monkeypatch.setattr(service, "ANSWER_WITHIN_S", 0.05)
        told = read(dana, "a dress")
        assert (told["tokens"], told["limit"], told["chunks"]) == self.UNKNOWN


class TestRefusals:
    @pytest.mark.parametrize(
        "body",
        [{}, {"prompt": "x" * 2001}, {"prompt": "\x00"}, {"prompt": 3}, {"prompt": "x", "s": 1}],
    )
    def test_of_what_is_no_prompt_name_the_field(self, dana: Client, body: dict[str, Any]) -> None:
        answer = dana.post(READING, json=body)
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] in {"prompt", "s"}


class TestQuietness:
    def test_no_prompt_is_logged(self, dana: Client, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            read(dana, "an unreleased kimono (secret:1.2)")
            dana.post(READING, json={"prompt": "an unreleased kimono", "model": "nothing"})
        assert "kimono" not in caplog.text


class TestOften:
    @pytest.fixture
    def studio_settings(self, studio_settings: Settings) -> Settings:
        return studio_settings.model_copy(update={"rate_changes": 2})

    def test_is_a_question_and_no_change(self, dana: Client) -> None:
        for length in range(6):
            read(dana, "red " * length)
