"""The page `/verify` as HTML: in both languages, without a script, escaped; and the words it is made of."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from backend.provenance.reading import State
from backend.verify import iptc, words
from backend.verify.schemas import Verdict
from backend.verify.words import LANGUAGES, words_in
from tests.backend.verify.files import AI, IPTC, VERIFY, Drawn, photo, saved, xmp
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

PAGE = "/verify"
DOCUMENTED = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture
def stranger(shared_studio: Studio) -> Client:
    return shared_studio.actors.anonymous()


def kept(language: str) -> dict[str, str]:
    folder = Path(words.__file__).parent / "words"
    found: dict[str, str] = json.loads((folder / f"{language}.json").read_text())
    return found


class TestPage:
    @pytest.mark.parametrize(
        ("accept", "path", "language"),
        [
            ("", PAGE, "en"), ("es-MX,en;q=0.7", PAGE, "es"), ("en,es;q=0.9", PAGE, "en"), ("de, es;q=0.1", PAGE, "es"),
            ("es", f"{PAGE}?lang=en", "en"), ("en", f"{PAGE}?lang=es", "es"), ("fr", f"{PAGE}?lang=fr", "en"),
            ("es;q=0,en", PAGE, "en"), (";;q=x,,", PAGE, "en"),
        ],
    )  # fmt: skip
    def test_speaks_the_browsers_language_or_the_one_chosen(
        self, stranger: Client, accept: str, path: str, language: str
    ) -> None:
        answer = stranger.get(path, headers={"accept-language": accept})
        assert f'<html lang="{language}">' in answer.text
        assert words_in(language)["title"] in answer.text
        assert "Accept-Language" in answer.headers["vary"]
        assert f'action="/verify?lang={language}"' in answer.text

    def test_allows_its_own_script_and_form_and_no_more(self, stranger: Client) -> None:
        answer = stranger.get(PAGE)
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
        assert nonce is not None
        assert answer.text.count(f'nonce="{nonce[1]}"') == 2
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    @pytest.mark.parametrize("alone", ["", "&part=answer"])
    def test_answers_the_form(self, drawn: Drawn, stranger: Client, alone: str) -> None:
        answer = stranger.post(f"{PAGE}?lang=es{alone}", files={"file": ("a.webp", drawn.file)})
        assert answer.status_code == 200
        assert 'data-verdict="made_here"' in answer.text
        assert "Hecha aquí" in answer.text
        assert ("<html" in answer.text) is not bool(alone)

    def test_leads_whoever_may_open_the_image_to_it(self, drawn: Drawn, stranger: Client) -> None:
        files = {"file": ("a.webp", drawn.file)}
        assert f"/i/{drawn.id}" in drawn.owner.post(PAGE, files=files).text
        assert "/i/" not in stranger.post(PAGE, files=files).text

    def test_says_what_is_wrong_with_a_file(self, stranger: Client) -> None:
        answer = stranger.post(f"{PAGE}?lang=es", files={"file": ("a.txt", b"no picture")})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert kept("es")["error.invalid"] in answer.text

    def test_another_site_cannot_ask_as_somebody(self, drawn: Drawn) -> None:
        crossed = drawn.owner.post(
            PAGE, files={"file": ("a", drawn.file)}, headers={"sec-fetch-site": "cross-site"}
        )
        assert crossed.status_code == 403


def test_root_is_what_others_have_to_trust(shared_studio: Studio, stranger: Client) -> None:
    from cryptography.x509 import load_pem_x509_certificates

    from backend.provenance.authority import authority_of

    answer = stranger.get(f"{VERIFY}/root.pem")
    assert answer.content == authority_of(shared_studio.context.settings).root
    assert load_pem_x509_certificates(answer.content)
    assert b"PRIVATE" not in answer.content
    again = stranger.get(f"{VERIFY}/root.pem", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_commands_that_are_written_down_work(drawn: Drawn, stranger: Client) -> None:
    section = DOCUMENTED.read_text().split("## Where a picture comes from\n")[1].split("\n## ")[0]
    shown = [shlex.split(line) for line in section.splitlines() if line.startswith("curl ")]
    assert len(shown) == 3
    for line in shown:
        [path] = [word.removeprefix("$STUDIO") for word in line if word.startswith("$STUDIO")]
        who = drawn.owner if "-H" in line else stranger
        if "-F" in line:
            name, _, file = line[line.index("-F") + 1].partition("=")
            assert file == "@picture.jpg"
            said = who.post(path, files={name: ("picture.jpg", drawn.file)}).json()
            assert (said["verdict"], said["image"] is None) == ("made_here", who is stranger)
        else:
            assert who.get(path).text.startswith("-----BEGIN CERTIFICATE-----")


class TestWords:
    def test_every_language_says_the_same_things_with_the_same_gaps(self) -> None:
        first, *others = map(kept, LANGUAGES)
        for other in others:
            assert other.keys() == first.keys()
            assert {name: _gaps(text) for name, text in other.items()} == {
                name: _gaps(text) for name, text in first.items()
            }

    def test_every_state_and_verdict_has_words(self) -> None:
        wanted = {f"signature.{state}" for state in State} | {f"verdict.{one}" for one in Verdict}
        assert wanted <= kept("en").keys()


class TestSourceTypes:
    @pytest.mark.parametrize(
        "packet",
        [
            xmp(AI).decode(),
            f"<Iptc4xmpExt:DigitalSourceType>{AI}</Iptc4xmpExt:DigitalSourceType>",
            f'<a:DigitalSourceType rdf:resource="{AI}"/>',
            f"<a:DigitalSourceType>\n  {AI.replace('http:', 'https:')}\n</a:DigitalSourceType>",
            f"x:DigitalSourceType='{IPTC}digitalCapture' y:DigitalSourceType='{AI}'",
        ],
    )
    def test_are_read_however_they_are_written(self, packet: str) -> None:
        assert iptc.xmp_says_ai(packet)

    @pytest.mark.parametrize(
        "packet", ["", "DigitalSourceType", f"DigitalSourceType {AI}", f"<b>{AI}</b>"]
    )
    def test_are_not_guessed(self, packet: str) -> None:
        assert not iptc.xmp_says_ai(packet)

    def test_a_packet_made_to_be_slow_is_read_at_once(self) -> None:
        import time

        since = time.process_time()
        iptc.xmp_says_ai(("DigitalSourceType" + " " * 500) * 8000)
        assert time.process_time() - since < 2


def test_a_name_that_steers_is_shown_plain(stranger: Client) -> None:
    from backend.verify.service import _plain

    assert _plain("Acme\u202e\x1b[31m\n Ltd") == "Acme[31m Ltd"
    assert _plain("x" * 500) == "x" * 100
    assert _plain("\0") is None
    said = stranger.post(PAGE, files={"file": ("<b>.png", saved(photo(64)))})
    assert "<b>" not in said.text


def _gaps(text: str) -> set[Any]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
