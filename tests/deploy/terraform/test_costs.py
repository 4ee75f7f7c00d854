"""The estimate is computed from its prices, and the README shows what is computed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from types import ModuleType
from typing import Any

import pytest

from tests.deploy.terraform.running import SOURCES

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def costs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("costs", SOURCES / "costs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def given() -> dict[str, Any]:
    return tomllib.loads((SOURCES / "prices.toml").read_text())


def test_the_readme_shows_what_is_computed() -> None:
    told = subprocess.run(
        [sys.executable, str(SOURCES / "costs.py")], capture_output=True, text=True, check=True
    ).stdout
    assert told in (SOURCES / "README.md").read_text()
    assert "as believed on" in told
    assert "check them" in told


def test_hours_cost_what_they_cost(costs: ModuleType, given: dict[str, Any]) -> None:
    given["unit"] |= {"g2_standard_8_hour": 1.0, "g2_standard_8_spot_hour": 0.25}
    given["unit"]["balanced_disk_gb_month"] = 0.0
    assert costs.gpus(given, 3, 0, always=True) == pytest.approx(3 * 730)
    assert costs.gpus(given, 1, 2, always=True) == pytest.approx(730 + 2 * 730 * 0.25)
    assert costs.gpus(given, 1, 2, always=False) == pytest.approx(730 + 2 * 220 * 0.25)
    assert costs.gpus(given, 0, 3, always=False) == pytest.approx(3 * 220 * 0.25)


def test_every_price_and_amount_counts(costs: ModuleType, given: dict[str, Any]) -> None:
    """A number that changes nothing would be a number that somebody believes in for nothing."""
    before = costs.tables(given)
    unused = []
    for part in ("unit", "amount"):
        for name, value in given[part].items():
            changed = given | {part: given[part] | {name: value * 100}}
            if costs.tables(changed) == before:
                unused.append(name)
    assert unused == []


def test_the_example_budget_covers_three_on_demand(
    costs: ModuleType, given: dict[str, Any]
) -> None:
    example = (SOURCES / "environments/gke/terraform.tfvars.example").read_text()
    budget = float(example.partition("monthly_budget  = ")[2].split()[0])
    most = costs.gpus(given, 3, 0, always=True) + sum(costs.fixed(given).values())
    assert most <= budget
