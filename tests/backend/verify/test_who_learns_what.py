"""On each kind of database: an id is told to whoever may open the image, and a stranger learns `made here` alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend.accounts.models import User
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from tests.backend.verify.files import API, PROMPT, Drawn, ask, saved
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

HELD = f"{PROMPT} with motif"


@pytest.fixture
def drawn(each_studio: Studio) -> Drawn:
    return Drawn.by(each_studio, each_studio.actors.browser("designer"))


def told(said: Any) -> tuple[str, bool, Any]:
    """Return what an answer says of the image itself."""
    return said["verdict"], said["mark"]["known"], said["image"]


def change(studio: Studio, image: str, **changes: Any) -> None:
    with studio.context.database.write() as session:
        row = session.get_one(Image, image)
        for name, value in changes.items():
            setattr(row, name, value)


def test_its_owner_is_led_to_it_and_others_are_not(each_studio: Studio, drawn: Drawn) -> None:
    people, file = each_studio.actors, drawn.file
    found = {"id": drawn.id, "url": f"{each_studio.context.settings.base_url}/i/{drawn.id}"}
    assert told(ask(drawn.owner, file)) == ("made_here", True, found)
    assert told(ask(people.program("admin"), file)) == ("made_here", True, found), (
        "reviewers open all"
    )
    for nobody in (people.anonymous(), people.browser("designer"), people.program("marketing")):
        assert told(ask(nobody, file)) == ("made_here", True, None)


def test_the_mark_in_the_pixels_leads_there_as_well(each_studio: Studio, drawn: Drawn) -> None:
    saved_anew = saved(drawn.picture, "JPEG", quality=85)
    said = ask(drawn.owner, saved_anew)
    assert (said["verdict"], said["image"]["id"]) == ("made_here_changed", drawn.id)
    assert ask(each_studio.actors.anonymous(), saved_anew)["image"] is None


def test_whom_a_gallery_shows_it_is_led_to_it(each_studio: Studio, drawn: Drawn) -> None:
    colleague = each_studio.actors.browser("marketing")
    assert ask(colleague, drawn.file)["image"] is None
    wanted = {"name": "Spring", "visibility": "everyone"}
    gallery = drawn.owner.post(f"{API}/galleries", json=wanted).json()
    placed = drawn.owner.post(
        f"{API}/galleries/{gallery['id']}/images", json={"image_ids": [drawn.id]}
    )
    assert placed.json()["placed"] == [drawn.id]
    assert ask(colleague, drawn.file)["image"]["id"] == drawn.id


def test_a_held_image_says_to_strangers_what_a_released_one_does(
    each_studio: Studio, drawn: Drawn
) -> None:
    stranger, file = each_studio.actors.anonymous(), drawn.file
    before = ask(stranger, file)
    change(each_studio, drawn.id, moderation=Moderation.HELD)
    assert ask(stranger, file) == before
    assert ask(drawn.owner, file)["image"] is None, "not to whoever drew it either"
    assert ask(each_studio.actors.browser("admin"), file)["image"]["id"] == drawn.id


@pytest.mark.parametrize("removed", ["purged_at", "trashed_at"])
def test_one_that_was_removed_for_good_is_no_longer_known(
    each_studio: Studio, drawn: Drawn, removed: str
) -> None:
    file = drawn.file
    change(each_studio, drawn.id, **{removed: utc_now()})
    purged = removed == "purged_at"
    for person in (each_studio.actors.anonymous(), each_studio.actors.browser("admin")):
        verdict, known, _ = told(ask(person, file))
        assert (verdict, known) == ("made_here", not purged)
    assert (ask(drawn.owner, file)["image"] is None) == purged


def test_of_several_with_one_lookup_each_is_looked_at_by_itself(each_studio: Studio) -> None:
    people = each_studio.actors
    first, second = (Drawn.by(each_studio, people.browser("designer")) for _ in range(2))
    with each_studio.context.database.read() as session:
        lookup = session.get_one(Image, first.id).lookup
    change(each_studio, second.id, lookup=lookup)
    assert ask(first.owner, first.file)["image"]["id"] == first.id
    assert ask(second.owner, first.file)["image"]["id"] == second.id
    change(each_studio, second.id, moderation=Moderation.HELD)
    assert told(ask(second.owner, first.file)) == ("made_here", True, None)


def test_an_image_whose_row_is_gone_was_made_here_and_is_not_known(
    each_studio: Studio, drawn: Drawn
) -> None:
    file = drawn.file
    change(each_studio, drawn.id, lookup=None)
    assert told(ask(each_studio.actors.anonymous(), file)) == ("made_here", False, None)


def test_somebody_shut_out_is_a_stranger(each_studio: Studio, drawn: Drawn) -> None:
    from backend.accounts.models import Standing

    with each_studio.context.database.write() as session:
        session.get_one(User, drawn.owner.user_id).standing = Standing.DEACTIVATED
    file = Drawn(each_studio, each_studio.actors.browser("admin"), drawn.id).file
    assert ask(drawn.owner, file)["image"] is None


@pytest.mark.parametrize("come_in", ["anonymous", "browser"])
def test_no_answer_names_anybody_or_any_words(
    each_studio: Studio, drawn: Drawn, come_in: str
) -> None:
    who: Callable[[], Client] = getattr(each_studio.actors, come_in)
    client, file = who(), drawn.file
    with each_studio.context.database.read() as session:
        row = session.get_one(Image, drawn.id)
        owner = session.get_one(User, row.owner_id)
        secrets = [
            drawn.id, row.generation_id, owner.id, owner.email, owner.name, str(row.lookup), f"{row.lookup:x}",
            "Ottilie", row.storage_key[3:], row.sha256, str(row.seed),
        ]  # fmt: skip
    answers = [
        client.post(path, files={"file": ("a", file)}).text for path in (f"{API}/verify", "/verify")
    ]
    assert [one for one in secrets for answer in answers if one and one in answer] == []
