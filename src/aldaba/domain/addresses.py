"""Under which network address somebody counts, and which of several told by proxies is believed."""

from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address

LONGEST = 64


def counted_as(address: str) -> str:
    """What limits by address count: IPv4 as it is, also mapped into IPv6 (RFC 4291); IPv6 by its /64.

    One subscriber has a whole /64 (RFC 6177). What is no address counts as it is written.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))


def last_told(values: Sequence[str]) -> str | None:
    """The last address of a header's values, lists perhaps: the nearest proxy writes behind the others."""
    last = values[-1].rpartition(",")[2].strip() if values else ""
    return last[:LONGEST] or None
