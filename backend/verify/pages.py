"""The page `/verify`: plain HTML, a form that works without its script. With it the answer comes without a reload.

Everything shown is escaped by the template engine. The policy allows our nonce, our fonts and our form, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import HTMLResponse

from backend.kit.bodies import largest_form
from backend.kit.errors import AtelierError
from backend.kit.html import Pages
from backend.kit.settings import Settings
from backend.verify.examining import Evidence
from backend.verify.schemas import Verification
from backend.verify.verdicts import reasons_of
from backend.verify.words import Words

_pages = Pages(
    Path(__file__).parent / "templates",
    "script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; font-src 'self'",
    headers={"Vary": "Accept-Language, Cookie"},
)


class TooLarge(AtelierError):
    """The file is larger than one may be."""

    status = 413
    code = "too_large"
    title = "Too large"


def check_size(headers: Mapping[str, str], settings: Settings) -> None:
    """Return if the form is no larger than one may be.

    Raises:
        TooLarge: It is, or does not say how large it is.
    """
    length = headers.get("content-length", "")
    if not length.isdecimal() or int(length[:20]) > largest_form(settings):
        raise TooLarge(f"The file may have {settings.upload_megabytes:g} MB at most.")


@dataclass(frozen=True)
class Shown:
    """What is shown in one language; the answer `alone`, for a script that puts it into the page it stands on."""

    words: Words
    settings: Settings
    alone: bool = False

    def form(self) -> HTMLResponse:
        """Return the page that asks for a picture."""
        return self._page()

    def answer(self, said: Verification, evidence: Evidence) -> HTMLResponse:
        """Return what is said of a picture."""
        sentence = self.words.said(reasons_of(evidence), signer=said.signature.signer)
        return self._page(said=said, sentence=sentence)

    def refusal(self, error: AtelierError) -> HTMLResponse:
        """Return what is wrong with a picture, or that it has to wait."""
        name = f"error.{error.code}" if f"error.{error.code}" in self.words else "error"
        why = self.words[name].format(
            most=f"{self.settings.upload_megabytes:g}",
            quota=self.settings.rate_verify,
            seconds=error.retry_after or 0,
        )
        page = self._page(error.status, why=why)
        if error.retry_after:
            page.headers["Retry-After"] = str(error.retry_after)
        return page

    def _page(self, status: int = 200, **answered: object) -> HTMLResponse:
        shown = {"said": None, "sentence": "", "why": "", **answered}
        return _pages.page(
            "answer.html" if self.alone else "verify.html",
            status,
            words=self.words,
            origin=self.settings.base_url,
            most=f"{self.settings.upload_megabytes:g}",
            most_bytes=int(self.settings.upload_megabytes * 1e6),
            **shown,
        )
