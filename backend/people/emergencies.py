"""What an administrator does when something of a person leaked: ends their sessions, or one key, and nothing else.

Each verb works in the caller's transaction. Open event streams end as well (`accounts.watch`).
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts import keys, sessions
from backend.accounts.actor import Actor
from backend.accounts.watch import say_changed
from backend.kit.notifier import Notifier
from backend.people import repository


def end_sessions(session: Session, notifier: Notifier, actor: Actor, person_id: str) -> None:
    """Sign a person out of every browser; their keys and what they have queued go on.

    Raises:
        NotFound: There is nobody of that id.
    """
    # Before the person, as every request of theirs takes its session first and then the person.
    sessions.end_all_of(session, person_id, by=actor.id)
    repository.get(session, person_id, to_change=True)
    say_changed(session, notifier)


def revoke_key(
    session: Session, notifier: Notifier, actor: Actor, person_id: str, key_id: str
) -> None:
    """End one of a person's keys; their sessions and other keys go on.

    Raises:
        NotFound: They have no such key.
    """
    keys.revoke_of(session, key_id, person_id, by=actor.id)
    say_changed(session, notifier)
