"""From a prompt to the history, and what moderation makes of it: through HTTP alone, on a real port.

The pages are not needed for it; what they do is these requests.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest
from PIL import Image

from backend.app import create_app
from backend.kit.settings import Settings
from inference.protocol import InferenceClient
from tests.fixtures.app import serve
from tests.fixtures.scripted import ScriptedInference

VARIANTS = ("thumb", "preview", "full", "clean")
ACCOUNTS = {name: f"{name}@example.com" for name in ("designer", "marketing", "admin")}


class Form(HTMLParser):
    """The first form of a page: where it goes and what it carries."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = named["action"]
        if tag == "input" and named.get("type") == "hidden":
            self.fields[named["name"]] = named["value"]


class Browser(httpx2.Client):
    """Keeps cookies, follows redirects when told to, says where its requests come from."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url=base_url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30)

    def sign_in(self, account: str) -> None:
        """Walk through the sign-in the way a person does, checking that it is the real flow."""
        sent_to = self.get("/auth/login").headers["location"]
        asked = parse_qs(urlsplit(sent_to).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["response_type"] == ["code"]
        page = self.get(sent_to)
        form = Form(page.text)
        chosen = {**form.fields, "account": ACCOUNTS[account]}
        back = self.post(urljoin(str(page.url), form.action), data=chosen).headers["location"]
        assert self.get(back).status_code == 303
        assert self.get("/api/v1/me").json()["email"] == ACCOUNTS[account]

    def submit(self, prompt: str, *, fresh: bool = False, **parameters: Any) -> Any:
        asked = {"prompt": prompt, **parameters}
        answer = self.post("/api/v1/generations", json=asked, params={"fresh": fresh})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def events(self, url: str) -> Generator[tuple[str, Any]]:
        """Yield (event, data) of a stream until it ends."""
        with self.stream("GET", url) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for message in httpx2.EventSource(answer):
                yield message.event, json.loads(message.data)

    def draw(self, prompt: str, **asked: Any) -> Any:
        generation = self.submit(prompt, **asked)
        for _ in self.events(generation["urls"]["events"]):
            pass
        return self.get(generation["urls"]["self"]).json()


@dataclass
class Served:
    """A backend on a port, the inference behind it, and the browsers that this test has open."""

    url: str
    inference: ScriptedInference
    opened: ExitStack

    def browser(self, account: str) -> Browser:
        browser = self.opened.enter_context(Browser(self.url))
        browser.sign_in(account)
        return browser


def building(folder: Path, inference: InferenceClient) -> Callable[[int], Any]:
    return lambda port: create_app(Settings(data_dir=folder, port=port), inference=inference)


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ScriptedInference]]:
    inference = ScriptedInference()
    with serve(building(tmp_path_factory.mktemp("served"), inference)) as url:
        yield url, inference


@pytest.fixture
def served(listening: tuple[str, ScriptedInference]) -> Iterator[Served]:
    with ExitStack() as opened:
        yield Served(*listening, opened)


def content(image: Any, variant: str = "full") -> str:
    return f"/api/v1/images/{image['id']}/content?variant={variant}"


def flag_of(ada: Browser, image: Any) -> Any:
    flags = ada.get("/api/v1/moderation/flags", params={"limit": 100}).json()["items"]
    return next(flag for flag in flags if flag["image_id"] == image["id"])


class TestPromptToHistory:
    def test_the_sketch_appears_before_the_picture_and_stays_in_the_history(
        self, served: Served
    ) -> None:
        dana = served.browser("designer")
        with served.inference.hold():
            generation = dana.submit("a red striped dress", seed=77, num_images=2)
            heard = []
            for event, data in dana.events(generation["urls"]["events"]):
                heard.append(event)
                if event == "preview":
                    assert base64.b64decode(data["webp_base64"])[8:12] == b"WEBP"
                    assert dana.get(generation["urls"]["self"]).json()["state"] == "running"
                    served.inference.let_go()
        last = data
        assert heard.index("preview") < len(heard) - 1
        assert last["state"] == "succeeded"
        assert [image["seed"] for image in last["images"]] == [77, 78]
        listed = dana.get("/api/v1/generations").json()["items"][0]
        assert listed == last
        for image in last["images"]:
            told = dana.get(f"/api/v1/images/{image['id']}").json()
            assert sha256(dana.get(content(image)).content).hexdigest() == told["sha256"]
            for variant in VARIANTS:
                assert dana.get(content(image, variant)).status_code == 200

    def test_a_new_tab_is_told_what_runs_and_shown_its_last_preview(self, served: Served) -> None:
        dana = served.browser("designer")
        with served.inference.hold():
            generation = dana.submit("a blue coat")
            served.inference.wait_until_held()
            _until_seen(dana, generation)
            tab = dana.events("/api/v1/events")
            event, snapshot = next(tab)
            assert event == "snapshot"
            [running] = snapshot["generations"]
            assert running["id"] == generation["id"]
            assert running["progress"]["total"] == 4
            assert snapshot["previews"][generation["id"]]["step"] == 1
            served.inference.let_go()
            while True:
                event, data = next(tab)
                if event == "generation" and data["state"] == "succeeded":
                    break
            tab.close()

    def test_cancel_stops_it_between_two_steps(self, served: Served) -> None:
        dana = served.browser("designer")
        with served.inference.hold():
            generation = dana.submit("a green hat")
            served.inference.wait_until_held()
            assert dana.post(generation["urls"]["cancel"]).status_code == 200
            *_, (event, data) = dana.events(generation["urls"]["events"])
        assert (event, data["state"], data["images"]) == ("generation", "canceled", [])

    def test_the_same_seed_is_the_same_picture(self, served: Served) -> None:
        dana = served.browser("designer")
        # Too small for a mark in its pixels, which would tell the two apart.
        asked: dict[str, Any] = {"prompt": "a red scarf", "seed": 5, "width": 128, "height": 128}
        drawn = [dana.draw(**asked, fresh=True), dana.draw(**asked, fresh=True)]
        assert not any(one["from_cache"] for one in drawn)
        told = [*drawn, dana.draw(**asked)]
        assert told[-1]["from_cache"]
        files = [dana.get(content(one["images"][0], "clean")).content for one in told]
        assert len({Image.open(BytesIO(file)).tobytes() for file in files}) == 1

    def test_the_same_key_is_the_same_generation(self, served: Served) -> None:
        dana = served.browser("designer")
        asked: dict[str, Any] = {
            "json": {"prompt": "a red belt"},
            "headers": {"Idempotency-Key": "belt"},
        }
        first, again = (dana.post("/api/v1/generations", **asked) for _ in range(2))
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["id"] == again.json()["id"]


class TestHeldImage:
    def test_is_nowhere_until_an_administrator_releases_it(self, served: Served) -> None:
        dana, ada = served.browser("designer"), served.browser("admin")
        tab = dana.events("/api/v1/events")
        assert next(tab)[0] == "snapshot"
        [image] = dana.draw("a dress with motif")["images"]
        assert image["moderation"] == "held"
        assert "restricted motif" in image["reason"]
        _assert_hidden(dana, image)
        _assert_hidden(served.browser("marketing"), image)

        flag = flag_of(ada, image)
        assert flag["owner"]["email"] == ACCOUNTS["designer"]
        assert ada.get(content(image, "preview")).status_code == 200
        review = f"/api/v1/moderation/flags/{flag['id']}/review"
        assert ada.post(review, json={"decision": "release"}).status_code == 200

        _, data = next(item for item in tab if item[0] == "moderation")
        assert data["image_id"] == image["id"]
        assert data["moderation"] == "released"
        tab.close()
        for variant in VARIANTS:
            assert dana.get(content(image, variant)).status_code == 200
        listed = dana.get("/api/v1/generations").json()["items"][0]["images"][0]
        assert (listed["moderation"], listed["reason"]) == ("released", None)
        assert served.browser("marketing").get(content(image)).status_code == 404

    def test_is_nowhere_for_ever_once_it_is_rejected(self, served: Served) -> None:
        dana, ada = served.browser("designer"), served.browser("admin")
        [image] = dana.draw("another dress with motif")["images"]
        review = f"/api/v1/moderation/flags/{flag_of(ada, image)['id']}/review"
        ada.post(review, json={"decision": "reject", "note": "That is our logo."})
        _assert_hidden(dana, image)
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        assert told["moderation"] == "rejected"
        assert "That is our logo." in told["reason"]

    def test_an_image_that_was_not_checked_waits_too(self, served: Served) -> None:
        dana = served.browser("designer")
        for prompt in ("unchecked dress", "not finite dress"):
            [image] = dana.draw(prompt)["images"]
            assert image["moderation"] == "held"
            assert "could not run" in image["reason"]
            _assert_hidden(dana, image)


def test_an_api_key_walks_the_same_way(served: Served) -> None:
    dana = served.browser("designer")
    key = dana.post("/api/v1/me/api-keys", json={"name": "night run"}).json()["key"]
    with Browser(served.url) as script:
        script.headers["authorization"] = f"Bearer {key}"
        [image] = script.draw("a red dress")["images"]
        assert script.get(content(image)).status_code == 200
    assert dana.get(content(image)).status_code == 200


def test_signing_out_ends_everything(served: Served) -> None:
    dana = served.browser("designer")
    cookies = dict(dana.cookies)
    assert dana.post("/auth/logout").status_code == 200
    with Browser(served.url) as thief:
        thief.cookies.update(cookies)
        assert thief.get("/api/v1/me").status_code == 401


def test_a_real_engine_draws_the_same_way(real_inference: InferenceClient, tmp_path: Path) -> None:
    with serve(building(tmp_path, real_inference)) as url, Browser(url) as dana:
        dana.sign_in("designer")
        generation = dana.submit("a red dress", seed=3, num_inference_steps=6)
        heard = [event for event, _ in dana.events(generation["urls"]["events"])]
        [image] = dana.get(generation["urls"]["self"]).json()["images"]
        assert "preview" in heard[:-1]
        assert heard.count("progress") >= 1
        assert dana.get(f"/api/v1/images/{image['id']}").json()["parameters"]["seed"] == 3


def _assert_hidden(person: Browser, image: Any) -> None:
    """No variant, by no tag, by no range, and nothing that is not an explanation."""
    told = person.get(f"/api/v1/images/{image['id']}")
    digest = told.json().get("sha256", "0" * 64)
    for variant in VARIANTS:
        for headers in ({}, {"If-None-Match": f'"{digest}-{variant}"'}, {"If-None-Match": "*"}):
            answer = person.get(content(image, variant), headers=headers)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
    permalink = person.get(f"/i/{image['id']}")
    assert (permalink.status_code, permalink.content) == (303, b"")


def _until_seen(person: Browser, generation: Any) -> None:
    """Wait until the backend, too, has heard of the first preview."""
    pause = threading.Event()
    while person.get(generation["urls"]["self"]).json()["progress"] is None:
        pause.wait(0.01)
