"""From which address a request comes, when proxies stand between. What they add is believed of known ones only.

`X-Forwarded-For` is a header like any other: whoever sends a request may write it. Each proxy appends the address
that it heard from, so the list is read from its right end, for as long as a proxy of ours vouches for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from backend.kit.addresses import Address

Networks = tuple[IPv4Network | IPv6Network, ...]
AddressOf = Callable[[Scope], str]
"""Tells from which address a request comes."""

INSIDE: Final = "inside"
"""The peer of a call that the pages make within this process; no socket has such a name."""

_UNKNOWN: Final = "unknown"
_ONE_SUBSCRIBER: Final = 64  # bits: what a provider gives one household or one server


def parse_networks(written: str) -> Networks:
    """Return the networks in `written`, CIDRs or single addresses with commas between.

    Raises:
        ValueError: One of them is none.
    """
    words = (word.strip() for word in written.split(","))
    return tuple(ip_network(word) for word in words if word)


def client_address(scope: Scope, trusted: Networks) -> str:
    """Return the address that the request came from: the rightmost hop that is no proxy of ours."""
    nearest = str((scope.get("client") or (_UNKNOWN, 0))[0])
    peer = _parsed(nearest)
    if nearest != INSIDE and (peer is None or not _within(peer, trusted)):
        return nearest if peer is None else str(peer)
    for hop in _told(scope):
        address = _parsed(hop)
        if address is None:
            break  # nonsense is nobody's address; whoever passed it on answers for it
        nearest = str(address)
        if not _within(address, trusted):
            break
    return nearest


def subscriber(address: str) -> str:
    """Return what is counted together: the /64 of an IPv6 address, which is one machine's to choose from."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _ONE_SUBSCRIBER), strict=False))
    return address


def _told(scope: Scope) -> Iterator[str]:
    """Yield what X-Forwarded-For tells, the last hop first."""
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    for hop in reversed(",".join(lines).split(",")):
        yield hop.strip()


def _within(address: Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _parsed(hop: str) -> Address | None:
    """Return the address in `hop`, which may be written with a port."""
    bare = hop[1:].partition("]")[0] if hop.startswith("[") else hop
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
