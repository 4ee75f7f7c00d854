"""The API's table of contents: one line a feature. What a path does is told in that feature's router."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends

from backend.accounts.invites.router import router as invites
from backend.accounts.router import router as accounts
from backend.catalog.router import router as catalog
from backend.comments.router import router as comments
from backend.comparisons.router import ballots, comparisons
from backend.emergency.router import router as emergency
from backend.emergency.router import takedowns
from backend.galleries.router import router as galleries
from backend.generations.router import router as generations
from backend.grids.router import router as grids
from backend.images.router import contents, permalinks
from backend.images.router import router as images
from backend.kit.errors import Problem
from backend.leaving.router import router as leaving
from backend.legalholds.router import router as legal_holds
from backend.library.router import router as library
from backend.links.guests import router as guests
from backend.links.router import router as links
from backend.moderation.author_router import router as standing
from backend.moderation.router import router as moderation
from backend.moderation.sealing import refuse_sealed
from backend.notices.router import router as notices
from backend.oversight.router import router as oversight
from backend.people.router import router as people
from backend.placing.router import router as placing
from backend.policies.router import router as policies
from backend.presets.router import router as presets
from backend.prompts.router import router as prompts
from backend.quality.router import router as quality
from backend.queue.router import router as queue
from backend.recipes.router import router as recipes
from backend.recipes.unneeded import router as unneeded
from backend.reports.router import router as reports
from backend.restorations.router import router as restorations
from backend.screening.gate import refuse_words
from backend.screening.router import router as screening
from backend.system.router import router as system
from backend.trials.router import router as trials
from backend.uploads.router import router as uploads
from backend.usage.router import router as usage
from backend.verify.router import page as verify_page
from backend.verify.router import router as verify
from backend.webhooks.router import router as webhooks

_EVERYWHERE: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "An API key in the address, where it would be kept."},
    401: {"model": Problem, "description": "No session and no key, or one that has ended."},
    422: {"model": Problem, "description": "A value outside its limits; `fields` says which."},
    429: {"model": Problem, "description": "Too many requests a minute; Retry-After says when."},
}

router = APIRouter(prefix="/api/v1", responses=_EVERYWHERE, dependencies=[Depends(refuse_words)])
router.include_router(generations)  # /generations  /events
router.include_router(grids)  #       /grids
router.include_router(recipes)  #     /recipes  /runs  /images/{id}/steps
router.include_router(queue)  #       /queue
router.include_router(images)  #      /images
router.include_router(contents, dependencies=[Depends(refuse_sealed)])  # /images/{id}/content
router.include_router(library)  #     /library
router.include_router(placing)  #     /galleries
router.include_router(galleries)  #   /galleries/{id}/members  …/candidates
router.include_router(comments)  #    /images/{id}/comments  /comments
router.include_router(links)  #       /galleries/{id}/links
router.include_router(uploads)  #     /uploads
router.include_router(unneeded)  #    /uploads/{id}
router.include_router(presets)  #     /presets
router.include_router(restorations)  # /restorations
router.include_router(emergency)  #   /emergency
router.include_router(takedowns)  #   /images/{id}/takedown
router.include_router(screening)  #   /moderation/screen
router.include_router(moderation)  #  /moderation
router.include_router(standing)  #    /images/{id}/moderation  …/appeal
router.include_router(quality)  #     /moderation/quality
router.include_router(policies)  #    /policies
router.include_router(trials)  #      /policies/{number}/trial  …/hold
router.include_router(verify)  #      /verify
router.include_router(catalog)  #     /models
router.include_router(comparisons)  # /comparisons
router.include_router(ballots)  #     /ballots
router.include_router(prompts)  #     /prompts
router.include_router(webhooks)  #    /webhooks
router.include_router(accounts)  #    /me
router.include_router(invites)  #     /invites
router.include_router(usage)  #       /me/usage  /quotas
router.include_router(reports)  #     /usage/report
router.include_router(leaving)  #     /me/export  /people/{id}/…  /erasures
router.include_router(legal_holds)  # /legal-holds
router.include_router(people)  #      /people  /teams  /roles
router.include_router(oversight)  #   /audit
router.include_router(notices)  #     /notice
router.include_router(system)  #      /system

pages = APIRouter()
pages.include_router(permalinks)  #   /i/{image}
pages.include_router(guests)  #       /s/{token}
pages.include_router(verify_page)  #  /verify
