"""The contact sheet: what is released is on it, what is not never is, and nobody keeps one that may change."""

from __future__ import annotations

import threading
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlalchemy import update

from backend.grids.models import Grid
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from tests.backend.grids.conftest import API, STEPS, axis, body, drawn, submit
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = SQLITE


def sheet(person: Client, grid: Any, **query: Any) -> tuple[Any, Pillow.Image]:
    answer = person.get(f"{API}/{grid['id']}/sheet", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    picture = Pillow.open(BytesIO(answer.content))
    picture.load()
    return answer, picture


def colour_of(seed: int) -> tuple[int, int, int]:
    """Return the colour that the scripted inference paints a picture of `seed` in."""
    red, green, blue = sha256(str(seed).encode()).digest()[:3]
    return red, green, blue


def share_of(picture: Pillow.Image, seed: int) -> float:
    """Return how much of the sheet is in the colour of `seed`, as nearly as a lossy preview has it."""
    wanted = colour_of(seed)
    pixels = picture.convert("RGB").getcolors(picture.width * picture.height) or []
    near = sum(
        n for n, rgb in pixels if max(abs(a - b) for a, b in zip(rgb, wanted, strict=True)) < 12
    )
    return near / (picture.width * picture.height)


def test_every_image_is_on_it(dana: Client) -> None:
    grid = drawn(dana, body(axis("seed", 1, 2, 3), STEPS))
    answer, full = sheet(dana, grid)
    _, small = sheet(dana, grid, variant="thumb")
    for seed in (1, 2, 3):
        assert share_of(full, seed) > 0.1
        assert share_of(small, seed) > 0.1
    assert b"trainedAlgorithmicMedia" in answer.content
    assert f"atelier-grid-{grid['id']}.png" in answer.headers["content-disposition"]


def test_each_value_of_a_third_axis_has_a_sheet_of_its_own(dana: Client) -> None:
    grid = drawn(dana, body(STEPS, z=axis("seed", 1, 2)))
    first, picture = sheet(dana, grid)
    second, other = sheet(dana, grid, z=1)
    assert (share_of(picture, 1) > 0.1, share_of(picture, 2)) == (True, 0)
    assert (share_of(other, 2) > 0.1, share_of(other, 1)) == (True, 0)
    assert first.headers["etag"] != second.headers["etag"]
    assert f"atelier-grid-{grid['id']}-2.png" in second.headers["content-disposition"]
    answer = dana.get(f"{API}/{grid['id']}/sheet", params={"z": 2})
    assert answer.status_code == 404
    assert "2 sheets" in answer.json()["detail"]


@pytest.mark.parametrize("state", [Moderation.HELD, Moderation.REJECTED, Moderation.PENDING])
def test_what_is_not_released_is_never_on_it(
    studio: Studio, dana: Client, state: Moderation
) -> None:
    grid = drawn(dana, body(axis("seed", 1, 2)))
    _change(studio, grid["cells"][0], moderation=state)
    answer, picture = sheet(dana, grid)
    assert share_of(picture, 1) == 0
    assert share_of(picture, 2) > 0.1
    _change(studio, grid["cells"][0], moderation=Moderation.RELEASED)
    again, picture = sheet(dana, grid)
    assert share_of(picture, 1) > 0.1
    assert again.headers["etag"] != answer.headers["etag"]


def test_what_the_checker_holds_is_not_on_it(dana: Client) -> None:
    asked = body(axis("prompt", "red", "motif"), axis("seed", 1, 2))
    grid = drawn(dana, asked)
    held = {
        cell["generation"]["images"][0]["moderation"] for cell in grid["cells"] if cell["column"]
    }
    assert held == {"held"}
    _, picture = sheet(dana, grid)
    _, whole = sheet(dana, drawn(dana, body(axis("prompt", "red", "navy"), axis("seed", 1, 2))))
    assert share_of(picture, 1) == pytest.approx(share_of(whole, 1) / 2, rel=0.1)


def test_what_was_thrown_away_is_not_on_it(studio: Studio, dana: Client) -> None:
    grid = drawn(dana, body(axis("seed", 1, 2)))
    _change(studio, grid["cells"][0], trashed_at=utc_now())
    _, picture = sheet(dana, grid)
    assert share_of(picture, 1) == 0
    assert share_of(picture, 2) > 0.1


def test_a_finished_one_is_asked_for_again_by_its_tag(dana: Client) -> None:
    grid = drawn(dana, body())
    answer, _ = sheet(dana, grid)
    assert answer.headers["cache-control"] == "private, no-cache"
    headers = {"If-None-Match": answer.headers["etag"]}
    assert dana.get(f"{API}/{grid['id']}/sheet", headers=headers).status_code == 304
    other = dana.get(f"{API}/{grid['id']}/sheet?variant=thumb", headers=headers)
    assert other.status_code == 200


def test_an_unfinished_one_is_not_kept(studio: Studio, dana: Client) -> None:
    with studio.inference.hold():
        grid = submit(dana, body(STEPS))
        studio.inference.wait_until_held()
        answer, _ = sheet(dana, grid)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers


def test_a_lost_file_is_a_tile_and_no_error(studio: Studio, dana: Client) -> None:
    grid = drawn(dana, body(axis("seed", 1, 2)))
    with studio.context.database.read() as session:
        image = session.get_one(Image, grid["cells"][0]["generation"]["images"][0]["id"])
    studio.context.storage.delete(image.preview_key)
    _, picture = sheet(dana, grid)
    assert share_of(picture, 1) == 0


def test_the_largest_is_bounded(dana: Client) -> None:
    grid = drawn(dana, body(axis("seed", *range(3)), width=512, height=512, num_inference_steps=1))
    _, picture = sheet(dana, grid)
    assert picture.width < 3 * 560
    assert picture.height < 900


def _change(studio: Studio, cell: Any, **values: Any) -> None:
    with studio.context.database.write() as session:
        image = session.get_one(Image, cell["generation"]["images"][0]["id"])
        image.sqlmodel_update(values)


def test_what_is_taken_down_while_one_waits_for_it_is_not_on_it(
    studio: Studio, dana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those who wait for their turn, nobody is handed what was taken down before it came, or while theirs was drawn."""
    grid = drawn(dana, body(axis("seed", 1, 2)))
    storage, get = studio.context.storage, studio.context.storage.get
    image = grid["cells"][0]["generation"]["images"][0]["id"]
    answers: list[tuple[Any, Pillow.Image]] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(key: str) -> bytes:
        begun.set()
        assert go_on.wait(20)
        return get(key)

    monkeypatch.setattr(
        storage, "get", slow
    )  # a slow disk: one sheet is half drawn, the other waits
    asking = [threading.Thread(target=lambda: answers.append(sheet(dana, grid))) for _ in range(2)]
    for one in asking:
        one.start()
    assert begun.wait(20)
    ada = studio.actors.program("admin")
    why = {"category": "restricted", "reason": "A drill."}
    ada.post(f"/api/v1/images/{image}/takedown", json=why).raise_for_status()
    go_on.set()
    for one in asking:
        one.join(20)
    shares = [(share_of(picture, 1), share_of(picture, 2) > 0.1) for _, picture in answers]
    assert shares == [(0, True), (0, True)]
    assert {answer.headers["etag"] for answer, _ in answers} == {
        sheet(dana, grid)[0].headers["etag"]
    }


def test_one_whose_grid_is_gone_when_it_is_drawn_is_not_found(
    studio: Studio, dana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = drawn(dana, body(axis("seed", 1, 2)))
    get, other = studio.context.storage.get, add_user(studio.context.database, "designer")

    def given_away(key: str) -> bytes:
        with studio.context.database.write() as session:
            session.execute(update(Grid).values(owner_id=other.id))
        return get(key)

    monkeypatch.setattr(studio.context.storage, "get", given_away)
    answer = dana.get(f"{API}/{grid['id']}/sheet")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
