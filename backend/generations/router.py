"""Generations over HTTP: submit, list, read, cancel, pause, move, follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from backend.accounts.dependencies import ActorDep, Generator
from backend.accounts.watch import ListenerDep
from backend.generations import foresight, line, remembering, repository, service, streams
from backend.generations.asking import EarlyGenerator, WantedDep
from backend.generations.examples import (
    ABSENT,
    CANCELED,
    FOLLOWED,
    FOLLOWED_ALL,
    REFUSED,
    WAITS_NO_MORE,
)
from backend.generations.models import Generation
from backend.generations.origin import OriginDep
from backend.generations.presentation import present, present_one
from backend.generations.recall import Recalled
from backend.generations.schemas import (
    GenerationAccepted,
    GenerationPage,
    GenerationPublic,
    Move,
    Price,
    Remembrance,
)
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.live import Mark
from backend.kit.outbound import LONGEST_URL
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.screening import service as screening
from backend.webhooks import service as webhooks

router = APIRouter(tags=["generations"])

GenerationId = Annotated[str, Path(max_length=26)]


def own_generation(generation_id: GenerationId, session: SessionDep, actor: ActorDep) -> Generation:
    """Return the generation of that id if it is the caller's own."""
    return repository.get(session, actor, generation_id)


DryRunQuery = Annotated[bool, Query(description="Only say what it would cost.")]
FreshQuery = Annotated[
    bool,
    Query(
        description="Draw it, and pay for it, even where an earlier image has the same settings and seed."
    ),
]


async def foreseen_room(  # noqa: PLR0913
    *,
    request: Request,
    actor: EarlyGenerator,
    wanted: WantedDep,
    context: ContextDep,
    fresh: FreshQuery = False,
    dry_run: DryRunQuery = False,
) -> Recalled | None:
    """Refuse whom the limits would refuse, and look for what answers, before a transaction is begun that writes.

    On SQLite there is one of those at a time, and whoever draws needs it too.
    """
    if dry_run:
        return None
    key = request.headers.get("idempotency-key")
    return await run_in_threadpool(
        foresight.foresee,
        context,
        actor,
        wanted.parameters,
        wanted.card,
        idempotency_key=key,
        fresh=fresh,
    )


async def looked_at(context: ContextDep) -> AsyncIterator[None]:
    """Refuse at once what comes while too many are being looked at; their bodies have arrived by then."""
    with context.submissions.passed():
        yield


# Before the transaction, as the card: the files of an answer are stored without one.
RecalledDep = Annotated[Recalled | None, Depends(foreseen_room)]

KeyHeader = Annotated[
    str | None,
    Header(max_length=255, min_length=1, description="The same key again is the same generation."),
]
WebhookHeader = Annotated[
    str | None,
    Header(
        alias="Atelier-Webhook-Url",
        max_length=LONGEST_URL,
        min_length=1,
        description="An https address to be told of this one generation. The answer's headers "
        "`Atelier-Webhook-Id` and `Atelier-Webhook-Secret` say under which id its deliveries are "
        "listed and what they are signed with.",
    ),
]


@router.post(
    "/generations",
    status_code=202,
    responses=REFUSED,
    dependencies=[Depends(looked_at, scope="function")],
)
def submit_generation(  # noqa: PLR0913
    *,
    wanted: WantedDep,
    recalled: RecalledDep,
    actor: Generator,
    session: SessionDep,
    context: ContextDep,
    response: Response,
    idempotency_key: KeyHeader = None,
    webhook_url: WebhookHeader = None,
    origin: OriginDep,
    fresh: FreshQuery = False,
    dry_run: DryRunQuery = False,
) -> GenerationAccepted | Price:
    """Accept a generation: 202 when it is new, 200 when its key is known or with `dry_run`."""
    if dry_run:
        response.status_code = 200
        return foresight.price(
            session,
            context,
            actor,
            wanted.parameters,
            wanted.card,
            by_canary=wanted.by_canary,
            fresh=fresh,
        )
    submitted = service.submit(
        session,
        context,
        actor,
        wanted.parameters,
        wanted.card,
        by_canary=wanted.by_canary,
        idempotency_key=idempotency_key,
        webhook_url=webhook_url,
        origin=origin,
        fresh=fresh,
        recalled=recalled,
    )
    response.status_code = 202 if submitted.is_new else 200
    response.headers.update(_of_webhook(context, submitted))
    shown = present_one(session, context, submitted.row)
    words = screening.findings(session, [submitted.row.parameters])
    return GenerationAccepted.model_construct(**dict(shown), words=words)


@router.get("/generations")
def list_generations(  # noqa: PLR0913
    *,
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
    q: Annotated[
        str, Query(max_length=200, description="Words that the prompt or the name contains.")
    ] = "",
    pinned: Annotated[bool, Query(description="Only what is pinned.")] = False,
) -> GenerationPage:
    """List the caller's own generations, newest first."""
    rows, following = repository.page(
        session, actor, cursor=cursor, limit=limit, words=q, pinned=pinned
    )
    return GenerationPage(items=present(session, context, rows), next_cursor=following)


@router.get("/generations/{generation_id}", responses=ABSENT)
def read_generation(
    generation_id: GenerationId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> GenerationPublic:
    """Read one of the caller's own generations."""
    return present_one(session, context, repository.get(session, actor, generation_id))


@router.patch("/generations/{generation_id}", responses=ABSENT)
def remember_generation(
    generation_id: GenerationId,
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
    wanted: Remembrance,
) -> GenerationPublic:
    """Give one of the caller's own generations a name in the history, or pin it."""
    row = remembering.remember(session, context, actor, generation_id, wanted)
    return present_one(session, context, row)


@router.post("/generations/{generation_id}/cancel", responses=CANCELED)
def cancel_generation(
    generation_id: GenerationId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> GenerationPublic:
    """Stop a generation: at once while queued, at the next step while running."""
    row = service.cancel(session, context, actor, generation_id)
    return present_one(session, context, row)


@router.post("/generations/{generation_id}/pause", responses=WAITS_NO_MORE)
def pause_generation(
    generation_id: GenerationId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> GenerationPublic:
    """Leave a queued generation where it is; it is not drawn until it is resumed."""
    row = line.pause(session, context, actor, generation_id)
    return present_one(session, context, row)


@router.post("/generations/{generation_id}/resume", responses=WAITS_NO_MORE)
def resume_generation(
    generation_id: GenerationId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> GenerationPublic:
    """Let a paused generation be drawn; it kept its place unless the line has passed it."""
    row = line.resume(session, context, actor, generation_id)
    return present_one(session, context, row)


@router.post("/generations/{generation_id}/move", responses=WAITS_NO_MORE)
def move_generation(
    generation_id: GenerationId,
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
    wanted: Move,
) -> GenerationPublic:
    """Put a queued generation before another of one's own, or before all; overtakes nobody else."""
    row = line.move(session, context, actor, generation_id, wanted.before)
    return present_one(session, context, row)


@router.get(
    "/generations/{generation_id}/events",
    response_class=EventSourceResponse,
    responses=FOLLOWED,
)
async def follow_generation(
    row: Annotated[Generation, Depends(own_generation)],
    actor: ActorDep,
    context: ContextDep,
    listener: ListenerDep,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow one generation to its end."""
    last = Mark.parse(last_event_id)
    async for event in streams.of_generation(context, actor, row.id, last, listener.channel):
        yield event


@router.get("/events", response_class=EventSourceResponse, responses=FOLLOWED_ALL)
async def follow_everything(
    actor: ActorDep, context: ContextDep, listener: ListenerDep
) -> AsyncIterator[ServerSentEvent]:
    """Follow everything the caller has queued and running; one stream a tab."""
    async for event in streams.of_person(context, actor, listener.channel):
        yield event


def _of_webhook(context: Context, submitted: service.Submitted) -> dict[str, str]:
    """Return the headers that tell of the webhook given with a generation, if there was one."""
    if submitted.webhook is None:
        return {}
    return {
        "Atelier-Webhook-Id": submitted.webhook.id,
        "Atelier-Webhook-Secret": webhooks.secret_of(context.settings, submitted.webhook),
        "Cache-Control": "no-store",
    }
