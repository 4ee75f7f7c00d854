"""The browsers that one is signed in with: listed to their owner alone, and ended by them."""

from __future__ import annotations

from secrets import token_urlsafe

import pytest
from pydantic import SecretStr
from sqlmodel import select

from backend.accounts.credentials import fingerprint
from backend.accounts.devices import browser_of, system_of
from backend.accounts.models import UserSession
from backend.audit import service as audit
from backend.audit.schemas import AuditFilter
from backend.kit.settings import Settings
from tests.backend.accounts.conftest import BuildApp, Clock
from tests.fixtures.actors import (
    Actors,
    add_session,
    add_user,
    begin,
    consent,
    sign_in,
)

SESSIONS = "/api/v1/me/sessions"
ME = "/api/v1/me"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)

MACINTOSH = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)


class TestList:
    def test_shows_this_browser_first_and_then_by_last_use(
        self, anywhere: Actors, moving_clock: Clock
    ) -> None:
        user = add_user(anywhere.context.database)
        here = anywhere.browser(user=user)
        moving_clock.advance(minutes=1)
        add_session(anywhere.context.database, user, user_agent=FIREFOX)
        moving_clock.advance(minutes=1)
        add_session(anywhere.context.database, user, user_agent=SAFARI)
        anywhere.browser()  # somebody else's
        told = here.get(SESSIONS).json()
        assert [(one["current"], one["browser"], one["system"]) for one in told] == [
            (True, None, None),
            (False, "Safari", "iPhone"),
            (False, "Firefox", "Linux"),
        ]
        assert {one["provider"] for one in told} == {"development"}
        assert len({one["id"] for one in told}) == 3

    def test_tells_neither_a_cookie_nor_what_the_database_knows_it_by(
        self, anywhere: Actors
    ) -> None:
        here = anywhere.browser()
        cookie = here.cookies["atelier_session"]
        answer = here.get(SESSIONS)
        assert cookie not in answer.text
        assert fingerprint(cookie) not in answer.text
        handle = answer.json()[0]["id"]
        assert handle not in fingerprint(cookie)
        stranger = anywhere.anonymous()
        stranger.cookies.set("atelier_session", handle)
        assert stranger.get(ME).status_code == 401

    def test_leaves_out_what_has_ended(self, anywhere: Actors, moving_clock: Clock) -> None:
        user = add_user(anywhere.context.database)
        add_session(anywhere.context.database, user)
        moving_clock.advance(hours=8.1)
        assert len(anywhere.browser(user=user).get(SESSIONS).json()) == 1

    def test_says_when_it_ends(self, anywhere: Actors, moving_clock: Clock) -> None:
        here = anywhere.browser()
        (told,) = here.get(SESSIONS).json()
        ends = moving_clock.now.fromisoformat(told["ends_at"])
        assert (ends - moving_clock.now).total_seconds() == 8 * 3600
        for _ in range(23):
            moving_clock.advance(hours=7)
            here.get(ME)
        ends = moving_clock.now.fromisoformat(here.get(SESSIONS).json()[0]["ends_at"])
        assert (ends - moving_clock.now).total_seconds() == 7 * 3600

    def test_is_not_for_keys(self, anywhere: Actors) -> None:
        script = anywhere.program()
        answers = [script.get(SESSIONS), script.delete(SESSIONS), script.delete(f"{SESSIONS}/x")]
        assert [answer.status_code for answer in answers] == [403] * 3


class TestEnd:
    def test_signs_another_browser_out_at_once(self, anywhere: Actors) -> None:
        user = add_user(anywhere.context.database)
        here, there = anywhere.browser(user=user), anywhere.browser(user=user)
        other = next(one for one in here.get(SESSIONS).json() if not one["current"])
        assert here.delete(f"{SESSIONS}/{other['id']}").status_code == 204
        assert (here.get(ME).status_code, there.get(ME).status_code) == (200, 401)
        assert here.delete(f"{SESSIONS}/{other['id']}").status_code == 404

    def test_signs_this_browser_out_too(self, anywhere: Actors) -> None:
        here = anywhere.browser()
        (this,) = here.get(SESSIONS).json()
        assert here.delete(f"{SESSIONS}/{this['id']}").status_code == 204
        assert here.get(ME).status_code == 401

    def test_all_others_leaves_this_one_and_other_people(self, anywhere: Actors) -> None:
        user = add_user(anywhere.context.database)
        here, *others = (anywhere.browser(user=user) for _ in range(4))
        stranger = anywhere.browser()
        assert here.delete(SESSIONS).status_code == 204
        assert [one.get(ME).status_code for one in others] == [401] * 3
        assert [one.get(ME).status_code for one in (here, stranger)] == [200, 200]

    def test_of_somebody_else_does_not_exist(self, anywhere: Actors) -> None:
        dana, ada = anywhere.browser(), anywhere.browser("admin")
        (hers,) = dana.get(SESSIONS).json()
        assert ada.delete(f"{SESSIONS}/{hers['id']}").status_code == 404
        assert dana.get(ME).status_code == 200

    @pytest.mark.parametrize("guess", ["0", "%", "x" * 27, "' OR 1=1 --"])
    def test_by_guesses_finds_nothing(self, anywhere: Actors, guess: str) -> None:
        assert anywhere.browser().delete(f"{SESSIONS}/{guess}").status_code in (404, 422)

    def test_is_written_down(self, anywhere: Actors) -> None:
        user = add_user(anywhere.context.database)
        here = anywhere.browser(user=user)
        anywhere.browser(user=user)
        here.delete(SESSIONS)
        here.delete(SESSIONS)  # nobody left: nothing happened
        with anywhere.context.database.read() as session:
            entries = audit.find(session, AuditFilter(verb="session.revoke"), limit=9)
        assert [(one.actor_id, one.detail) for one in entries] == [(user.id, {"sessions": "1"})]


class TestSignIn:
    def test_gives_a_new_cookie_and_ends_the_one_before(self, anywhere: Actors) -> None:
        browser = anywhere.anonymous()
        sign_in(browser)
        before = browser.cookies["atelier_session"]
        sign_in(browser)
        assert browser.cookies["atelier_session"] != before
        with anywhere.context.database.read() as session:
            (row,) = session.exec(select(UserSession)).all()
        assert row.id_hash == fingerprint(browser.cookies["atelier_session"])

    def test_does_not_take_an_id_that_was_planted(self, anywhere: Actors) -> None:
        browser = anywhere.anonymous()
        browser.cookies.set("atelier_session", "planted", domain="127.0.0.1", path="/")
        back = consent(browser, begin(browser), "designer")
        answer = browser.get(back)
        assert "planted" not in answer.headers["set-cookie"]
        attacker = anywhere.anonymous()
        attacker.cookies.set("atelier_session", "planted")
        assert attacker.get(ME).status_code == 401

    def test_a_cookie_is_worth_nothing_after_signing_out(self, anywhere: Actors) -> None:
        browser = anywhere.anonymous()
        sign_in(browser)
        kept = browser.cookies["atelier_session"]
        browser.post("/auth/logout")
        thief = anywhere.anonymous()
        thief.cookies.set("atelier_session", kept)
        assert thief.get(ME).status_code == 401
        assert thief.post("/auth/logout").status_code == 200

    @pytest.mark.parametrize(("keys", "status"), [("{new},{old}", 303), ("{new}", 400)])
    def test_survives_a_new_secret_key_before_the_old_one(
        self, build_app: BuildApp, settings: Settings, keys: str, status: int
    ) -> None:
        """The way there is signed by a studio with the old key; the way back is read by the next one."""
        old, new = token_urlsafe(48), token_urlsafe(48)
        before, after = (
            Actors(
                build_app(settings.model_copy(update={"secret_key": SecretStr(text)}))
            ).anonymous()
            for text in (old, keys.format(new=new, old=old))
        )
        there = begin(before)
        after.cookies.update(before.cookies)
        answer = after.get(consent(after, there, "designer"))
        assert answer.status_code == status


class TestDevices:
    @pytest.mark.parametrize(
        ("agent", "browser", "system"),
        [
            (FIREFOX, "Firefox", "Linux"),
            (SAFARI, "Safari", "iPhone"),
            (CHROME, "Chrome", "Windows"),
            (f"{CHROME} Edg/141.0.0.0", "Edge", "Windows"),
            (f"{CHROME} OPR/120.0.0.0", "Opera", "Windows"),
            (CHROME.replace("Windows NT 10.0; Win64; x64", "Linux; Android 10; K"), "Chrome", "Android"),
            (CHROME.replace("Windows NT 10.0; Win64; x64", "X11; CrOS x86_64 14541.0.0"), "Chrome", "ChromeOS"),
            (SAFARI.replace("Version/18.5", "CriOS/141.0"), "Chrome", "iPhone"),
            (SAFARI.replace("Version/18.5", "FxiOS/140.0"), "Firefox", "iPhone"),
            (MACINTOSH, "Safari", "macOS"),
            ("", None, None),
            ("<script>alert(1)</script>", None, None),
            ("x" * 255, None, None),
        ],
    )  # fmt: skip
    def test_are_told_by_words_or_not_at_all(
        self, agent: str, browser: str | None, system: str | None
    ) -> None:
        assert (browser_of(agent), system_of(agent)) == (browser, system)
