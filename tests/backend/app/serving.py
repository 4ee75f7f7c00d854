"""A whole backend in a process of its own: `python -m … DATABASE_URL FOLDER CONCURRENCY`.

It draws by the script, but takes its time; and it looks at the database so seldom that whatever happens
soon has been heard.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn

from backend.app import create_app
from backend.dispatch import dispatcher
from backend.generations import streams
from backend.kit.settings import Settings
from inference.protocol import GenerationEvent, GenerationRequest
from tests.fixtures.scripted import ScriptedInference

SELDOM_S = 600.0
EVENT_S = 0.1


class Paced(ScriptedInference):
    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        async for event in super().generate(request):
            yield event
            await asyncio.sleep(EVENT_S)


def main(database_url: str, folder: str, concurrency: str) -> None:
    # mypy is right that these are constants; nobody but this process is to see them changed.
    dispatcher.LOOK_EVERY_S = SELDOM_S  # type: ignore[misc]
    streams.LOOK_EVERY_S = SELDOM_S  # type: ignore[misc]
    settings = Settings(
        data_dir=Path(folder),
        database_url=database_url,
        dispatch_concurrency=int(concurrency),
        lease_seconds=SELDOM_S,
    )
    app = create_app(settings, inference=Paced())
    uvicorn.run(app, port=0, timeout_graceful_shutdown=5, log_level="info")


if __name__ == "__main__":
    main(*sys.argv[1:])
