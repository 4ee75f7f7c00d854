"""Who may open which page, and what they may do there: the table says it, and a browser shows that it is so.

Each page is opened by a person of each role. Who may do something sees its control; who may not sees none that can be
used, and is refused by the API all the same. Everybody here drew something once: roles change, and what one has stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from backend.accounts.models import Role, RolePermission, User
from backend.accounts.permissions import BROWSE, REVIEW
from backend.kit.context import Context
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.actors import FROM_A_PAGE, add_user
from webui.gate import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.serial]

EVERYBODY: Final = ("marketing", "designer", "reviewer", "admin")
MAKERS: Final = ("designer", "admin")
REVIEWERS: Final = ("reviewer", "admin")
ADMINISTRATORS: Final = ("admin",)
# The studio starts with the others; this one is made, as an administrator may.
REVIEWER: Final = ("reviewer", 25, (BROWSE, REVIEW))

PROMPT: Final = {"prompt": "a hat"}
RECIPE = {"title": "Mine", "steps": [{"prompt": "a dress"}]}
PRESET: Final = {"name": "Ink", "parameters": {"template": "an ink drawing of {prompt}"}}
GRID: Final = {"base": PROMPT, "x": {"setting": "seed", "values": ["1", "2"]}}
NOTICE: Final = {"kind": "info", "text": "A new model tomorrow."}
INFOTEXT: Final = {"text": "a hat\nSteps: 4, Sampler: DDIM, CFG scale: 4, Seed: 1, Size: 64x64"}


@dataclass(frozen=True)
class Act:
    """Something that can be done on a page: by whom, by which control, and by which request."""

    name: str
    who: tuple[str, ...]
    control: str
    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Page:
    """A page: who may open it, what stands on it once it is there, and what can be done on it."""

    path: str
    who: tuple[str, ...]
    ready: str = "h1"
    acts: tuple[Act, ...] = ()


TABLE: Final = [
    Page("/", EVERYBODY, "at-card[data-state=succeeded]", (
        Act("draw", MAKERS, "button#generate", "POST", "/generations?dry_run=true", PROMPT),
        Act("choose a style", MAKERS, "at-styles .opener", "POST", "/presets", PRESET),
        Act("choose a gallery", MAKERS, "at-into .opener", "POST", "/generations?gallery={gallery}", PROMPT),
        Act("compare settings", MAKERS, "at-fold button", "POST", "/grids?dry_run=true", GRID),
        Act("restore settings", MAKERS, "at-composer .from-picture button", "POST", "/restorations", INFOTEXT),
        Act("read a prompt", MAKERS, "#prompt textarea", "POST", "/prompts/reading", PROMPT),
        Act("vary a card", MAKERS, "at-card button:has-text('Vary')", "POST", "/generations", PROMPT),
        Act("reuse its settings", MAKERS, "at-card button:has-text('Reuse settings')", "POST", "/generations", PROMPT),
        Act("save its picture", EVERYBODY, "at-card a:has-text('Download')", "GET", "/images"),
    )),
    Page("/library?image={image}", EVERYBODY, "dialog.viewer .made:not(:empty)", (
        Act("star it", EVERYBODY, "dialog.viewer [data-act=star]", "POST", "/library/changes", {"image_ids": ["{image}"], "starred": True}),
        Act("use its settings", MAKERS, "dialog.viewer .recall .primary", "POST", "/generations?parent={image}", PROMPT),
        Act("vary it", MAKERS, "dialog.viewer button:has-text('Vary')", "POST", "/generations?parent={image}", PROMPT),
        Act("save it", EVERYBODY, "dialog.viewer .has-menu > button:has-text('Download')", "GET", "/images/{image}/content"),
        Act("judge it", (), "dialog.viewer .statuses button", "PATCH", "/galleries/{gallery}", {"brief": "mine"}),
        Act("throw it away", (), "dialog.viewer [data-act=trash]", "DELETE", "/galleries/{gallery}"),
    )),
    Page("/galleries", EVERYBODY, "at-galleries h1", (
        Act("make a gallery", EVERYBODY, "at-galleries button:has-text('New gallery')", "GET", "/galleries"),
    )),
    Page("/recipes", EVERYBODY, "at-recipes h1", (
        Act("write a recipe", MAKERS, "at-recipes button:has-text('New recipe')", "POST", "/recipes", RECIPE),
        Act("see one's runs", EVERYBODY, "at-recipes [data-view=runs]", "GET", "/runs"),
    )),
    Page("/history", EVERYBODY, "at-run[data-state], at-run .tile[data-moderation]", (
        Act("run again", MAKERS, "at-run button:has-text('Run again')", "POST", "/generations", PROMPT),
        Act("load", MAKERS, "at-run button:has-text('Load')", "POST", "/generations", PROMPT),
        Act("pin", EVERYBODY, "at-run .pin", "GET", "/generations?pinned=true"),
    )),
    Page("/moderation", REVIEWERS, "at-moderation h1", (
        Act("see what is held", REVIEWERS, "at-moderation [role=tab]", "GET", "/moderation/flags"),
    )),
    Page("/admin", ADMINISTRATORS, "at-queue h1", (
        Act("see everybody's queue", ADMINISTRATORS, "at-queue [role=tab]", "GET", "/queue"),
        Act("let it run dry", ADMINISTRATORS, "at-queue .drain", "POST", "/queue/drain"),
        Act("see what failed", ADMINISTRATORS, "at-queue [role=tab]", "GET", "/queue/dead"),
    )),
    Page("/people", ADMINISTRATORS, "at-people tbody tr", (
        Act("see everybody", ADMINISTRATORS, "at-people tbody tr", "GET", "/people"),
        Act("invite", ADMINISTRATORS, "at-people [role=tab]:has-text('Invites')", "GET", "/invites"),
        Act("set quotas", ADMINISTRATORS, "at-people [role=tab]:has-text('Credits')", "GET", "/quotas"),
        Act("make teams", ADMINISTRATORS, "at-people [role=tab]:has-text('Teams')", "POST", "/teams", {"name": "Knits"}),
        Act("make roles", ADMINISTRATORS, "at-people [role=tab]:has-text('Roles')", "POST", "/roles", {"name": "lead", "permissions": []}),
        Act("read the audit", ADMINISTRATORS, "at-people [role=tab]:has-text('Audit')", "GET", "/audit"),
    )),
    Page("/account", EVERYBODY, "at-account h1", (
        Act("make a key", EVERYBODY, "at-account button:has-text('New key')", "GET", "/me/api-keys"),
        Act("add a webhook", MAKERS, "at-account button:has-text('Add a webhook')", "POST", "/webhooks", {"url": "https://hooks.example.com/a"}),
    )),
    Page("/usage", ADMINISTRATORS, "at-report h1", (
        Act("read the report", ADMINISTRATORS, "at-report [role=tab]", "GET", "/usage/report"),
        Act("fetch it as a table", ADMINISTRATORS, "at-report a:has-text('CSV')", "GET", "/usage/report.csv"),
    )),
    Page("/models", ADMINISTRATORS, "at-models footer", (
        Act("see every model", ADMINISTRATORS, "at-models footer", "GET", "/models/choices"),
        Act("move one", ADMINISTRATORS, "at-models footer", "PATCH", "/models/scripted", {"stage": "available"}),
    )),
    Page("/policy", ADMINISTRATORS, "at-policy .policy", (
        Act("see the versions", ADMINISTRATORS, "at-policy .policy", "GET", "/policies"),
        Act("draft one", ADMINISTRATORS, "at-policy button:has-text('New draft')", "POST", "/policies", {}),
        Act("read the figures", ADMINISTRATORS, "at-policy [role=tab]:has-text('Quality')", "GET", "/policies/1"),
    )),
    Page("/vote", MAKERS, "at-vote h1", (
        Act("vote", MAKERS, "at-vote h1", "GET", "/ballots"),
    )),
    Page("/system", ADMINISTRATORS, "at-system h1", (
        Act("see how it stands", ADMINISTRATORS, "at-system h1", "GET", "/system"),
        Act("post a notice", ADMINISTRATORS, "at-system button:has-text('Write')", "PUT", "/notice", NOTICE),
        Act("see what is stopped", ADMINISTRATORS, "at-system button:has-text('Stop something')", "GET", "/emergency"),
        Act("stop all drawing", ADMINISTRATORS, "at-system button:has-text('Stop something')", "POST", "/emergency/stops", {"scope": "everything", "reason": "A drill."}),
    )),
]  # fmt: skip
# Changes the studio for everybody, so that those who may are not asked to.
NOT_TRIED_BY_THOSE_WHO_MAY: Final = {
    "/queue/drain",
    "/teams",
    "/roles",
    "/webhooks",
    "/notice",
    "/emergency/stops",
}
REFUSED: Final = {403, 404}
LINKED_WHILE_SOMETHING_WAITS: Final = {"/vote"}
USABLE = """(elements) => elements.filter((element) => {
  for (let here = element; here; here = here.parentNode ?? here.host) if (here.inert || here.disabled) return false;
  return element.checkVisibility({ visibilityProperty: true });
}).length"""
SETTLED = """async () => {
  await fetch("/api/v1/me");
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
}"""


@pytest.fixture
def as_role(
    scripted_studio: ScriptedStudio, context: Context, new_page: Callable[..., Any]
) -> Callable[[str], Any]:
    """Return the page of a new person of a role who drew one picture when they were a designer."""

    def opened(role: str) -> Any:
        user = add_user(context.database)
        page = new_page(scripted_studio.url)
        page.context.add_cookies([scripted_studio.session_cookie(user=user)])
        made = tell(page, "/generations", PROMPT)
        page.request.get(f"/api/v1/generations/{made['id']}/events").text()
        with context.database.write() as session:
            if session.get(Role, REVIEWER[0]) is None:
                session.add(Role(name=REVIEWER[0], rank=REVIEWER[1]))
                session.add_all(RolePermission(role=REVIEWER[0], permission=one) for one in REVIEWER[2])  # fmt: skip
                session.flush()
            session.get_one(User, user.id).role = role
        return page

    return opened


@pytest.fixture
def shown(scripted_studio: ScriptedStudio, new_page: Callable[..., Any]) -> dict[str, str]:
    """An image and its gallery, which everybody may open; neither is of anybody who looks."""
    page = new_page(scripted_studio.url)
    page.context.add_cookies([scripted_studio.session_cookie()])
    gallery = tell(page, "/galleries", {"name": "Spring", "visibility": "everyone"})["id"]
    made = tell(page, f"/generations?gallery={gallery}", PROMPT)
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    done = tell(page, f"/generations/{made['id']}", method="GET")
    return {"gallery": gallery, "image": done["images"][0]["id"]}


def test_every_page_has_a_row() -> None:
    assert {urlsplit(page.path).path for page in TABLE} == PAGES.keys()


@pytest.mark.parametrize("page", TABLE, ids=lambda page: page.path)
def test_a_stranger_is_led_to_sign_in(
    scripted_studio: ScriptedStudio, new_page: Callable[..., Any], page: Page
) -> None:
    stranger = new_page(scripted_studio.url)
    path = page.path.partition("?")[0]
    stranger.goto(path)
    assert urlsplit(stranger.url).path != path
    stranger.get_by_text("designer@example.com").wait_for()


@pytest.mark.parametrize("role", EVERYBODY)
def test_the_pages_of_a_role(
    as_role: Callable[[str], Any], shown: dict[str, str], role: str
) -> None:
    browser, wrong = as_role(role), []
    for page in TABLE:
        answer = browser.goto(page.path.format(**shown))
        if role not in page.who:
            assert answer.status == 404, page.path
            browser.get_by_role("heading", name="Nothing here").wait_for()
            continue
        assert answer.status == 200, page.path
        browser.locator(page.ready).first.wait_for()
        browser.locator("at-rail .who").wait_for()
        browser.evaluate(SETTLED)
        wrong += [
            (page.path, act.name)
            for act in page.acts
            if can_be_used(browser, act.control) != (role in act.who)
        ]
    assert wrong == []
    browser.goto("/account")
    browser.locator("at-rail .who").wait_for()
    linked = browser.locator("at-rail a.item").evaluate_all("(links) => links.map((link) => link.pathname)")  # fmt: skip
    pages = {urlsplit(one.path).path for one in TABLE if role in one.who}
    assert sorted(linked) == sorted(pages - LINKED_WHILE_SOMETHING_WAITS)


def can_be_used(browser: Any, control: str) -> bool:
    """Return whether one of these controls can be seen and used."""
    return bool(browser.locator(control).evaluate_all(USABLE))


@pytest.mark.parametrize("role", EVERYBODY)
def test_the_requests_behind_them(
    as_role: Callable[[str], Any], shown: dict[str, str], role: str
) -> None:
    browser, wrong = as_role(role), []
    for page, act in ((one, act) for one in TABLE for act in one.acts):
        may = role in act.who and role in page.who
        if may and act.path in NOT_TRIED_BY_THOSE_WHO_MAY:
            continue
        answer = browser.request.fetch(
            f"/api/v1{act.path.format(**shown)}", method=act.method, headers=FROM_A_PAGE,
            data=None if act.body is None else named(act.body, shown),
        )  # fmt: skip
        # One's own gallery is chosen on Create, and this one is somebody else's.
        refused = answer.status in REFUSED
        if refused == may and "gallery={gallery}" not in act.path:
            wrong.append((page.path, act.name, answer.status))
    assert wrong == []


def named(body: Any, shown: dict[str, str]) -> Any:
    """Return a body with the ids in place of their names."""
    if isinstance(body, dict):
        return {key: named(value, shown) for key, value in body.items()}
    if isinstance(body, list):
        return [named(value, shown) for value in body]
    return shown["image"] if body == "{image}" else body
