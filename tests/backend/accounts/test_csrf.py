"""Requests that another site's page makes a browser send; and those that must not be taken for one."""

from __future__ import annotations

import pytest

from tests.fixtures.actors import Actors

KEYS = "/api/v1/me/api-keys"
BODY = {"name": "n"}
HOME = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"sec-fetch-site": "none"}, 201),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": HOME}, 403),
        ({"origin": HOME}, 201),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "http://127.0.0.1:8000.evil.test"}, 403),
        ({"origin": "http://127.0.0.1:9000"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": ""}, 403),
        ({"referer": f"{HOME}/"}, 403),
        ({}, 403),
    ],
)
def test_a_change_with_a_cookie_must_come_from_our_pages(
    actors: Actors, told: dict[str, str], status: int
) -> None:
    dana = actors.browser()
    del dana.headers["sec-fetch-site"]
    answer = dana.post(KEYS, json=BODY, headers=told)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "cross_site"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
@pytest.mark.parametrize("path", ["/auth/logout", "/gradio_api/run/predict", "/idp", "/nowhere"])
def test_holds_for_every_changing_method_and_path(actors: Actors, method: str, path: str) -> None:
    dana = actors.browser()
    answer = dana.request(method, path, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_a_key_does_not_excuse_a_cookie(actors: Actors) -> None:
    dana, script = actors.browser(), actors.program()
    bearer = {"authorization": script.headers["authorization"], "sec-fetch-site": "cross-site"}
    assert dana.request("DELETE", f"{KEYS}/x", headers=bearer).json()["code"] == "cross_site"


def test_a_program_needs_to_tell_nothing(actors: Actors) -> None:
    answer = actors.program().request("DELETE", f"{KEYS}/x")
    assert answer.json()["code"] == "forbidden"


def test_cookies_of_others_do_not_count(actors: Actors) -> None:
    script = actors.program()
    answer = script.request("DELETE", f"{KEYS}/x", headers={"cookie": "sticky=1"})
    assert answer.json()["code"] == "forbidden"


def test_reading_across_sites_is_left_to_the_browser(actors: Actors) -> None:
    dana = actors.browser()
    assert dana.get("/api/v1/me", headers={"sec-fetch-site": "cross-site"}).status_code == 200
