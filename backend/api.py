"""The API's table of contents: one line a feature. What a path does is told in that feature's router."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from backend.accounts.router import router as accounts
from backend.catalog.router import router as catalog
from backend.generations.router import router as generations
from backend.images.router import permalinks
from backend.images.router import router as images
from backend.kit.errors import Problem
from backend.moderation.router import router as moderation
from backend.webhooks.router import router as webhooks

_EVERYWHERE: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "No session and no key, or one that has ended."},
    422: {"model": Problem, "description": "A value outside its limits; `fields` says which."},
}

router = APIRouter(prefix="/api/v1", responses=_EVERYWHERE)
router.include_router(generations)  # /generations  /events
router.include_router(images)  #      /images
router.include_router(moderation)  #  /moderation/flags
router.include_router(catalog)  #     /models
router.include_router(webhooks)  #    /webhooks
router.include_router(accounts)  #    /me

pages = APIRouter()
pages.include_router(permalinks)  #   /i/{image}
