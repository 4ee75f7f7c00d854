"""Screens the words of every request before its transaction is begun: titles, tags, comments, templates, and so on.

A wire shape says by a mark (`kit.wording`) which of its texts are words. What is drawn from parameters is screened once
more where it is accepted, since it may come from elsewhere: a recipe, a grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from backend.accounts.dependencies import resolve_actor
from backend.kit.context import Context, ContextDep
from backend.kit.database import SAFE_METHODS
from backend.kit.wording import Worded, wordings
from backend.policies import service as policies
from backend.screening import service
from backend.screening.refusal import WordsRefused


async def refuse_words(request: Request, context: ContextDep) -> None:
    """Return if the words of the request are taken, or if nobody is signed in who could be refused.

    Raises:
        WordsRefused: A rule of the policy refuses some of them.
    """
    if request.method in SAFE_METHODS:
        return
    shape = _shape_of(request)
    if shape is None:
        return
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return  # FastAPI says what is wrong with it
    texts = list(wordings(shape, body))
    if texts:
        await run_in_threadpool(_refuse, context, request.headers, texts)


def _refuse(context: Context, headers: Mapping[str, str], texts: list[Worded]) -> None:
    with context.database.read() as session:
        found = service.findings_among(texts, policies.active(session).document)
    if WordsRefused.of(found, None) is None:
        return
    actor = resolve_actor(context, headers)
    if actor and (refusal := WordsRefused.of(found, actor.id)):
        raise refusal


def _shape_of(request: Request) -> Any:  # noqa: ANN401 - whatever a body is declared as
    """Return the type that the body of the request is of; None where there is none."""
    field = getattr(request.scope.get("route"), "body_field", None)
    return field.field_info.annotation if field is not None else None
