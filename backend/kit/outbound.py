"""HTTP to addresses that people gave us, which must lead to the internet and never inside.

The name is resolved here, every address it has is checked, and the connection goes to an address that
was checked: no second look-up can answer differently. Redirects are not followed, proxies of the
environment are not asked, and no more of an answer is read than is kept. Knows nothing of what is sent.

OutboundError
├── Refused       the URL, or where it leads, is not allowed; the message says why and what to do
└── Unreachable   nobody answered in time
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Final

import httpx2

from backend.kit.addresses import is_loopback, is_public

LONGEST_URL: Final = 2000
MOST_ANSWER_BYTES: Final = 4096
_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_USUAL_PORTS: Final = {"https": 443, "http": 80}

# Their own threads: names are other people's, and a server that never answers must not hold up ours.
_RESOLVERS: Final = ThreadPoolExecutor(8, thread_name_prefix="resolve")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Return every address of a name, to be reached at a port; raises OSError if there is none."""


class OutboundError(Exception):
    """A message that did not get through, with a reason fit for whoever gave the URL."""


class Refused(OutboundError):
    """We do not send there."""


class Unreachable(OutboundError):
    """We tried, and nobody answered."""


@dataclass(frozen=True)
class Rules:
    """Where messages may go. `loopback` also allows this machine, by http and at any port."""

    ports: frozenset[int] = frozenset({443})
    loopback: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers with lower-case names, and the first 4096 bytes as text."""

    status: int
    headers: Mapping[str, str]
    text: str


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Return the addresses that this machine's resolver knows of `host`."""
    loop = asyncio.get_running_loop()
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await loop.run_in_executor(_RESOLVERS, look_up)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_url(text: str, rules: Rules) -> httpx2.URL:
    """Return `text` as a URL that may be written down; where its name leads is checked when sending.

    Raises:
        Refused: Its form, scheme, port or literal address is not allowed.
    """
    url = _parsed(text)
    if url.scheme not in _USUAL_PORTS:
        raise _not_https(url)
    if url.userinfo:
        raise Refused("put no name or password into the address; the signature says who sends")
    host = url.raw_host.decode("ascii")
    if _is_address(host):
        _check_address(host, url, rules)
    elif not _NAME.fullmatch(host) or _looks_like_a_number(host):
        raise Refused(f"{host!r} is no host name; write a name such as hooks.example.com")
    if not rules.loopback:  # which decides by address, when the name is resolved
        _check_scheme_and_port(url, rules)
    return url


def port_of(url: httpx2.URL) -> int:
    """Return the port that `url` means."""
    return url.port or _USUAL_PORTS[url.scheme]


class Outbound:
    """Sends by `rules`; gives up after `timeout` seconds in all."""

    def __init__(
        self,
        rules: Rules,
        *,
        timeout: float,
        resolve: Resolve = resolve_name,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._timeout = timeout
        self._resolve = resolve
        self._trust = trust or ssl.create_default_context()

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `content` and return the answer, whatever its status.

        Raises:
            Refused: The URL, or one of the addresses of its name, is not allowed.
            Unreachable: Nobody answered in time, or not in HTTP.
        """
        target = check_url(url, self._rules)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(target, content, headers)
        except TimeoutError:
            raise Unreachable(f"no answer within {self._timeout:g} seconds") from None
        except (httpx2.HTTPError, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    async def _send(self, url: httpx2.URL, content: bytes, headers: Mapping[str, str]) -> Answer:
        failed: httpx2.ConnectError | None = None
        for address in await self._addresses(url):
            try:
                return await self._send_to(address, url, content, headers)
            except httpx2.ConnectError as error:
                failed = error
        raise failed or Unreachable("that name has no address")

    async def _addresses(self, url: httpx2.URL) -> Sequence[str]:
        """Return the addresses of the URL's host, every one of them allowed."""
        host = url.raw_host.decode("ascii")
        if _is_address(host):
            return [host]
        try:
            found = await self._resolve(host, port_of(url))
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"the name {host!r} could not be resolved: {error}") from error
        for address in found:
            _check_address(address, url, self._rules)
        return found

    async def _send_to(
        self, address: str, url: httpx2.URL, content: bytes, headers: Mapping[str, str]
    ) -> Answer:
        # The request is made for the name, so that Host, SNI and certificate are its; only the
        # connection is to the address. A transport each: two names may share an address, and a
        # connection that proved to be one of them must not serve the other.
        request = httpx2.Request("POST", url, content=content, headers=headers)
        request.url = url.copy_with(host=address)
        request.extensions = {
            "sni_hostname": url.raw_host.decode("ascii"),
            "timeout": httpx2.Timeout(self._timeout).as_dict(),
        }
        async with httpx2.AsyncHTTPTransport(verify=self._trust, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                return Answer(
                    response.status_code, dict(response.headers), await _beginning(response)
                )
            finally:
                await response.aclose()


async def _beginning(response: httpx2.Response) -> str:
    """Return the first bytes of the body as they came: unpacking could make a little very long."""
    kept = b""
    async for piece in response.aiter_raw():
        kept += piece
        if len(kept) >= MOST_ANSWER_BYTES:
            break
    return (
        kept[:MOST_ANSWER_BYTES]
        .decode("utf-8", "replace")
        .replace("\x00", "\N{REPLACEMENT CHARACTER}")
    )


def _parsed(text: str) -> httpx2.URL:
    if len(text) > LONGEST_URL:
        raise Refused(f"the address is longer than {LONGEST_URL} characters")
    if any(character.isspace() or character == "\\" for character in text):
        raise Refused("the address holds a space or a backslash; encode it as %20 or %5C")
    try:
        return httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused(f"that is no address: {error}") from None


def _check_address(address: str, url: httpx2.URL, rules: Rules) -> None:
    if rules.loopback and is_loopback(address):
        return
    if not is_public(address):
        raise Refused(
            f"{url.host} leads to {address}, which is not on the public internet; "
            "nothing is sent there, so give an address that everybody can reach"
        )
    _check_scheme_and_port(url, rules)


def _check_scheme_and_port(url: httpx2.URL, rules: Rules) -> None:
    if url.scheme != "https":
        raise _not_https(url)
    if port_of(url) not in rules.ports:
        allowed = ", ".join(map(str, sorted(rules.ports)))
        raise Refused(
            f"port {port_of(url)} is not allowed, only {allowed}; "
            "an operator can add it to ATELIER_WEBHOOK_PORTS"
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _looks_like_a_number(host: str) -> bool:
    """Return whether a resolver may read `host` as an address written in another way.

    2130706433, 0x7f000001, 0177.0.0.1 and 127.1 all mean 127.0.0.1 to some (WHATWG URL, “ends in a
    number”).
    """
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")


def _not_https(url: httpx2.URL) -> Refused:
    return Refused(f"it begins with {url.scheme or 'nothing'!r}; write https://…")
