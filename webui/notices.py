"""Whole pages that need no Gradio: the studio is starting, nothing here. Constant text only."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse

from webui.theme import css_variables

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_STYLE: Final = """
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--at-bg);
color:var(--at-text);font:15px/1.5 var(--at-font)}
main{max-width:26rem;padding:2rem;text-align:center}
img{width:44px;height:44px;margin-bottom:12px}
h1{font-size:22px;font-weight:650;letter-spacing:-.02em;margin:0 0 8px}
p{margin:0 0 20px;color:var(--at-muted)}
a{display:inline-block;padding:9px 16px;border-radius:10px;background:var(--at-primary);
color:var(--at-on-primary);font-weight:600;text-decoration:none}
a:focus-visible{outline:2px solid var(--at-primary);outline-offset:2px}
"""


def away(retry_after: int) -> HTMLResponse:
    """Say that the studio is starting or its backend is away; the page asks again by itself."""
    response = _page(
        503,
        "One moment",
        "The studio is starting or catching its breath. This page tries again by itself.",
        refresh=retry_after,
    )
    response.headers["retry-after"] = str(retry_after)
    return response


def not_found() -> HTMLResponse:
    """Say that there is nothing at this address, or nothing for this person."""
    return _page(404, "Nothing here", "There is no such page, or it is not open to you.")


def _page(status: int, title: str, text: str, *, refresh: int | None = None) -> HTMLResponse:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    dark = css_variables().replace(".dark{", "@media (prefers-color-scheme:dark){:root{") + "}"
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} · Atelier</title><style>{dark}{_STYLE}</style></head><body><main>"
        f'<img src="/ui-static/icon.svg" alt=""><h1>{title}</h1><p>{text}</p>'
        '<a href="/">Open the studio</a></main></body></html>'
    )
    return HTMLResponse(
        body,
        status_code=status,
        headers={
            "content-security-policy": _POLICY,
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )
