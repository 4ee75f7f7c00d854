"""Pages through a list that grows while it is read: by the last id seen, never by counting rows.

Ids are sortable by birth (`kit.ids`), so a cursor is an id, wrapped to say that nobody should build one.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Query
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from backend.kit.errors import FieldProblem, Unprocessable

LARGEST_PAGE = 100
USUAL_PAGE = 24

LimitQuery = Annotated[
    int, Query(ge=1, le=LARGEST_PAGE, description=f"How many at most, 1 to {LARGEST_PAGE}.")
]
CursorQuery = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before.")
]


class HasId(Protocol):
    """A row with a sortable id."""

    id: str


R = TypeVar("R", bound=HasId)
T = TypeVar("T")


def fetch_page(
    session: Session,
    rows: SelectOfScalar[R],
    id_column: Any,  # noqa: ANN401
    *,
    cursor: str | None,
    limit: int = USUAL_PAGE,
) -> tuple[list[R], str | None]:
    """Return up to `limit` of `rows`, newest first, after `cursor`, and the next page's cursor.

    Raises:
        Unprocessable: The cursor is not one of ours.
    """
    if cursor is not None:
        rows = rows.where(col(id_column) < decode_cursor(cursor))
    found = list(session.exec(rows.order_by(col(id_column).desc()).limit(limit + 1)))
    return cut(found, limit, lambda row: row.id)


def cut(found: list[T], limit: int, last_of: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Return the first `limit` of `found`, which is one longer if there are more, and the cursor behind them.

    `last_of` names what the next page continues after.
    """
    more = len(found) > limit
    return found[:limit], encode_cursor(last_of(found[limit - 1])) if more else None


def encode_cursor(last_id: str) -> str:
    """Return the opaque cursor that continues after `last_id`."""
    return urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the id inside `cursor`.

    Raises:
        Unprocessable: It is not one of ours.
    """
    try:
        last_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        last_id = ""
    if not last_id.isalnum():
        raise not_ours()
    return last_id


def not_ours() -> Unprocessable:
    """Return the refusal of a cursor that somebody made up."""
    return Unprocessable(
        "That cursor is not one this API gave out.",
        fields=[FieldProblem(field="cursor", message="use next_cursor of the page before")],
    )
