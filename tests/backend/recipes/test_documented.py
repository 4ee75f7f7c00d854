"""What docs/api.md shows of recipes works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend.recipes.schemas import EXAMPLES
from tests.backend.generations.test_pictures import WHITE, bring
from tests.backend.recipes.conftest import RECIPES, RUNS, followed
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
_CALL = re.compile(r"curl .*?(\S*/api/v1/\S*?)\"? .*?-d '(.*?)'", re.DOTALL)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_page_keeps_prices_and_runs(studio: Studio, dana: Client) -> None:
    (section,) = re.findall(r"## Recipes\n(.*?)\n## ", PAGE.read_text(), re.DOTALL)
    (_, kept), (address, priced), (_, ran) = _CALL.findall(section)
    recipe = dana.post(RECIPES, json=json.loads(kept)).json()
    assert recipe["needs"] == {"image": True, "prompt": True, "mask": True}
    ids = {"IMAGE_ID": studio.image(dana)["id"], "MASK_ID": bring(dana, WHITE)}
    for name, value in ids.items():
        priced, ran = priced.replace(name, value), ran.replace(name, value)
    assert address.endswith("?dry_run=true")
    path = f"{RECIPES}/{recipe['id']}/runs"
    price = dana.post(f"{path}?dry_run=true", json=json.loads(priced)).json()
    assert (price["runs"], price["steps"]) == (1, 3)
    [run] = dana.post(path, json=json.loads(ran)).json()["items"]
    assert followed(studio, dana, run)["state"] == "succeeded"
    assert dana.get(f"{RUNS}/{run['id']}").json()["at"] == 3


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_of_the_reference_can_be_kept(dana: Client, name: str) -> None:
    assert dana.post(RECIPES, json=EXAMPLES[name]["value"]).status_code == 201
