"""One case with all that a person needs to decide it: scores, words, where it comes from, whose it is, what is like it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from backend.accounts.actor import Actor
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.moderation import repository, similar
from backend.moderation.case_schemas import (
    AuthorRecord,
    DecisionPublic,
    FlagCase,
    ProviderReadings,
    Reading,
    Relative,
)
from backend.moderation.models import Flag, ImageDecision
from backend.moderation.presentation import Judging, one, title_of
from backend.moderation.repository import Case
from backend.moderation.schemas import FlagState
from backend.policies.schemas import PolicyDocument
from backend.policies.verdict import Seen, measured_by
from inference.protocol import SafetyScores


def open_case(session: Session, actor: Actor, flag_id: str) -> FlagCase:
    """Return a case as a reviewer opens it.

    Raises:
        NotFound: There is no such flag.
    """
    case = repository.get(session, flag_id)
    judging = Judging(session)
    judged, active = judging.of(case), judging.active
    public, image = one(session, actor, case), case.image
    return FlagCase(
        **public.model_dump(),
        negative_prompt=image.parameters.negative_prompt,
        template=image.template,
        model=image.parameters.model,
        seed=image.seed,
        width=image.width,
        height=image.height,
        judged_by=judged.version,
        active=active.version,
        providers=list(readings(case.check.scores, judged.document, active.document)),
        parent=_parent(session, image),
        children=_count(session, select(func.count()).where(col(Image.parent_id) == image.id)),
        record=_record(session, image.owner_id),
        decisions=_decisions(session, case, actor),
        similar=similar.decided(session, case, active.document),
        near=similar.near(session, actor, case),
    )


def readings(
    scores: SafetyScores | None, policy: PolicyDocument, active: PolicyDocument
) -> Iterator[ProviderReadings]:
    """Yield what each checker measured, as `policy` read it, and what `active` reads otherwise."""
    for each in scores.every if scores else ():
        alone = each.model_copy(update={"further": ()})
        seen = sorted(measured_by(alone, policy), key=_telling_first)
        yield ProviderReadings(
            checker=each.checker,
            version=each.version,
            scope=each.scope,
            weights_sha256=each.weights_sha256,
            readings=[_reading(one, policy, active) for one in seen],
        )


def _telling_first(seen: Seen) -> tuple[bool, float]:
    return seen.margin is not None, -(seen.margin or 0.0)


def _reading(seen: Seen, policy: PolicyDocument, active: PolicyDocument) -> Reading:
    category = seen.category.name if seen.category else None
    shift = seen.category.shift if seen.category else 0.0
    today = active.category_of(seen.concept)
    shift_now = today.shift if today else 0.0
    margin_now = None if seen.score is None or shift_now == shift else seen.score + shift_now
    return Reading(
        name=seen.concept,
        score=seen.score,
        shift=shift,
        margin=seen.margin,
        margin_now=margin_now,
        category=category,
        title=title_of(category, policy),
        severity=seen.severity,
    )


def _parent(session: Session, image: Image) -> Relative | None:
    if image.parent_id is None:
        return None
    parent = session.get(Image, image.parent_id)
    flag = select(col(Flag.id)).where(col(Flag.image_id) == image.parent_id)
    return Relative(
        image_id=image.parent_id,
        moderation=parent.moderation if parent else None,
        flag_id=session.execute(flag).scalar_one_or_none(),
        prompt=parent.parameters.prompt if parent else None,
    )


def _record(session: Session, owner_id: str) -> AuthorRecord:
    made = _count(session, select(func.count()).where(col(Image.owner_id) == owner_id))
    states = (
        select(col(Flag.state), col(Image.moderation), func.count())
        .join(Image, col(Image.id) == col(Flag.image_id))
        .where(col(Image.owner_id) == owner_id)
        .group_by(col(Flag.state), col(Image.moderation))
    )
    counted = list(session.execute(states))
    waiting = sum(number for state, _, number in counted if state is FlagState.OPEN)
    return AuthorRecord(
        made=made,
        flagged=sum(number for *_, number in counted),
        released=sum(n for state, _, n in counted if state is FlagState.RELEASED),
        rejected=sum(n for _, stands, n in counted if stands is Moderation.REJECTED),
        waiting=waiting,
    )


def _decisions(session: Session, case: Case, actor: Actor) -> list[DecisionPublic]:
    rows = repository.decisions(session, case.image.id)
    people = {one for row in rows for one in (row.by, row.asked_by) if one}
    names = {} if case.image.owner_id == actor.id else repository.names(session, people)
    undone = {row.undoes for row in rows}
    return [_decision(row, names, undone=row.id in undone) for row in reversed(rows)]


def _decision(row: ImageDecision, names: dict[str, str], *, undone: bool) -> DecisionPublic:
    return DecisionPublic(
        deed=row.deed,
        at=row.at,
        by=names.get(row.by or ""),
        asked_by=names.get(row.asked_by or ""),
        note=row.note,
        on_appeal=row.on_appeal,
        undone=undone,
        policy_version=row.policy_version,
    )


def _count(session: Session, query: Select[int]) -> int:
    return int(session.execute(query).scalar_one())
