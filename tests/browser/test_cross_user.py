"""What is one person's own is nobody else's: two people in two browsers, and a program of one of them.

The ways are listed in `crossing.py`. That each of them works for the owner is shown first, or a wrong address would
look like a closed door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect

from backend.accounts.models import User
from backend.kit.context import Context
from backend.kit.ids import new_id
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.crossing import CLOSED, EMPTY, PAGES, UNNAMED, WORD, Way
from tests.fixtures.actors import FROM_A_PAGE, add_key, add_user

pytestmark = [pytest.mark.browser, pytest.mark.serial]

SECONDS_UNTIL_SHUT_OUT = 5
# Hear everything that the stream says, as the page's person or with a key; done once it has begun.
LISTEN = """async (key) => {
  const who = key ? { headers: { authorization: `Bearer ${key}` }, credentials: "omit" } : {};
  const reader = (await fetch("/api/v1/events", who)).body.pipeThrough(new TextDecoderStream()).getReader();
  window.heard = (await reader.read()).value;
  (async () => { for (;;) { const { value, done } = await reader.read(); if (done) return; window.heard += value; } })().catch(() => null);
}"""


@dataclass(frozen=True)
class Somebody:
    """A person with a page open, and a key."""

    user: User
    page: Any
    key: str

    def asks(self, way: Way, names: dict[str, str], *, by_key: bool = False) -> Any:
        """Send the request from the page, or as a program with the key would."""
        who = {"Authorization": f"Bearer {self.key}", "Cookie": ""} if by_key else FROM_A_PAGE
        path = f"/api/v1{way.path.format(**names)}"
        return self.page.request.fetch(path, method=way.method, data=way.body, headers=who)

    def draws(self, prompt: str, query: str = "") -> Any:
        """Draw to the end; return the generation."""
        made = tell(self.page, f"/generations{query}", {"prompt": prompt})
        self.page.request.get(f"/api/v1/generations/{made['id']}/events").text()
        return tell(self.page, f"/generations/{made['id']}", method="GET")


@pytest.fixture
def sits_down(
    scripted_studio: ScriptedStudio, context: Context, new_page: Callable[..., Any]
) -> Callable[[str], Somebody]:
    def opened(name: str) -> Somebody:
        user = add_user(context.database, name=name)
        page = new_page(scripted_studio.url)
        page.context.add_cookies([scripted_studio.session_cookie(user=user)])
        page.goto("/account")
        page.locator("at-rail").wait_for()
        return Somebody(user, page, add_key(context.database, user))

    return opened


@pytest.fixture
def dana(sits_down: Callable[[str], Somebody]) -> Somebody:
    return sits_down(f"{WORD} Dana {new_id()}")


@pytest.fixture
def eli(sits_down: Callable[[str], Somebody]) -> Somebody:
    return sits_down(f"Eli {new_id()}")


@pytest.fixture
def hers(dana: Somebody) -> dict[str, str]:
    """The names of everything that is Dana's alone: an image in a private gallery, and all that belongs to it."""
    generation = dana.draws(f"a {WORD} dress")
    image = generation["images"][0]["id"]
    gallery = tell(dana.page, "/galleries", {"name": WORD})["id"]
    tell(dana.page, f"/galleries/{gallery}/images", {"image_ids": [image]})
    tell(dana.page, "/library/changes", {"image_ids": [image], "add_tags": [WORD]})
    search = tell(dana.page, "/library/searches", {"name": WORD, "query": WORD})["id"]
    comment = tell(dana.page, f"/images/{image}/comments", {"text": WORD})["id"]
    tell(dana.page, "/presets", {"name": WORD, "parameters": {"template": f"{WORD} {{prompt}}"}})
    steps = [{"over": "nothing", "prompt": WORD}]
    recipe = tell(dana.page, "/recipes", {"title": WORD, "steps": steps})["id"]
    [run] = tell(dana.page, f"/recipes/{recipe}/runs", {})["items"]
    brought = dana.page.request.post(
        "/api/v1/uploads",
        multipart={"file": {"name": "x.png", "mimeType": "image/png", "buffer": png()}},
        headers=FROM_A_PAGE,
    ).json()
    return {
        "owner": dana.user.name, "image": image, "generation": generation["id"], "gallery": gallery,
        "search": search, "comment": comment, "upload": brought["id"], "recipe": recipe, "run": run["id"],
    }  # fmt: skip


def png() -> bytes:
    file = BytesIO()
    Pillow.new("RGB", (64, 64), "teal").save(file, "PNG")
    return file.getvalue()


def said_of(hers: dict[str, str], text: str) -> list[str]:
    """Return which of the owner's secrets stand in a text."""
    secrets = {name: value for name, value in hers.items() if name != "owner"} | {"word": WORD}
    return [name for name, value in secrets.items() if value in text]


def test_the_owner_comes_in_by_every_way(dana: Somebody, hers: dict[str, str]) -> None:
    reading = [way for way in CLOSED if way.method == "GET"]
    for by_key in (False, True):
        shut = [way.name for way in reading if not dana.asks(way, hers, by_key=by_key).ok]
        assert shut == []
    empty = {way.name for way in EMPTY if not dana.asks(way, hers).json()["items"]}
    assert empty <= {"the trash", "what is held", "what looks like it"}
    silent = {
        way.name
        for way in UNNAMED
        if not said_of(hers, without_the_question(way, dana.asks(way, hers)))
    }
    assert silent == {"own webhooks", "own usage"}


@pytest.mark.parametrize("by_key", [False, True], ids=["signed in", "by key"])
def test_nobody_else_does(eli: Somebody, hers: dict[str, str], by_key: bool) -> None:
    wrong = []
    for way in CLOSED:
        answer = eli.asks(way, hers, by_key=by_key)
        if answer.status != 404 or WORD in answer.text():
            wrong.append((way.name, answer.status))
    for way in EMPTY:
        answer = eli.asks(way, hers, by_key=by_key)
        if not answer.ok or answer.json()["items"]:
            wrong.append((way.name, answer.status))
    for way in UNNAMED:
        answer = eli.asks(way, hers, by_key=by_key)
        if not answer.ok or said_of(hers, without_the_question(way, answer)):
            wrong.append((way.name, answer.status))
    assert wrong == []
    assert eli.asks(UNNAMED[0], hers, by_key=by_key).json()["total"] == 0


def test_what_was_made_of_it_and_is_shown_to_them_leads_nowhere_near_it(
    dana: Somebody, eli: Somebody, hers: dict[str, str]
) -> None:
    child = dana.draws("a plain dress", f"?parent={hers['image']}")["images"][0]["id"]
    gallery = tell(dana.page, "/galleries", {"name": "Plain"})["id"]
    tell(dana.page, f"/galleries/{gallery}/images", {"image_ids": [child]})
    # By name, and not for everyone: other tests of this file look at the same studio.
    member = f"/galleries/{gallery}/members/{eli.user.id}"
    tell(dana.page, member, {"role": "viewer"}, method="PUT")
    told = []
    for path in (
        f"/library/{child}", f"/library/{child}/lineage", f"/library/{child}/similar?limit=50",
        f"/images/{child}", f"/images/{child}/comments", f"/galleries/{gallery}",
        f"/galleries/{gallery}/images", f"/library?q=like:{child}", f"/library?q=stack:{child}",
        "/library?stacked=true", "/library/facets", "/library/export.csv", "/library?q=by:%22{owner}%22",
    ):  # fmt: skip
        answer = eli.asks(Way("", path), hers)
        assert answer.ok, path
        told += [(path, name) for name in said_of(hers, answer.text()) if name != "word"]
    assert told == []
    eli.page.goto(f"/library?image={child}")
    eli.page.locator("dialog.viewer .made:not(:empty)").wait_for()
    assert eli.page.get_by_role("button", name="Made from").count() == 0


def without_the_question(way: Way, answer: Any) -> str:
    """Return the answer but for the terms in which it repeats what was asked."""
    if "facets" not in way.path:
        return str(answer.text())
    return str({name: value for name, value in answer.json().items() if name != "terms"})


@pytest.mark.parametrize("by_key", [False, True], ids=["signed in", "by key"])
def test_what_takes_many_ids_refuses_hers_and_tells_nothing(
    eli: Somebody, hers: dict[str, str], by_key: bool
) -> None:
    own = str(tell(eli.page, "/galleries", {"name": "Eli's"})["id"])
    ids = [hers["image"]]
    for path, body in (
        ("/library/changes", {"image_ids": ids, "starred": True}),
        (f"/galleries/{own}/images", {"image_ids": ids}),
    ):
        answer = eli.asks(Way("", path, "POST", body), hers, by_key=by_key)
        [refused] = answer.json()["refused"]
        assert refused["id"] == hers["image"]
        assert WORD not in answer.text()
    assert tell(eli.page, f"/galleries/{own}/images", method="GET")["items"] == []
    chosen: list[dict[str, Any]] = [{"image_ids": ids}, {"q": WORD}]
    for body in chosen:
        zipped = eli.asks(Way("", "/library/export", "POST", body), hers, by_key=by_key)
        assert zipped.status == 422, body
    cover = eli.asks(
        Way("", f"/galleries/{own}", "PATCH", {"cover_id": ids[0]}), hers, by_key=by_key
    )
    assert cover.status in {404, 409, 422}


@pytest.mark.parametrize(("path", "said"), PAGES)
def test_a_page_that_names_it_says_that_it_is_not_there(
    eli: Somebody, hers: dict[str, str], path: str, said: str
) -> None:
    got: list[str] = []
    eli.page.on("response", lambda response: got.append(response.url) if response.ok else None)
    eli.page.goto(path.format(**hers))
    eli.page.get_by_text(said).first.wait_for()
    assert eli.page.get_by_text(WORD).count() == 0
    assert [url for url in got if "/content" in url] == []


def test_a_link_to_another_gallery_leads_to_that_one_alone(
    eli: Somebody, hers: dict[str, str], new_page: Callable[..., Any]
) -> None:
    gallery = tell(eli.page, "/galleries", {"name": "Eli's"})["id"]
    own = eli.draws("a hat")["images"][0]["id"]
    tell(eli.page, f"/galleries/{gallery}/images", {"image_ids": [own]})
    wanted = {"downloads": "full", "prompts": True}
    link = urlsplit(tell(eli.page, f"/galleries/{gallery}/links", wanted)["url"])
    guest = new_page(f"{link.scheme}://{link.netloc}")
    guest.goto(link.path)
    for variant in ("thumb", "preview", "clean", "full"):
        for image, status in ((own, 404 if variant == "full" else 200), (hers["image"], 404)):
            found = guest.request.get(f"{link.path}/images/{image}?variant={variant}")
            assert found.status == status, (variant, image)
    assert guest.request.get(f"{link.path}?image={own}").status == 200
    assert guest.request.get(f"{link.path}?image={hers['image']}").status == 404


@pytest.mark.parametrize("by_key", [False, True], ids=["signed in", "by key"])
def test_the_stream_of_another_tells_nothing_of_it(
    dana: Somebody, eli: Somebody, hers: dict[str, str], by_key: bool
) -> None:
    eli.page.evaluate(LISTEN, eli.key if by_key else None)
    hat = dana.draws(f"a {WORD} hat", f"?gallery={hers['gallery']}&parent={hers['image']}")
    tell(dana.page, f"/images/{hers['image']}/comments", {"text": f"{WORD} again"})
    own = eli.draws("a scarf")
    eli.page.wait_for_function(
        "(id) => window.heard.split('\\n\\n').some((one) => one.includes(id) && one.includes('succeeded'))",
        arg=own["id"],
    )
    assert said_of({**hers, "hat": hat["id"]}, eli.page.evaluate("window.heard")) == []


def test_a_deactivated_persons_open_page_is_cut_off_and_says_so(
    dana: Somebody, sits_down: Callable[[str], Somebody], scripted_studio: ScriptedStudio,
    new_page: Callable[..., Any],
) -> None:  # fmt: skip
    admin = new_page(scripted_studio.url)
    admin.context.add_cookies([scripted_studio.session_cookie("admin")])
    dana.page.goto("/")
    dana.page.evaluate(LISTEN, None)
    tell(admin, f"/people/{dana.user.id}", {"standing": "deactivated"}, method="PATCH")
    said = dana.page.get_by_role("dialog", name="You have been signed out")
    expect(said).to_be_visible(timeout=SECONDS_UNTIL_SHUT_OUT * 1000)
    before = dana.page.evaluate("window.heard.length")
    key = dana.page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {dana.key}"})
    assert key.status == 401
    sits_down("Eli").draws("a hat")
    assert dana.page.evaluate("window.heard.length") == before
