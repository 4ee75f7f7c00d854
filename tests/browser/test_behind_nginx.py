"""The pages in Chromium behind a real nginx that asks two processes in turn: nothing of them needs the same one twice.

The identity provider is a process of its own, as a company's is: the development provider inside a studio knows
only the sign-ins that began in the same process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from backend.accounts.devidp import create_development_provider
from backend.accounts.devidp.requests import Client
from inference.hosting import free_port
from tests.faults.studio import Part, running_studios
from tests.fixtures.app import serve
from tests.fixtures.nginx import Nginx, find_nginx, running_nginx
from tests.fixtures.telling import Tell

pytestmark = [pytest.mark.browser, pytest.mark.serial, pytest.mark.timeout(400)]

SECRET = "known to both"
LEFT = 499  # nginx's own word for a page that went on before it had its answer


@pytest.fixture
def nginx(postgres_url: str, tmp_path: Path) -> Iterator[Nginx]:
    """Two processes that serve and one that draws, behind nginx."""
    find_nginx()
    port = free_port()
    home = f"https://127.0.0.1:{port}"

    def provider(at: int) -> FastAPI:
        client = Client("atelier", SECRET, f"{home}/auth/oidc/callback", f"{home}/auth/signed-out")
        issuer = f"http://127.0.0.1:{at}/idp"
        return FastAPI(routes=[Mount("/idp", create_development_provider(issuer, client))])

    with ExitStack() as opened:
        issuer = f"{opened.enter_context(serve(provider))}/idp"
        settings = {
            "oidc_issuer": issuer,
            "oidc_client_secret": SECRET,
            "trusted_proxies": "127.0.0.1",
        }
        serves, draws = (
            Part(
                postgres_url,
                str(tmp_path),
                {**settings, "dispatch_concurrency": draws},
                step_s=0.3,
                public_url=home,
                pages=not draws,
            )
            for draws in (0, 2)
        )
        one, other, _ = opened.enter_context(running_studios(serves, serves, draws))
        ports = [urlsplit(studio.url).port or 0 for studio in (one, other)]
        yield opened.enter_context(running_nginx(tmp_path / "nginx", ports, port))


def test_nothing_is_sticky(nginx: Nginx, new_page: Callable[..., Any], tell: Tell) -> None:
    # The provider's own page forbids its form to lead elsewhere, which is right where it stands in the studio.
    page = new_page(nginx.url, ignore_https_errors=True, bypass_csp=True)
    page.goto("/")
    page.get_by_role("button", name="Dana Designer").click()
    page.locator("at-feed .welcome").wait_for()
    for prompt in ("a red hat", "a blue coat"):
        page.locator("#prompt textarea").fill(prompt)
        page.keyboard.press("Control+Enter")
        hero = page.locator("at-card[hero]").filter(has_text=prompt)
        hero.locator("img.soft.in").wait_for()
        page.locator("at-card[hero][data-state=succeeded]").filter(has_text=prompt).wait_for()
    page.goto("/history")
    page.get_by_text("a blue coat").first.wait_for()
    page.goto("/account")
    page.locator("at-rail").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: urlsplit(url).path in {"/idp/end_session", "/auth/signed-out"})
    lines = nginx.lines()
    out = [line.path for line in lines].index("/auth/logout")
    refused = [(at > out, line) for at, line in enumerate(lines) if line.status >= 400]
    # The page's stream ends with the session, so that it may ask once more who looks at it.
    fine = {(True, "/api/v1/me", 401)}
    assert [
        line
        for late, line in refused
        if line.status != LEFT and (late, line.path, line.status) not in fine
    ] == []
    asked = Counter(line.by[-1] for line in lines if line.by != ("-",))
    tell({"requests": len(lines), "of_each": sorted(asked.values())})
    assert len(asked) == 2
    assert min(asked.values()) > len(lines) // 5
