"""Cases whose images look alike, by where the safety checker's vision saw them: decided ones to go by, open ones to go along.

Reviewers read every case, so nothing here asks who comes across what. Only images with a case are looked at, and of these
a bounded number: those that share a band of their code, and the newest.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import or_, select
from sqlmodel import Session, col

from backend.accounts.actor import Actor
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.likeness import codes
from backend.likeness import repository as likenesses
from backend.likeness.models import ImageLikeness
from backend.moderation.case_schemas import SimilarCase
from backend.moderation.models import Flag
from backend.moderation.presentation import title_of
from backend.moderation.repository import Case
from backend.moderation.schemas import MOST_AT_ONCE, FlagState
from backend.policies.schemas import PolicyDocument, Severity

ALIKE: Final = 0.9
SAME: Final = 0.98
"""From this cosine on, two images are the same picture to a person."""
MOST_SHOWN: Final = 6
_LOOKED_AT: Final = 500


class _Found(NamedTuple):
    flag: Flag
    image: Image
    score: float


def decided(session: Session, case: Case, policy: PolicyDocument) -> list[SimilarCase]:
    """Return the decided cases that look most like `case`, the most alike first."""
    found = _alike(session, case, col(Flag.state) != FlagState.OPEN, least=ALIKE)
    return [
        SimilarCase(
            flag_id=one.flag.id,
            image_id=one.image.id,
            score=one.score,
            state=one.flag.state,
            title=title_of(one.flag.category, policy),
            sealed=_is_sealed(one),
            decided_at=one.flag.decided_at,
            note=one.flag.note,
        )
        for one in found[:MOST_SHOWN]
    ]


def near(session: Session, actor: Actor, case: Case) -> list[str]:
    """Return open cases of the same category that look the same and that `actor` did not make."""
    wanted = (
        (col(Flag.state) == FlagState.OPEN)
        & (col(Flag.category) == case.flag.category)
        & (col(Image.owner_id) != actor.id)
    )
    found = _alike(session, case, wanted, least=SAME)
    return [one.flag.id for one in found[: MOST_AT_ONCE - 1]]


def _alike(session: Session, case: Case, wanted: Any, *, least: float) -> list[_Found]:  # noqa: ANN401
    like = likenesses.get(session, case.image.id)
    direction = codes.direction_of(like.direction) if like else None
    if like is None or direction is None:
        return []
    rows = [
        (flag, image, np.frombuffer(there, "<f2"))
        for flag, image, there in _candidates(session, like, wanted)
        if len(there) == len(like.direction)
    ]
    if not rows:
        return []
    scores = codes.likeness(direction, np.stack([row[2] for row in rows]).astype(np.float32))
    found = [
        _Found(flag, image, min(1.0, round(float(score), 4)))
        for (flag, image, _), score in zip(rows, scores, strict=True)
        if score >= least
    ]
    return sorted(found, key=lambda one: -one.score)


def _candidates(session: Session, like: ImageLikeness, wanted: Any) -> list[Any]:  # noqa: ANN401
    query = (
        select(Flag, Image, col(ImageLikeness.direction))
        .join(Image, col(Image.id) == col(Flag.image_id))
        .join(ImageLikeness, col(ImageLikeness.image_id) == col(Flag.image_id))
        .where(col(ImageLikeness.space) == like.space, col(Flag.image_id) != like.image_id, wanted)
        .order_by(col(Flag.id).desc())
        .limit(_LOOKED_AT)
    )
    bands = or_(*(getattr(ImageLikeness, f"band_{n}") == band for n, band in enumerate(like.bands)))
    rows = [*session.execute(query.where(bands)), *session.execute(query)]
    return list({flag.id: (flag, image, there) for flag, image, there in rows}.values())


def _is_sealed(found: _Found) -> bool:
    shown = found.image.moderation is Moderation.RELEASED
    return found.flag.severity is Severity.SEVERE and not shown
