"""Everything that the studio has of one person, as a zip that they can read without the studio (GDPR art. 15, 20).

Read a few rows at a time, each in a short transaction of its own, while the zip is being sent: so what changes
meanwhile may be in it or not. Secrets are not in it, nor other people, nor pictures that wait for a reviewer or were
rejected: those are nobody's to see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from sqlalchemy import literal, select, union_all
from sqlmodel import Session, SQLModel
from sqlmodel import select as select_rows

from backend.accounts.models import User
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.service import is_shown, is_shown_now
from backend.kit.archive import Entry, stream
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.storage import Storage
from backend.leaving.belongings import BELONGINGS, Belonging, account_of

AT_ONCE: Final = 200
_UNTOLD: Final = "legal_hold."

README: Final = """\
Everything that this studio keeps of you, as of {at:%Y-%m-%d %H:%M} UTC.

account.json          who you are here
generations.jsonl     what you asked for, one generation a line
images.jsonl          your pictures, one a line: settings, seed, and whether they may be shown
images/               their files as they are stored, by the ids of images.jsonl
image_tags.jsonl      the tags on them
image_stars.jsonl     which pictures you starred
saved_searches.jsonl  the searches you keep
galleries.jsonl       your galleries, one a line
gallery_images.jsonl  which pictures are in them, and in which galleries yours are
gallery_members.jsonl of which galleries you are a member; of yours, what members may do, not who they are
share_links.jsonl     links to your galleries and links that you made, without their addresses
comments.jsonl        what you said about pictures, and what was said about yours; not by whom
uploads.jsonl         pictures you brought, one a line; credentials, in base64, is what their C2PA manifest said
uploads/              their files as they are stored
comparison_votes.jsonl  what you said of pairs of images; of comparisons that you made, what was said, not by whom
comparison_pairs.jsonl  what was drawn for comparisons of models that you made
comparisons.jsonl     comparisons of models that you made
presets.jsonl         named ways to draw that you keep
recipes.jsonl         chains of edits that you keep
recipe_runs.jsonl     the times you ran one, with what it was run with
recipe_run_steps.jsonl which generation was drawn for which step of them
grids.jsonl           settings that you compared, one comparison a line
grid_cells.jsonl      which generation is in which place of them
charges.jsonl         the credits they cost
safety_checks.jsonl   what the safety checker measured on them
likenesses.jsonl      a digest of how each looks, by which the same picture is found again
flags.jsonl           why some were held, and what was decided; not by whom
image_decisions.jsonl what was decided about them when, and taken back
appeals.jsonl         what you wrote when you asked for another look
webhooks.jsonl        addresses that are told of your generations
deliveries.jsonl      what they were told
api_keys.jsonl        your keys
sessions.jsonl        browsers that are signed in
audit.jsonl           what you did, and what others or the studio did with yours
notes.txt             which pictures are missing here, and why
manifest.sha256       what every file hashes to; `sha256sum -c manifest.sha256` checks them

JSON lines are UTF-8 text, one object a line. Secrets of keys, sessions and webhooks are not in here.
"""


def write_down(session: Session, actor_id: str | None, person: User) -> None:
    """Write down that everything of `person` was taken along."""
    audit.record(session, actor_id=actor_id, verb="person.export", subject=f"person:{person.id}")


def export(database: Database, storage: Storage, person: User) -> Iterator[bytes]:
    """Yield the zip. It needs the memory of one picture."""
    at = utc_now()
    return stream(_Export(database, storage, person, at).entries(), at)


def name_of(person: User, at: datetime) -> str:
    """Return a name for the file."""
    return f"atelier-{person.id}-{at:%Y-%m-%d}.zip"


class _Export:
    """One export on its way."""

    def __init__(self, database: Database, storage: Storage, person: User, at: datetime) -> None:
        self._database = database
        self._storage = storage
        self._person = person
        self._at = at
        self._absent: list[str] = []

    def entries(self) -> Iterator[Entry]:
        """Yield each file when the one before it has been read."""
        yield Entry("README.txt", [README.format(at=self._at).encode()])
        yield Entry("account.json", [_line(account_of(self._person))])
        for belonging in reversed(BELONGINGS):
            yield Entry(f"{belonging.name}.jsonl", self._lines(belonging))
        yield Entry("audit.jsonl", self._audit())
        for belonging in reversed(BELONGINGS):
            if belonging.files:
                yield from self._files(belonging)
        yield Entry("notes.txt", ["".join(self._absent).encode() or b"Nothing is missing.\n"])

    def _lines(self, belonging: Belonging) -> Iterator[bytes]:
        for row in self._rows(belonging):
            yield _line(row.model_dump(mode="json", exclude=set(belonging.unsaid)))

    def _rows(self, belonging: Belonging) -> Iterator[Any]:
        query: Any = select_rows(belonging.table).where(belonging.of(self._person.id))
        last: str = ""
        while True:
            with self._database.read() as session:
                some = query.where(belonging.key > last).order_by(belonging.key).limit(AT_ONCE)
                found: list[SQLModel] = list(session.exec(some))
            yield from found
            if len(found) < AT_ONCE:
                return
            last = getattr(found[-1], belonging.key.name)

    def _files(self, belonging: Belonging) -> Iterator[Entry]:
        """Yield the first file of each row, as it is stored, and note those that cannot be had."""
        for row in self._rows(belonging):
            key = getattr(row, belonging.files[0])
            name = f"{belonging.name}/{row.id}{PurePosixPath(key).suffix}"
            if isinstance(row, Image) and not (
                is_shown(row) and is_shown_now(self._database, row.id)
            ):
                self._absent.append(f"{name}: it is {_state_of(row)}\n")
                continue
            try:
                data = self._storage.get(key)
            except FileNotFoundError:
                self._absent.append(f"{name}: its file is gone\n")
                continue
            yield Entry(name, [data], packed=False)

    def _audit(self) -> Iterator[bytes]:
        before: int | None = None
        while True:
            with self._database.read() as session:
                found = audit.concerning(
                    session, self._person.id, _subjects(self._person.id), before, limit=AT_ONCE
                )
            for one in found:
                if not one.verb.startswith(_UNTOLD):
                    told = one.model_dump(mode="json", exclude={"actor_id", "hash"})
                    yield _line({**told, "by": self._who(one.actor_id)})
            if len(found) < AT_ONCE:
                return
            before = found[-1].seq

    def _who(self, actor_id: str | None) -> str:
        if actor_id is None:
            return "the studio"
        return "you" if actor_id == self._person.id else "somebody else"


def _subjects(person_id: str) -> Any:  # noqa: ANN401
    """Select what the audit calls the things of that person."""
    named = [
        select((literal(f"{one.audited_as}:") + one.key).label("subject")).where(one.of(person_id))
        for one in BELONGINGS
        if one.audited_as
    ]
    return union_all(select(literal(f"person:{person_id}").label("subject")), *named)


def _state_of(image: Image) -> str:
    return "taken down or deleted meanwhile" if is_shown(image) else image.moderation.value


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"
