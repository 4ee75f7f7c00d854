"""Keeps apart what may kill its process, so that it takes nobody with it.

Whatever ran beside a generation that kills its process has lost that attempt too, and nobody can tell which one
it was. So whoever is on the last attempt, after others that broke off, is a *suspect*: it is drawn while its
dispatcher does nothing else, and before that it is not held, so that it cannot lose what it never began.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.generations.models import Generation


def is_suspect(row: Generation) -> bool:
    """Return whether the claimed `row` is on its last attempt, and not on its first."""
    return 1 < row.max_attempts <= row.attempt


def divide(rows: Sequence[Generation], *, empty: bool) -> tuple[list[Generation], list[Generation]]:
    """Return which of the claimed `rows`, in order, may begin, and which are to be given back.

    `empty` says that nothing runs here. A suspect begins when that is so and it is the first in line, and
    then nothing else does.
    """
    if rows and empty and is_suspect(rows[0]):
        return [rows[0]], list(rows[1:])
    suspects = [row for row in rows if is_suspect(row)]
    return [row for row in rows if row not in suspects], suspects
