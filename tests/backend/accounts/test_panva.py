"""The journey against panva's `oidc-provider`, which is certified, strict, and not in Python.

It demands PKCE, an exact redirect address and consent, names itself in its answers (RFC 9207), and tells most claims
by userinfo alone. `npm ci --prefix tests/fixtures/panva` brings it; in CI it has to be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2
import pytest

from backend.kit.settings import Registration, Settings
from inference.hosting import free_port
from tests.backend.accounts.conftest import BuildApp
from tests.backend.accounts.foreign import running
from tests.fixtures.actors import Actors, Client, read_form
from tests.fixtures.tools import missing, needed

pytestmark = pytest.mark.heavy

FOLDER = Path(__file__).parents[2] / "fixtures" / "panva"
STUDIO = "http://127.0.0.1:8000"
PEOPLE: dict[str, Any] = {
    "robin": {
        "name": "Robin Reviewer",
        "email": "robin@corp.test",
        "email_verified": True,
        "groups": ["everybody", "bosses"],
    },
    "sam": {"name": "Sam", "email": "sam@corp.test", "email_verified": False, "groups": []},
}
TABLE = """
[panva]
issuer = "{issuer}"
client_id = "atelier"
client_secret_file = "panva.secret"
title = "Panva"
role_map = {{ bosses = "admin" }}
{more}
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    node = needed("node", package="nodejs", lost="the second foreign provider was not tried")
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        missing(
            f"no oidc-provider in {FOLDER.name}/node_modules: run npm ci --prefix tests/fixtures/panva"
        )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    back, out = f"{STUDIO}/auth/panva/callback", f"{STUDIO}/auth/signed-out"
    command = [node, "provider.mjs", str(port), back, out, json.dumps(PEOPLE)]
    with running(command, url, tmp_path_factory.mktemp("panva"), cwd=FOLDER):
        yield url


def configured(issuer: str, settings: Settings, more: str = "", **changed: Any) -> Settings:
    path = settings.data_dir / "providers.toml"
    path.write_text(TABLE.format(issuer=issuer, more=more))
    (settings.data_dir / "panva.secret").write_text("known to both")
    return settings.model_copy(update={"providers": str(path), **changed})


@pytest.fixture
def actors(issuer: str, settings: Settings, build_app: BuildApp) -> Actors:
    return Actors(build_app(configured(issuer, settings)))


class AtPanva:
    """A person's browser, as far as the provider sees it."""

    def __init__(self) -> None:
        self.client = httpx2.Client(follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, url: str) -> Any:
        """Follow redirects as long as they stay at the provider."""
        answer = self.client.get(url)
        while answer.is_redirect:
            url = urljoin(url, answer.headers["location"])
            if url.startswith(STUDIO):
                return url
            answer = self.client.get(url)
        answer.raise_for_status()
        return answer

    def consent(self, page_url: str, subject: str) -> str:
        """Sign in and agree; return where the browser is sent back to."""
        page = self.get(page_url)
        while not isinstance(page, str):
            form = {**read_form(page.text), "login": subject, "password": "any"}
            sent = self.client.post(str(page.url), data=form)
            page = self.get(urljoin(str(page.url), sent.headers["location"]))
        return page


def begin(browser: Client, **query: str) -> str:
    answer = browser.get("/auth/login", params=query)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sign_in(browser: Client, subject: str, **query: str) -> Any:
    return browser.get(consent(begin(browser, **query), subject))


def consent(page_url: str, subject: str) -> str:
    """Sign in at the provider with a fresh browser; return where that is sent back to."""
    with AtPanva() as there:
        return there.consent(page_url, subject)


class TestPanva:
    def test_signs_in_with_claims_and_role(self, actors: Actors) -> None:
        browser = actors.anonymous()
        assert sign_in(browser, "robin", next="/history").headers["location"] == "/history"
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["email"], me["role"]) == (
            "Robin Reviewer", "robin@corp.test", "admin",
        )  # fmt: skip

    def test_is_asked_with_pkce_and_names_itself_in_the_answer(
        self, actors: Actors, issuer: str
    ) -> None:
        browser = actors.anonymous()
        asked = begin(browser)
        assert parse_qs(urlsplit(asked).query)["code_challenge_method"] == ["S256"]
        back = consent(asked, "robin")
        assert parse_qs(urlsplit(back).query)["iss"] == [issuer]
        assert browser.get(back.replace(urlencode({"iss": issuer}), "")).status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    @pytest.mark.parametrize("spoilt", ["code", "state", "iss"])
    def test_an_answer_that_was_changed_signs_nobody_in(self, actors: Actors, spoilt: str) -> None:
        browser = actors.anonymous()
        back = consent(begin(browser), "robin")
        query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        changed = urlencode({**query, spoilt: "https://evil.test"})
        assert browser.get(f"/auth/panva/callback?{changed}").status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_the_way_back_works_once_and_in_one_browser(self, actors: Actors) -> None:
        browser = actors.anonymous()
        back = consent(begin(browser), "robin")
        assert actors.anonymous().get(back).status_code == 400
        assert browser.get(back).status_code == 303
        browser.cookies.clear()
        assert browser.get(back).status_code == 400

    def test_a_code_that_was_stolen_fails_by_pkce(self, actors: Actors) -> None:
        thief, victim = actors.anonymous(), actors.anonymous()
        stolen = parse_qs(urlsplit(consent(begin(victim), "robin")).query)
        own = parse_qs(urlsplit(begin(thief)).query)
        told = {"code": stolen["code"][0], "iss": stolen["iss"][0], "state": own["state"][0]}
        assert thief.get(f"/auth/panva/callback?{urlencode(told)}").status_code == 400
        assert thief.get("/api/v1/me").status_code == 401

    def test_signing_out_ends_here_and_there(self, actors: Actors, issuer: str) -> None:
        browser = actors.anonymous()
        with AtPanva() as there:
            browser.get(there.consent(begin(browser), "robin"))
            redirect = browser.post("/auth/logout").json()["redirect"]
            assert redirect.startswith(f"{issuer}/session/end?")
            page = there.get(redirect)  # it asks whether to; the hint says whose session it is
            form = {**read_form(page.text), "logout": "yes"}
            done = there.client.post(f"{issuer}/session/end/confirm", data=form)
            assert done.headers["location"].startswith(f"{STUDIO}/auth/signed-out")
            again = there.get(begin(browser))
            assert not isinstance(again, str)  # it asks who one is
            assert 'name="login"' in again.text

    def test_domains_need_an_address_that_it_has_verified(
        self, issuer: str, settings: Settings, build_app: BuildApp
    ) -> None:
        strict = configured(issuer, settings, 'allowed_domains = ["corp.test"]')
        actors = Actors(build_app(strict))
        assert sign_in(actors.anonymous(), "robin").status_code == 303
        assert sign_in(actors.anonymous(), "sam").status_code == 403

    def test_somebody_new_waits_and_whom_the_settings_name_does_not(
        self, issuer: str, settings: Settings, build_app: BuildApp
    ) -> None:
        waiting = configured(
            issuer,
            settings,
            registration=Registration.APPROVAL,
            admin_subjects=[f"{issuer}#robin"],
        )
        actors = Actors(build_app(waiting))
        assert "waits for an administrator" in sign_in(actors.anonymous(), "sam").text
        assert sign_in(actors.anonymous(), "robin").status_code == 303
