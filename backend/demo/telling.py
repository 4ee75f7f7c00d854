"""Makes the story true in a studio, one call of the API after another. Said twice, it adds nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from backend.demo.story import (
    ALEX,
    DANA,
    GALLERIES,
    LOOKS,
    MIRA,
    PRESETS,
    SEARCHES,
    TEAM,
    Look,
)
from backend.demo.visitor import DemoFailed, Visitor

AT_ONCE: Final = 8
_LOOK_AGAIN_S: Final = 0.3
_LINK_DAYS: Final = 30

Say = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much it is."""


@dataclass(frozen=True)
class People:
    """Who is in the story, signed in."""

    dana: Visitor
    mira: Visitor
    alex: Visitor


def tell(base_url: str, say: Say) -> str:
    """Fill the studio at `base_url`; return the address of a share link that was made.

    Raises:
        DemoFailed: The studio said no, or its development sign-in is not open.
    """
    with ExitStack() as opened:
        dana, mira, alex = (
            opened.enter_context(Visitor(base_url, email)) for email in (DANA, MIRA, ALEX)
        )
        people = People(dana, mira, alex)
        _make_a_team(people)
        galleries = _galleries(people)
        drawn = _draw(people.dana, galleries, say)
        for done, (look, images) in enumerate(drawn.items(), 1):
            _curate(people, look, images)
            say("saying what the team thinks", done, len(drawn))
        _keep_searches_and_presets(people.dana)
        link = {"expires_in_days": _LINK_DAYS, "downloads": "preview", "brief": True}
        return str(dana.post(f"/galleries/{galleries['spring']}/links", link)["url"])


def _make_a_team(people: People) -> None:
    teams = {team["name"]: team["id"] for team in people.alex.get("/teams")}
    team_id = teams.get(TEAM) or people.alex.post("/teams", {"name": TEAM})["id"]
    for person in (people.dana, people.mira):
        people.alex.patch(f"/people/{person.id}", {"team_id": team_id})


def _galleries(people: People) -> dict[str, str]:
    """Return the ids of the galleries by their keys in the story."""
    known = {
        one["name"]: one["id"]
        for one in people.dana.get("/galleries", of="mine", limit=100)["items"]
    }
    found: dict[str, str] = {}
    for key, gallery in GALLERIES.items():
        wanted = {"name": gallery.name, "brief": gallery.brief, "visibility": gallery.visibility}
        found[key] = known.get(gallery.name) or people.dana.post("/galleries", wanted)["id"]
    people.dana.put(f"/galleries/{found['spring']}/members/{people.mira.id}", {"role": "editor"})
    people.dana.put(f"/galleries/{found['coats']}/members/{people.alex.id}", {"role": "commenter"})
    return found


def _draw(dana: Visitor, galleries: dict[str, str], say: Say) -> dict[Look, list[Any]]:
    """Draw all looks, some at a time; return the images of each."""
    waiting = {look: _submit(dana, look, galleries) for look in LOOKS[:AT_ONCE]}
    coming = iter(LOOKS[AT_ONCE:])
    drawn: dict[Look, list[Any]] = {}
    while waiting:
        for look, images in _ended(dana, waiting):
            drawn[look] = images
            del waiting[look]
            say("drawing", len(drawn), len(LOOKS))
            if following := next(coming, None):
                waiting[following] = _submit(dana, following, galleries)
        time.sleep(_LOOK_AGAIN_S)
    return {look: drawn[look] for look in LOOKS}


def _submit(dana: Visitor, look: Look, galleries: dict[str, str], **more: str) -> str:
    """Ask for a look and return the generation's id: the same each time it is asked."""
    seed = int.from_bytes(sha256(f"{look.prompt} {more}".encode()).digest()[:4])
    wanted = {"prompt": look.prompt, "num_images": 1 if more else look.images, "seed": seed}
    if look.wide:
        wanted |= {"width": 320, "height": 224}
    query = {"gallery": galleries.get(look.gallery, ""), "parent": more.get("parent", "")}
    asked = "&".join(f"{name}={value}" for name, value in query.items() if value)
    key = sha256(f"{wanted} {asked}".encode()).hexdigest()
    return str(dana.post(f"/generations?{asked}", wanted, **{"idempotency-key": key})["id"])


def _ended(dana: Visitor, waiting: dict[Look, str]) -> Iterator[tuple[Look, list[Any]]]:
    for look, generation_id in list(waiting.items()):
        told = dana.get(f"/generations/{generation_id}")
        if told["state"] == "succeeded":
            yield look, _varied(dana, look, told)
        elif told["state"] in {"failed", "canceled"}:
            raise DemoFailed(f"{look.prompt!r} {told['state']}: {told['error'] or ''}")


def _varied(dana: Visitor, look: Look, told: Any) -> list[Any]:  # noqa: ANN401
    """Give the generation its name, ask for its variations, and return its images."""
    if look.name:
        dana.patch(f"/generations/{told['id']}", {"name": look.name, "pinned": True})
    images: list[Any] = told["images"]
    for number in range(look.vary):
        _submit(dana, look, {}, parent=images[0]["id"], number=str(number))
    return images


def _curate(people: People, look: Look, images: list[Any]) -> None:
    first = next((one["id"] for one in images if one["moderation"] == "released"), None)
    if first is None:
        return
    change: dict[str, Any] = {"image_ids": [first], "status": look.status}
    if look.tags:
        change["add_tags"] = list(look.tags)
    people.dana.post("/library/changes", change)
    if look.starred:
        people.dana.post("/library/changes", {"image_ids": [first], "starred": True})
    said = people.dana.get(f"/images/{first}/comments")["items"]
    if look.said and not said:
        people.mira.post(f"/images/{first}/comments", {"text": look.said})


def _keep_searches_and_presets(dana: Visitor) -> None:
    searches = {one["name"] for one in dana.get("/library/searches")}
    for name, query, pinned in SEARCHES:
        if name not in searches:
            kept = dana.post("/library/searches", {"name": name, "query": query})
            dana.patch(f"/library/searches/{kept['id']}", {"pinned": pinned})
    presets = {one["name"] for one in dana.get("/presets", limit=100)["items"]}
    for name, template, visibility in PRESETS:
        if name not in presets:
            wanted = {"name": name, "visibility": visibility, "parameters": {"template": template}}
            dana.post("/presets", wanted)
