"""The limits that restored settings are brought within, read from `GenerationParameters`, and how a difference is told."""

from __future__ import annotations

from typing import Any, Final

from backend.restorations.schemas import Change, Reason
from inference.protocol import GenerationParameters

LONGEST_TOLD: Final = 200
FIELDS: Final[dict[str, dict[str, Any]]] = GenerationParameters.model_json_schema()["properties"]


def within(field: str, value: float | None) -> tuple[float | None, Change | None]:
    """Return the nearest number that `field` takes, and that it is another one, if it is."""
    if value is None:
        return None, None
    low, high = FIELDS[field]["minimum"], FIELDS[field]["maximum"]
    nearest = max(low, min(value, high))
    if nearest == value:
        return value, None
    note = (
        f"It goes from {low} to {high} here; the form takes {nearest}, which draws another picture."
    )
    return nearest, change(field, f"{value:g}", f"{nearest:g}", Reason.NEAREST, note)


def seed_within(field: str, value: int | None) -> tuple[int | None, Change | None]:
    """Return a seed; of one too large the remainder, so that two of them still are two."""
    if (
        value is None or value < 0
    ):  # tools write -1 for one that was drawn at random and is not known
        return None, None
    most = int(FIELDS[field]["maximum"])
    if value <= most:
        return value, None
    used = value % (most + 1)
    note = f"Seeds go to {most} here; the form takes {used}, which draws another picture."
    return used, change(field, str(value), str(used), Reason.NEAREST, note)


def change(field: str, found: str, used: str | None, reason: Reason, note: str) -> Change:
    """Return what is told of a setting that is not restored as it was found."""
    told = None if used is None else short(used)
    return Change(field=field, found=short(found), used=told, reason=reason, note=note)


def short(text: str) -> str:
    """Return `text`, or its beginning."""
    return text if len(text) <= LONGEST_TOLD else text[: LONGEST_TOLD - 1] + "…"
