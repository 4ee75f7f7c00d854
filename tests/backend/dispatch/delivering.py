"""A sender of webhooks in a process of its own, made to be killed: `python -m … DATABASE_URL FOLDER`.

Every name that it looks up leads to a private address.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from backend.accounts import models as _people  # noqa: F401 - its table is referred to
from backend.dispatch import deliveries
from backend.generations import models as _generations  # noqa: F401
from backend.images import models as _images  # noqa: F401
from backend.kit.context import Context
from backend.kit.database import Database
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.outbound import Outbound, Rules
from backend.kit.settings import Settings
from backend.kit.storage import open_storage
from tests.fixtures.scripted import ScriptedInference

LEASE_S = 2.0
SCHEDULE_S = (0.0, *(0.2,) * 60)


async def inside(_host: str, _port: int) -> Sequence[str]:
    return ["10.0.0.1"]


async def main(database_url: str, folder: str) -> None:
    deliveries.LOOK_EVERY_S = 0.05  # type: ignore[misc]
    context = Context(
        settings=Settings(webhook_concurrency=2),
        database=Database(database_url),
        storage=open_storage(f"file:{Path(folder) / 'images'}"),
        notifier=MemoryNotifier(),
        inference=ScriptedInference(),
    )
    outbound = Outbound(Rules(loopback=True), timeout=1.0, resolve=inside)
    await deliveries.Deliverer(context, outbound, schedule=SCHEDULE_S, lease_seconds=LEASE_S).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
