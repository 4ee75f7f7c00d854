"""`/api/v1/prompts`: how a prompt is read, for the counter under the box.

A question, although it is a POST: a prompt stands in no address, where it would be logged.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires_before
from backend.accounts.permissions import GENERATE
from backend.catalog.service import CatalogDep
from backend.kit.context import Context, ContextDep
from backend.kit.errors import Problem
from backend.policies.schemas import Where
from backend.prompts import service
from backend.prompts.schemas import ReadingPublic, ReadingWrite
from backend.screening import service as screening
from backend.screening.schemas import Finding

router = APIRouter(prefix="/prompts", tags=["prompts"])

# Holds no transaction while inference is asked.
EarlyGenerator = Annotated[Actor, Depends(requires_before(GENERATE))]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "Your role does not generate."}
}


@router.post("/reading", responses=_REFUSED)
async def read_prompt(
    asked: ReadingWrite, actor: EarlyGenerator, catalog: CatalogDep, context: ContextDep
) -> ReadingPublic:
    """Say how a prompt is read: weights, tokens, chunks, and what is not understood. Draws nothing."""
    words = await run_in_threadpool(_words_in, context, asked)
    return await service.reading_of(context.inference, catalog, actor, asked, words)


def _words_in(context: Context, asked: ReadingWrite) -> list[Finding]:
    with context.database.read() as session:
        where = Where.NEGATIVE_PROMPT if asked.negative else Where.PROMPT
        return screening.findings_of(session, asked.prompt, where)
