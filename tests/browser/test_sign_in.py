"""Coming in for the first time, in Chromium: the choice between providers, waiting, and an invite.

The provider is the development one, mounted as if it were somebody else's: the pages of those that are ask for
fonts and styles from other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from sqlmodel import select
from starlette.routing import Mount

from backend.accounts.devidp import create_development_provider
from backend.accounts.devidp.requests import Client
from backend.accounts.invites import service as invites
from backend.accounts.invites.schemas import InviteCreate
from backend.accounts.models import Standing, User
from backend.kit.context import Context
from backend.kit.settings import Registration, Settings
from tests.fixtures.app import serve
from tests.fixtures.scripted import ScriptedInference
from webui.server import create_studio

pytestmark = [pytest.mark.browser, pytest.mark.serial]

FILE = """
[corp]
issuer = "{issuer}"
client_id = "atelier"
client_secret = "known to both"
title = "Example Corp"

[github]
kind = "github"
client_id = "Iv1.x"
allowed_groups = ["acme"]
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FastAPI]]:
    folder: Path = tmp_path_factory.mktemp("studio")
    apps = []

    def build(port: int) -> FastAPI:
        home = f"http://127.0.0.1:{port}"
        issuer, file = f"{home}/idp", folder / "providers.toml"
        file.write_text(FILE.format(issuer=issuer))
        settings = Settings(
            data_dir=folder,
            port=port,
            providers=str(file),
            registration=Registration.APPROVAL,
            webhook_concurrency=0,
        )
        app = create_studio(settings, inference=ScriptedInference())
        out = f"{home}/auth/signed-out"
        client = Client("atelier", "known to both", f"{home}/auth/corp/callback", out)
        app.router.routes.insert(0, Mount("/idp", create_development_provider(issuer, client)))
        apps.append(app)
        return app

    with serve(build) as url:
        yield url, apps[0]


def test_somebody_new_chooses_waits_and_comes_in_once_approved(
    studio: tuple[str, FastAPI], new_page: Callable[..., Any]
) -> None:
    url, app = studio
    page = new_page(url)
    page.goto("/history")
    ways = page.get_by_role("link", name="Continue with")
    expect(ways).to_have_text(["Continue with Example Corp", "Continue with GitHub"])
    page.keyboard.press("Enter")  # the first has the focus
    page.get_by_role("button", name="Dana Designer").click()
    page.get_by_text("Almost there").wait_for()
    context: Context = app.state.context
    with context.database.write() as session:
        session.exec(select(User).where(User.subject == "dana")).one().standing = Standing.ACTIVE
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("link", name="Continue with Example Corp").click()
    page.get_by_role("button", name="Dana Designer").click()
    page.locator("at-rail").wait_for()
    assert urlsplit(page.url).path == "/history"


def test_an_invite_is_shown_and_then_lets_one_person_in(
    studio: tuple[str, FastAPI], new_page: Callable[..., Any]
) -> None:
    url, app = studio
    context: Context = app.state.context
    with context.database.write() as session:
        made = invites.make(session, url, None, InviteCreate(role="marketing"))
    page = new_page(url)
    page.goto(made.url)
    page.get_by_role("heading", name="You are invited to the studio").wait_for()
    page.get_by_role("link", name="Continue with Example Corp").click()
    page.get_by_role("button", name="Alex Admin").click()
    page.locator("at-rail").wait_for()
    page.goto(made.url)
    page.get_by_role("heading", name="This invite has ended").wait_for()
