"""What an administrator ends of another person when something leaked, and what goes on."""

from __future__ import annotations

import pytest

from backend.kit.ids import new_id
from tests.fixtures.actors import Client, add_key, add_user
from tests.fixtures.app import Studio
from tests.fixtures.terminal import at_home, atelier

API = "/api/v1"
ME = f"{API}/me"


def key_of(browser: Client) -> tuple[str, Client]:
    """Make a key for whoever that is; return its id and a program that uses it."""
    made = browser.post(f"{ME}/api-keys", json={"name": "script"}).json()
    program = Client(browser.app, base_url=str(browser.base_url))
    program.portal = browser.portal
    program.headers["authorization"] = f"Bearer {made['key']}"
    return str(made["id"]), program


class TestSessions:
    def test_all_of_a_person_end_at_once_and_nothing_else(
        self, studio: Studio, ada: Client
    ) -> None:
        dana = add_user(studio.context.database)
        browsers = [studio.actors.browser(user=dana) for _ in range(3)]
        _, script = key_of(browsers[0])
        other = studio.actors.browser()
        with studio.inference.hold():
            asked = studio.submit(browsers[0])
            assert ada.delete(f"{API}/people/{dana.id}/sessions").status_code == 204
            assert {one.get(ME).status_code for one in browsers} == {401}
            assert script.get(f"{API}/generations/{asked}").json()["state"] != "canceled"
        assert {one.get(ME).status_code for one in (script, other, ada)} == {200}
        assert studio.actors.browser(user=dana).get(ME).status_code == 200, "may sign in again"
        [entry] = studio.audited(f"person:{dana.id}")
        assert (entry.verb, entry.actor_id) == ("session.revoke", ada.user_id)
        assert entry.detail == {"sessions": "3"}

    def test_by_a_key_too_and_none_is_no_error(self, studio: Studio) -> None:
        dana = add_user(studio.context.database)
        script = studio.actors.program("admin")
        assert script.delete(f"{API}/people/{dana.id}/sessions").status_code == 204

    def test_of_nobody_is_not_found_and_not_written_down(self, studio: Studio, ada: Client) -> None:
        nobody = new_id()
        assert ada.delete(f"{API}/people/{nobody}/sessions").status_code == 404
        assert studio.audited(f"person:{nobody}") == []


class TestKey:
    def test_ends_at_once_and_nothing_else(self, studio: Studio, ada: Client) -> None:
        dana = studio.actors.browser()
        (leaked, thief), (_, script) = key_of(dana), key_of(dana)
        path = f"{API}/people/{dana.user_id}/api-keys/{leaked}"
        assert ada.delete(path).status_code == 204
        assert thief.get(ME).status_code == 401
        assert {one.get(ME).status_code for one in (dana, script, ada)} == {200}
        entry = studio.audited(f"api_key:{leaked}")[-1]
        assert (entry.verb, entry.actor_id) == ("api_key.revoke", ada.user_id)
        assert entry.detail == {"person": dana.user_id}
        assert ada.delete(path).status_code == 404, "it is gone"

    def test_must_be_that_persons(self, studio: Studio, ada: Client) -> None:
        dana = studio.actors.browser()
        key_id, script = key_of(dana)
        assert ada.delete(f"{API}/people/{ada.user_id}/api-keys/{key_id}").status_code == 404
        assert ada.delete(f"{API}/people/{dana.user_id}/api-keys/{new_id()}").status_code == 404
        assert script.get(ME).status_code == 200


class TestCommands:
    @pytest.fixture(autouse=True)
    def _here(self, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = studio.context.settings
        at_home(monkeypatch, settings.database_url, settings.data_dir)

    def test_end_the_sessions_of_one_person(self, studio: Studio, ada: Client) -> None:
        dana = add_user(studio.context.database, email="dana@example.com")
        browsers = [studio.actors.browser(user=dana) for _ in range(2)]
        done = atelier("end-sessions", "--email", "dana@example.com")
        assert (done.exit_code, done.stdout) == (0, "Sessions ended: 2.\n")
        assert {one.get(ME).status_code for one in browsers} == {401}
        assert ada.get(ME).status_code == 200
        [entry] = studio.audited(f"person:{dana.id}")
        assert (entry.verb, entry.actor_id) == ("session.revoke", None)
        assert atelier("end-sessions", "--id", dana.id).stdout == "Sessions ended: 0.\n"

    def test_end_those_of_everybody(self, studio: Studio, ada: Client) -> None:
        browser, script = studio.actors.browser(), studio.actors.program()
        assert atelier("end-sessions", "--everybody").stdout == "Sessions ended: 2.\n"
        assert {one.get(ME).status_code for one in (browser, ada)} == {401}
        assert script.get(ME).status_code == 200
        assert [one.verb for one in studio.audited(f"person:{ada.user_id}")] == ["session.revoke"]

    def test_say_what_they_cannot_do(self, studio: Studio) -> None:
        twins = [add_user(studio.context.database, email="t@example.com") for _ in range(2)]
        for words, why in (
            ((), "say whose"),
            (("--everybody", "--id", twins[0].id), "in one way"),
            (("--email", "nobody@example.com"), "nobody here"),
            (("--id", "nosuch"), "no person nosuch"),
            (("--email", "t@example.com"), twins[1].id),
        ):
            done = atelier("end-sessions", *words)
            assert done.exit_code == 1
            assert why in " ".join(done.stderr.split())
        assert atelier("revoke-key", "nosuch").exit_code == 1

    def test_revoke_a_key_whosever_it_is(self, studio: Studio) -> None:
        dana = add_user(studio.context.database)
        key = add_key(studio.context.database, dana)
        key_id = key.split("_")[1]
        done = atelier("revoke-key", key_id)
        assert (done.exit_code, f"of person {dana.id}" in done.stdout) == (0, True)
        thief = studio.actors.anonymous()
        assert thief.get(ME, headers={"authorization": f"Bearer {key}"}).status_code == 401
        entry = studio.audited(f"api_key:{key_id}")[-1]
        assert (entry.verb, entry.actor_id) == ("api_key.revoke", None)
        assert key not in done.output
