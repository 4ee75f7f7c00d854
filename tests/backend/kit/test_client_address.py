"""Whose word counts about where a request comes from."""

from __future__ import annotations

import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import Scope

from backend import cli
from backend.kit.client_address import INSIDE, client_address, parse_networks, subscriber
from backend.kit.settings import Settings

PROXIES = parse_networks("10.0.0.0/8, 192.0.2.7, fd00::/8")


def request(peer: str, *told: str) -> Scope:
    lines = [(b"x-forwarded-for", line.encode()) for line in told]
    return {"type": "http", "client": (peer, 1), "headers": lines}


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["8.8.8.8"], "203.0.113.9"),  # anybody may write the header
        ("10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.1.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),  # what it wrote itself stands left
        ("10.1.1.1", ["1.1.1.1", "203.0.113.9, 10.2.2.2"], "203.0.113.9"),
        ("10.1.1.1", ["1.1.1.1, 192.0.2.8, 192.0.2.7"], "192.0.2.8"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", ["203.0.113.9, <script>"], "10.1.1.1"),
        ("10.1.1.1", ["203.0.113.9, <script>, 10.2.2.2"], "10.2.2.2"),
        ("10.1.1.1", [""], "10.1.1.1"),
        ("10.1.1.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("fd00::1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("::ffff:203.0.113.9", ["8.8.8.8"], "203.0.113.9"),
        ("::ffff:10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
        (INSIDE, ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        (INSIDE, ["203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        ("10.1.1.1", ["203.0.113.9, inside"], "10.1.1.1"),
        ("testclient", ["8.8.8.8"], "testclient"),
    ],
)
def test_is_the_rightmost_hop_that_is_no_proxy_of_ours(
    peer: str, told: list[str], address: str
) -> None:
    assert client_address(request(peer, *told), PROXIES) == address


def test_nobody_is_believed_unless_told_so() -> None:
    assert client_address(request("127.0.0.1", "8.8.8.8"), parse_networks("")) == "127.0.0.1"


def test_a_whole_network_of_one_machine_counts_as_one() -> None:
    assert (
        subscriber("2001:db8:1:2:3::4") == subscriber("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    )
    assert subscriber("203.0.113.9") == "203.0.113.9"


def test_atelier_up_has_uvicorn_believe_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself it believes whatever this machine sends, and puts it in the place of the peer."""
    configured: list[uvicorn.Config] = []

    class Server:
        def __init__(self, config: uvicorn.Config) -> None:
            configured.append(config)

        def run(self) -> None: ...

    monkeypatch.setattr("backend.kit.doors.PatientServer", Server)
    monkeypatch.setattr("webui.server.create_studio", lambda _settings: FastAPI())
    monkeypatch.setattr(cli, "_welcome", lambda *_: None)
    monkeypatch.setattr("backend.kit.logs.configure_logging", lambda *_: None)
    cli._serve(Settings(), browser=False)
    assert [one.proxy_headers for one in configured] == [False]


@pytest.mark.parametrize("written", ["10.0.0.1/8", "proxy.example.com", "10.0.0.0/33"])
def test_what_is_no_network_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies=written)
