"""A dispatcher in a process of its own, made to be killed: `python -m … DATABASE_URL FOLDER [LEASE]`.

It draws slowly, so that whoever kills it finds it in the middle.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from backend.accounts import models as _people  # noqa: F401 - its table is referred to
from backend.dispatch.dispatcher import Dispatcher
from backend.kit.context import Context
from backend.kit.database import Database
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.settings import Settings
from backend.kit.storage import open_storage
from inference.protocol import GenerationEvent, GenerationRequest
from tests.fixtures.scripted import ScriptedInference

LEASE_S = 2.0


class Slow(ScriptedInference):
    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        async for event in super().generate(request):
            await asyncio.sleep(0.05)
            yield event


async def main(database_url: str, folder: str, lease_s: str = str(LEASE_S)) -> None:
    context = Context(
        settings=Settings(lease_seconds=float(lease_s), dispatch_concurrency=2),
        database=Database(database_url),
        storage=open_storage(f"file:{Path(folder) / 'images'}"),
        notifier=MemoryNotifier(),
        inference=Slow(),
    )
    await Dispatcher(context).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
