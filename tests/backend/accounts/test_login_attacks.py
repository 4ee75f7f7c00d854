"""What somebody hostile may try on the way in; each is refused with a plain page, and nobody signed in."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.fixtures.actors import Actors, Client, begin, consent

BACK = "/auth/development/callback"


@pytest.fixture
def browser(actors: Actors) -> Client:
    return actors.anonymous()


class TestTheWayBack:
    def test_cannot_be_taken_twice(self, browser: Client) -> None:
        back = consent(browser, begin(browser))
        browser.get(back)
        browser.cookies.clear()
        refused(browser.get(back), browser)

    def test_cannot_be_taken_twice_with_the_dance_cookie_kept(
        self, actors: Actors, browser: Client
    ) -> None:
        back = consent(browser, begin(browser))
        dance = browser.cookies["atelier_login"]
        assert browser.get(back).status_code == 303
        thief = actors.anonymous()
        thief.cookies.set("atelier_login", dance, domain="127.0.0.1", path="/auth")
        refused(thief.get(back), thief)

    def test_cannot_be_taken_in_another_browser(self, actors: Actors, browser: Client) -> None:
        back = consent(browser, begin(browser))
        victim = actors.anonymous()
        refused(victim.get(back), victim)
        begin(victim)
        refused(victim.get(back), victim)

    @pytest.mark.parametrize("state", ["", "x", None])
    def test_needs_the_state_it_began_with(self, browser: Client, state: str | None) -> None:
        refused(browser.get(altered(consent(browser, begin(browser)), state=state)), browser)

    @pytest.mark.parametrize("issuer", ["https://evil.test", "", None])
    def test_needs_the_issuer_it_was_asked_of(self, browser: Client, issuer: str | None) -> None:
        refused(browser.get(altered(consent(browser, begin(browser)), iss=issuer)), browser)

    @pytest.mark.parametrize("code", ["x", "", None])
    def test_needs_the_code(self, browser: Client, code: str | None) -> None:
        refused(browser.get(altered(consent(browser, begin(browser)), code=code)), browser)

    def test_needs_the_verifier_it_began_with(self, actors: Actors, browser: Client) -> None:
        """A code injected into somebody else's sign-in fails by PKCE even with the right state."""
        stolen = parse_qs(urlsplit(consent(browser, begin(browser))).query)["code"][0]
        victim = actors.anonymous()
        refused(victim.get(altered(consent(victim, begin(victim)), code=stolen)), victim)

    def test_of_an_unknown_provider_does_not_exist(self, browser: Client) -> None:
        assert browser.get("/auth/elsewhere/callback?code=x&state=y").status_code == 404

    def test_does_not_echo_what_it_is_told(self, browser: Client) -> None:
        hostile = "<script>alert(1)</script> call +1 555 0100"
        query = urlencode({"error": hostile, "error_description": hostile, "state": hostile})
        answer = browser.get(f"{BACK}?{query}")
        refused(answer, browser)
        assert "<script" not in answer.text
        assert "555" not in answer.text

    def test_tells_a_cancelled_sign_in_from_a_broken_one(self, browser: Client) -> None:
        issuer = "http%3A%2F%2F127.0.0.1%3A8000%2Fidp"
        answer = browser.get(f"{BACK}?error=access_denied&state=x&iss={issuer}")
        assert (answer.status_code, "cancelled" in answer.text) == (403, True)

    def test_believes_no_dance_cookie_but_its_own(self, actors: Actors, browser: Client) -> None:
        back = consent(browser, begin(browser))
        state = parse_qs(urlsplit(back).query)["state"][0]
        forged = {f"_state_development_{state}": {"data": {"next": "/"}, "exp": 9e9}}
        victim = actors.anonymous()
        cookie = base64.b64encode(json.dumps(forged).encode()).decode()
        victim.cookies.set("atelier_login", cookie, domain="127.0.0.1", path="/auth")
        refused(victim.get(back), victim)


class TestNext:
    @pytest.mark.parametrize(
        "elsewhere",
        [
            "//evil.test", "https://evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test",
            "javascript:alert(1)", "evil.test", "", "/auth/login", "/a\r\nSet-Cookie: x=y",
            "/" + "x" * 600, " //evil.test", "/ /evil.test",
        ],
    )  # fmt: skip
    def test_leads_nowhere_else(self, browser: Client, elsewhere: str) -> None:
        answer = browser.get(consent(browser, begin(browser, elsewhere)))
        assert answer.headers["location"] == "/"

    @pytest.mark.parametrize("inside", ["/", "/history", "/?remix=01m7#top", "/i/abc?x=//y"])
    def test_leads_anywhere_inside(self, browser: Client, inside: str) -> None:
        answer = browser.get(consent(browser, begin(browser, inside)))
        assert answer.headers["location"] == inside


def altered(url: str, **changed: str | None) -> str:
    """Return `url` with parameters changed, or taken out where None."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    query.update({name: value for name, value in changed.items() if value is not None})
    for name in (name for name, value in changed.items() if value is None):
        query.pop(name)
    return f"{parts.path}?{urlencode(query)}"


def refused(answer: Any, browser: Client) -> None:
    """Check that nobody was signed in, and that the page says so in our own words."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "/auth/login" in answer.text
    assert "atelier_session" not in browser.cookies
    assert browser.get("/api/v1/me").status_code == 401
