"""Our own files for the browser, under an address that changes when any of them does.

`/ui-static/{digest}/…` never changes and is kept for a year; `/ui-static/…` is asked for again each
time (the manifest, the icon, pages without Gradio). Modules import each other by relative paths, so
all of one page's files carry one digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static"


def digest() -> str:
    """Return a short digest over every static file, names and contents."""
    told = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            told.update(path.relative_to(FOLDER).as_posix().encode())
            told.update(path.read_bytes())
    return told.hexdigest()[:12]


def routes(version: str) -> list[BaseRoute]:
    """Return the routes of our files, and of the two that browsers look for at the root."""
    return [
        Mount(f"/ui-static/{version}", _Kept(directory=FOLDER, keep="max-age=31536000, immutable")),
        Mount("/ui-static", _Kept(directory=FOLDER, keep="no-cache")),
        Route("/manifest.json", _file("manifest.json", "application/manifest+json")),
        Route("/favicon.ico", _file("icon.svg", "image/svg+xml")),
        Route("/robots.txt", _file("robots.txt", "text/plain")),
    ]


class _Kept(StaticFiles):
    """Static files with one caching rule."""

    def __init__(self, *, directory: Path, keep: str) -> None:
        super().__init__(directory=directory)
        self._keep = keep

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = f"public, {self._keep}"
        response.headers["x-content-type-options"] = "nosniff"
        return response


def _file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> FileResponse:
        return FileResponse(FOLDER / name, media_type=media_type)

    return answer
