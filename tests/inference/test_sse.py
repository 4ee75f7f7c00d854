from __future__ import annotations

import pytest

from inference import sse
from inference.mailbox import Mailbox
from inference.protocol import Done

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


async def test_a_quiet_stream_carries_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.01)
    mailbox = Mailbox()
    told = sse.stream(mailbox)
    assert await anext(told) == b": heartbeat\n\n"
    mailbox.put(Done())
    rest = [chunk async for chunk in told if not chunk.startswith(b":")]
    assert rest == [b'id: 1\nevent: done\ndata: {"type":"done","timings":{}}\n\n']


@pytest.mark.parametrize(
    ("header", "number"), [(None, 0), ("", 0), ("7", 7), ("-1", 0), ("x", 0), ("²", 0)]
)
def test_a_last_event_id_that_is_no_number_of_ours_starts_over(
    header: str | None, number: int
) -> None:
    assert sse.last_number(header) == number
