"""Who may use the sandbox's own routes: the machine they run on, and networks the settings name."""

import ipaddress
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from aldaba.domain.refusals import HouseUnavailable

LOOPBACK = ("127.0.0.0/8", "::1/128")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FORWARDING = ("forwarded", "via", "x-real-ip", "x-forwarded-")
"""What the names of headers begin with that only somebody in between adds."""

Handler = Callable[[Request], Awaitable[Response]]
_Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


class Guard:
    """Lets a request to a door of the sandbox, or answers 403."""

    def __init__(self, allow_from: tuple[str, ...]) -> None:
        self._allowed: _Networks = tuple(
            ipaddress.ip_network(network) for network in (*LOOPBACK, *allow_from)
        )

    def guarded(self, door: Handler) -> Handler:
        async def guarded(http: Request) -> Response:
            if not self._from_here(http):
                return in_json({"error": "sandbox routes answer only the machine they run on"}, 403)
            try:
                return await door(http)
            except HouseUnavailable as away:
                return in_json(
                    {"error": f"the house's own {away.part} is away; ask again when it is back"}, 503
                )

        return guarded

    def for_forms(self, door: Handler) -> Handler:
        """A browser names the page a form was sent from; without that name nothing is done."""

        async def from_our_page(http: Request) -> Response:
            if http.headers.get("origin") is None:
                return in_json({"error": "expected a form sent from a page of this sandbox"}, 403)
            return await door(http)

        return self.guarded(from_our_page)

    def _from_here(self, http: Request) -> bool:
        """A loopback peer, a loopback Host, no foreign page behind it and no proxy in between."""
        if any(name.startswith(_FORWARDING) for name in http.headers) or http.client is None:
            return False
        if not _within(http.client.host, self._allowed):
            return False
        host = http.headers.get("host", "").rpartition(":")[0] or http.headers.get("host", "")
        if not (host in _LOOPBACK_NAMES or _within(host.strip("[]"), self._allowed)):
            return False
        origin = http.headers.get("origin")
        return origin is None or origin == f"{http.url.scheme}://{http.headers.get('host', '')}"


def in_json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, {"Cache-Control": "no-store"}, "application/json")


def _within(host: str, networks: _Networks) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
