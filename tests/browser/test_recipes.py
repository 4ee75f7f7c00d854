"""Recipes in a real browser: saved from how an image came about, run on another, written, changed, and every bad end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import tell
from tests.browser.drawing_over import editor_of, picture
from tests.fixtures.actors import FROM_A_PAGE
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "<img src=x onerror=window.owned=1>"
STYLE = {"prompt": "a watercolour of {prompt}", "strength": 0.5}


def draw(page: Any, prompt: str = "a red dress", **parameters: Any) -> str:
    made = tell(page, "/generations", {"prompt": prompt, **parameters})
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    done = tell(page, f"/generations/{made['id']}", method="GET")
    return str(done["images"][0]["id"])


def upload(page: Any, **options: Any) -> str:
    file = {"name": "x.png", "mimeType": "image/png", "buffer": picture(**options)}
    answer = page.request.post("/api/v1/uploads", multipart={"file": file}, headers=FROM_A_PAGE)
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def keep(page: Any, *steps: Any, title: str = "Finish", **more: Any) -> Any:
    return tell(page, "/recipes", {"title": title, "steps": list(steps), **more})


def chain(page: Any) -> str:
    """Draw, redraw a part, make it larger, paint it over; return the last image."""
    image = draw(page, width=64, height=64)
    mask = upload(page, size=(64, 64), colour="#ffffff")
    image = draw(page, "a blue sleeve", init_image=image, mask=mask, strength=0.5)
    image = draw(page, "fine cloth", init_image=image, upscale={"factor": 2})
    return draw(page, "a watercolour", init_image=image, strength=0.4)


def dialog(page: Any, name: str) -> Any:
    return page.get_by_role("dialog", name=name)


def note(page: Any, text: str) -> Any:
    return page.locator(".toast", has_text=text)


def rows(page: Any) -> Any:
    return page.locator("at-recipes .run-row")


def test_is_saved_from_an_image_and_run_on_another(open_as: OpenAs) -> None:
    page = open_as("designer", "/library")
    image, other = chain(page), draw(page, "a green coat")
    page.goto(f"/library?image={image}")
    viewer = page.locator("dialog.viewer")
    viewer.get_by_role("button", name="Recipes").click()
    viewer.get_by_role("button", name="Save these steps…").click()
    form = dialog(page, "Save these steps")
    steps = form.locator(".steps > li")
    expect(steps).to_have_count(4)
    expect(form.get_by_role("checkbox", name="Keep step 1, Draw")).not_to_be_checked()
    for name in ("2, Redraw a part", "3, Upscale 2×", "4, Draw over"):
        expect(form.get_by_role("checkbox", name=f"Keep step {name}")).to_be_checked()
    form.get_by_label("Name").fill("Lookbook finish")
    form.get_by_role("textbox", name="Words of step 4, Draw over").fill("a watercolour of {prompt}")
    form.get_by_role("button", name="Save").click()
    expect(note(page, "Recipe saved")).to_be_visible()

    page.goto(f"/library?image={other}")
    viewer.get_by_role("button", name="Recipes").click()
    viewer.get_by_role("button", name="Run a recipe…").click()
    asked = dialog(page, "Run a recipe")
    expect(asked.locator(".chain li")).to_have_count(3)
    asked.get_by_label("Words").fill("a green coat")
    expect(asked.locator(".price")).to_have_text("The price is shown once everything is given.")
    asked.get_by_role("button", name="Paint the mask").click()
    editor = editor_of(page)
    box = editor.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    dialog(page, "Paint what is drawn anew").get_by_role("button", name="Done").click()
    expect(page.locator("at-mask")).to_have_count(0)
    expect(asked.locator(".price")).to_contain_text("3 images, one a step")
    asked.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Watch").click()
    expect(rows(page).first.locator(".tag")).to_have_text("Done")
    expect(rows(page).first.locator(".strip img")).to_have_count(3)
    [run] = tell(page, "/runs", method="GET")["items"]
    assert run["over"] == other
    drawn = [step["generation"] for step in run["steps"]]
    assert [one["op"] for one in drawn][::2] == ["inpaint", "img2img"]
    assert drawn[2]["parameters"]["prompt"] == "a watercolour of a green coat"
    assert [one["parent_id"] for one in drawn[1:]] == [one["images"][0]["id"] for one in drawn[:-1]]


def test_is_written_changed_and_deleted(open_as: OpenAs) -> None:
    page = open_as("designer", "/recipes")
    expect(page).to_have_title("Recipes · Atelier")
    title = f"Mine {HOSTILE}"
    page.locator("at-recipes header").get_by_role("button", name="New recipe").click()
    form = dialog(page, "New recipe")
    form.get_by_label("Name").fill(title)
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("A recipe has at least one step")).to_be_visible()
    for kind in ("Draw over", "Upscale 2×"):
        form.get_by_role("button", name="Add a step").click()
        form.get_by_role("button", name=kind, exact=True).click()
    expect(form.get_by_role("checkbox", name="Step 2: keep the shape")).to_have_count(0)
    form.get_by_role("checkbox", name="Step 1: keep the shape of the picture").check()
    form.get_by_role("button", name="Move step 2, Upscale 2×, up").click()
    expect(form.get_by_role("button", name="Move step 1, Upscale 2×, down")).to_be_focused()
    form.get_by_role("button", name="Save").click()
    card = page.locator("at-recipes .recipe").filter(has_text=title)
    expect(card.locator(".chain b")).to_have_text(["Upscale 2×", "Draw over"])
    [recipe] = tell(page, "/recipes", method="GET")["items"]
    assert [[one["name"] for one in step["control"]] for step in recipe["steps"]] == [
        [],
        ["scribble"],
    ]
    card.get_by_role("button", name="More about").click()
    card.get_by_role("button", name="Edit").click()
    form = dialog(page, "Edit recipe")
    form.get_by_role("button", name="Take step 1, Upscale 2×, out").click()
    form.get_by_role("slider", name="How much step 1").fill("30")
    form.get_by_role("button", name="Save").click()
    expect(card.locator(".chain b")).to_have_text(["Draw over"])
    card.get_by_role("button", name="More about").click()
    card.get_by_role("button", name="Delete").click()
    dialog(page, "Delete this recipe?").get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)
    assert not page.evaluate("() => window.owned")


def test_a_run_that_breaks_off_says_where_and_goes_on_from_there(open_as: OpenAs) -> None:
    page = open_as("designer", "/recipes")
    recipe = keep(page, STYLE, {"prompt": "broken", "strength": 0.5}, title="Breaks")
    body = {"over": [upload(page)], "prompt": "a dress"}
    tell(page, f"/recipes/{recipe['id']}/runs", body)
    page.goto("/recipes?show=runs")
    row = rows(page).filter(has_text="Breaks").first
    expect(row.locator(".tag")).to_have_text("Broke off")
    expect(row.locator(".why")).to_contain_text("Step 2, Draw over: the script breaks here")
    row.get_by_role("button", name="Try Breaks again from step 2").click()
    expect(note(page, "It goes on")).to_be_visible()
    expect(row.locator(".tag")).to_have_text("Broke off")
    [run] = [one for one in tell(page, "/runs", method="GET")["items"] if one["title"] == "Breaks"]
    assert len({step["generation"]["id"] for step in run["steps"]}) == 2


def test_a_run_is_watched_and_canceled(open_as: OpenAs, scripted: ScriptedInference) -> None:
    page = open_as("designer", "/recipes?show=runs")
    recipe = keep(page, STYLE, STYLE, title="Stopped")
    over = [upload(page)]
    with scripted.hold():
        tell(page, f"/recipes/{recipe['id']}/runs", {"over": over, "prompt": "a dress"})
        row = rows(page).filter(has_text="Stopped").first
        expect(row.locator(".tag")).to_have_text("Running")
        expect(row.get_by_role("img", name="Step 2, Draw over: waits for its turn")).to_be_visible()
        row.get_by_role("button", name="Cancel Stopped").click()
        expect(row.locator(".tag")).to_have_text("Canceled")
    expect(row.get_by_role("img", name="Step 1, Draw over: canceled")).to_be_visible()


def test_one_that_is_held_says_so(open_as: OpenAs) -> None:
    page = open_as("designer", "/recipes")
    recipe = keep(page, {"prompt": "a dress with motif"}, STYLE, title="Held")
    body = {"over": [upload(page)], "prompt": "a dress"}
    tell(page, f"/recipes/{recipe['id']}/runs", body)
    page.goto("/recipes?show=runs")
    row = rows(page).filter(has_text="Held").first
    expect(row.locator(".tag")).to_have_text("Waits for a reviewer")
    expect(row.locator("img")).to_have_count(0)


def test_several_images_of_the_library_are_run_at_once(open_as: OpenAs) -> None:
    page = open_as("designer", "/library")
    keep(page, STYLE, title="For many")
    for _ in range(2):
        draw(page, "a hat for many")
    page.goto("/library?q=many")
    cells = page.locator("at-library .cell")
    expect(cells).to_have_count(2)
    for place in range(2):
        cells.nth(place).locator(".check").click()
    page.get_by_role("button", name="Run a recipe…").click()
    asked = dialog(page, "Run a recipe")
    expect(asked.get_by_text("2 images, one run for each")).to_be_visible()
    asked.get_by_label("Recipe", exact=True).select_option(label="For many")
    asked.get_by_label("Words").fill("a hat")
    expect(asked.locator(".price")).to_contain_text("2 images in 2 runs")
    asked.get_by_role("button", name="Run", exact=True).click()
    expect(note(page, "2 runs begun")).to_be_visible()


def test_what_is_refused_stands_under_its_field(open_as: OpenAs) -> None:
    page = open_as("designer", "/recipes")
    keep(page, STYLE, title="Asks")
    page.goto("/recipes")
    page.get_by_role("button", name="Run Asks").first.click()
    asked = dialog(page, "Run a recipe")
    asked.get_by_role("button", name="Run", exact=True).click()
    expect(asked.locator("#prompt-problem")).to_contain_text("this recipe asks for words")
    expect(asked.locator("#over-problem")).to_contain_text("an image to run it on")


def test_nothing_yet_and_nothing_to_be_had(open_as: OpenAs) -> None:
    page = open_as("marketing", "/recipes?show=runs")
    page.get_by_role("heading", name="Nothing has run yet").wait_for()
    expect(page.get_by_role("button", name="New recipe")).to_have_count(0)
    page.route("**/api/v1/recipes?*", lambda route: route.abort())
    page.get_by_role("tab", name="Recipes").click()
    page.get_by_role("heading", name="The recipes could not be loaded").wait_for()
    page.unroute("**/api/v1/recipes?*")
    page.get_by_role("button", name="Load again").click()
    expect(page.locator("at-recipes .foot h2", has_text="could not")).to_have_count(0)
