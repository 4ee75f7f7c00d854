"""What was drawn before answers for the same settings and seed. Decides which image may, and copies its files.

An answer is a copy: rows, files and a verdict of its own, so that nothing that later happens to either image touches
the other. All images of a generation are found, or none: inference draws the images of one request together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.images import identity, storing
from backend.kit.clock import utc_now
from backend.kit.settings import Settings
from backend.kit.storage import Storage
from backend.policies import service as policies
from backend.policies.service import ActivePolicy
from backend.policies.verdict import RELEASED, verdict_on
from backend.provenance.marker import Marker
from backend.results import repository
from backend.results.keeping import Finished
from backend.results.repository import Source
from inference.protocol import GenerationParameters, ModelCard, SafetyScores


class NoLonger(Exception):
    """An image that was found may not answer any more."""


def find(
    session: Session,
    settings: Settings,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
) -> list[Source] | None:
    """Return the images that answer complete `parameters` for `actor`, in their order; None unless all are there."""
    if not settings.result_cache:
        return None
    drawn_after, policy = _oldest_kept(settings), policies.active(session)
    found = []
    for index in range(parameters.num_images):
        key = identity.result_key(parameters.of_image(index), card)
        source = key and repository.find(
            session, actor, key, drawn_after=drawn_after, policy_version=policy.version
        )
        if not source or not _released_by(card, source.scores, policy):
            return None
        found.append(source)
    return found


def are_there(storage: Storage, sources: Sequence[Source]) -> bool:
    """Return whether the storage has the pixels of all of them."""
    return all(storage.exists(source.image.storage_key) for source in sources)


def copy(  # noqa: PLR0913 - the images, and everything their new files say
    storage: Storage,
    marker: Marker,
    sources: Sequence[Source],
    *,
    parameters: GenerationParameters,
    card: ModelCard,
    generation_id: str,
) -> list[Finished]:
    """Store files of their own for the images of a generation that `sources` answer; they have no rows yet.

    Raises:
        ValueError: A file is not the one that was stored.
        OSError: A file is gone, or could not be stored.
    """
    return [
        Finished(
            storing.prepare_again(
                storage,
                marker,
                source.image,
                parameters=parameters,
                index=index,
                generation_id=generation_id,
                card=card,
            ),
            source.scores,
            source.image.id,
        )
        for index, source in enumerate(sources)
    ]


def hold(session: Session, actor: Actor, finished: Sequence[Finished]) -> None:
    """Keep the images that `finished` were copied from as they are until this transaction ends.

    Raises:
        NoLonger: One of them may not answer any more.
    """
    ids = {one.source_id for one in finished if one.source_id}
    if repository.hold(session, actor, ids).keys() != ids:
        raise NoLonger


def _released_by(card: ModelCard, scores: SafetyScores | None, policy: ActivePolicy) -> bool:
    """Return whether the checker that this model has now would release it, without any person's word.

    Weights and thresholds of the checker are a part of the key: the card digests them with the model's own.
    """
    return (
        scores is not None
        and scores.checker == card.safety_checker
        and verdict_on(scores, policy.document) == RELEASED
    )


def _oldest_kept(settings: Settings) -> datetime | None:
    """Return before which moment images, or what was written to draw them, are to be gone; None: no limit."""
    days = [each for each in (settings.generation_days, settings.prompt_days) if each]
    return utc_now() - timedelta(days=min(days)) if days else None
