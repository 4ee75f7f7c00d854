"""Events on the wire: one mailbox as a stream of server-sent events, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator

from inference.mailbox import Letter, Mailbox

HEARTBEAT_SECONDS = 10.0
MEDIA_TYPE = "text/event-stream"
_DIGITS = 18  # no mailbox counts further, and Python refuses to read thousands of them
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def stream(mailbox: Mailbox, after: int = 0) -> AsyncIterator[bytes]:
    """Yield every event of `mailbox` beyond number `after`, and a comment when it is quiet."""
    async for letter in mailbox.follow(after, heartbeat=HEARTBEAT_SECONDS):
        yield _encoded(letter) if letter else b": heartbeat\n\n"


def _encoded(letter: Letter) -> bytes:
    data = letter.event.model_dump_json()
    return f"id: {letter.number}\nevent: {letter.event.type}\ndata: {data}\n\n".encode()


def last_number(header: str | None) -> int:
    """Return the number that a `Last-Event-ID` header tells; 0 if it tells none of ours."""
    ours = header and len(header) <= _DIGITS and header.isascii() and header.isdigit()
    return int(header) if header and ours else 0
