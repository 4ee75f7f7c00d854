"""Ends what stays open once the one who opened it may no longer have it.

A request is recognised at its beginning, but an event stream then lasts for minutes. So, while streams are open,
all who listen are looked up again together, every `EVERY_S` seconds, in three statements however many they are. So nobody
has to say that something changed: it holds as well for the command line, or for a change by hand in the database.
Whoever does say it (`say_changed`) is believed at once, by every process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from backend.accounts import recognition, repository
from backend.accounts.dependencies import ActorDep, nobody
from backend.accounts.models import User
from backend.accounts.recognition import Credential
from backend.kit import clock
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.notifier import Notifier, Reach
from backend.kit.settings import Settings

EVERY_S: Final = 0.3
"""So that whoever was shut out hears nothing more within a second, also on a busy machine."""

SHUT_OUT: Final = "shut_out"
"""The `event` of what a listener hears, on a channel of their own, when they may listen no more."""

CHANGED: Final = "accounts"
"""The channel on which is said that somebody may do something else now."""

_log = logging.getLogger("atelier.accounts")


class Footing(NamedTuple):
    """What somebody is here as; a stream ends when that changes, and the next one is recognised anew."""

    user_id: str
    role: str
    permissions: frozenset[str]


class Listener:
    """Somebody with a stream open. `channel` is where they are told that it is over."""

    def __init__(self, credential: Credential, footing: Footing) -> None:
        self.credential = credential
        self.footing = footing
        self.channel = f"listener:{credential.via}:{credential.id}:{id(self)}"


class Watch:
    """Everybody who listens to this process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._listeners: set[Listener] = set()
        self._somebody = asyncio.Event()

    async def begin(self, credential: Credential) -> Listener | None:
        """Watch whoever is here by `credential` from now on; None if they may not listen at all."""
        footing = (await asyncio.to_thread(self._look, {credential})).get(credential)
        if footing is None:
            return None
        listener = Listener(credential, footing)
        self._listeners.add(listener)
        self._somebody.set()
        return listener

    def end(self, listener: Listener) -> None:
        """Watch them no more: they have gone."""
        self._listeners.discard(listener)
        if not self._listeners:
            self._somebody.clear()

    async def run(self) -> None:
        """Look, again and again while anybody listens, until cancelled."""
        async with self._context.notifier.subscribe(CHANGED) as ear:
            while True:
                await self._somebody.wait()
                try:
                    await self._tell()
                except SQLAlchemyError as error:
                    _log.warning("who listens could not be looked up: %s", type(error).__name__)
                await ear.get(within=EVERY_S)

    async def _tell(self) -> None:
        listeners = set(self._listeners)
        found = await asyncio.to_thread(self._look, {one.credential for one in listeners})
        for one in listeners:
            if found.get(one.credential) != one.footing:
                self._context.notifier.publish(one.channel, {"event": SHUT_OUT}, Reach.HERE)

    def _look(self, credentials: Collection[Credential]) -> dict[Credential, Footing]:
        with self._context.database.read() as session:
            return footings(session, self._context.settings, credentials)


def say_changed(session: Session, notifier: Notifier) -> None:
    """Say, once `session` is committed, that somebody may do something else now."""
    call_after_commit(session, lambda: notifier.publish(CHANGED, {"event": CHANGED}))


def footings(
    session: Session, settings: Settings, credentials: Collection[Credential]
) -> dict[Credential, Footing]:
    """Return what each of `credentials` is good for now; those that are good for nothing are left out."""
    now = clock.utc_now()
    owners: dict[Credential, User] = {}
    hashes = [one.id for one in credentials if one.via == "session"]
    for row, user in repository.sessions_among(session, hashes) if hashes else ():
        if not recognition.has_ended(row, settings, now):
            owners[Credential("session", row.id_hash)] = user
    ids = [one.id for one in credentials if one.via == "api_key"]
    for key, user in repository.keys_among(session, ids) if ids else ():
        if recognition.is_valid(key, now):
            owners[Credential("api_key", key.id)] = user
    granted = repository.permissions_by_role(session)
    return {
        credential: Footing(user.id, user.role, granted.get(user.role, frozenset()))
        for credential, user in owners.items()
        if user.active
    }


def watch_of(request: Request) -> Watch:
    """Return the running studio's watch."""
    watch: Watch = request.app.state.watch
    return watch


async def listening(
    request: Request, _actor: ActorDep, watch: Annotated[Watch, Depends(watch_of)]
) -> AsyncIterator[Listener]:
    """Watch whoever sent this request until it is answered to the end.

    Raises:
        NotSignedIn: They were shut out just now.
    """
    settings = request.app.state.context.settings
    credential = recognition.credential_of(settings, request.headers)
    listener = await watch.begin(credential) if credential else None
    if listener is None:
        raise nobody()
    try:
        yield listener
    finally:
        watch.end(listener)


ListenerDep = Annotated[Listener, Depends(listening)]
