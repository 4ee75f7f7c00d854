"""What the documentation shows of drawing over pictures works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from backend.generations.examples import SUBMITTED
from backend.images.ops import op_of
from inference.protocol import GenerationParameters
from tests.backend.generations.test_pictures import WHITE, bring
from tests.fixtures.app import Studio

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
OPS = {
    "img2img": "img2img",
    "inpaint": "inpaint",
    "outpaint": "outpaint",
    "upscale": "upscale",
    "resample": "upscale",
    "scribble": "control",
    "variation": "variation",
}
"""What each example makes, by what it is about."""
_CALL = re.compile(
    r"# ([a-z0-9 ]+): [^\n]*\ncurl .*?(\S*/api/v1/generations\S*) .*?-d '(.*?)'", re.DOTALL
)


def calls() -> dict[str, tuple[str, str]]:
    """Return address and body of each call that the page shows, by what it is about."""
    (section,) = re.findall(r"## Drawing over pictures\n(.*?)\n## ", PAGE.read_text(), re.DOTALL)
    found = {about.split()[-1]: (address, body) for about, address, body in _CALL.findall(section)}
    assert found.keys() == OPS.keys()
    return found


@pytest.mark.parametrize("about", OPS)
def test_the_page_draws_what_it_says(studio: Studio, about: str) -> None:
    dana = studio.actors.program("designer")
    ids = {
        "UPLOAD_ID": bring(dana),
        "MASK_ID": bring(dana, WHITE),
        "IMAGE_ID": studio.image(dana)["id"],
    }
    address, body = calls()[about]
    for name, value in ids.items():
        address, body = address.replace(name, value), body.replace(name, value)
    path = "/api/v1/" + address.strip('"').partition("/api/v1/")[2]
    answer = dana.post(path, json=json.loads(body))
    assert answer.status_code == 202, answer.text
    one = answer.json()
    dana.get(one["urls"]["events"]).raise_for_status()
    done: Any = dana.get(one["urls"]["self"]).json()
    assert (done["state"], done["op"]) == ("succeeded", OPS[about]), done["error"]
    if "IMAGE_ID" in calls()[about][0] + calls()[about][1]:
        assert done["parent_id"] == ids["IMAGE_ID"]


@pytest.mark.parametrize("name", SUBMITTED)
def test_each_example_of_the_reference_can_be_asked(name: str) -> None:
    op = op_of(GenerationParameters.model_validate(SUBMITTED[name]["value"]))
    assert op == OPS.get(name)
