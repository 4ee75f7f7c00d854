"""Tells owners what became of the pictures that their generations draw over: where each is, or that it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from backend.accounts import recognition
from backend.generations.models import Generation
from backend.generations.pictures import Picture, named_in, usable_among
from backend.generations.schemas import DrawnOver, PictureKind, PictureNamed
from backend.uploads.models import Upload


def drawn_over(session: Session, rows: Sequence[Generation]) -> dict[str, DrawnOver]:
    """Return what each of `rows` draws over, by its id, as its owner has it at this moment; most draw over nothing."""
    told: dict[str, DrawnOver] = {}
    over = [row for row in rows if named_in(row.parameters)]
    for owner_id in {row.owner_id for row in over}:
        theirs = {row.id: named_in(row.parameters) for row in over if row.owner_id == owner_id}
        owner = recognition.person(session, owner_id)
        ids = {name for named in theirs.values() for name in named.values()}
        usable = usable_among(session, owner, ids) if owner else {}
        told |= {row_id: _told(named, usable) for row_id, named in theirs.items()}
    return told


def _told(named: Mapping[str, str], usable: Mapping[str, Picture]) -> DrawnOver:
    parts = {field: _named(name, usable.get(name)) for field, name in named.items()}
    return DrawnOver(init_image=parts["init_image"], mask=parts.get("mask"))


def _named(name: str, found: Picture | None) -> PictureNamed:
    if found is None:
        return PictureNamed(id=name, kind=PictureKind.GONE, url=None)
    kind = PictureKind.UPLOAD if isinstance(found, Upload) else PictureKind.IMAGE
    return PictureNamed(id=name, kind=kind, url=f"/api/v1/{kind}s/{name}/content")
