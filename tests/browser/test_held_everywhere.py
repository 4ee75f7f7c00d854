"""What is held back stays so for whoever drew it, by every route there is.

The routes are those of the running studio: each that takes the id of an image, or answers with something that is no
JSON, needs a row here; so nobody can add one and forget to ask whether it hands out what is held.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import product
from typing import Any, Final
from urllib.parse import urlsplit
from zipfile import ZipFile, is_zipfile

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlmodel import select

from backend.accounts.models import User
from backend.images.schemas import Format, Variant
from backend.kit.context import Context
from backend.moderation.models import Flag
from backend.policies.schemas import Severity
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.actors import FROM_A_PAGE, add_key, add_user

pytestmark = [pytest.mark.browser, pytest.mark.serial]

API: Final = "/api/v1"
IMAGE: Final = {"image_ids": ["{image}"]}
GRID: Final = {"base": {"prompt": "a hat"}, "x": {"setting": "seed", "values": ["1", "2"]}}
# A picture begins so, whatever its kind; in a message of a stream it is written in base64.
PICTURE: Final = re.compile(rb"RIFF....WEBP|\x89PNG\r\n|\xff\xd8\xff", re.DOTALL)
IN_BASE64: Final = re.compile(rb"(?:UklGR|iVBORw0KGgo|/9j/)[A-Za-z0-9+/]{40,}")
# Parameters by which a route takes the id of an image in its address.
NAMES_AN_IMAGE: Final = {"image_id", "image", "parent"}

ROWS: Final[dict[tuple[str, str], list[tuple[str, Any]]]] = {
    ("GET", "/images/{image_id}"): [("/images/{image}", None)],
    ("GET", "/images/{image_id}/content"): [
        (f"/images/{{image}}/content?variant={variant}&format={kind}&download={saved}", None)
        for variant, kind, saved in product(Variant, Format, ("true", "false"))
    ],
    ("GET", "/images/{image_id}/takedown"): [("/images/{image}/takedown", None)],
    ("POST", "/images/{image_id}/takedown"): [
        ("/images/{image}/takedown", {"category": "restricted", "reason": "A drill."})
    ],
    ("GET", "/images/{image_id}/moderation"): [("/images/{image}/moderation", None)],
    ("POST", "/images/{image_id}/appeal"): [("/images/{image}/appeal", {"text": "why?"})],
    ("GET", "/moderation/flags/{flag_id}/blurred"): [("/moderation/flags/{flag}/blurred", None)],
    ("GET", "/images/{image_id}/steps"): [("/images/{image}/steps", None)],
    ("GET", "/images/{image_id}/comments"): [("/images/{image}/comments", None)],
    ("POST", "/images/{image_id}/comments"): [("/images/{image}/comments", {"text": "why?"})],
    ("GET", "/library/{image_id}"): [("/library/{image}", None)],
    ("GET", "/library/thumbs"): [("/library/thumbs?id={image}", None)],
    ("GET", "/library/{image_id}/lineage"): [("/library/{image}/lineage", None)],
    ("GET", "/library/{image_id}/similar"): [("/library/{image}/similar", None)],
    ("POST", "/library/changes"): [("/library/changes", {**IMAGE, "status": "approved"})],
    ("POST", "/library/export"): [
        ("/library/export", IMAGE), ("/library/export", {"q": ""}), ("/library/export", {"q": "is:held"}),
    ],
    ("GET", "/library/export.csv"): [("/library/export.csv?q=is:held", None)],
    ("POST", "/galleries/{gallery_id}/images"): [("/galleries/{gallery}/images", IMAGE)],
    ("PATCH", "/galleries/{gallery_id}"): [("/galleries/{gallery}", {"cover_id": "{image}"})],
    ("DELETE", "/galleries/{gallery_id}/images"): [("/galleries/{other}/images", IMAGE)],
    ("POST", "/generations"): [("/generations?parent={image}", {"prompt": "a hat"})],
    ("POST", "/grids"): [("/grids?parent={image}", GRID)],
    ("GET", "/generations/{generation_id}/events"): [("/generations/{generation}/events", None)],
    ("POST", "/me/export"): [("/me/export", {})],
    ("POST", "/people/{person_id}/export"): [("/people/{person}/export", {})],
    ("GET", "/audit/export"): [("/audit/export?format=csv", None)],
    ("GET", "/usage/report.csv"): [("/usage/report.csv?by=person", None)],
    ("POST", "/policies/{number}/trial"): [("/policies/1/trial", {})],
    ("POST", "/policies/{number}/hold"): [
        ("/policies/1/hold", {"image_ids": ["{image}"], "reason": "to see"}),
    ],
    ("GET", "/uploads/{upload_id}/content"): [("/uploads/{image}/content", None)],
    ("GET", "/verify/root.pem"): [("/verify/root.pem", None)],
    # Beside the API: where a permalink leads, and what a guest with a link to the gallery gets.
    ("GET", "/i/{image_id}"): [("/i/{image}", None)],
    ("GET", "/s/{token}"): [("/s/{token}", None), ("/s/{token}?image={image}", None)],
    ("GET", "/s/{token}/shown"): [("/s/{token}/shown", None)],
    ("GET", "/s/{token}/images/{image_id}"): [
        (f"/s/{{token}}/images/{{image}}?variant={variant}", None) for variant in Variant
    ],
}  # fmt: skip
# Without a row: a stream that never ends by itself, which tells of a generation what the stream of that generation does;
# and the sheet of a grid, which is a picture whatever is on it, and is looked at in tests/backend/grids/test_sheet.py; and the
# sides of a comparison, whose images are those of an administrator, looked at in tests/backend/comparisons.
WITHOUT: Final = {
    ("GET", "/events"),
    ("GET", "/grids/{grid_id}/sheet"),
    ("GET", "/ballots/{comparison_id}/pairs/{pair_id}/{side}"),
}


def routes_that_could(app: FastAPI) -> set[tuple[str, str]]:
    """Return each route that takes an image's id or hands out something that is no JSON."""
    told = app.openapi()
    could = {
        (method.upper(), path.removeprefix(API))
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
        if path.startswith(API) and (_takes_an_image(told, operation) or _gives_files(operation))
    }
    hidden = {
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
        if str(context.path) not in told["paths"] and method in {"GET", "POST"}
    }
    return could | {one for one in hidden if one[0] == "GET" and one[1].startswith(("/i/", "/s/"))}


def _takes_an_image(told: Any, operation: Any) -> bool:
    names = {one["name"] for one in operation.get("parameters", [])}
    body = str(_resolved(told, operation.get("requestBody", {})))
    return bool(names & NAMES_AN_IMAGE) or "image_id" in body or "cover_id" in body


def _resolved(told: Any, value: Any) -> Any:
    """Return a part of the description with the schemas that it names in place of their names."""
    if isinstance(value, list):
        return [_resolved(told, one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _resolved(told, told["components"]["schemas"][value["$ref"].rpartition("/")[2]])
    return {name: _resolved(told, one) for name, one in value.items()}


def _gives_files(operation: Any) -> bool:
    kinds = {kind for one in operation["responses"].values() for kind in one.get("content", {})}
    return bool(kinds - {"application/json", "application/problem+json"})


def pictures_in(body: bytes) -> list[str]:
    """Return where in an answer there is a picture: by itself, in a form, in a message, in a file of an archive."""
    found = ["itself"] if PICTURE.match(body) else []
    found += ["a form"] if body.startswith(b"--") and PICTURE.search(body) else []
    found += ["a message" for one in IN_BASE64.findall(body) if _is_picture(one)]
    if is_zipfile(BytesIO(body)):
        archive = ZipFile(BytesIO(body))
        found += [name for name in archive.namelist() if pictures_in(archive.read(name))]
    return found


def _is_picture(text: bytes) -> bool:
    return PICTURE.match(b64decode(text[: len(text) // 4 * 4])) is not None


@dataclass(frozen=True)
class Author:
    """Somebody one of whose images is held, in a gallery that has a share link."""

    user: User
    page: Any
    key: str
    names: dict[str, str]

    def asks(self, method: str, path: str, body: Any, *, by_key: bool) -> Any:
        who = {"Authorization": f"Bearer {self.key}", "Cookie": ""} if by_key else FROM_A_PAGE
        address = path if path.startswith(("/i/", "/s/")) else f"{API}{path}"
        return self.page.request.fetch(
            _filled(address, self.names), method=method, data=_filled(body, self.names),
            headers=who, max_redirects=0,
        )  # fmt: skip


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, names) for one in value]
    return value.format(**names) if isinstance(value, str) else value


@pytest.fixture
def author(
    scripted_studio: ScriptedStudio, context: Context, new_page: Callable[..., Any]
) -> Author:
    user = add_user(context.database)
    page = new_page(scripted_studio.url)
    page.context.add_cookies([scripted_studio.session_cookie(user=user)])
    page.goto("/account")
    page.locator("at-rail").wait_for()
    gallery, other = (tell(page, "/galleries", {"name": name})["id"] for name in ("A", "B"))
    wanted = {"downloads": "full", "prompts": True}
    link = tell(page, f"/galleries/{gallery}/links", wanted)
    made = tell(page, f"/generations?gallery={gallery}", {"prompt": "a dress with motif"})
    page.request.get(f"{API}/generations/{made['id']}/events").text()
    [image] = tell(page, f"/generations/{made['id']}", method="GET")["images"]
    assert image["moderation"] == "held"
    with context.database.read() as session:
        flag = session.exec(select(Flag.id).where(Flag.image_id == image["id"])).one()
    names = {
        "image": image["id"], "flag": flag, "generation": made["id"], "gallery": gallery, "other": other,
        "person": user.id, "token": urlsplit(link["url"]).path.removeprefix("/s/"),
    }  # fmt: skip
    return Author(user, page, add_key(context.database, user), names)


def test_every_route_that_could_hand_out_a_picture_has_a_row(
    scripted_studio: ScriptedStudio,
) -> None:
    assert routes_that_could(scripted_studio.app) - WITHOUT == ROWS.keys()


@pytest.mark.parametrize("by_key", [False, True], ids=["signed in", "by key"])
def test_no_route_hands_it_out_to_whoever_drew_it(author: Author, by_key: bool) -> None:
    wrong = []
    for (method, _), requests in ROWS.items():
        for path, body in requests:
            answer = author.asks(method, path, body, by_key=by_key)
            found = pictures_in(answer.body())
            if answer.status >= 500 or found:
                wrong.append((method, path, answer.status, found))
    assert wrong == []


def test_no_route_alone_hands_a_sealed_image_to_a_reviewer(
    author: Author, scripted_studio: ScriptedStudio, context: Context, new_page: Callable[..., Any]
) -> None:
    reviewer = new_page(scripted_studio.url)
    reviewer.context.add_cookies([scripted_studio.session_cookie("admin")])
    asking = replace(author, page=reviewer)
    wrong = []
    for (method, _), requests in ROWS.items():
        for path, body in requests:
            _seal(
                context, author.names["flag"]
            )  # a takedown before may have named a milder category
            answer = asking.asks(method, path, body, by_key=False)
            # What the rows before had drawn is the reviewer's own, and in their export.
            own = "images/" if path == "/me/export" else "none"
            found = [
                one
                for one in pictures_in(answer.body())
                if author.names["image"] in one or not one.startswith(own)
            ]
            if answer.status >= 500 or found:
                wrong.append((method, path, answer.status, found))
    assert wrong == []
    meant = tell(reviewer, f"/moderation/flags/{author.names['flag']}/reveal", {"confirm": True})
    content = f"/images/{{image}}/content?reveal={meant['reveal']}"
    assert pictures_in(asking.asks("GET", content, None, by_key=False).body())


def _seal(context: Context, flag_id: str) -> None:
    with context.database.write() as session:
        flag = session.exec(select(Flag).where(Flag.id == flag_id)).one()
        flag.severity = Severity.SEVERE
        session.add(flag)


def test_once_it_is_released_the_same_requests_bring_it(
    author: Author, scripted_studio: ScriptedStudio, new_page: Callable[..., Any]
) -> None:
    """Or the look for pictures would be blind."""
    admin = new_page(scripted_studio.url)
    admin.context.add_cookies([scripted_studio.session_cookie("admin")])
    flags = tell(admin, "/moderation/flags?limit=100", method="GET")["items"]
    [flag] = [one["id"] for one in flags if one["image_id"] == author.names["image"]]
    tell(admin, f"/moderation/flags/{flag}/review", {"decision": "release"})
    bring = {
        route
        for route, requests in ROWS.items()
        for path, body in requests
        if pictures_in(author.asks(route[0], path, body, by_key=False).body())
    }
    assert bring == {
        ("GET", "/images/{image_id}/content"),
        ("GET", "/library/thumbs"),
        ("POST", "/library/export"),
        ("POST", "/me/export"),
        ("GET", "/s/{token}/images/{image_id}"),
    }
