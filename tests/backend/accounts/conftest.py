"""An application with sign-in and nothing else, over a real database, guarded as the studio is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from backend.accounts import service
from backend.accounts.cookies import SESSION_COOKIES
from backend.accounts.installation import install
from backend.accounts.router import router
from backend.kit import clock
from backend.kit.context import Context
from backend.kit.csrf import SameSiteOnly
from backend.kit.database import Database
from backend.kit.headers import SecurityHeaders
from backend.kit.problems import answer_with_problems
from backend.kit.settings import Settings
from tests.fixtures.actors import Actors

BuildApp = Callable[[Settings], FastAPI]


class Clock:
    """The time, standing still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now().astimezone()

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def moving_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    standing = Clock()
    monkeypatch.setattr(clock, "utc_now", lambda: standing.now)
    return standing


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def build_app(sqlite_database: Database) -> BuildApp:
    """Build the application under other settings, over the same database."""
    return lambda settings: _build(settings, sqlite_database)


@pytest.fixture
def app(build_app: BuildApp, settings: Settings) -> FastAPI:
    return build_app(settings)


@pytest.fixture
def actors(app: FastAPI) -> Actors:
    return Actors(app)


@pytest.fixture
def anywhere(database: Database, settings: Settings) -> Actors:
    """People over each kind of database in turn."""
    return Actors(_build(settings, database))


def _build(settings: Settings, database: Database) -> FastAPI:
    with database.write() as session:
        service.ensure_roles(session)
    app = FastAPI()
    nothing = cast("Any", None)  # accounts touch neither storage nor inference
    app.state.context = Context(settings, database, nothing, nothing, nothing)
    install(app, settings)
    app.include_router(router, prefix="/api/v1")
    answer_with_problems(app)
    app.add_middleware(SameSiteOnly, allowed_origins={settings.base_url}, cookies=SESSION_COOKIES)
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https"))
    return app
