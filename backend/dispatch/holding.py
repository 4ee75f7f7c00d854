"""What whoever holds leases needs, generations and deliveries alike: a name, and a rest between looks."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket

_HOST_LETTERS = 48


def owner_name() -> str:
    """Return a name to hold leases under: `host:process:random`, at most 80 characters."""
    return f"{socket.gethostname()[:_HOST_LETTERS]}:{os.getpid()}:{secrets.token_hex(3)}"


async def rest(wake: asyncio.Event, seconds: float) -> None:
    """Return when `wake` is set, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
