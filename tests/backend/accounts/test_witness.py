"""Every refusal leaves its line: why, what, from where and whose it was, and nothing that was sent."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlmodel import select
from starlette.websockets import WebSocketDisconnect

from backend.accounts import witness
from backend.accounts.credentials import compose_key
from backend.accounts.models import Standing, User
from backend.kit.ids import new_id, new_long_secret, new_secret
from backend.kit.pace import EVERY_S, Pace
from backend.kit.settings import Registration, Settings
from inference.json_lines import JsonFormatter
from tests.fixtures.actors import Client, begin, consent, sign_in
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.issuer import Issuer, come_back, provider_at
from tests.fixtures.scripted import ScriptedInference

API = "/api/v1"
HOME = "http://127.0.0.1:8000"
ADDRESS = "203.0.113.9"
THERE = {"x-forwarded-for": ADDRESS}


class Log:
    """What `atelier.security` said, as a machine that collects logs reads it."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def only(self, answer: Any, code: str) -> dict[str, Any]:
        """Return the one line there is, which must be that answer's."""
        [line] = self.lines
        assert (line["code"], line["level"]) == (code, "warning")
        assert line["request_id"] == answer.headers["x-request-id"]
        assert line["address"] in line["message"]
        return line


@pytest.fixture
def log() -> Iterator[Log]:
    told = Log()
    handler = logging.StreamHandler(told.stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("atelier.security")
    logger.addHandler(handler)
    yield told
    logger.removeHandler(handler)


@pytest.fixture
def studio_settings(studio_settings: Settings) -> Settings:
    changed = {"trusted_proxies": "127.0.0.1/32", "dispatch_concurrency": 0, "rate_changes": 2}
    return studio_settings.model_copy(update=changed)


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", **THERE}


def a_wrong_key() -> dict[str, str]:
    return bearer(compose_key(new_id(), new_long_secret()))


class TestCredentials:
    def test_an_unknown_key_is_told_by_its_public_id(self, studio: Studio, log: Log) -> None:
        key_id, secret = new_id(), new_long_secret()
        key = compose_key(key_id, secret)
        answer = studio.actors.anonymous().get(f"{API}/me?search=private", headers=bearer(key))
        assert answer.status_code == 401
        line = log.only(answer, "not_signed_in")
        assert (line["by"], line["key"], line["address"]) == ("key", key_id, ADDRESS)
        assert (line["method"], line["route"]) == ("GET", f"{API}/me")
        assert "person" not in line
        assert secret not in log.stream.getvalue()
        assert "private" not in log.stream.getvalue()

    def test_what_is_no_key_is_not_shown(self, studio: Studio, log: Log) -> None:
        answer = studio.actors.anonymous().get(f"{API}/me", headers=bearer("hunter2-and-more"))
        line = log.only(answer, "not_signed_in")
        assert line["by"] == "key"
        assert "key" not in line
        assert "hunter2" not in log.stream.getvalue()

    def test_an_unknown_session(self, studio: Studio, log: Log) -> None:
        browser, wrong = studio.actors.browser(), new_secret()
        browser.cookies.clear()
        browser.cookies.set("atelier_session", wrong)
        answer = browser.get(f"{API}/events", headers=THERE)
        assert answer.status_code == 401
        line = log.only(answer, "not_signed_in")
        assert (line["by"], line["address"]) == ("session", ADDRESS)
        assert wrong not in log.stream.getvalue()

    def test_an_ordinary_visit_is_no_event(self, studio: Studio, log: Log) -> None:
        stranger = studio.actors.anonymous()
        assert stranger.get(f"{API}/me").status_code == 401
        assert stranger.get("/auth/login").status_code == 303
        assert studio.actors.browser().get(f"{API}/me").status_code == 200
        assert studio.actors.browser().get(f"{API}/generations/nosuch").status_code == 404
        assert log.lines == []

    def test_a_key_in_an_address(self, studio: Studio, log: Log) -> None:
        key = compose_key(new_id(), new_long_secret())
        answer = studio.actors.anonymous().get(f"{API}/me?api_key={key}", headers=THERE)
        assert answer.status_code == 400
        assert log.only(answer, "key_in_query")["route"] == f"{API}/me"
        assert key[:34] not in log.stream.getvalue()


class TestNotAllowed:
    def test_names_person_route_and_address(self, studio: Studio, log: Log) -> None:
        dana = studio.actors.browser()
        answer = dana.patch(f"{API}/people/{new_id()}", json={"role": "admin"}, headers=THERE)
        assert answer.status_code == 403
        line = log.only(answer, "forbidden")
        assert (line["person"], line["by"]) == (dana.user_id, "session")
        assert (line["method"], line["route"]) == ("PATCH", f"{API}/people/{{person_id}}")

    def test_names_the_key_too(self, studio: Studio, log: Log) -> None:
        script = studio.actors.program()
        key = script.headers["authorization"].split("_")
        answer = script.post(f"{API}/roles", json={"name": "x", "permissions": []})
        line = log.only(answer, "forbidden")
        assert (line["person"], line["key"], line["by"]) == (script.user_id, key[1], "key")
        assert key[2] not in log.stream.getvalue()

    def test_also_where_nobody_said_why(self, studio: Studio, log: Log) -> None:
        answer = studio.actors.anonymous().get("/idp/jwks", headers={"host": "evil.test"})
        assert answer.status_code == 403
        assert log.only(answer, "forbidden")["route"] == "/idp/jwks"


class TestOtherSites:
    def test_leave_a_line(self, studio: Studio, log: Log) -> None:
        dana = studio.actors.browser()
        told = {"sec-fetch-site": "cross-site", **THERE}
        answer = dana.post(f"{API}/me/api-keys?q=private", json={"name": "private"}, headers=told)
        assert answer.status_code == 403
        line = log.only(answer, "cross_site")
        assert (line["route"], line["address"], line["by"]) == (
            f"{API}/me/api-keys", ADDRESS, "session"
        )  # fmt: skip
        assert "private" not in log.stream.getvalue()

    def test_leave_one_for_a_socket_as_well(self, studio: Studio, log: Log) -> None:
        dana = studio.actors.browser()
        told = {"sec-fetch-site": "cross-site"}
        with pytest.raises(WebSocketDisconnect), dana.websocket_connect("/anything", headers=told):
            pass
        [line] = log.lines
        assert (line["code"], line["method"]) == ("cross_site", "WEBSOCKET")

    def test_cannot_write_what_they_like(self, studio: Studio, log: Log) -> None:
        dana = studio.actors.browser()
        told = {"sec-fetch-site": "cross-site"}
        answer = dana.post(f"/%0aERROR%20%e2%80%ae{'x' * 500}", headers=told)
        route = log.only(answer, "cross_site")["route"]
        assert route.startswith("/?ERROR ?xx")
        assert len(route) == 200


def test_a_rate_limit_says_which_and_whose(studio: Studio, log: Log) -> None:
    dana = studio.actors.browser()
    for _ in range(2):
        assert dana.post(f"{API}/generations/nosuch/cancel").status_code == 404
    answer = dana.post(f"{API}/generations/nosuch/cancel", headers=THERE)
    assert answer.status_code == 429
    line = log.only(answer, "rate_limited")
    assert (line["reason"], line["person"], line["address"]) == ("changes", dana.user_id, ADDRESS)


class TestSignIn:
    @pytest.mark.parametrize(
        ("error", "told"),
        [("access_denied", "access_denied"), ("call +1 555 0100", "another error")],
    )
    def test_refused_says_provider_and_address_and_no_word_of_the_query(
        self, studio: Studio, log: Log, error: str, told: str
    ) -> None:
        browser = studio.actors.anonymous()
        asked = {"error": error, "error_description": "private", "state": "x", "iss": f"{HOME}/idp"}
        answer = browser.get("/auth/development/callback", params=asked, headers=THERE)
        line = log.only(answer, "sign_in_refused")
        assert (line["provider"], line["address"]) == ("development", ADDRESS)
        assert line["reason"] == told
        assert "private" not in log.stream.getvalue()

    def test_not_trusted_says_why(self, studio: Studio, log: Log) -> None:
        issuer = Issuer()
        issuer.spoil_claims = lambda claims: {**claims, "aud": "somebody"}
        provider = provider_at("hostile", issuer, studio.context.settings)
        studio.app.state.providers = {"hostile": provider}
        answer = come_back(studio.actors.anonymous(), "hostile", issuer)
        line = log.only(answer, "sign_in_untrusted")
        assert (line["provider"], line["route"]) == ("hostile", "/auth/{name}/callback")
        assert line["reason"]

    def test_of_somebody_deactivated_names_them(self, studio: Studio, log: Log) -> None:
        sign_in(studio.actors.anonymous())
        with studio.context.database.write() as session:
            user = session.exec(select(User)).one()
            user.standing = Standing.DEACTIVATED
        answer = sign_in(studio.actors.anonymous())
        assert answer.status_code == 403
        line = log.only(answer, "sign_in_not_let_in")
        assert (line["person"], line["provider"]) == (user.id, "development")
        assert "deactivated" in line["reason"]

    def test_of_somebody_who_waits_is_told(self, studio_settings: Settings, log: Log) -> None:
        waiting = studio_settings.model_copy(update={"registration": Registration.APPROVAL})
        with open_studio(waiting, ScriptedInference()) as studio:
            answer = sign_in(studio.actors.anonymous())
        assert len(log.only(answer, "sign_in_waits")["person"]) == 26

    def test_with_a_wrong_invite(self, studio: Studio, log: Log) -> None:
        answer = studio.actors.anonymous().get("/auth/login?invite=private")
        assert answer.status_code == 410
        log.only(answer, "invite_ended")
        assert "private" not in log.stream.getvalue()

    def test_of_a_stale_tab_of_somebody_signed_in_is_none(self, studio: Studio, log: Log) -> None:
        browser: Client = studio.actors.anonymous()
        back = consent(browser, begin(browser))
        browser.get(back)
        assert browser.get(back).headers["location"] == "/"
        assert log.lines == []


class TestFlood:
    def test_is_one_line_for_an_address_and_a_code(self, studio: Studio, log: Log) -> None:
        guesser, began = studio.actors.anonymous(), time.monotonic()
        for _ in range(40):
            assert guesser.get(f"{API}/me", headers=a_wrong_key()).status_code == 401
        assert len(log.lines) <= 1 + (time.monotonic() - began) / EVERY_S
        elsewhere = {**a_wrong_key(), "x-forwarded-for": "203.0.113.10"}
        guesser.get(f"{API}/me", headers=elsewhere)
        assert log.lines[-1]["address"] == "203.0.113.10"

    def test_says_afterwards_how_many_were_left_out(
        self, studio_settings: Settings, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(witness, "Pace", partial(Pace, 1.0))
        with open_studio(studio_settings, ScriptedInference()) as studio:
            dana = studio.actors.browser()
            ids = [dana.get(f"{API}/people").headers["x-request-id"] for _ in range(12)]
            until = time.monotonic() + 15
            while log.lines[-1]["request_id"] != ids[-1] and time.monotonic() < until:
                time.sleep(0.05)
        assert log.lines[0]["request_id"] == ids[0]
        assert log.lines[-1]["request_id"] == ids[-1]
        assert len(log.lines) + sum(line.get("left_out", 0) for line in log.lines) == 12
        assert len(log.lines) < 12
