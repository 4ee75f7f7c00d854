"""Words for things that the backend names: a new kind, state or code comes with a sentence in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.accounts.invites.schemas import InviteState
from backend.kit.queue import State
from backend.usage.models import QuotaOf
from backend.webhooks.schemas import TEST, Kind
from inference.protocol import Priority, PromptNote
from webui import static_files
from webui.i18n import LANGUAGES, dictionaries

DEAD_LETTERS = Path(__file__).parents[2] / "docs" / "operate" / "dead-letters.md"
ALIVE = [state for state in State if not state.ended]


def dead_codes() -> set[str]:
    """Return every code that the page of dead letters explains."""
    explained, _ = DEAD_LETTERS.read_text().split("## What makes no dead letter")
    return set(re.findall(r"^\| `(\w+)` \|", explained, re.MULTILINE))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("prefix", "named"),
    [
        ("dead.advice", dead_codes() | {"other"}),
        ("invites.state", set(InviteState)),
        ("prompt.note", set(PromptNote)),
        ("queue.priority", set(Priority)),
        ("queue.state", {*ALIVE, "paused", "stopping"}),
        ("quotas.row", set(QuotaOf)),
        ("webhooks.delivery", set(State)),
        ("webhooks.kind", {*Kind, TEST}),
    ],
)
def test_everything_that_is_named_has_words(prefix: str, named: set[str], language: str) -> None:
    keys = dictionaries()[language].keys()
    said = {key.removeprefix(f"{prefix}.") for key in keys if key.startswith(f"{prefix}.")}
    assert said == named


def test_there_are_codes_to_explain() -> None:
    assert {"broken", "interrupted", "storage_full"} <= dead_codes()
    assert len(dead_codes()) > 10


def test_the_form_of_a_webhook_offers_every_kind() -> None:
    form = (static_files.FOLDER / "account" / "form.js").read_text()
    (written,) = re.findall(r"KINDS = \[(.+)\]", form)
    assert re.findall(r'"([a-z.]+)"', written) == list(Kind)
