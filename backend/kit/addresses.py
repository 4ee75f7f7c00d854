"""Which internet addresses belong to everybody, and which lead inside: to this machine, its network, its cloud.

Deciding by an address as it is written is not enough. An IPv6 address can carry an IPv4 one (mapped, 6to4,
Teredo, NAT64), and the packet then goes there; so whatever is carried is looked at as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Global by the registry, or by older versions of Python, and yet not the internet.
_INSIDE: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "100.64.0.0/10",  # carriers' own; Alibaba's metadata service
            "168.63.129.16/32",  # Azure's host, from inside a machine there
            "192.0.0.0/24",  # Oracle's metadata service is 192.0.0.192
            "192.88.99.0/24",  # relays of 6to4
            "198.18.0.0/15",
            "240.0.0.0/4",
        ),
    )
)


def is_public(address: str) -> bool:
    """Return whether `address` and every address that it carries is one of the public internet."""
    try:
        written = ip_address(address)
    except ValueError:
        return False
    return "%" not in address and all(_is_public(each) for each in _unwrapped(written))


def is_loopback(address: str) -> bool:
    """Return whether `address` is plainly this machine: 127.0.0.0/8 or ::1, carried by nothing."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE)
    return address in _GLOBAL_UNICAST


def _unwrapped(address: Address) -> Iterator[Address]:
    """Yield what has to be public for `address` to be: what it carries, else the address itself."""
    carried = list(_carried(address)) if isinstance(address, IPv6Address) else []
    if not carried:
        yield address
    for each in carried:
        yield from _unwrapped(each)


def _carried(address: IPv6Address) -> Iterator[Address]:
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo  # its server and its client
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
