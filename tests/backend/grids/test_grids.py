"""Grids over HTTP: what is drawn for each cell, what is refused and where, who sees them, and what is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import col, func, select

from backend.audit.models import AuditEntry
from backend.generations.models import Generation
from backend.grids.models import Grid, GridCell
from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.provenance.marker import marker_of
from backend.usage.models import UsageCharge
from tests.backend.generations.test_pictures import bring
from tests.backend.grids.conftest import (
    API,
    GUIDANCE,
    STEPS,
    ask,
    axis,
    body,
    drawn,
    problems,
    submit,
)
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

# For what is refused before any database is asked.
ANY_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TABLES = (Grid, GridCell, Generation, UsageCharge, AuditEntry)


def counts(studio: Studio) -> list[int]:
    with studio.context.database.read() as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in TABLES]


def told(grid: Any, name: str) -> list[Any]:
    return [cell["generation"]["parameters"][name] for cell in grid["cells"]]


class TestCells:
    def test_every_combination_is_an_ordinary_generation(
        self, studio: Studio, dana: Client
    ) -> None:
        grid = drawn(dana, body(STEPS, GUIDANCE))
        assert (grid["columns"], grid["rows"], grid["total"], grid["done"]) == (2, 3, 6, 6)
        assert [(cell["row"], cell["column"]) for cell in grid["cells"]] == [
            (row, column) for row in range(3) for column in range(2)
        ]
        assert told(grid, "num_inference_steps") == [2, 4] * 3
        assert told(grid, "guidance_scale") == [3, 3, 6, 6, 9, 9]
        assert [(cell["x"], cell["y"]) for cell in grid["cells"]] == list(
            zip(told(grid, "num_inference_steps"), told(grid, "guidance_scale"), strict=True)
        )
        assert {cell["state"] for cell in grid["cells"]} == {"succeeded"}
        assert all(len(cell["generation"]["images"]) == 1 for cell in grid["cells"])
        listed = dana.get("/api/v1/generations").json()["items"]
        assert {one["id"] for one in listed} == {cell["generation"]["id"] for cell in grid["cells"]}
        for cell in grid["cells"]:
            subject = f"generation:{cell['generation']['id']}"
            assert studio.audited(subject)[0].verb == "generation.submit"

    def test_a_random_seed_is_drawn_once_for_all(self, dana: Client) -> None:
        first, second = (submit(dana, body()) for _ in range(2))
        assert len(set(told(first, "seed"))) == 1
        assert first["parameters"]["seed"] == told(first, "seed")[0] >= 0
        assert told(first, "seed") != told(second, "seed")

    def test_a_random_seed_as_a_value_is_the_same_along_its_row(self, dana: Client) -> None:
        grid = submit(dana, body(STEPS, axis("seed", 7, -1)))
        seeds = told(grid, "seed")
        assert seeds == [7, 7, *[grid["y"]["values"][1]] * 2]
        assert seeds[2] >= 0

    @pytest.mark.parametrize(
        ("x", "expected"),
        [
            (
                axis("model", "scripted", "scripted-small"),
                {"model": ["scripted", "scripted-small"]},
            ),
            (axis("scheduler", "ddim", "euler_a"), {"scheduler": ["ddim", "euler_a"]}),
            (axis("negative_prompt", "", "blurred"), {"negative_prompt": ["", "blurred"]}),
            (axis("size", "64x128", "128 × 64"), {"width": [64, 128], "height": [128, 64]}),
            (axis("num_inference_steps", "3", 5), {"num_inference_steps": [3, 5]}),
            (
                axis("prompt", "red", "navy", "cream"),
                {
                    "prompt": [
                        "a red dress on a cream background",
                        "a navy dress on a cream background",
                        "a cream dress on a cream background",
                    ]
                },
            ),
        ],
        ids=lambda one: one.get("setting", ""),
    )
    @ANY_DATABASE
    def test_every_setting(self, dana: Client, x: Any, expected: dict[str, list[Any]]) -> None:
        grid = submit(dana, body(x))
        assert {name: told(grid, name) for name in expected} == expected
        assert len(grid["x"]["values"]) == len(grid["cells"])

    @ANY_DATABASE
    def test_two_axes_of_words(self, dana: Client) -> None:
        grid = submit(dana, body(axis("prompt", "red", "navy"), axis("prompt", "cream", "grey")))
        assert told(grid, "prompt")[-1] == "a navy dress on a grey background"

    @ANY_DATABASE
    def test_three_axes_of_words(self, dana: Client) -> None:
        x, y, z = (
            axis("prompt", *words) for words in (("red", "navy"), ("cream",), ("dress", "coat"))
        )
        grid = submit(dana, body(x, y, z))
        assert told(grid, "prompt")[-1] == "a navy coat on a cream background"

    def test_a_third_axis_is_a_sheet_for_each_value(self, studio: Studio, dana: Client) -> None:
        z = axis("scheduler", "ddim", "euler")
        studio.inference.asked.clear()
        grid = drawn(dana, body(STEPS, axis("guidance_scale", 3), z))
        assert (grid["columns"], grid["rows"], grid["sheets"], grid["total"]) == (2, 1, 2, 4)
        assert [(cell["sheet"], cell["row"], cell["column"]) for cell in grid["cells"]] == [
            (0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1),
        ]  # fmt: skip
        assert told(grid, "scheduler") == [cell["z"] for cell in grid["cells"]]
        assert told(grid, "scheduler") == ["ddim", "ddim", "euler", "euler"]
        assert told(grid, "num_inference_steps") == [2, 4, 2, 4]
        assert len(studio.inference.asked) == grid["done"] == 4

    def test_a_third_axis_without_a_second(self, dana: Client) -> None:
        grid = submit(dana, body(STEPS, z=axis("seed", 1, 2)))
        assert (grid["rows"], grid["sheets"], grid["y"]) == (1, 2, None)
        assert [(cell["y"], cell["z"]) for cell in grid["cells"]] == [(None, 1)] * 2 + [
            (None, 2)
        ] * 2

    def test_they_are_put_into_a_gallery(self, dana: Client) -> None:
        gallery = dana.post("/api/v1/galleries", json={"name": "Spring"}).json()["id"]
        grid = submit(dana, body(), gallery=gallery)
        for cell in grid["cells"]:
            dana.get(f"/api/v1/generations/{cell['generation']['id']}/events").raise_for_status()
        found = dana.get(f"/api/v1/galleries/{gallery}/images").json()["items"]
        assert len(found) == 2
        assert ask(dana, body(), gallery="none").status_code == 404


@ANY_DATABASE
class TestRefusals:
    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            (body(axis("num_inference_steps", 10, 0, 900)), {"x.values.1": 1, "x.values.2": 100}),
            (body(axis("guidance_scale", "much")), {"x.values.0": 1}),
            (body(y=axis("seed", 1, 2**32)), {"y.values.1": 2**32 - 1}),
            (body(axis("scheduler", "ddim", "eulr")), {"x.values.1": "euler"}),
            (body(axis("size", "512", "64x64")), {"x.values.0": None}),
            (body(axis("size", "64x64", "100x64")), {"x.values.1": "96x64"}),
            (body(axis("size", "64x64", "1024x1024")), {"x.values.1": None}),
            (body(axis("model", "scripted", "scriptd")), {"x.values.1": "scripted"}),
            (body(axis("prompt", "RED", "navy")), {"x.values.0": "red"}),
            (body(axis("prompt", "coat", "navy")), {"x.values.0": None}),
            (body(axis("prompt", " ")), {"x.values.0": None}),
            (body(axis("prompt", "red dress", "coat"), axis("prompt", "red", "navy")), {"y.values.0": None, "y.values.1": None}),
            (body(axis("num_inference_steps", 4, "4")), {"x.values.1": None}),
            (body(axis("size", "64x64", "64 x 64")), {"x.values.1": None}),
            (body(STEPS, STEPS), {"y.setting": None}),
            (body(axis("seed", *range(6)), axis("guidance_scale", 1, 2, 3, 4, 5)), {"y.values": 4}),
            (body(STEPS, GUIDANCE, STEPS), {"z.setting": None}),
            (body(z=axis("prompt", "coat", "navy")), {"z.values.0": None}),
            (body(axis("prompt", "red dress", "coat"), z=axis("prompt", "red", "navy")), {"z.values.0": None, "z.values.1": None}),
            (body(axis("seed", *range(5)), axis("guidance_scale", 1, 2, 3, 4, 5), axis("scheduler", "ddim", "euler", "pndm")), {"z.values": 2}),
            (body(axis("seed", 1, 2), z=axis("seed", 3)), {"z.setting": None}),
            (body(z=axis("model", "scripted", "scriptd")), {"z.values.1": "scripted"}),
            (body(num_images=4), {"base.num_images": 1}),
            (body(prompt=" "), {"base.prompt": "a red striped dress on a cream background"}),
            (body(width=1000, height=1000), {"base.width": 512, "base.height": 512}),
            (body(model="scriptd"), {"base.model": "scripted"}),
            (body(axis("steps", 3)), {"x.setting": "num_inference_steps"}),
            (body(axis("seed")), {"x.values": None}),
        ],
    )  # fmt: skip
    def test_names_the_value_and_a_good_one(
        self, dana: Client, asked: Any, expected: dict[str, Any]
    ) -> None:
        answer = ask(dana, asked, dry_run=True)
        assert problems(answer) == expected

    def test_a_model_that_cannot_draw_it_is_named_by_its_value(self, dana: Client) -> None:
        answer = ask(dana, body(axis("model", "scripted", "scripted-small"), width=128))
        assert problems(answer) == {"x.values.1": None}
        assert "4096 pixels" in answer.json()["detail"]

    def test_whoever_may_not_generate(self, studio: Studio) -> None:
        assert ask(studio.actors.browser("marketing"), body()).status_code == 403
        assert ask(studio.actors.anonymous(), body()).status_code == 401

    def test_nothing_is_begun_under_maintenance(self, studio: Studio, dana: Client) -> None:
        notice = {"kind": "maintenance", "text": "The GPUs move."}
        studio.actors.browser("admin").put("/api/v1/notice", json=notice)
        before = counts(studio)
        answer = ask(dana, body())
        assert (answer.status_code, answer.json()["code"]) == (503, "maintenance")
        assert counts(studio) == before
        assert ask(dana, body(), dry_run=True).status_code == 200


class TestAllOrNothing:
    def test_more_than_one_person_may_ever_have(self, studio: Studio, dana: Client) -> None:
        before = counts(studio)
        answer = ask(dana, body(axis("seed", *range(7))))
        assert problems(answer) == {"cells": 6}
        assert counts(studio) == before

    def test_more_than_one_person_may_have_now(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold():
            submit(dana, body())
            before = counts(studio)
            answer = ask(dana, body(axis("seed", 1, 2, 3, 4, 5)))
            assert answer.status_code == 429
            assert answer.json()["fields"][0]["nearest"] == 4
            assert int(answer.headers["retry-after"]) >= 1
            assert counts(studio) == before
            assert ask(dana, body(axis("seed", 1, 2, 3, 4))).status_code == 202

    def test_as_many_as_there_is_room_for_pass(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold():
            assert len(submit(dana, body(axis("seed", *range(6))))["cells"]) == 6

    def test_what_cannot_be_paid_together_leaves_nothing(
        self, studio: Studio, dana: Client
    ) -> None:
        one = ask(dana, body(axis("seed", 1), num_inference_steps=20, width=256), dry_run=True)
        fit = int(1 / one.json()["credits"])  # the day has one credit
        assert 0 < fit < 6
        before = counts(studio)
        many = body(axis("seed", *range(fit + 1)), num_inference_steps=20, width=256)
        answer = ask(dana, many)
        assert (answer.status_code, answer.json()["code"]) == (422, "quota_too_small")
        assert counts(studio) == before
        submit(dana, body(axis("seed", *range(fit)), num_inference_steps=20, width=256))

    def test_the_price_is_that_of_all_cells(self, studio: Studio, dana: Client) -> None:
        asked = body(axis("model", "scripted", "scripted-small"), GUIDANCE)
        before = counts(studio)
        price = ask(dana, asked, dry_run=True)
        assert price.status_code == 200
        assert counts(studio) == before
        told = price.json()
        assert (told["columns"], told["rows"], told["total"]) == (2, 3, 6)
        each = 64 * 64 * 4 / 1e6
        assert told["credits"] == pytest.approx(each * 3 + 2 * each * 3)
        grid = submit(dana, asked)
        charged = sum(cell["generation"]["credits"] for cell in grid["cells"])
        assert charged == pytest.approx(told["credits"])
        used = dana.get("/api/v1/me/usage").json()["today"]["used"]
        assert used == pytest.approx(told["credits"])


class TestDrawnBefore:
    def test_what_was_drawn_is_there_at_once_and_costs_nothing(
        self, studio: Studio, dana: Client
    ) -> None:
        first = drawn(dana, body(axis("seed", 1, 2)))
        studio.inference.asked.clear()
        more = body(axis("seed", 1, 2, 3))
        price = ask(dana, more, dry_run=True).json()
        assert (price["total"], price["known"], price["from_cache"]) == (3, 2, False)
        grid = submit(dana, more)
        cells = [cell["generation"] for cell in grid["cells"]]
        assert [cell["from_cache"] for cell in cells] == [True, True, False]
        assert [cell["state"] for cell in cells[:2]] == ["succeeded", "succeeded"]
        assert [cell["credits"] for cell in cells] == [0, 0, pytest.approx(price["credits"])]
        dana.get(f"/api/v1/generations/{cells[2]['id']}/events").raise_for_status()
        assert [one.parameters.seed for one in studio.inference.asked] == [3]
        before = {cell["generation"]["images"][0]["id"] for cell in first["cells"]}
        assert before.isdisjoint(image["id"] for cell in cells[:2] for image in cell["images"])

    def test_all_of_it_needs_no_credits_and_no_queue(self, studio: Studio, dana: Client) -> None:
        whole = body(axis("seed", 1, 2), num_inference_steps=20, width=128, height=128)
        drawn(dana, whole)
        left = dana.get("/api/v1/me/usage").json()["today"]["used"]
        with studio.inference.hold():  # nothing could be drawn now
            price = ask(dana, whole, dry_run=True).json()
            assert (price["credits"], price["known"], price["from_cache"]) == (0, 2, True)
            grid = submit(dana, whole)
            assert (grid["done"], grid["total"]) == (2, 2)
        assert dana.get("/api/v1/me/usage").json()["today"]["used"] == left

    def test_fresh_draws_all_of_it(self, dana: Client) -> None:
        drawn(dana, body(axis("seed", 1, 2)))
        price = ask(dana, body(axis("seed", 1, 2)), dry_run=True, fresh=True).json()
        assert price["known"] == 0 < price["credits"]
        grid = submit(dana, body(axis("seed", 1, 2)), fresh=True, key="k")
        assert not any(cell["generation"]["from_cache"] for cell in grid["cells"])
        other = ask(dana, body(axis("seed", 1, 2)), key="k")
        assert other.json()["code"] == "idempotency_key_reused"

    def test_one_whose_file_is_lost_is_drawn(self, studio: Studio, dana: Client) -> None:
        grid = drawn(dana, body(axis("seed", 1, 2)))
        with studio.context.database.read() as session:
            image = session.get_one(Image, grid["cells"][0]["generation"]["images"][0]["id"])
        studio.context.storage.delete(image.storage_key)
        again = submit(dana, body(axis("seed", 1, 2)))
        assert [cell["generation"]["from_cache"] for cell in again["cells"]] == [False, True]
        assert again["cells"][0]["generation"]["credits"] > 0

    def test_somebody_elses_do_not_answer(self, studio: Studio, dana: Client) -> None:
        drawn(dana, body(axis("seed", 1, 2)))
        price = ask(studio.actors.browser(), body(axis("seed", 1, 2)), dry_run=True).json()
        assert price["known"] == 0


class TestIdempotency:
    def test_the_same_key_is_the_same_grid(self, studio: Studio, dana: Client) -> None:
        first = ask(dana, body(), key="k1")
        before = counts(studio)[:4]
        again = ask(dana, body(), key="k1")
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["id"] == again.json()["id"]
        assert counts(studio)[:4] == before
        other = ask(dana, body(GUIDANCE), key="k1")
        assert other.json()["code"] == "idempotency_key_reused"

    def test_two_requests_at_once_are_one_grid(self, studio: Studio, dana: Client) -> None:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: ask(dana, body(), key="k2"), range(4)))
        assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202]
        assert counts(studio)[:3] == [1, 2, 2]


class TestLookingAndLeaving:
    def test_only_its_owner_sees_it(self, studio: Studio, dana: Client) -> None:
        grid = submit(dana, body())
        for other in (studio.actors.browser(), studio.actors.browser("admin")):
            assert other.get(f"{API}/{grid['id']}").status_code == 404
            assert other.post(f"{API}/{grid['id']}/cancel").status_code == 404
            assert other.get(f"{API}/{grid['id']}/sheet").status_code == 404
            assert other.get(API).json()["items"] == []

    def test_they_are_listed_newest_first_and_in_pages(self, dana: Client) -> None:
        ids = [submit(dana, body(axis("seed", number)))["id"] for number in range(3)]
        page = dana.get(API, params={"limit": 2}).json()
        assert [one["id"] for one in page["items"]] == ids[:0:-1]
        rest = dana.get(API, params={"limit": 2, "cursor": page["next_cursor"]}).json()
        assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == (ids[:1], None)
        assert page["items"][0]["x"] == {"setting": "seed", "values": [2]}

    def test_cancel_stops_what_has_not_ended_and_pays_it_back(
        self, studio: Studio, dana: Client
    ) -> None:
        with studio.inference.hold():
            grid = submit(dana, body(axis("seed", 1, 2, 3, 4)))
            studio.inference.wait_until_held()
            canceled = dana.post(f"{API}/{grid['id']}/cancel")
            assert canceled.status_code == 200
            assert {cell["state"] for cell in canceled.json()["cells"]} <= {"running", "canceled"}
        for cell in grid["cells"]:
            dana.get(f"/api/v1/generations/{cell['generation']['id']}/events").raise_for_status()
        after = dana.post(f"{API}/{grid['id']}/cancel").json()
        assert {cell["state"] for cell in after["cells"]} == {"canceled"}
        assert after["done"] == 4
        one = grid["cells"][0]["generation"]["credits"]
        assert dana.get("/api/v1/me/usage").json()["today"]["used"] < 2 * one + 1e-9

    def test_cells_say_what_became_of_their_images(self, studio: Studio, dana: Client) -> None:
        grid = drawn(dana, body(axis("prompt", "red", "motif", "broken", "navy")))
        first, held, failed, trashed = grid["cells"]
        assert [cell["state"] for cell in grid["cells"]] == [
            "succeeded", "succeeded", "failed", "succeeded",
        ]  # fmt: skip
        assert held["generation"]["images"][0]["moderation"] == "held"
        assert failed["generation"]["error"]["message"] == "the script breaks here"
        with studio.context.database.write() as session:
            image = session.get_one(Image, trashed["generation"]["images"][0]["id"])
            image.trashed_at = utc_now()
        grid = dana.get(f"{API}/{grid['id']}").json()
        assert [cell["state"] for cell in grid["cells"]][3] == "deleted"
        assert grid["cells"][0]["generation"]["id"] == first["generation"]["id"]

    def test_a_generation_that_goes_takes_its_cell_and_the_last_one_the_grid(
        self, studio: Studio, dana: Client
    ) -> None:
        grid = drawn(dana, body())
        ids = [cell["generation"]["id"] for cell in grid["cells"]]
        _remove(studio, ids[:1])
        left = dana.get(f"{API}/{grid['id']}").json()
        assert [cell["state"] for cell in left["cells"]] == ["deleted", "succeeded"]
        assert left["cells"][0]["generation"] is None
        assert (left["total"], left["done"]) == (2, 2)
        assert dana.get(f"{API}/{grid['id']}/sheet").status_code == 200
        _remove(studio, ids[1:])
        assert dana.get(f"{API}/{grid['id']}").status_code == 404
        assert counts(studio)[:2] == [0, 0]

    def test_prompts_that_are_forgotten_are_forgotten_here_too(
        self, studio: Studio, dana: Client
    ) -> None:
        asked = body(axis("prompt", "red", "navy"), axis("negative_prompt", "", "blurred"))
        grid = drawn(dana, asked)
        from backend.leaving import prompts

        with studio.context.database.write() as session:
            ids = list(session.exec(select(GridCell.generation_id)).all())
            prompts.forget(session, studio.context.storage, marker_of(studio.context.settings), ids)
        text = dana.get(f"{API}/{grid['id']}").text
        assert [word for word in ("navy", "cream", "blurred") if word in text] == []
        assert prompts.FORGOTTEN in text


def _remove(studio: Studio, ids: list[str]) -> None:
    from backend.leaving import files, removal

    with studio.context.database.write() as session:
        files.keep_rows_out(session)
        removal.remove_generations(session, studio.context.storage, ids)
        assert (
            session.exec(select(GridCell).where(col(GridCell.generation_id).in_(ids))).all() == []
        )


class TestDrawingOver:
    def test_strengths_of_one_picture(self, dana: Client) -> None:
        upload = bring(dana)
        base = {"prompt": "a dress", "init_image": upload, "num_inference_steps": 10}
        grid = drawn(dana, {"base": base, "x": axis("strength", 0.2, 0.5, 1)})
        assert told(grid, "strength") == [0.2, 0.5, 1]
        assert told(grid, "init_image") == [upload] * 3
        costs = [cell["generation"]["credits"] for cell in grid["cells"]]
        assert [cost / costs[2] for cost in costs] == pytest.approx([0.2, 0.5, 1])
        assert [cell["state"] for cell in grid["cells"]] == ["succeeded"] * 3
        assert dana.get(f"{API}/{grid['id']}/sheet").status_code == 200

    def test_variations_have_one_variation_seed(self, dana: Client) -> None:
        grid = drawn(dana, body(axis("variation_strength", 0, 0.1, 0.4)))
        assert told(grid, "variation_strength") == [0, 0.1, 0.4]
        assert len(set(told(grid, "variation_seed"))) == 1
        assert len(set(told(grid, "seed"))) == 1

    @ANY_DATABASE
    def test_a_strength_needs_a_picture(self, dana: Client) -> None:
        answer = ask(dana, body(GUIDANCE, axis("strength", 0.2, 0.5)))
        assert list(problems(answer)) == ["y.setting"]
        assert "init_image" in answer.json()["detail"]

    def test_somebody_elses_picture_is_not_there_and_nothing_of_the_grid_is(
        self, studio: Studio, dana: Client
    ) -> None:
        before = counts(studio)
        upload = bring(studio.actors.program("designer"))
        base = {"prompt": "a dress", "init_image": upload}
        answer = ask(dana, {"base": base, "x": axis("strength", 0.2, 0.5)})
        assert answer.status_code == 404
        assert answer.json()["fields"][0]["field"] == "base.init_image"
        assert counts(studio)[:4] == before[:4]
