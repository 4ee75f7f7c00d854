"""Who asks too often is refused, and nobody else: at the door, with real keys, sessions and addresses."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.accounts.credentials import compose_key
from backend.kit.ids import new_id, new_secret
from backend.kit.ratelimit import RateLimit
from backend.kit.settings import Settings
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

API = "/api/v1"
# A few a minute each: the next comes after 15 s or more, so that a slow machine has none given back in between.
CHANGES, GUESSES, SIGN_INS, READS = 3, 2, 4, 4


@pytest.fixture
def studio_settings(studio_settings: Settings) -> Settings:
    return studio_settings.model_copy(
        update={
            "rate_changes": CHANGES,
            "rate_wrong_credentials": GUESSES,
            "rate_sign_in": SIGN_INS,
            "rate_reads": READS,
            "trusted_proxies": "127.0.0.1/32",  # the tests' own clients come from there
            "dispatch_concurrency": 0,
        }
    )


def change(person: Client, **options: Any) -> Any:
    return person.post(f"{API}/generations/nosuch/cancel", **options)


def wrong_key() -> dict[str, str]:
    return {"authorization": f"Bearer {compose_key(new_id(), new_secret())}"}


def guess(client: Client, address: str = "203.0.113.9") -> Any:
    return client.get(f"{API}/me", headers={**wrong_key(), "x-forwarded-for": address})


class TestChanges:
    def test_more_than_a_minutes_worth_are_refused_with_the_time_to_wait(
        self, studio: Studio
    ) -> None:
        person = studio.actors.program("designer")
        answers = [change(person) for _ in range(CHANGES + 1)]
        assert [one.status_code for one in answers] == [404] * CHANGES + [429]
        assert [one.headers["ratelimit"][:13] for one in answers] == [
            '"changes";r=2', '"changes";r=1', '"changes";r=0', '"changes";r=0'
        ]  # fmt: skip
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "rate_limited"
        assert refused.headers["ratelimit-policy"] == '"changes";q=3;w=60'
        assert 15 <= int(refused.headers["retry-after"]) <= 20
        assert refused.headers["x-content-type-options"] == "nosniff"

    def test_reading_goes_on(self, studio: Studio) -> None:
        person = studio.actors.browser("designer")
        assert [change(person).status_code for _ in range(CHANGES + 1)][-1] == 429
        assert person.get(f"{API}/generations").status_code == 200

    def test_a_key_and_its_owners_page_are_counted_apart_two_pages_together(
        self, studio: Studio
    ) -> None:
        dana = add_user(studio.context.database)
        pages = [studio.actors.browser(user=dana) for _ in range(CHANGES + 1)]
        assert [change(page).status_code for page in pages][-1] == 429
        assert change(studio.actors.program(user=dana)).status_code == 404
        assert change(studio.actors.browser()).status_code == 404

    def test_a_dry_run_is_no_change_unless_it_is_none(self, studio: Studio) -> None:
        person = studio.actors.program("designer")
        for _ in range(CHANGES + 1):
            asked = person.post(f"{API}/generations?dry_run=true", json={"prompt": "a dress"})
            assert asked.status_code == 200
        codes = [
            person.post(f"{API}/generations?dry_run=false", json={"prompt": "a dress"}).status_code
            for _ in range(CHANGES + 1)
        ]
        assert codes == [202] * CHANGES + [429]

    def test_a_spoofed_address_resets_nothing(self, studio: Studio) -> None:
        person = studio.actors.program("designer")
        codes = [
            change(person, headers={"x-forwarded-for": f"203.0.113.{number}"}).status_code
            for number in range(CHANGES + 1)
        ]
        assert codes[-1] == 429


class TestGuessing:
    def test_a_guesser_is_refused_before_anything_is_tried(self, studio: Studio) -> None:
        guesser = studio.actors.anonymous()
        answers = [guess(guesser) for _ in range(GUESSES + 2)]
        assert [one.status_code for one in answers] == [401, 401, 429, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        right = studio.actors.program("designer")
        tried = right.get(f"{API}/me", headers={"x-forwarded-for": "203.0.113.9"})
        assert tried.status_code == 429  # a right one would be found, so it is not tried

    def test_of_many_guesses_at_once_hardly_more_are_tried(self, studio: Studio) -> None:
        guessers = [studio.actors.anonymous() for _ in range(40)]
        with ThreadPoolExecutor(len(guessers)) as pool:
            codes = Counter(one.status_code for one in pool.map(guess, guessers))
        assert codes == {401: GUESSES, 429: len(guessers) - GUESSES}

    def test_people_behind_the_same_address_go_on(self, studio: Studio) -> None:
        there = {"x-forwarded-for": "203.0.113.9"}
        page, script = studio.actors.browser(), studio.actors.program()
        for person in (page, script):
            assert person.get(f"{API}/me", headers=there).status_code == 200
        guesser = studio.actors.anonymous()
        while guess(guesser).status_code != 429:
            pass
        for person in (page, script):
            assert person.get(f"{API}/me", headers=there).status_code == 200
            assert change(person, headers=there).status_code == 404

    def test_other_addresses_are_not_concerned(self, studio: Studio) -> None:
        guesser = studio.actors.anonymous()
        while guess(guesser).status_code != 429:
            pass
        assert guess(guesser, "203.0.113.10").status_code == 401

    def test_one_stale_session_that_asks_again_and_again_is_one_guess(self, studio: Studio) -> None:
        stale = studio.actors.browser()
        stale.cookies.set("atelier_session", new_secret())
        assert {stale.get(f"{API}/me").status_code for _ in range(READS)} == {401}

    def test_another_header_from_outside_does_not_help(self, studio: Studio) -> None:
        """The proxy appends where it heard from; what the guesser wrote stands left of it."""
        guesser = studio.actors.anonymous()
        codes = [
            guess(guesser, f"198.51.100.{number}, 203.0.113.9").status_code for number in range(4)
        ]
        assert codes == [401, 401, 429, 429]

    def test_time_lets_them_try_again(self, studio: Studio) -> None:
        guesser = studio.actors.anonymous()
        for _ in range(GUESSES):
            guess(guesser)
        with studio.context.database.write() as session:
            [key] = session.exec(select(RateLimit.key))
            assert key == "wrong_credentials:203.0.113.9"
            session.execute(update(RateLimit).values(tat=col(RateLimit.tat) - 30))
        assert [guess(guesser).status_code for _ in range(2)] == [401, 429]


def test_signing_in_is_limited_by_address(studio: Studio) -> None:
    browser = studio.actors.anonymous()
    codes = [browser.get("/auth/login").status_code for _ in range(SIGN_INS + 1)]
    assert codes == [303] * SIGN_INS + [429]
    elsewhere = {"x-forwarded-for": "203.0.113.9"}
    assert browser.get("/auth/login", headers=elsewhere).status_code == 303


def test_strangers_are_counted_by_address(studio: Studio) -> None:
    stranger = studio.actors.anonymous()
    answers = [stranger.get(f"{API}/me") for _ in range(READS + 1)]
    assert [one.status_code for one in answers[-2:]] == [401, 429]


def test_health_is_asked_as_often_as_one_likes(studio: Studio) -> None:
    probe = studio.actors.anonymous()
    assert {probe.get("/healthz").status_code for _ in range(READS + 2)} == {200}


def test_nothing_is_limited_where_the_settings_say_so(studio_settings: Settings) -> None:
    from tests.fixtures.app import open_studio
    from tests.fixtures.scripted import ScriptedInference

    off = dict.fromkeys(("rate_changes", "rate_reads", "rate_sign_in", "rate_wrong_credentials"), 0)
    with open_studio(studio_settings.model_copy(update=off), ScriptedInference()) as studio:
        person = studio.actors.program()
        for _ in range(CHANGES + 1):
            answer = change(person)
            assert (answer.status_code, "ratelimit" in answer.headers) == (404, False)
        assert {guess(studio.actors.anonymous()).status_code for _ in range(4)} == {401}
