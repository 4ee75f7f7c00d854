"""Words are refused at every door, before anything is kept, and the refusal is written down without them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from backend.generations.models import Generation
from backend.kit.wording import wordings
from backend.library.schemas import Changes
from backend.screening.refusal import REFUSED
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API = "/api/v1"
BAD = "n-a-k-e-d"
PROMPT = f"a {BAD} man on a beach"
CHILD_ABUSE = "child porn"


@pytest.fixture
def dana(shared_studio: Studio) -> Client:
    return shared_studio.actors.browser()


def refused(answer: Any, field: str, words: str, text: str) -> None:
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert told["code"] == "words_refused"
    [problem] = [one for one in told["fields"] if one["field"] == field]
    met = problem["words"]
    assert text[met["start"] : met["end"]] == words
    assert met["rule"] in told["detail"]
    assert words not in told["detail"] + problem["message"]


def generations_of(studio: Studio, person: Client) -> int:
    with studio.context.database.read() as session:
        rows = session.exec(select(Generation).where(Generation.owner_id == person.user_id))
        return len(rows.all())


class TestDrawing:
    @pytest.mark.parametrize("seed", [-1, 7])
    def test_a_prompt(self, shared_studio: Studio, dana: Client, seed: int) -> None:
        answer = dana.post(f"{API}/generations", json={"prompt": PROMPT, "seed": seed})
        refused(answer, "prompt", BAD, PROMPT)
        assert generations_of(shared_studio, dana) == 0

    def test_by_a_program(self, shared_studio: Studio) -> None:
        program = shared_studio.actors.program("designer")
        answer = program.post(f"{API}/generations", json={"prompt": PROMPT})
        refused(answer, "prompt", BAD, PROMPT)

    def test_what_is_to_be_stayed_away_from(self, dana: Client) -> None:
        asked = {"prompt": "a dress", "negative_prompt": "nudity, naked"}
        assert dana.post(f"{API}/generations", json=asked).status_code == 202
        asked["negative_prompt"] = CHILD_ABUSE
        refused(
            dana.post(f"{API}/generations", json=asked), "negative_prompt", CHILD_ABUSE, CHILD_ABUSE
        )

    def test_the_name_of_a_lora(self, dana: Client) -> None:
        asked = {"prompt": "a dress", "loras": [{"name": "NakedStyle"}]}
        refused(dana.post(f"{API}/generations", json=asked), "loras.0.name", "Naked", "NakedStyle")

    def test_every_cell_of_a_grid(self, shared_studio: Studio, dana: Client) -> None:
        values = ["dress", "coat", BAD + " man"]
        asked = {"base": {"prompt": "a dress"}, "x": {"setting": "prompt", "values": values}}
        answer = dana.post(f"{API}/grids", json=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "words_refused")
        assert generations_of(shared_studio, dana) == 0

    def test_every_step_of_a_run(self, shared_studio: Studio, dana: Client) -> None:
        steps = [{"over": "nothing", "prompt": "a dress"}, {"prompt": "a photo of {prompt}"}]
        recipe = dana.post(f"{API}/recipes", json={"title": "Two", "steps": steps}).json()
        answer = dana.post(f"{API}/recipes/{recipe['id']}/runs", json={"prompt": PROMPT})
        refused(answer, "prompt", BAD, PROMPT)
        assert generations_of(shared_studio, dana) == 0

    def test_a_dry_run_says_so_and_refuses_nothing(
        self, shared_studio: Studio, dana: Client
    ) -> None:
        answer = dana.post(f"{API}/generations?dry_run=true", json={"prompt": PROMPT})
        [told] = answer.json()["words"]
        assert (told["action"], told["field"]) == ("block", "prompt")
        assert generations_of(shared_studio, dana) == 0


class TestKeeping:
    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("/galleries", {"name": BAD}, "name"),
            ("/galleries", {"name": "Spring", "brief": PROMPT}, "brief"),
            ("/presets", {"name": BAD, "parameters": {"guidance_scale": 3}}, "name"),
            (
                "/presets",
                {"name": "Ink", "parameters": {"template": PROMPT + " {prompt}"}},
                "parameters.template",
            ),
            ("/recipes", {"title": BAD, "steps": [{"over": "nothing"}]}, "title"),
            (
                "/recipes",
                {"title": "Two", "description": PROMPT, "steps": [{"over": "nothing"}]},
                "description",
            ),
            (
                "/recipes",
                {"title": "Two", "steps": [{"over": "nothing"}, {"prompt": PROMPT}]},
                "steps.1.prompt",
            ),
            ("/images/0/comments", {"text": PROMPT}, "text"),
            ("/library/changes", {"image_ids": ["0"], "add_tags": ["linen", BAD]}, "add_tags.1"),
            ("/library/searches", {"name": BAD, "query": "linen"}, "name"),
        ],
    )
    def test_words(self, dana: Client, path: str, body: dict[str, Any], field: str) -> None:
        answer = dana.post(API + path, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "words_refused"
        assert answer.json()["fields"][0]["field"] == field

    def test_a_change(self, dana: Client) -> None:
        made = dana.post(f"{API}/galleries", json={"name": "Spring"}).json()
        answer = dana.patch(f"{API}/galleries/{made['id']}", json={"name": BAD})
        refused(answer, "name", BAD, BAD)
        assert dana.get(f"{API}/galleries/{made['id']}").json()["name"] == "Spring"

    def test_a_tag_that_is_there_already_comes_off(
        self, shared_studio: Studio, dana: Client
    ) -> None:
        image = shared_studio.image(dana)["id"]
        answer = dana.post(
            f"{API}/library/changes", json={"image_ids": [image], "remove_tags": [BAD]}
        )
        assert answer.status_code == 200, answer.text

    def test_what_is_harmless(self, dana: Client) -> None:
        answer = dana.post(f"{API}/galleries", json={"name": "Nude heels", "brief": "Naked cake."})
        assert answer.status_code == 201, answer.text


class TestRefusing:
    def test_says_nothing_to_strangers(self, shared_studio: Studio) -> None:
        answer = shared_studio.actors.anonymous().post(f"{API}/galleries", json={"name": BAD})
        assert answer.status_code == 401

    def test_is_written_down_without_the_words(self, shared_studio: Studio, dana: Client) -> None:
        before = _counted("sexual")
        dana.post(f"{API}/generations", json={"prompt": PROMPT})
        dana.post(f"{API}/galleries", json={"name": BAD})
        entries = [
            one
            for one in shared_studio.audited("rule:sexual_content")
            if one.actor_id == dana.user_id
        ]
        assert [one.verb for one in entries] == ["words.refuse"] * 2
        assert [one.detail for one in entries] == [
            {"category": "sexual", "field": "prompt"},
            {"category": "sexual", "field": "name"},
        ]
        assert _counted("sexual") == before + 2

    def test_a_look_is_not_written_down(self, shared_studio: Studio, dana: Client) -> None:
        dana.post(f"{API}/generations?dry_run=true", json={"prompt": PROMPT})
        told = dana.post(f"{API}/prompts/reading", json={"prompt": PROMPT}).json()["words"]
        assert [one["action"] for one in told] == ["block"]
        entries = shared_studio.audited("rule:sexual_content")
        assert all(one.actor_id != dana.user_id for one in entries)

    def test_a_body_that_is_none_is_told_so(self, dana: Client) -> None:
        for body in (b"{", b"[1]", b'"x"', b'{"name": 3}', b'{"name": ["naked"]}'):
            answer = dana.post(
                f"{API}/galleries", content=body, headers={"content-type": "application/json"}
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


class TestHolding:
    def test_every_image_waits_for_a_person(self, shared_studio: Studio, dana: Client) -> None:
        image = shared_studio.image(dana, "a dress for taylor swift")
        assert image["moderation"] == "held"
        assert "real_people" in image["reason"]
        flag = shared_studio.flag_of(image["id"])
        assert (flag["origin"], flag["category"], flag["severity"]) == ("prompt", "likeness", "low")

    def test_the_answer_says_so_in_every_field_and_again_to_the_same_key(
        self, dana: Client
    ) -> None:
        body = {"prompt": "a dress for taylor swift", "negative_prompt": "a fake logo"}
        priced = dana.post(f"{API}/generations?dry_run=true", json=body).json()["words"]
        assert [(one["field"], one["action"]) for one in priced] == [("prompt", "review")]
        again = {"idempotency-key": "a"}
        first, second = (
            dana.post(f"{API}/generations", json=body, headers=again) for _ in range(2)
        )
        assert (first.status_code, first.json()["words"]) == (202, priced)
        assert (second.status_code, second.json()["words"]) == (200, priced)
        read = dana.get(f"{API}/generations/{second.json()['id']}").json()
        assert "words" not in read

    def test_of_harmless_words_nothing_is_said(self, dana: Client) -> None:
        assert dana.post(f"{API}/generations", json={"prompt": "a dress"}).json()["words"] == []

    def test_only_what_was_drawn_with_the_words(self, shared_studio: Studio, dana: Client) -> None:
        drawn = shared_studio.draw(
            dana, "a dress for {taylor swift|a friend}", num_images=8, seed=1, negative_prompt=""
        )
        held = {("swift" in one["words"]["prompt"], one["moderation"]) for one in drawn["images"]}
        assert held == {(True, "held"), (False, "released")}

    def test_a_warning_is_only_said(self, shared_studio: Studio, dana: Client) -> None:
        prompt = "a bag with a fake logo"
        told = dana.post(f"{API}/prompts/reading", json={"prompt": prompt}).json()["words"]
        assert [(one["rule"], one["action"]) for one in told] == [("brands", "warn")]
        answer = dana.post(f"{API}/generations", json={"prompt": prompt})
        assert (answer.status_code, answer.json()["words"]) == (202, told)
        assert shared_studio.image(dana, prompt)["moderation"] == "released"


class TestTrial:
    def test_shows_how_a_text_is_read(self, shared_studio: Studio) -> None:
        ada = shared_studio.actors.browser("admin")
        told = ada.post(f"{API}/moderation/screen", json={"text": "Ｎude heels, n.a.k.e.d"}).json()
        assert told["read_as"] == "nude heels, n.a.k.e.d"
        assert told["action"] == "block"
        assert [one["rule"] for one in told["findings"]] == ["sexual_content"]


def _counted(category: str) -> float:
    return REFUSED.labels(category)._value.get()


def test_the_marks_are_found_in_a_body() -> None:
    body = {"image_ids": ["0"], "add_tags": ["a", 3, "b"], "remove_tags": ["c"]}
    found = [(one.field, one.text) for one in wordings(Changes, body)]
    assert found == [("add_tags.0", "a"), ("add_tags.2", "b")]
