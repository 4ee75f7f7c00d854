"""Which images look alike. Works in the caller's transaction; the vector is one that the safety checker had anyway."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.images.models import Image
from backend.likeness import codes, repository
from backend.likeness.codes import BANDS
from backend.likeness.models import ImageLikeness
from inference.protocol import SafetyScores

_SPACE = 16
LEAST = 0.5
"""The smallest cosine that is still called alike."""
SAME = 0.98
"""The smallest cosine of two images that are about the same picture."""


class Alike(NamedTuple):
    """An image and how much it looks like the one that was asked about: a cosine, at most 1."""

    image_id: str
    score: float


def place(session: Session, image: Image, scores: SafetyScores | None) -> None:
    """Keep where `image` lies; not at all where no checker saw it or it did not say."""
    direction = codes.read_direction(scores.embedding or "") if scores else None
    if scores is None or direction is None:
        return
    kept = codes.kept(direction)
    bands = {
        f"band_{n}": value for n, value in zip(range(BANDS), codes.bands_of(direction), strict=True)
    }
    session.add(
        ImageLikeness(
            image_id=image.id,
            space=scores.weights_sha256[:_SPACE],
            direction=kept,
            digest=blake2b(kept, digest_size=16).hexdigest(),
            **bands,
        )
    )


def place_beside(session: Session, image: Image, source_id: str) -> None:
    """Keep that `image` lies where the image of that id does, of which it has the pixels."""
    like = repository.get(session, source_id)
    if like is not None:
        session.add(ImageLikeness(**{**like.model_dump(), "image_id": image.id}))


def near_duplicates(session: Session, image: Image) -> list[str]:
    """Return the ids of the images, whosesoever, that are about the same picture as `image`."""
    return [one.image_id for one in _alike(session, None, image, SAME) if one.score >= SAME]


def alike(session: Session, actor: Actor, image: Image, *, limit: int) -> list[Alike]:
    """Return the images that look most like `image`, which `actor` may read, the most alike first.

    Only among those that they come across. Empty where nothing saw the image.
    """
    return _alike(session, actor, image, LEAST)[:limit]


def _alike(session: Session, actor: Actor | None, image: Image, least: float) -> list[Alike]:
    """Return what looks like `image`, the most alike first; without an actor among the images of everybody."""
    like = repository.get(session, image.id)
    direction = codes.direction_of(like.direction) if like else None
    if like is None or direction is None:
        return []
    found = [
        one
        for one in repository.candidates(session, actor, like)
        if len(one.direction) == len(like.direction)
    ]
    if not found:
        return []
    rows = np.stack([np.frombuffer(one.direction, "<f2") for one in found]).astype(np.float32)
    scores = codes.likeness(direction, rows)
    order = np.argsort(-scores, kind="stable")
    return [
        Alike(found[place].image_id, min(1.0, round(float(scores[place]), 4)))
        for place in order
        if scores[place] >= least
    ]
