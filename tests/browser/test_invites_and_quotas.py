"""Invites and quotas on the people's page, in a real browser: made, shown, changed, ended, refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Team, User
from backend.kit.context import Context
from backend.kit.ids import new_id
from tests.browser.conftest import tell
from tests.fixtures.actors import add_user

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "<img src=x onerror=window.owned=1>"


@pytest.fixture
def team(context: Context) -> Team:
    with context.database.write() as session:
        made = Team(name=f"Knitwear {new_id()}")
        session.add(made)
    return made


@pytest.fixture
def dana(context: Context) -> User:
    return add_user(context.database, name=f"Dana {HOSTILE} {new_id()}")


def row_of(admin: Any, name: str) -> Any:
    return admin.get_by_role("row").filter(has_text=name)


def ask_for(admin: Any, word: str) -> Any:
    admin.get_by_role("button", name=f"New {word}").click()
    return admin.get_by_role("form", name=f"A new {word}")


class TestInvites:
    def test_lets_one_person_in_by_a_link_that_is_shown_once(
        self, open_as: OpenAs, new_page: Callable[..., Any], team: Team
    ) -> None:
        note = f"Robin {HOSTILE} {new_id()}"
        admin = open_as("admin", "/people?show=invites")
        admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
        form = ask_for(admin, "invite")
        form.get_by_label("For whom").fill(note)
        form.get_by_label("Role").select_option("marketing")
        form.get_by_label("Team").select_option(label=team.name)
        form.get_by_label("Ends after").select_option(label="1 day")
        form.get_by_role("button", name="Make the link").click()
        link = admin.get_by_role("group", name="The link").locator("code").inner_text()
        admin.get_by_role("button", name="Copy").click()
        admin.locator(".toast", has_text="Copied").wait_for()
        assert admin.evaluate("navigator.clipboard.readText()") == link
        admin.get_by_role("button", name="I have kept it").click()
        expect(admin.get_by_role("button", name="New invite")).to_be_focused()
        row = row_of(admin, note)
        expect(row).to_contain_text(f"Marketing · {team.name}")
        expect(row.locator(".tag")).to_have_text("Open")
        robin = new_page(f"{urlsplit(link).scheme}://{urlsplit(link).netloc}")
        robin.goto(link)
        robin.get_by_role("link", name="Continue with").click()
        robin.get_by_text("designer@example.com").click()
        robin.locator("at-rail").wait_for()
        assert robin.request.get("/api/v1/me").json()["role"] == "marketing"
        admin.reload()
        expect(row.locator(".tag")).to_have_text("Used")
        assert row.get_by_role("button").count() == 0
        assert link not in admin.content()
        assert admin.evaluate("window.owned") is None

    def test_by_keyboard_alone(self, open_as: OpenAs) -> None:
        admin = open_as("admin", "/people?show=invites")
        admin.get_by_role("button", name="New invite").focus()
        admin.keyboard.press("Enter")
        expect(admin.get_by_label("For whom")).to_be_focused()
        admin.keyboard.type("Mira")
        admin.keyboard.press("Enter")
        expect(admin.get_by_role("button", name="Copy")).to_be_focused()
        expect(row_of(admin, "Mira")).to_contain_text("Role as the provider says")

    def test_is_revoked_after_asking(self, open_as: OpenAs) -> None:
        admin, note = open_as("admin", "/people?show=invites"), f"Wim {new_id()}"
        made = tell(admin, "/invites", {"note": note})
        admin.reload()
        revoke = row_of(admin, note).get_by_role("button", name=f"Revoke the invite for {note}")
        revoke.click()
        dialog = admin.get_by_role("dialog", name="Revoke this invite?")
        dialog.get_by_role("button", name="Keep it").click()
        expect(row_of(admin, note).locator(".tag")).to_have_text("Open")
        revoke.click()
        dialog.get_by_role("button", name="Revoke the invite").click()
        expect(row_of(admin, note).locator(".tag")).to_have_text("Revoked")
        listed = admin.request.get("/api/v1/invites").json()["items"]
        (kept,) = [one for one in listed if one["id"] == made["id"]]
        assert kept["state"] == "revoked"

    def test_what_is_refused_stands_under_its_field(self, open_as: OpenAs, team: Team) -> None:
        admin = open_as("admin", "/people?show=invites")
        form = ask_for(admin, "invite")
        into = form.get_by_label("Team")
        into.select_option(label=team.name)
        tell(admin, f"/teams/{team.id}", method="DELETE")
        form.get_by_role("button", name="Make the link").click()
        expect(into).to_have_attribute("aria-invalid", "true")
        expect(into).to_have_accessible_description("Is no team")
        expect(into).to_be_focused()
        into.select_option("")
        form.get_by_role("button", name="Make the link").click()
        admin.get_by_role("group", name="The link").wait_for()


class TestQuotas:
    def test_of_a_person_is_set_changed_and_removed(self, open_as: OpenAs, dana: User) -> None:
        admin = open_as("admin", "/people?show=quotas")
        expect(row_of(admin, "Everybody else")).to_contain_text("No limit")
        form = ask_for(admin, "quota")
        form.get_by_label("Which person").fill(dana.email)
        expect(form.get_by_role("radio", name=dana.email)).to_be_checked()
        form.get_by_label("Credits a day").fill("5")
        form.get_by_role("button", name="Set the quota").click()
        row = row_of(admin, dana.email)
        expect(row).to_contain_text("0 of 5")
        expect(row).to_contain_text("0, no limit")
        expect(row.get_by_role("button", name=f"Change the quota of {dana.name}")).to_be_focused()
        admin.keyboard.press("Enter")
        changed = admin.get_by_role("form", name=f"The quota of {dana.name}")
        expect(changed.get_by_label("Credits a day")).to_have_value("5")
        changed.get_by_label("Credits a day").fill("")
        changed.get_by_label("Credits a month").fill("12.5")
        admin.keyboard.press("Enter")
        expect(row).to_contain_text("0 of 12.5")
        expect(row.get_by_role("progressbar", name="This month")).to_be_visible()
        row.get_by_role("button", name=f"Remove the quota of {dana.name}").click()
        admin.get_by_role("dialog").get_by_role("button", name="Remove the quota").click()
        expect(row).to_have_count(0)
        assert admin.evaluate("window.owned") is None

    def test_says_what_was_spent(self, open_as: OpenAs) -> None:
        designer, admin = open_as("designer"), open_as("admin", "/people?show=quotas")
        who = designer.request.get("/api/v1/me").json()
        wanted = {"of": "person", "subject": who["id"], "credits_per_day": 0.02}
        tell(admin, "/quotas", wanted, "PUT")
        tell(designer, "/generations", {"prompt": "a red hat"})
        admin.reload()
        expect(row_of(admin, who["email"])).to_contain_text("0.016 of 0.02")

    def test_of_teams_and_roles_are_found_by_kind(self, open_as: OpenAs, team: Team) -> None:
        admin = open_as("admin", "/people?show=quotas")
        for kind, which in (("A team", team.name), ("A role", "Marketing")):
            form = ask_for(admin, "quota")
            form.get_by_label("Whom it limits").select_option(label=kind)
            form.get_by_label(f"Which {kind[2:]}").select_option(label=which)
            form.get_by_label("Credits a month").fill("40")
            form.get_by_role("button", name="Set the quota").click()
            row_of(admin, which).wait_for()
        expect(row_of(admin, "Marketing")).to_contain_text("40 each")
        admin.get_by_label("Every quota").select_option(label="A team")
        expect(row_of(admin, "Marketing")).to_have_count(0)
        expect(row_of(admin, team.name)).to_contain_text("0 of 40")

    def test_what_is_wrong_stands_under_its_field(self, open_as: OpenAs, dana: User) -> None:
        admin = open_as("admin", "/people?show=quotas")
        form = ask_for(admin, "quota")
        which, day = form.get_by_label("Which person"), form.get_by_label("Credits a day")
        form.get_by_role("radio").first.wait_for()
        form.get_by_role("button", name="Set the quota").click()
        expect(which).to_have_accessible_description("Choose whom it is for.")
        which.fill(dana.email)
        expect(form.get_by_role("radio", name=dana.email)).to_be_checked()
        day.fill("-3")
        form.get_by_role("button", name="Set the quota").click()
        expect(day).to_have_attribute("aria-invalid", "true")
        expect(form.locator("#credits_per_day-problem")).to_contain_text("Must be at least 0")
        day.focus()
        admin.keyboard.press("Control+a")
        admin.keyboard.type("1e")
        form.get_by_role("button", name="Set the quota").click()
        expect(form.locator("#credits_per_day-problem")).to_contain_text("Give a number")
        which.fill("nobody is called that")
        form.get_by_text("Nobody found").wait_for()

    def test_in_spanish(self, open_as: OpenAs) -> None:
        admin = open_as("admin", "/people?show=quotas", locale="es-ES")
        admin.get_by_role("button", name="Nueva cuota").click()
        admin.get_by_label("A quién limita").select_option(label="Un rol")
        admin.get_by_label("Qué rol").select_option(label="Diseño")
        admin.get_by_label("Créditos al día").fill("2500000")
        admin.get_by_role("button", name="Fijar la cuota").click()
        expect(row_of(admin, "Diseño")).to_contain_text("2.500.000 por persona")
