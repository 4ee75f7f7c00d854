"""Another process that listens and answers: `python -m … DATABASE_URL`.

Whatever it hears on `there` it says on `back`, and once it listens it says so there.
"""

from __future__ import annotations

import asyncio
import sys

from backend.kit.notifier.postgres import PostgresNotifier


async def main(database_url: str) -> None:
    notifier = PostgresNotifier(database_url).start()
    async with notifier.subscribe("there") as ear:
        notifier.publish("back", {"event": "ready"})
        while True:
            channel, message = await ear.get() or ("", {})
            if message.get("event") == "bye":
                break
            if channel == "there":
                notifier.publish("back", message)
    notifier.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
