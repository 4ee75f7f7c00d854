"""The whole studio, put together: the backend with the pages at `/`, or the pages alone.

The one module of `webui` that knows the backend as code. Everything else of `webui` talks HTTP to it,
through this process's own memory here, over the network when `backend_url` is set.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.applications import Starlette

from backend.app import create_app
from backend.kit.client_address import INSIDE
from backend.kit.headers import SecurityHeaders
from backend.kit.settings import Settings
from inference.protocol import InferenceClient
from webui.app import create_pages
from webui.client import Client


def create_studio(settings: Settings, *, inference: InferenceClient | None = None) -> FastAPI:
    """Return the application that serves the studio under `settings`.

    With `backend_url` set it is the pages alone: no database, no secret, no inference.
    """
    if settings.backend_url:
        return _pages_alone(settings)
    studio = create_app(settings, inference=inference)
    # Bound to no socket: the call stays in this process, yet passes all of the backend's middleware.
    transport = httpx2.ASGITransport(studio, raise_app_exceptions=False, client=(INSIDE, 0))
    _mount(studio, create_pages(settings, Client(settings.base_url, transport)))
    return studio


def _pages_alone(settings: Settings) -> FastAPI:
    host = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    host.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https:"))

    @host.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    _mount(host, create_pages(settings, Client(settings.backend_url)))
    return host


def _mount(host: FastAPI, pages: Starlette) -> None:
    """Put `pages` under everything `host` answers itself, and let them start and end with it."""
    host.mount("/", pages)
    outer = host.router.lifespan_context

    @asynccontextmanager
    async def both(app: FastAPI) -> AsyncIterator[Any]:
        async with outer(app) as state, _lifespan(pages):
            yield state

    host.router.lifespan_context = both


def _lifespan(pages: Starlette) -> AbstractAsyncContextManager[Any]:
    return pages.router.lifespan_context(pages)
