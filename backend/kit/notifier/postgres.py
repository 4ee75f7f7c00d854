"""The notifier of many processes on one PostgreSQL, by LISTEN and NOTIFY on two connections of its own.

Who listens in this process hears at once and needs no database; everybody else hears through one channel
of PostgreSQL. Two threads do the waiting, one for each direction, so that no caller and no event loop
does. When PostgreSQL was away they come back by themselves, what is still in the outbox is sent (perhaps
twice), and every listener is told to look at the database (`MISSED`). It keeps nothing and knows no table.

LISTEN belongs to a connection: a pooler in front of PostgreSQL must not hand it around (`session` mode).
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from threading import Event, Thread
from typing import Any, Final, Self

import psycopg
from prometheus_client import Counter
from sqlalchemy import make_url

from backend.kit.notifier import Message, Reach
from backend.kit.notifier.memory import MemoryNotifier, MemorySubscription
from backend.kit.notifier.outbox import Outbox
from backend.kit.notifier.parcels import Cutter, Joiner, sender_of
from backend.kit.telemetry import REGISTRY

_Work = Callable[[psycopg.Connection[Any]], None]

LISTENING_WITHIN_S: Final = 5.0
_ENDED_WITHIN_S: Final = 2.0
_LOOK_UP_EVERY_S: Final = 0.5
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0

_LISTEN: Final = "LISTEN atelier"
# One statement for a whole batch; unnest keeps the order.
_NOTIFY: Final = "SELECT pg_notify('atelier', payload) FROM unnest(%s::text[]) AS payload"

APPLICATION: Final = "atelier notifier"
"""As what PostgreSQL knows these connections; the program's revision stands behind it."""

# A server that vanished without a word is noticed within half a minute.
_CONNECTING: Final[dict[str, Any]] = {
    "autocommit": True,
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

LOST: Final = Counter(
    "atelier_notifier_lost_total",
    "Messages for other processes that were given up: too many, or too long.",
    registry=REGISTRY,
)

_log = logging.getLogger("atelier.notifier")


class PostgresNotifier:
    """Speaks to every process that has one on the same database, once started."""

    def __init__(self, database_url: str, program: str = "") -> None:
        url = make_url(database_url)
        self._application = f"{APPLICATION} {program}".strip()
        self._address = url.get_dialect()().create_connect_args(url)
        self._name = secrets.token_hex(6)
        self._cutter = Cutter(self._name)
        self._here = MemoryNotifier()
        self._outbox = Outbox()
        self._closing = Event()
        self._listening = Event()
        self._threads = [
            Thread(target=self._keep, args=(work,), name=f"notifier-{name}", daemon=True)
            for name, work in (("ear", self._listen), ("mouth", self._send))
        ]

    def start(self) -> Self:
        """Connect; return once it listens, or after five seconds of trying, which then goes on."""
        for thread in self._threads:
            thread.start()
        self._listening.wait(LISTENING_WITHIN_S)
        return self

    def close(self) -> None:
        """Send what is still in the outbox and disconnect, within two seconds."""
        self._closing.set()
        self._outbox.close()
        for thread in self._threads:
            thread.join(_ENDED_WITHIN_S)

    def publish(self, channel: str, message: Message, reach: Reach = Reach.EVERYWHERE) -> None:
        """Say `message` on `channel`; callable from any thread, never blocks, never raises."""
        self._here.publish(channel, message, reach)
        if reach is Reach.HERE:
            return
        try:
            lost = self._outbox.put(self._cutter.cut(channel, message))
        except (TypeError, ValueError):
            _log.exception("a message on %s cannot travel", channel)
            lost = 1
        LOST.inc(lost)

    def subscribe(self, *channels: str) -> AbstractAsyncContextManager[MemorySubscription]:
        """Listen to `channels` for as long as the context lasts."""
        return self._here.subscribe(*channels)

    def _keep(self, work: _Work) -> None:
        """Run `work` on a connection, and on another one whenever that is lost, until closed."""
        pause = 0.0
        while not self._closing.is_set():
            began = time.monotonic()
            self._try(work)
            held = time.monotonic() - began > _LONGEST_PAUSE_S
            pause = _FIRST_PAUSE_S if held or not pause else min(2 * pause, _LONGEST_PAUSE_S)
            self._closing.wait(pause * random.uniform(0.5, 1))  # noqa: S311

    def _try(self, work: _Work) -> None:
        try:
            with self._connect() as connection:
                work(connection)
        except psycopg.Error as error:
            _log.warning("PostgreSQL is away: %s", type(error).__name__)
        except Exception:  # noqa: BLE001
            # Nobody else would notice that this process had become deaf or dumb.
            _log.exception("the notifier begins anew")

    def _connect(self) -> psycopg.Connection[Any]:
        arguments, options = self._address
        return psycopg.connect(
            *arguments, **{**_CONNECTING, "application_name": self._application, **options}
        )

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(_LISTEN)
        self._here.say_missed()
        self._listening.set()
        joiner = Joiner()
        while not self._closing.is_set():
            for heard in connection.notifies(timeout=_LOOK_UP_EVERY_S):
                self._hear(joiner, heard.payload)

    def _hear(self, joiner: Joiner, payload: str) -> None:
        if sender_of(payload) == self._name:
            return
        try:
            whole = joiner.join(payload)
        except ValueError:
            _log.warning("somebody else speaks on our channel")
            return
        if whole:
            self._here.publish(*whole)

    def _send(self, connection: psycopg.Connection[Any]) -> None:
        while batch := self._outbox.batch():
            connection.execute(_NOTIFY, [batch])
            self._outbox.sent()
