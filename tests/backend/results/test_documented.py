"""The commands that docs/api.md shows of asking again do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.fixtures.app import Studio

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def commands() -> list[list[str]]:
    """Return the words of each command of the section."""
    section = PAGE.read_text().split("## Asked again\n")[1].split("\n## ")[0]
    [block] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith("curl")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_asking_again_as_documented(studio: Studio) -> None:
    dana = studio.actors.program("designer")
    told = []
    for words in commands():
        address = words[-1].removeprefix("$STUDIO")
        body = words[words.index("-d") + 1]
        answer = dana.post(address, content=body, headers={"content-type": "application/json"})
        assert answer.is_success, answer.text
        told.append(answer.json())
        if "urls" in told[-1]:
            dana.get(told[-1]["urls"]["events"]).raise_for_status()
    drawn, again, price, fresh = told
    assert [one["from_cache"] for one in told] == [False, True, True, False]
    assert (again["state"], again["credits"], price["credits"]) == ("succeeded", 0, 0)
    assert fresh["credits"] == drawn["credits"] > 0
