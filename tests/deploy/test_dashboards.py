"""The dashboards: the JSON is what the YAML says, its queries are PromQL, and ask for metrics that there are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.metrics_there import asked_in, exposed
from tests.deploy.needs import ROOT, program
from tests.fixtures.app import Studio

DASHBOARDS = ROOT / "k8s" / "dashboards"
NAMES = ["drawing", "moderation", "studio"]

pytestmark = pytest.mark.deploy


def queries() -> list[tuple[str, str]]:
    """Return (dashboard: panel, query) of everything that Grafana would ask."""
    found = []
    for name in NAMES:
        for panel in json.loads((DASHBOARDS / f"{name}.json").read_text())["panels"]:
            found += [
                (f"{name}: {panel['title']}", one["expr"]) for one in panel.get("targets", [])
            ]
    return found


def test_the_json_is_made_of_the_yaml(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DASHBOARDS / "build.py", tmp_path], check=True, timeout=60)
    assert sorted(path.stem for path in tmp_path.iterdir()) == NAMES
    for made in tmp_path.iterdir():
        assert made.read_text() == (DASHBOARDS / made.name).read_text(), (
            f"{made.name} is old: run python k8s/dashboards/build.py"
        )


@pytest.mark.parametrize("name", NAMES)
def test_each_panel_is_drawn_with_its_words_and_its_place(name: str) -> None:
    panels = json.loads((DASHBOARDS / f"{name}.json").read_text())["panels"]
    places = [tuple(panel["gridPos"][side] for side in "xywh") for panel in panels]
    assert len(set(places)) == len(panels)
    for panel in panels:
        if panel["type"] == "row":
            continue
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        letters = [one["refId"] for one in panel["targets"]]
        assert letters == ["A", "B", "C"][: len(letters)]


def test_each_query_is_promql(tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": filled_in(query)}
        for number, (_, query) in enumerate(queries())
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    ended = subprocess.run(
        [program("promtool"), "check", "rules", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert f"{len(rules)} rules found" in ended.stdout


def filled_in(query: str) -> str:
    """Return a query as Grafana would send it."""
    return re.sub(r"\$(?:price|watts)", "1", query.replace("$__rate_interval", "5m"))


def test_each_query_asks_for_metrics_that_there_are(studio: Studio) -> None:
    there = exposed(studio)
    for place, query in queries():
        asked = asked_in(query)
        assert asked, place
        assert asked <= there, (place, asked - there)


def test_every_metric_of_ours_is_drawn_or_watched(studio: Studio) -> None:
    rules = yaml.safe_load((ROOT / "k8s/alerts/rules.yaml").read_text())["groups"]
    watched = {
        name for group in rules for rule in group["rules"] for name in asked_in(rule["expr"])
    }
    drawn = {name for _, query in queries() for name in asked_in(query)}
    ours = {_family(name) for name in exposed(studio) if name.startswith("atelier_")}
    assert ours - {_family(name) for name in watched | drawn} == LOOKED_AT_BY_HAND


LOOKED_AT_BY_HAND: set[str] = set()
"""What no panel shows and no rule asks for."""


def _family(name: str) -> str:
    return re.sub(r"_(?:bucket|sum|count)$", "", name)
