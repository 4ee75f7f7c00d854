"""Tells owners what became of the pictures that their generations draw from: where each is, or that it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from backend.accounts import recognition
from backend.generations.models import Generation
from backend.generations.pictures import Picture, named_in, shapes_in, usable_among
from backend.generations.schemas import DrawnOver, PictureKind, PictureNamed
from backend.uploads.models import Upload


@dataclass(frozen=True)
class Originals:
    """What a generation draws over, and the shapes that it draws by."""

    over: DrawnOver | None = None
    shapes: list[PictureNamed] = field(default_factory=list)


NONE: Final = Originals()


def originals_of(session: Session, rows: Sequence[Generation]) -> dict[str, Originals]:
    """Return what each of `rows` draws from, by its id, as its owner has it at this moment; most draw from nothing."""
    told: dict[str, Originals] = {}
    some = [row for row in rows if named_in(row.parameters)]
    for owner_id in {row.owner_id for row in some}:
        theirs = [row for row in some if row.owner_id == owner_id]
        owner = recognition.person(session, owner_id)
        ids = {name for row in theirs for name in named_in(row.parameters).values()}
        usable = usable_among(session, owner, ids) if owner else {}
        told |= {row.id: _told(row, usable) for row in theirs}
    return told


def _told(row: Generation, usable: Mapping[str, Picture]) -> Originals:
    named = {
        place: _named(name, usable.get(name)) for place, name in named_in(row.parameters).items()
    }
    shapes = [named[place] for place in shapes_in(row.parameters)]
    init = named.get("init_image")
    over = DrawnOver(init_image=init, mask=named.get("mask")) if init else None
    return Originals(over, shapes)


def _named(name: str, found: Picture | None) -> PictureNamed:
    if found is None:
        return PictureNamed(id=name, kind=PictureKind.GONE, url=None)
    kind = PictureKind.UPLOAD if isinstance(found, Upload) else PictureKind.IMAGE
    return PictureNamed(id=name, kind=kind, url=f"/api/v1/{kind}s/{name}/content")
