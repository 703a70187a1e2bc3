"""Addresses a server may safely call: what a name stands for is looked at before anything connects to it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

_NAT64 = IPv6Network("64:ff9b::/96")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text."""


class ForbiddenAddress(ValueError):
    """A name or an address leads to where this server must not be sent."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """What the operating system's resolver says."""
    rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))


def checked_url(text: str, *, allow_loopback: bool) -> httpx.URL:
    """An https address; http only to this machine, where that is allowed. Raises ``ForbiddenAddress``."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise ForbiddenAddress("no address") from None
    plain = url.scheme == "http" and allow_loopback and _names_loopback(url.host)
    if not (url.scheme == "https" or plain) or not url.host:
        raise ForbiddenAddress("not an https address")
    if url.userinfo or url.fragment:
        raise ForbiddenAddress("an address with a user or a fragment")
    return url


async def checked_addresses(url: httpx.URL, resolve: Resolve, *, allow_loopback: bool) -> tuple[str, ...]:
    """Every address the host stands for. Raises ``ForbiddenAddress`` if any is not to be connected to."""
    port = url.port or {"https": 443, "http": 80}[url.scheme]
    addresses = tuple(map(ip_address, await resolve(url.host, port)))
    for address in map(_bare, addresses):
        public = url.scheme == "https" and _public(address)
        if not (allow_loopback if address.is_loopback else public):
            raise ForbiddenAddress("the name leads to an address that is not public")
    if not addresses:
        raise ForbiddenAddress("the name leads nowhere")
    return tuple(map(str, addresses))


def _names_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bare(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one only carries (RFC 4291 2.5.5.2, RFC 6052 2.1, RFC 3056 2)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _public(address: IPv4Address | IPv6Address) -> bool:
    local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or local)
