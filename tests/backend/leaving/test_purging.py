"""Purging: two people have the files of a rejected image removed; row, hash and decision stay; a legal hold wins."""

from __future__ import annotations

from typing import Any

import pytest

from backend.images.models import Image
from backend.images.schemas import Variant
from tests.backend.moderation.test_appeals import appeal, standing
from tests.backend.moderation.test_router import decide, held
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

FLAGS = "/api/v1/moderation/flags"


@pytest.fixture
def studio(shared_studio: Studio) -> Studio:
    return shared_studio


def purge(person: Client, flag_id: str) -> Any:
    return person.post(f"{FLAGS}/{flag_id}/purge", json={"note": "by law"})


def rejected(studio: Studio, dana: Client, ada: Client) -> tuple[Any, str]:
    image = held(studio, dana)
    flag = str(studio.flag_of(image["id"])["id"])
    decide(ada, flag, decision="reject").raise_for_status()
    return image, flag


def row_of(studio: Studio, image: Any) -> Image:
    with studio.context.database.read() as session:
        return session.get_one(Image, image["id"])


def test_two_people_remove_the_files_and_the_rest_stays(studio: Studio) -> None:
    dana = studio.actors.browser()
    ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
    image, flag = rejected(studio, dana, ada)
    before, storage = row_of(studio, image), studio.context.storage
    keys = (before.storage_key, before.preview_key, before.thumb_key)
    asked = purge(ada, flag).json()
    assert (asked["purged"], asked["awaited"]["deed"]) == (False, "purge")
    assert storage.exists(before.storage_key)
    assert purge(ben, flag).json()["purged"] is True
    assert not any(storage.exists(key) for key in keys[:1])
    after = row_of(studio, image)
    assert (after.sha256, after.storage_key) == (before.sha256, "")
    case = ben.get(f"{FLAGS}/{flag}").json()
    assert [one["deed"] for one in case["decisions"]] == ["purge", "reject"]
    for variant in Variant:
        url = f"/api/v1/images/{image['id']}/content?variant={variant}"
        assert ben.get(url).status_code == 404
    assert ben.get(f"{FLAGS}/{flag}/blurred").status_code == 404
    entry = studio.audited(f"image:{image['id']}")[-1]
    assert (entry.verb, entry.actor_id) == ("image.purge", ben.user_id)


def test_one_person_alone_does_not(studio: Studio) -> None:
    ada = studio.actors.browser("admin")
    image, flag = rejected(studio, studio.actors.browser(), ada)
    purge(ada, flag)
    assert purge(ada, flag).status_code == 403
    assert studio.context.storage.exists(row_of(studio, image).storage_key)


def test_what_nobody_rejected_is_not_purged(studio: Studio) -> None:
    image = held(studio, studio.actors.browser())
    flag = studio.flag_of(image["id"])["id"]
    assert purge(studio.actors.browser("admin"), flag).status_code == 409


def test_nobody_purges_their_own(studio: Studio) -> None:
    ben, ada = studio.actors.browser("admin"), studio.actors.browser("admin")
    _, flag = rejected(studio, ben, ada)
    assert purge(ben, flag).status_code == 403


def test_a_legal_hold_wins(studio: Studio) -> None:
    ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
    image, flag = rejected(studio, studio.actors.browser(), ada)
    purge(ada, flag)
    hold = {"subject": f"image:{image['id']}", "reason": "a case"}
    ada.post("/api/v1/legal-holds", json=hold).raise_for_status()
    refused = purge(ben, flag)
    assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
    assert studio.context.storage.exists(row_of(studio, image).storage_key)


def test_not_while_its_author_waits_for_an_answer_and_no_appeal_after(studio: Studio) -> None:
    dana = studio.actors.browser()
    ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
    image, flag = rejected(studio, dana, ada)
    appeal(dana, image["id"]).raise_for_status()
    assert purge(ben, flag).status_code == 409
    other, flag = rejected(studio, dana, ada)
    purge(ada, flag)
    purge(ben, flag)
    assert standing(dana, other["id"])["purged"] is True
    assert appeal(dana, other["id"]).status_code == 409
    assert ada.post(f"{FLAGS}/{flag}/undo").status_code == 409
