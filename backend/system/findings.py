"""How a check says what it saw: the three states, and a finding of the doctor's as one of them."""

from __future__ import annotations

from typing import Final

from backend.finding import Finding, Level
from backend.system.schemas import Check, CheckState

_STATES: Final = {
    Level.OK: CheckState.OK,
    Level.WARNING: CheckState.WARN,
    Level.PROBLEM: CheckState.BAD,
}


def ok(name: str, says: str) -> Check:
    """Return that all is well."""
    return Check(name=name, state=CheckState.OK, says=says)


def warn(name: str, says: str, do_next: str) -> Check:
    """Return that somebody should look soon."""
    return Check(name=name, state=CheckState.WARN, says=says, do_next=do_next)


def bad(name: str, says: str, do_next: str) -> Check:
    """Return that somebody should look now."""
    return Check(name=name, state=CheckState.BAD, says=says, do_next=do_next)


def of_doctor(name: str, finding: Finding) -> Check:
    """Return what the doctor found."""
    return Check(
        name=name,
        state=_STATES[finding.level],
        says=_sentence(finding.seen),
        do_next=finding.advice,
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."
