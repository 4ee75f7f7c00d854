"""Runs of recipes over HTTP: each step an ordinary generation over the one before, and every way a run can end."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, func, select, update

from backend.dispatch import stepping
from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.recipes.models import RecipeRun, RecipeRunStep
from backend.recipes.schemas import RunState
from backend.uploads.models import Upload
from backend.usage.models import UsageCharge
from tests.backend.generations.test_pictures import BLACK, GREEN, WHITE, bring
from tests.backend.recipes.conftest import (
    INPAINT,
    NOBODYS,
    RECIPES,
    RUNS,
    STYLE,
    UPSCALE,
    ask,
    begin,
    fields,
    followed,
    keep,
    ran,
    read,
)
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

MODERATION = "/api/v1/moderation/flags"


def states(run: Any) -> list[str]:
    return [step["state"] for step in run["steps"]]


def drawn(run: Any) -> list[Any]:
    return [step["generation"] for step in run["steps"]]


def count(studio: Studio, table: Any) -> int:
    with studio.context.database.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def decide(studio: Studio, image_id: str, decision: str) -> None:
    flag = studio.flag_of(image_id)["id"]
    body = {"decision": decision, "note": "looked at"}
    answer = studio.actors.program("admin").post(f"{MODERATION}/{flag}/review", json=body)
    assert answer.status_code == 200, answer.text


class TestChain:
    def test_a_later_step_finds_the_shape_of_the_image_before(
        self, studio: Studio, dana: Client
    ) -> None:
        by_shape = {"prompt": "a coat", "strength": 1, "control": [{"name": "scribble"}]}
        run = ran(studio, dana, keep(dana, STYLE, by_shape), over=[bring(dana)], prompt="a hat")
        first, second = drawn(run)
        assert run["state"] == "succeeded"
        [shape] = second["parameters"]["control"]
        assert (shape["image"], shape["prepare"]) == (first["images"][0]["id"], "edges")

    def test_a_shape_that_the_model_has_not_is_refused_by_its_step(self, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a coat", "control": [{"name": "scribbel"}]})
        answer = ask(dana, recipe, over=[bring(dana)])
        assert fields(answer) == {"steps.0.control.0.name"}
        assert answer.json()["fields"][0]["nearest"] == "scribble"

    def test_each_step_draws_over_the_one_before(self, studio: Studio, dana: Client) -> None:
        over, mask = bring(dana, GREEN), bring(dana, BLACK, WHITE)
        recipe = keep(dana, INPAINT, UPSCALE, STYLE)
        assert recipe["needs"] == {"image": True, "prompt": True, "mask": True}
        run = ran(studio, dana, recipe, over=[over], mask=mask, prompt="a red dress", seed=7)
        assert (run["state"], run["at"], run["error"]) == ("succeeded", 3, None)
        first, second, third = drawn(run)
        assert [one["parameters"]["init_image"] for one in (first, second, third)] == [
            over,
            first["images"][0]["id"],
            second["images"][0]["id"],
        ]
        assert [one["parameters"]["prompt"] for one in (first, second, third)] == [
            "a red dress",
            "fine cloth",
            "a watercolour of a red dress",
        ]
        assert [one["parent_id"] for one in (second, third)] == [
            first["images"][0]["id"],
            second["images"][0]["id"],
        ]
        assert first["parameters"]["mask"] == mask
        assert second["parameters"]["upscale"]["factor"] == 2
        assert {one["parameters"]["seed"] for one in (first, second, third)} == {7}
        assert count(studio, Generation) == count(studio, UsageCharge) == 3
        listed = dana.get("/api/v1/generations").json()["items"]
        assert [one["id"] for one in listed] == [third["id"], second["id"], first["id"]]

    def test_from_nothing_and_a_seed_of_its_own(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"over": "nothing"}, {**STYLE, "seed": "new"})
        run = ran(studio, dana, recipe, prompt="a red dress")
        first, second = drawn(run)
        assert first["parameters"]["seed"] == run["seed"] != second["parameters"]["seed"]
        assert (first["parameters"]["init_image"], run["over"]) == (None, None)

    def test_one_run_for_each_picture(self, studio: Studio, dana: Client) -> None:
        images = [studio.image(dana)["id"] for _ in range(2)]
        answer = ask(dana, keep(dana, STYLE), over=images, prompt="a dress")
        assert answer.status_code == 202
        runs = [followed(studio, dana, run) for run in answer.json()["items"]]
        assert [run["over"] for run in runs] == images
        assert {run["state"] for run in runs} == {"succeeded"}
        assert runs[0]["seed"] != runs[1]["seed"]
        listed = dana.get(RUNS, params={"limit": 1}).json()
        assert [run["id"] for run in listed["items"]] == [runs[1]["id"]]
        following = dana.get(RUNS, params={"cursor": listed["next_cursor"]}).json()
        assert [run["id"] for run in following["items"]] == [runs[0]["id"]]

    def test_steps_are_those_of_its_beginning(self, studio: Studio, dana: Client) -> None:
        over = bring(dana)
        recipe = keep(dana, STYLE, STYLE)
        with studio.inference.hold():
            run = begin(dana, recipe, over=[over], prompt="a dress")
            changed = dana.patch(f"{RECIPES}/{recipe['id']}", json={"steps": [UPSCALE]})
            assert changed.status_code == 200
            dana.delete(f"{RECIPES}/{recipe['id']}").raise_for_status()
        run = followed(studio, dana, run)
        assert (run["state"], len(run["steps"])) == ("succeeded", 2)
        assert drawn(run)[1]["parameters"]["prompt"] == "a watercolour of a dress"

    def test_the_same_key_is_the_same_runs(self, studio: Studio, dana: Client) -> None:
        recipe, over = keep(dana, STYLE), bring(dana)
        body: dict[str, Any] = {"over": [over], "prompt": "a dress"}
        first = ask(dana, recipe, key="k", **body)
        again = ask(dana, recipe, key="k", **body)
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["items"][0]["id"] == again.json()["items"][0]["id"]
        other = ask(dana, recipe, key="k", **{**body, "prompt": "a coat"})
        assert other.json()["code"] == "idempotency_key_reused"
        assert count(studio, RecipeRun) == 1


class TestPrice:
    def test_a_dry_run_prices_every_step_and_adds_nothing(
        self, studio: Studio, dana: Client
    ) -> None:
        over = [bring(dana), bring(dana)]
        recipe = keep(dana, STYLE, {**STYLE, "strength": 1})
        answer = ask(dana, recipe, dry=True, over=over, prompt="a dress")
        price = answer.json()
        assert (answer.status_code, price["runs"], price["steps"]) == (200, 2, 4)
        # 64 × 64 pixels, one step of four and four of four, twice.
        assert price["credits"] == 64 * 64 * (1 + 4) * 2 / 1e6
        assert count(studio, RecipeRun) == count(studio, Generation) == 0

    def test_a_run_is_charged_what_was_priced(self, studio: Studio, dana: Client) -> None:
        body: dict[str, Any] = {"over": [bring(dana)], "prompt": "a dress"}
        recipe = keep(dana, STYLE, {**STYLE, "strength": 1})
        told = ask(dana, recipe, dry=True, **body).json()["credits"]
        run = ran(studio, dana, recipe, **body)
        assert sum(one["credits"] for one in drawn(run)) == pytest.approx(told)


class TestHeld:
    def test_waits_for_a_reviewer_and_goes_on(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a dress with motif"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        assert (run["state"], run["at"], states(run)) == ("held", 1, ["held", "waiting"])
        assert stepping.take_on(studio.context) == 0
        decide(studio, drawn(run)[0]["images"][0]["id"], "release")
        stepping.take_on(studio.context)
        run = followed(studio, dana, run)
        assert (run["state"], states(run)) == ("succeeded", ["succeeded", "succeeded"])

    def test_ends_when_it_is_rejected(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a dress with motif"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        decide(studio, drawn(run)[0]["images"][0]["id"], "reject")
        stepping.take_on(studio.context)
        run = read(dana, run)
        assert (run["state"], run["error"]["step"], run["error"]["code"]) == (
            "failed",
            1,
            "rejected",
        )
        assert "looked at" in run["error"]["message"]
        assert count(studio, Generation) == 1

    def test_a_held_last_step_is_held_too(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a dress with motif"})
        run = ran(studio, dana, recipe, over=[bring(dana)])
        assert run["state"] == "held"


class TestEnds:
    def test_a_failed_step_says_which_and_why(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, STYLE, {"prompt": "broken"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        assert (run["state"], states(run)) == ("failed", ["succeeded", "failed", "waiting"])
        assert (run["error"]["step"], run["error"]["code"]) == (2, "broken")
        assert run["can_retry"]

    def test_a_spent_quota_ends_it_and_later_it_is_tried_again(
        self, studio: Studio, dana: Client
    ) -> None:
        whole = {"prompt": "a dress", "strength": 1, "num_inference_steps": 100}
        recipe = keep(dana, *[whole] * 3)
        run = ran(studio, dana, recipe, over=[bring(dana)])
        assert (run["state"], run["error"]["step"]) == ("failed", 3)
        assert run["error"]["code"] == "quota_exceeded"
        assert drawn(run)[2] is None
        refused = dana.post(f"{RUNS}/{run['id']}/retry")
        assert refused.status_code == 429
        give_credits(studio, dana, 10)
        again = dana.post(f"{RUNS}/{run['id']}/retry")
        assert again.status_code == 202, again.text
        run = followed(studio, dana, run)
        assert (run["state"], states(run)) == ("succeeded", ["succeeded"] * 3)
        assert drawn(run)[2]["parent_id"] == drawn(run)[1]["images"][0]["id"]

    def test_a_model_that_was_retired(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, STYLE, {**STYLE, "model": "scripted-small"})
        with studio.inference.hold():
            run = begin(dana, recipe, over=[bring(dana)], prompt="a dress")
            off = {"stage": "retired", "reason": "it is being measured"}
            answer = studio.actors.program("admin").patch("/api/v1/models/scripted-small", json=off)
            assert answer.status_code == 200, answer.text
        run = followed(studio, dana, run)
        assert (run["state"], run["error"]["step"]) == ("failed", 2)
        assert run["error"]["code"] == "model_retired"
        assert "it is being measured" in run["error"]["message"]

    def test_a_canceled_step_ends_it(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, STYLE, STYLE)
        with studio.inference.hold():
            run = begin(dana, recipe, over=[bring(dana)], prompt="a dress")
            path = f"/api/v1/generations/{drawn(run)[0]['id']}/cancel"
            dana.post(path).raise_for_status()
        run = followed(studio, dana, run)
        assert (run["state"], states(run)) == ("canceled", ["canceled", "waiting"])
        assert count(studio, Generation) == 1

    def test_canceling_a_run_cancels_its_step(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, STYLE, STYLE)
        with studio.inference.hold():
            run = begin(dana, recipe, over=[bring(dana)], prompt="a dress")
            canceled = dana.post(f"{RUNS}/{run['id']}/cancel")
            assert (canceled.status_code, canceled.json()["state"]) == (200, "canceled")
        generation = drawn(run)[0]["id"]
        dana.get(f"/api/v1/generations/{generation}/events").raise_for_status()
        assert dana.get(f"/api/v1/generations/{generation}").json()["state"] == "canceled"
        assert dana.post(f"{RUNS}/{run['id']}/cancel").status_code == 200
        assert stepping.take_on(studio.context) == 0
        again = dana.post(f"{RUNS}/{run['id']}/retry")
        assert again.status_code == 202
        run = followed(studio, dana, run)
        assert (run["state"], count(studio, Generation)) == ("succeeded", 3)
        assert dana.post(f"{RUNS}/{run['id']}/cancel").json()["code"] == "already_ended"
        assert dana.post(f"{RUNS}/{run['id']}/retry").status_code == 409

    def test_an_image_thrown_away_while_it_waits(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a dress with motif"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        with studio.context.database.write() as session:
            session.execute(update(Image).values(trashed_at=utc_now()))
        stepping.take_on(studio.context)
        run = read(dana, run)
        assert (run["state"], run["error"]["code"]) == ("failed", "picture_gone")

    def test_a_mask_that_was_deleted_meanwhile(self, studio: Studio, dana: Client) -> None:
        over, mask = bring(dana), bring(dana, BLACK, WHITE)
        recipe = keep(dana, STYLE, INPAINT)
        with studio.inference.hold():
            run = begin(dana, recipe, over=[over], mask=mask, prompt="a dress")
            with studio.context.database.write() as session:
                session.delete(
                    session.get_one(Upload, mask)
                )  # as an erasure does, which asks nobody
        run = followed(studio, dana, run)
        assert (run["state"], run["error"]["step"], run["error"]["code"]) == (
            "failed",
            2,
            "not_found",
        )

    def test_a_mask_that_a_later_step_needs_is_kept_until_then(
        self, studio: Studio, dana: Client
    ) -> None:
        over, mask = bring(dana), bring(dana, BLACK, WHITE)
        recipe = keep(dana, STYLE, INPAINT, title="Sleeves")
        with studio.inference.hold():
            run = begin(dana, recipe, over=[over], mask=mask, prompt="a dress")
            answer = dana.delete(f"/api/v1/uploads/{mask}")
            assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
            assert f"run {run['id']} of the recipe “Sleeves”" in answer.json()["detail"]
        assert followed(studio, dana, run)["state"] == "succeeded"
        assert dana.delete(f"/api/v1/uploads/{mask}").status_code == 204

    def test_a_mask_that_no_later_step_needs_goes_at_once(
        self, studio: Studio, dana: Client
    ) -> None:
        mask = bring(dana, BLACK, WHITE)
        recipe = keep(dana, {"masked": True, "prompt": "a dress with motif"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], mask=mask, prompt="a dress")
        assert run["state"] == "held"
        assert dana.delete(f"/api/v1/uploads/{mask}").status_code == 204

    def test_nobody_draws_for_whoever_was_shut_out(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a dress with motif"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        image = drawn(run)[0]["images"][0]["id"]
        admin = studio.actors.program("admin")
        out = admin.patch(f"/api/v1/people/{dana.user_id}", json={"standing": "deactivated"})
        assert out.status_code == 200, out.text
        decide(studio, image, "release")
        stepping.take_on(studio.context)
        with studio.context.database.read() as session:
            row = session.get_one(RecipeRun, run["id"])
            assert (row.state.value, row.error_code) == ("failed", "forbidden")
        assert count(studio, Generation) == 1


class TestOnce:
    def test_two_that_look_at_once_submit_one(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, {"prompt": "a dress with motif"}, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        decide(studio, drawn(run)[0]["images"][0]["id"], "release")
        for _ in range(3):
            stepping.take_on(studio.context)
        followed(studio, dana, run)
        assert count(studio, RecipeRunStep) == 2

    def test_what_was_settled_and_not_gone_on_with_is_taken_on(
        self, studio: Studio, dana: Client
    ) -> None:
        run = ran(studio, dana, keep(dana, STYLE, STYLE), over=[bring(dana)], prompt="a dress")
        first, second = drawn(run)
        with studio.context.database.write() as session:  # as a lease that ran out leaves it
            session.delete(session.get_one(RecipeRunStep, second["id"]))
            row = session.get_one(RecipeRun, run["id"])
            row.generation_id, row.place, row.state = first["id"], 0, RunState.RUNNING
            session.add(row)
        assert stepping.take_on(studio.context) == 1
        run = followed(studio, dana, run)
        assert (run["state"], count(studio, RecipeRunStep)) == ("succeeded", 2)


class TestRefused:
    def test_inputs_that_are_missing_or_needless(self, studio: Studio, dana: Client) -> None:
        over = bring(dana)
        whole = keep(dana, INPAINT)
        assert fields(ask(dana, whole)) == {"over", "prompt", "mask"}
        bare = keep(dana, {"over": "nothing", "prompt": "a dress"})
        given: dict[str, Any] = {"over": [over], "prompt": "x", "mask": over}
        assert fields(ask(dana, bare, **given)) == {"over", "prompt", "mask"}
        assert fields(ask(dana, whole, dry=True)) == {"over", "prompt", "mask"}
        assert count(studio, RecipeRun) == 0

    def test_pictures_that_are_nobodys_or_others(self, studio: Studio, dana: Client) -> None:
        other = studio.actors.browser()
        theirs, image = bring(other), studio.image(other)["id"]
        held = studio.image(dana, "a dress with motif")["id"]
        recipe = keep(dana, STYLE)
        for name in (theirs, image, held, NOBODYS):
            answer = ask(dana, recipe, over=[bring(dana), name], prompt="a dress")
            assert fields(answer, 404) == {"over.1"}
        masked = keep(dana, INPAINT)
        answer = ask(dana, masked, over=[bring(dana)], mask=theirs, prompt="a dress")
        assert fields(answer, 404) == {"mask"}
        assert count(studio, RecipeRun) == 0

    def test_more_than_fit_begin_none(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, STYLE)
        over = [bring(dana)] * 7
        assert ask(dana, recipe, over=over, prompt="a dress").status_code == 422
        assert fields(ask(dana, recipe, over=["x"] * 51, prompt="a dress")) == {"over"}
        assert count(studio, RecipeRun) == count(studio, Generation) == 0

    def test_words_that_nest_or_grow_too_long(self, dana: Client) -> None:
        recipe, over = keep(dana, STYLE), [bring(dana)]
        assert fields(ask(dana, recipe, over=over, prompt="a {prompt}")) == {"prompt"}
        assert fields(ask(dana, recipe, over=over, prompt="x" * 1999)) == {"prompt"}
        assert fields(ask(dana, recipe, over=over, prompt="{a|b|c|d|e|f} " * 40)) == {"prompt"}

    def test_a_step_that_its_model_cannot_draw(self, dana: Client) -> None:
        lora = {"name": "argyle"}
        recipe = keep(dana, STYLE, {**STYLE, "loras": [lora]})
        answer = ask(dana, recipe, over=[bring(dana)], prompt="a dress")
        assert fields(answer) == {"steps.1.loras"}
        unknown = keep(dana, {**STYLE, "model": "nothing-like-it"})
        answer = ask(dana, unknown, over=[bring(dana)], prompt="a dress")
        assert fields(answer) == {"steps.0.model"}

    def test_runs_of_others_are_not_there(self, studio: Studio, dana: Client) -> None:
        run = ran(studio, dana, keep(dana, STYLE), over=[bring(dana)], prompt="a dress")
        other = studio.actors.browser()
        path = f"{RUNS}/{run['id']}"
        assert other.get(path).status_code == 404
        assert other.post(f"{path}/cancel").status_code == 404
        assert other.post(f"{path}/retry").status_code == 404
        assert other.get(RUNS).json()["items"] == []
        answer = ask(other, {"id": run["recipe_id"]}, over=[bring(other)], prompt="a dress")
        assert answer.status_code == 404


class TestKept:
    def test_written_down(self, studio: Studio, dana: Client) -> None:
        recipe = keep(dana, STYLE)
        run = ran(studio, dana, recipe, over=[bring(dana)], prompt="a dress")
        verbs = [entry.verb for entry in studio.audited(f"run:{run['id']}")]
        assert verbs == ["run.start"]
        with studio.context.database.read() as session:
            rows = session.exec(select(RecipeRun).where(col(RecipeRun.id) == run["id"])).all()
        assert [row.plan.prompt for row in rows] == ["a dress"]


def give_credits(studio: Studio, person: Client, credits_: float) -> None:
    body = {"of": "person", "subject": person.user_id, "credits_per_day": credits_}
    answer = studio.actors.program("admin").put("/api/v1/quotas", json=body)
    assert answer.status_code == 200, answer.text
