"""The pages as one ASGI application: our files, the gate, the page shell, and Gradio inside.

Everything that keeps a mounted Gradio safe is in `_host`; why each line is there is told in
`docs/decisions/0004-gradio-as-shell.md`, and `tests/webui/test_gradio_holes.py` tries each door.
"""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import gradio as gr
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import Mount

from backend.kit.settings import Settings
from webui import modules, static_files
from webui.calls import DiscreetBlocks, refuse_unread
from webui.client import Client
from webui.gate import Gate, People
from webui.i18n import translations
from webui.pages import (
    account,
    admin,
    create,
    galleries,
    history,
    library,
    models,
    moderation,
    people,
    policy,
    recipes,
    system,
    usage,
    vote,
)
from webui.shell import PageShell
from webui.theme import css_variables, gradio_theme

Built = TypeVar("Built")
KEPT_SESSIONS: Final = 500
IDLE_SLEEP_S: Final = 0.05


def create_pages(settings: Settings, client: Client) -> Starlette:
    """Return the pages, which reach the backend through `client` and nothing else."""
    os.environ["GRADIO_TEMP_DIR"] = str(settings.data_dir / "gradio")
    version = static_files.digest()
    blocks, host = _inside_a_loop(lambda: _gradio(client, settings.base_url))
    gated = Gate(PageShell(host, _head(version)), People(client))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with host.router.lifespan_context(host):
            yield
        await client.aclose()

    routes = [*static_files.routes(version), Mount("/", gated)]
    pages = Starlette(routes=routes, lifespan=lifespan)
    pages.state.blocks = blocks
    return pages


def _inside_a_loop(build: Callable[[], Built]) -> Built:
    """Call `build` where an event loop runs; elsewhere Gradio makes loops of its own and leaves them open."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:

        async def built() -> Built:
            return build()

        return asyncio.run(built())
    return build()


def _gradio(client: Client, origin: str) -> tuple[gr.Blocks, FastAPI]:
    blocks = _blocks(client)
    return blocks, _host(blocks, origin)


def _blocks(client: Client) -> gr.Blocks:
    """Return the pages."""
    words = translations()
    with DiscreetBlocks(title="Atelier", fill_width=True, analytics_enabled=False) as blocks:
        create.build(words, client)
    with blocks.route("Library", "/library", show_in_navbar=False):
        library.build()
    with blocks.route("History", "/history", show_in_navbar=False):
        history.build()
    with blocks.route("Galleries", "/galleries", show_in_navbar=False):
        galleries.build()
    with blocks.route("Recipes", "/recipes", show_in_navbar=False):
        recipes.build()
    with blocks.route("Moderation", "/moderation", show_in_navbar=False):
        moderation.build()
    with blocks.route("Queue", "/admin", show_in_navbar=False):
        admin.build()
    with blocks.route("People", "/people", show_in_navbar=False):
        people.build()
    with blocks.route("Usage", "/usage", show_in_navbar=False):
        usage.build()
    with blocks.route("Models", "/models", show_in_navbar=False):
        models.build()
    with blocks.route("Policy", "/policy", show_in_navbar=False):
        policy.build()
    with blocks.route("System", "/system", show_in_navbar=False):
        system.build()
    with blocks.route("Vote", "/vote", show_in_navbar=False):
        vote.build()
    with blocks.route("Account", "/account", show_in_navbar=False):
        account.build()
    return blocks


def _host(blocks: gr.Blocks, origin: str) -> FastAPI:
    """Mount Gradio with every door shut that we do not use."""
    host = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # Its presence switches off Gradio's own rule, which reflects any origin with credentials.
    host.add_middleware(CORSMiddleware, allow_origins=[origin])
    blocks.state_session_capacity = KEPT_SESSIONS
    blocks.queue(api_open=False, max_size=1)
    blocks._queue.sleep_when_free = IDLE_SLEEP_S  # noqa: SLF001 - no public knob; halves idle cost
    blocks._queue.progress_update_sleep_when_free = 2 * IDLE_SLEEP_S  # noqa: SLF001 - likewise
    with warnings.catch_warnings():
        # Gradio warns that it will not render several pages on the server, which nobody asked for.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        _mount(host, blocks)
    # Without this Gradio takes any file of this machine for an upload of the person who names it.
    blocks.has_launched = True
    return host


def _mount(host: FastAPI, blocks: gr.Blocks) -> None:
    gr.mount_gradio_app(
        host,
        blocks,
        "/",
        auth_dependency=_person_of,
        theme=gradio_theme(),
        i18n=translations(),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1b",
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        allowed_paths=[],
        app_kwargs={
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
            "exception_handlers": {RequestValidationError: refuse_unread},
        },
    )


def _person_of(request: Request) -> str | None:
    """Return whom the gate let in; Gradio refuses a request that came round the gate."""
    person: str | None = request.scope.get("atelier.person")
    return person


def _head(version: str) -> Callable[[str, bytes], str]:
    """Return what writes our part of a page's head, for its path and its query."""
    files = f"/ui-static/{version}"
    font = f"{files}/fonts/inter-latin-wght-normal.woff2"
    everywhere = (
        f"<style>{css_variables()}</style>"
        f'<script src="{files}/boot.js"></script>'
        f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>'
        f'<link rel="stylesheet" href="{files}/styles/fonts.css">'
        f'<link rel="stylesheet" href="{files}/styles/shell.css">'
        '<link rel="icon" href="/ui-static/icon.svg" type="image/svg+xml">'
        f'<script type="module" src="{files}/{modules.MAIN}"></script>'
    )
    # Only Create has a form of Gradio's to dress.
    form = f'<link rel="stylesheet" href="{files}/styles/composer.css">'

    def head(path: str, query: bytes) -> str:
        needed = modules.modules_at(path, query)
        preloads = "".join(f'<link rel="modulepreload" href="{files}/{name}">' for name in needed)
        return everywhere + (form if path == "/" else "") + preloads

    return head
