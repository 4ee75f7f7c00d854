"""Plain HTML pages from templates, each under a policy of its own that allows no more than it names.

Everything shown is escaped by the template engine; `nonce` is there for whatever the policy marks with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

_ALWAYS: Final = "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """The pages of one folder of templates."""

    def __init__(
        self, folder: Path, allowing: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """`allowing` is what the policy allows beside images and forms of ours; `{nonce}` stands for the page's own."""
        self._allowing = allowing
        self._headers = {**_HEADERS, **(headers or {})}
        self._templates = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Return the page of `template` with `values` in it."""
        nonce = secrets.token_urlsafe(16)
        html = self._templates.get_template(template).render(nonce=nonce, **values)
        policy = f"default-src 'none'; {self._allowing.format(nonce=nonce)}; {_ALWAYS}"
        return HTMLResponse(html, status, {**self._headers, "Content-Security-Policy": policy})
