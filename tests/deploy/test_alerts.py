"""The alert rules: promtool takes them, each can fire and be quiet, has a runbook, and asks for metrics that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.metrics_there import asked_in, exposed
from tests.deploy.needs import ROOT, program
from tests.fixtures.app import Studio

ALERTS = ROOT / "k8s" / "alerts"
RUNBOOKS = ROOT / "docs" / "operate" / "runbooks.md"
pytestmark = pytest.mark.deploy


@cache
def rules() -> dict[str, dict[str, Any]]:
    read = yaml.safe_load((ALERTS / "rules.yaml").read_text())
    found = [rule for group in read["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in found}) == len(found)
    return {rule["alert"]: rule for rule in found}


def promtool(*arguments: str) -> str:
    ended = subprocess.run(
        [program("promtool"), *arguments],
        cwd=ALERTS,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_promtool_takes_them() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", "rules.yaml")


def test_gke_is_given_the_same() -> None:
    found = yaml.safe_load((ROOT / "k8s/components/monitoring-gmp/rules.yaml").read_text())
    assert found["spec"] == yaml.safe_load((ALERTS / "rules.yaml").read_text()), (
        "run python k8s/alerts/build.py"
    )


def test_each_fires_and_is_quiet_as_it_should() -> None:
    promtool("test", "rules", "tests.yaml")
    cases = yaml.safe_load((ALERTS / "tests.yaml").read_text())["tests"]
    told = {
        (one["alertname"], bool(one["exp_alerts"]))
        for case in cases
        for one in case["alert_rule_test"]
    }
    assert told == {(name, fires) for name in rules() for fires in (True, False)}


def test_a_rule_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    broken = (ALERTS / "rules.yaml").read_text().replace("> 300", "> 30000")
    (tmp_path / "rules.yaml").write_text(broken)
    shutil.copy(ALERTS / "tests.yaml", tmp_path)
    promtool("check", "rules", str(tmp_path / "rules.yaml"))
    with pytest.raises(AssertionError, match="QueueIsLong"):
        promtool("test", "rules", str(tmp_path / "tests.yaml"))


@pytest.mark.parametrize("name", list(rules()))
def test_each_leads_to_its_section_of_the_runbooks(name: str) -> None:
    rule = rules()[name]
    assert rule["annotations"]["runbook"] == f"docs/operate/runbooks.md#{name.lower()}"
    _, found, section = RUNBOOKS.read_text().partition(f"\n## {name}\n")
    assert found
    assert section.lstrip().startswith(f"*{rule['labels']['severity']}.*")


def test_no_runbook_is_left_over() -> None:
    assert set(re.findall(r"^## (\w+)$", RUNBOOKS.read_text(), re.MULTILINE)) - {
        "Dashboards"
    } == set(rules())


def test_each_asks_for_metrics_that_there_are(studio: Studio) -> None:
    there = exposed(studio)
    for name, rule in rules().items():
        asked = asked_in(rule["expr"])
        assert asked, name
        assert asked <= there, (name, asked - there)
