"""The account's page, in a real browser: webhooks, signed-in browsers, API keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.actors import add_session, add_user
from tests.fixtures.receiver import Receiver, Reply

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
URL = "https://hooks.example.com/atelier"
HOSTILE = "<img src=x onerror=window.owned=1>${window.owned=2}"


@pytest.fixture
def dana(open_as: OpenAs) -> Any:
    """A new designer on the account's page."""
    page = open_as("designer", "/account")
    page.get_by_text("No webhooks yet").wait_for()
    return page


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program of dana's."""
    with Receiver() as listening:
        yield listening


def fill(page: Any, url: str, description: str = "") -> Any:
    """Open the form, fill it in and return it."""
    page.get_by_role("button", name="Add a webhook").click()
    form = page.get_by_role("form", name="A new webhook")
    form.get_by_label("Address", exact=True).fill(url)
    form.get_by_label("Description").fill(description)
    return form


def add(page: Any, url: str = URL, description: str = "") -> Any:
    """Add a webhook as a person would, and return its card with the secret put away."""
    fill(page, url, description).get_by_role("button", name="Add a webhook").click()
    page.get_by_role("button", name="I have kept it").click()
    return page.get_by_role("article", name=url)


def webhooks_of(page: Any) -> Any:
    return page.request.get("/api/v1/webhooks").json()


class TestAdd:
    def test_shows_the_secret_once(self, dana: Any) -> None:
        dana.context.grant_permissions(["clipboard-read", "clipboard-write"])
        form = fill(dana, URL, HOSTILE)
        form.get_by_label("a generation was canceled").uncheck()
        form.get_by_role("button", name="Add a webhook").click()
        secret = dana.get_by_role("group", name="Signing secret").locator("code").inner_text()
        assert secret.startswith("whsec_")
        dana.get_by_role("button", name="Copy").click()
        dana.locator(".toast", has_text="Copied").wait_for()
        assert dana.evaluate("navigator.clipboard.readText()") == secret
        dana.get_by_role("button", name="I have kept it").click()
        assert dana.get_by_text(secret).count() == 0
        dana.reload()
        card = dana.get_by_role("article", name=URL)
        card.get_by_text(HOSTILE).wait_for()
        for place in (dana.locator("body"), card):
            expect(place).not_to_contain_text("whsec_")
        assert card.locator("img").count() == 0
        assert dana.evaluate("window.owned") is None
        (webhook,) = webhooks_of(dana)
        assert webhook["kinds"] == [
            "generation.succeeded",
            "generation.failed",
            "image.held",
            "image.decided",
        ]

    def test_says_what_is_wrong_under_its_field(self, dana: Any) -> None:
        form = fill(dana, "")
        press = form.get_by_role("button", name="Add a webhook")
        press.click()
        form.get_by_text("Give an address").wait_for()
        address = form.get_by_label("Address", exact=True)
        address.fill("https://10.0.0.1/")
        press.click()
        field = form.locator(".field", has_text="Address").first
        field.get_by_text("is not on the public internet").wait_for()
        assert address.get_attribute("aria-invalid") == "true"
        assert address.evaluate("input => input.getRootNode().activeElement === input")
        for kind in form.locator("fieldset").get_by_role("checkbox").all():
            kind.uncheck()
        address.fill(URL)
        press.click()
        form.locator("fieldset").get_by_text("Choose at least one").wait_for()
        assert address.get_attribute("aria-invalid") is None
        assert webhooks_of(dana) == []

    def test_is_not_offered_to_who_does_not_draw(self, open_as: OpenAs) -> None:
        page = open_as("marketing", "/account")
        page.get_by_text("your role looks at pictures").wait_for()
        assert page.get_by_role("button", name="Add a webhook").count() == 0


class TestDeliveries:
    def test_arrive_and_are_sent_again_under_the_same_id(
        self, dana: Any, receiver: Receiver
    ) -> None:
        card = add(dana, receiver.url)
        card.get_by_role("button", name="Send a test").click()
        row = card.get_by_role("row").filter(has_text="test")
        row.get_by_text("Delivered").wait_for()
        expect(row).to_contain_text("200")
        row.get_by_role("button", name="Send again").click()
        first, second = receiver.wait_for(2)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]

    def test_that_fail_say_why_and_when_they_are_tried_next(
        self, dana: Any, receiver: Receiver
    ) -> None:
        receiver.answers.append(Reply(503, {"retry-after": "600"}, body=HOSTILE.encode()))
        card = add(dana, receiver.url)
        card.get_by_role("button", name="Send a test").click()
        row = card.get_by_role("row").filter(has_text="test")
        row.get_by_text("Next attempt at").wait_for()
        row.get_by_text("What was answered").click()
        row.get_by_text(HOSTILE).wait_for()
        expect(row).to_contain_text("503")
        assert row.get_by_role("button", name="Send again").count() == 0  # it is on its way
        assert dana.evaluate("window.owned") is None
        card.get_by_text("Failing").wait_for()

    def test_tell_of_what_was_drawn(self, dana: Any, receiver: Receiver) -> None:
        card = add(dana, receiver.url)
        card.get_by_role("button", name="Deliveries").click()
        card.get_by_text("Nothing was sent yet").wait_for()
        tell(dana, "/generations", {"prompt": "a hat"})
        row = card.get_by_role("row").filter(has_text="a generation succeeded")
        row.get_by_text("Delivered").wait_for()

    @pytest.mark.parametrize("width", [360, 1000, 1280])
    def test_fit_the_window(self, open_as: OpenAs, receiver: Receiver, width: int) -> None:
        page = open_as("designer", "/account", width=width)
        card = add(page, receiver.url)
        tell(page, "/generations", {"prompt": "a hat"})
        card.get_by_role("button", name="Deliveries").click()
        card.get_by_role("button", name="Send again").wait_for()
        assert card.locator(".table").evaluate("box => box.scrollWidth <= box.clientWidth")
        assert card.evaluate("card => card.getBoundingClientRect().right <= innerWidth")


class TestChange:
    def test_a_new_secret_is_shown_once_and_both_sign_for_a_day(self, dana: Any) -> None:
        card = add(dana)
        card.get_by_role("button", name="New secret").click()
        dana.get_by_role("dialog").get_by_role("button", name="Make a new secret").click()
        expect(card.locator("code")).to_have_text(re.compile("^whsec_"))
        card.get_by_text("messages are signed with the former secret, too").wait_for()

    def test_is_edited_disabled_and_enabled(self, dana: Any) -> None:
        card = add(dana)
        card.get_by_role("button", name="Edit").click()
        form = card.get_by_role("form", name="Change this webhook")
        form.get_by_label("Description").fill("Lookbook")
        form.get_by_label("Put the prompt into messages too").check()
        form.get_by_role("button", name="Save").click()
        card.get_by_text("Lookbook").wait_for()
        card.get_by_role("button", name="Disable").click()
        card.get_by_text("Disabled", exact=True).wait_for()
        assert card.get_by_role("button", name="Send a test").count() == 0
        card.get_by_role("button", name="Enable").click()
        card.get_by_text("Enabled", exact=True).wait_for()
        (webhook,) = webhooks_of(dana)
        assert (webhook["description"], webhook["include_prompt"]) == ("Lookbook", True)

    def test_is_deleted_after_asking(self, dana: Any) -> None:
        card = add(dana)
        card.get_by_role("button", name="Delete").click()
        dana.get_by_role("dialog").get_by_role("button", name="Keep it").click()
        dana.get_by_role("dialog").wait_for(state="detached")
        assert len(webhooks_of(dana)) == 1
        card.get_by_role("button", name="Delete").click()
        dana.get_by_role("dialog").get_by_role("button", name="Delete the webhook").click()
        dana.get_by_text("No webhooks yet").wait_for()
        assert webhooks_of(dana) == []


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
KEYS = "/api/v1/me/api-keys"
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.id;
}"""
# Of everything that is a row of keys, wherever in the shadow trees.
ROWS = """wanted => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])]);
  const keys = within(document).find((one) => one.localName === "at-apikeys");
  return keys.shadowRoot.querySelectorAll(".row").length === wanted;
}"""


class TestBrowsers:
    @pytest.fixture
    def somebody(self, scripted_studio: ScriptedStudio, new_page: Callable[..., Any]) -> Any:
        """Somebody who is signed in here and in a Firefox."""
        database = scripted_studio.app.state.context.database
        user = add_user(database)
        add_session(database, user, user_agent=FIREFOX)
        page = new_page(scripted_studio.url)
        page.context.add_cookies([scripted_studio.session_cookie(user=user)])
        page.goto("/account")
        return page

    def test_are_listed_and_signed_out_one_by_one(self, somebody: Any) -> None:
        other = somebody.get_by_role("listitem", name="Firefox on Linux")
        somebody.get_by_text("This browser").wait_for()
        expect(somebody.get_by_role("button", name="Sign out: Firefox on Linux")).to_have_count(1)
        other.get_by_role("button").focus()
        somebody.keyboard.press("Enter")
        other.wait_for(state="detached")
        assert len(somebody.request.get("/api/v1/me/sessions").json()) == 1
        assert somebody.get_by_role("button", name="Sign out all others").count() == 0
        assert somebody.evaluate(FOCUSED) == "heading"

    def test_all_others_go_after_asking(self, somebody: Any) -> None:
        somebody.get_by_role("button", name="Sign out all others").click()
        dialog = somebody.get_by_role("dialog")
        dialog.get_by_role("button", name="Sign out all others").click()
        somebody.get_by_role("listitem", name="Firefox on Linux").wait_for(state="detached")
        somebody.get_by_text("This browser").wait_for()


class TestKeys:
    def make(self, page: Any, name: str = "Lookbook") -> Any:
        page.get_by_role("button", name="New key").click()
        form = page.get_by_role("form", name="A new API key")
        form.get_by_label("Name").fill(name)
        return form

    def test_are_made_with_scopes_and_shown_once(self, dana: Any) -> None:
        dana.context.grant_permissions(["clipboard-read", "clipboard-write"])
        form = self.make(dana, HOSTILE)
        form.get_by_label("do only some of it").check()
        form.get_by_label("generate").uncheck()
        form.get_by_label("Ends after").select_option("30")
        form.get_by_role("button", name="Make the key").click()
        panel = dana.get_by_role("group", name="New API key")
        key = panel.locator("code").inner_text()
        assert key.startswith("atl_")
        panel.get_by_role("button", name="Copy").click()
        dana.locator(".toast", has_text="Copied").wait_for()
        assert dana.evaluate("navigator.clipboard.readText()") == key
        row = dana.get_by_role("listitem", name=HOSTILE)
        row.get_by_text("Look at pictures · never used · days left: 30").wait_for()
        dana.get_by_role("button", name="I have kept it").click()
        assert dana.get_by_text(key).count() == 0
        (made,) = dana.request.get(KEYS).json()
        assert made["scopes"] == ["browse"]
        assert dana.evaluate("window.owned") is None

    def test_say_what_is_wrong_under_its_field(self, dana: Any) -> None:
        form = self.make(dana, " ")
        form.get_by_role("button", name="Make the key").click()
        form.get_by_text("Give it a name").wait_for()
        form.get_by_label("Name").fill("n")
        form.get_by_label("do only some of it").check()
        for scope in ("look at pictures", "generate"):
            form.get_by_label(scope).uncheck()
        form.get_by_role("button", name="Make the key").click()
        form.get_by_text("Choose at least one").wait_for()
        assert dana.request.get(KEYS).json() == []

    def test_with_nothing_to_choose_none_is_made(self, dana: Any) -> None:
        me = dana.request.get("/api/v1/me").json()
        dana.route("**/api/v1/me", lambda route: route.fulfill(json={**me, "permissions": []}))
        dana.reload()
        form = self.make(dana)
        form.get_by_label("do only some of it").check()
        form.get_by_role("button", name="Make the key").click()
        form.get_by_text("Choose at least one").wait_for()
        assert dana.request.get(KEYS).json() == []

    def test_are_rotated_and_revoked(self, dana: Any) -> None:
        self.make(dana).get_by_role("button", name="Make the key").click()
        dana.get_by_role("button", name="I have kept it").click()
        dana.get_by_role("button", name="Rotate Lookbook").click()
        dana.get_by_role("dialog").get_by_role("button", name="Make the new key").click()
        dana.get_by_role("group", name="New API key").wait_for()
        dana.get_by_text("beside the key that replaced it").wait_for()
        expect(dana.get_by_role("button", name="Rotate Lookbook")).to_have_count(1)
        dana.get_by_role("button", name="I have kept it").click()
        for left in (1, 0):
            dana.get_by_role("button", name="Revoke Lookbook").first.click()
            dana.get_by_role("dialog").get_by_role("button", name="Revoke the key").click()
            dana.wait_for_function(ROWS, arg=left)
        dana.get_by_text("No keys.").wait_for()
        assert dana.request.get(KEYS).json() == []

    def test_that_end_soon_say_so(self, dana: Any) -> None:
        tell(dana, "/me/api-keys", {"name": "week", "expires_in_days": 7})
        dana.reload()
        dana.get_by_role("listitem", name="week").get_by_text("Rotate it before").wait_for()

    @pytest.mark.parametrize("width", [360, 1280])
    @pytest.mark.parametrize("locale", ["en-US", "es-ES"])
    def test_fit_the_window(self, open_as: OpenAs, width: int, locale: str) -> None:
        page = open_as("admin", "/account", width=width, locale=locale)
        name = "a long name of a key " * 3
        tell(page, "/me/api-keys", {"name": name, "expires_in_days": 7})
        page.reload()
        row = page.get_by_role("listitem", name=name)
        row.wait_for()
        assert row.evaluate("row => row.getBoundingClientRect().right <= innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
