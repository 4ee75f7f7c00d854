"""Security headers on every answer; a nonce on every script of a page and on nothing else."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import AsyncIterator, Callable

import brotli
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from backend.kit.headers import SecurityHeaders

PAGE = """<!doctype html><title>é</title><script>let a = "<script>x</scr" + "ipt>";</script>
<SCRIPT src="/a.js" defer></SCRIPT><script
 type="module">1</script><p>&lt;script&gt;</p><scripted></scripted>"""


def studio(answer: Callable[[], Response], *, https: bool = False) -> TestClient:
    async def endpoint(_request: Request) -> Response:
        return answer()

    app = Starlette(routes=[Route("/", endpoint)])
    return TestClient(SecurityHeaders(app, https=https))


def test_every_answer_is_guarded() -> None:
    headers = studio(lambda: PlainTextResponse("x")).get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "report-uri /csp-reports" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


def test_https_is_for_good() -> None:
    headers = studio(lambda: PlainTextResponse("x"), https=True).get("/").headers
    assert headers["strict-transport-security"].startswith("max-age=31536000")


def test_what_an_answer_says_itself_stands() -> None:
    own = {"Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'"}
    answer = studio(lambda: HTMLResponse(PAGE, headers=own)).get("/")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]
    assert answer.text == PAGE


def test_each_script_element_gets_the_nonce_of_the_policy() -> None:
    client = studio(lambda: HTMLResponse(PAGE, headers={"ETag": '"x"'}))
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    nonce = _nonce(policy)
    assert re.findall(r'<script nonce="([^"]+)"', answer.text) == [nonce] * 3
    assert 'let a = "<script>x' in answer.text
    assert answer.text.replace(f' nonce="{nonce}"', "").lower() == PAGE.lower()
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert _nonce(client.get("/").headers["content-security-policy"]) != nonce


def test_the_policy_is_the_one_gradio_can_live_with() -> None:
    policy = studio(lambda: HTMLResponse("")).get("/").headers["content-security-policy"]
    assert policy.replace(_nonce(policy), "X") == (
        "default-src 'self'; script-src 'self' 'nonce-X' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self' data:; "
        "connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'self'; frame-ancestors 'none'; form-action 'self'; "
        "report-uri /csp-reports"
    )


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("br", brotli.compress), ("gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_a_packed_page_is_unpacked_first(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": "text/html; charset=utf-8"}
    answer = studio(lambda: Response(pack(PAGE.encode()), headers=headers)).get("/")
    assert "content-encoding" not in answer.headers
    assert answer.text.count("nonce=") == 3
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_an_unknown_packing_is_left_alone_and_its_scripts_without_nonce() -> None:
    headers = {"Content-Encoding": "x-own", "Content-Type": "text/html"}
    answer = studio(lambda: Response(PAGE.encode(), headers=headers)).get("/")
    assert answer.headers["content-encoding"] == "x-own"
    assert b"nonce=" not in answer.content
    assert "content-security-policy" in answer.headers


def test_a_page_in_pieces_is_put_together() -> None:
    async def pieces() -> AsyncIterator[str]:
        for at in range(0, len(PAGE), 7):
            yield PAGE[at : at + 7]

    answer = studio(lambda: StreamingResponse(pieces(), media_type="text/html")).get("/")
    assert answer.text.count("nonce=") == 3


def test_asking_for_the_head_alone_works() -> None:
    answer = studio(lambda: HTMLResponse(PAGE)).head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-security-policy" in answer.headers


def _nonce(policy: str) -> str:
    found = re.search(r"'nonce-([\w-]{22,})'", policy)
    assert found is not None
    return found.group(1)
