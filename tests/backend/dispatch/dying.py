"""A dispatcher that dies in the middle of going on with a recipe: `python -m … DATABASE_URL FOLDER MOMENT`.

MOMENT `before`: a step has succeeded and the next is submitted, and neither is committed. `after`: both are, and nobody was told.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from sqlalchemy import event
from sqlmodel import Session

from backend.recipes.models import RecipeRunStep
from tests.backend.dispatch import dispatching

_GOES_ON = "goes_on"


def _note(session: Session, *_: Any) -> None:
    if any(isinstance(one, RecipeRunStep) and one.place > 0 for one in session.new):
        session.info[_GOES_ON] = True


def _die(session: Session) -> None:
    if session.info.get(_GOES_ON) and not session.in_nested_transaction():
        os.kill(os.getpid(), signal.SIGKILL)


async def main(database_url: str, folder: str, moment: str) -> None:
    event.listen(Session, "before_flush", _note)
    event.listen(Session, "before_commit" if moment == "before" else "after_commit", _die)
    await dispatching.main(database_url, folder)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
