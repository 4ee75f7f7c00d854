"""The page tells the browser of all the modules that it needs, and of no others."""

from __future__ import annotations

import re

import pytest

from tests.fixtures.actors import Client
from tests.webui.conftest import PAGE
from webui.modules import modules_at, pages
from webui.static_files import FOLDER

_PRELOAD = re.compile(r'<link rel="modulepreload" href="/ui-static/\w+/([^"]+)">')


@pytest.mark.parametrize("address", pages())
def test_a_page_names_what_it_imports(address: str) -> None:
    path, _, query = address.partition("?")
    named = modules_at(path, f"{query}=1".encode() if query else b"")
    assert {"main.js", "pages.js", pages()[address]} <= set(named)
    others = set(pages().values()) - {pages()[address]}
    assert others & set(named) == set()
    assert all((FOLDER / name).is_file() for name in named)


@pytest.mark.parametrize("address", ["/", "/library", "/galleries", "/galleries?id=01abc"])
def test_the_page_itself_says_so(designer: Client, address: str) -> None:
    path, _, query = address.partition("?")
    html = designer.get(address, headers=PAGE).text
    assert _PRELOAD.findall(html) == modules_at(path, query.encode())


def test_one_gallery_is_a_page_of_its_own() -> None:
    all_of_them, one = (modules_at("/galleries", query) for query in (b"", b"id=01abc"))
    assert "library/page.js" in set(one) - set(all_of_them)


def test_what_is_no_page_names_nothing() -> None:
    assert modules_at("/nothing", b"id=1") == []
