"""``/sandbox``: ready-made customers, messages, clock, faults, recipes for every error row, reset."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.sandbox.clock import SandboxClock, parse_duration
from aldaba.sandbox.faults import MODES, Faults
from aldaba.sandbox.page_token import PageToken
from aldaba.service.ports import Message, Store

MAX_BYTES = 4096
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

Handler = Callable[[Request], Awaitable[Response]]
Reset = Callable[[], Awaitable[None]]


class Diagnoses:
    """Which step failed behind a request's ``cannotDecryptData``; the newest few thousand are kept."""

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._steps: dict[str, str] = {}

    def note(self, request_id: str, step: str) -> None:
        if len(self._steps) >= self._most:
            del self._steps[next(iter(self._steps))]
        self._steps[request_id] = step

    def step(self, request_id: str) -> str | None:
        return self._steps.get(request_id.lower())


@dataclass(frozen=True, slots=True)
class Simulators:
    """What the customer's token, the soft-token vendor and a page's back end would give."""

    token_response: Callable[[str, str], Awaitable[str | None]]
    vendor_jwt: Callable[[str, str], str]
    page_token: Callable[[], Awaitable[PageToken | None]]


class SandboxRoutes:
    """The sandbox's own doors. They keep answering while a fault is on."""

    def __init__(
        self,
        store: Store,
        clock: SandboxClock,
        faults: Faults,
        diagnoses: Diagnoses,
        simulators: Simulators,
        customers: Callable[[], list[dict[str, Any]]],
        reset: Reset,
        allow_from: tuple[str, ...],
    ) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._diagnoses = diagnoses
        self._simulators = simulators
        self._customers = customers
        self._reset = reset
        self._allowed = tuple(
            ipaddress.ip_network(network) for network in ("127.0.0.0/8", "::1/128", *allow_from)
        )

    def routes(self) -> list[Route]:
        doors: Mapping[str, tuple[str, Handler]] = {
            "/sandbox/customers": ("GET", self.customers),
            "/sandbox/messages": ("GET", self.messages),
            "/sandbox/clock": ("POST", self.clock),
            "/sandbox/faults": ("POST", self.faults),
            "/sandbox/token-response": ("POST", self.token_response),
            "/sandbox/vendor-jwt": ("POST", self.vendor_jwt),
            "/sandbox/access-token": ("POST", self.access_token),
            "/sandbox/diagnosis/{uuid}": ("GET", self.diagnosis),
            "/sandbox/errors": ("GET", self.errors),
            "/sandbox/reset": ("POST", self.reset),
        }
        return [Route(path, self._guarded(door), methods=[verb]) for path, (verb, door) in doors.items()]

    def _guarded(self, door: Handler) -> Handler:
        async def guarded(http: Request) -> Response:
            if not self._from_here(http):
                return _json({"error": "sandbox routes answer only the machine they run on"}, 403)
            return await door(http)

        return guarded

    def _from_here(self, http: Request) -> bool:
        """A loopback peer, a loopback Host, no foreign page behind it and no proxy in between."""
        if any(name in http.headers for name in _FORWARDING) or http.client is None:
            return False
        if not _within(http.client.host, self._allowed):
            return False
        host = http.headers.get("host", "").rpartition(":")[0] or http.headers.get("host", "")
        if not (host in _LOOPBACK_NAMES or _within(host.strip("[]"), self._allowed)):
            return False
        origin = http.headers.get("origin")
        return origin is None or origin == f"{http.url.scheme}://{http.headers.get('host', '')}"

    async def customers(self, _: Request) -> Response:
        return _json(self._customers())

    async def messages(self, http: Request) -> Response:
        phone = http.query_params.get("to", "")
        messages = await self._store.read(lambda transaction: transaction.messages.to(phone))
        return _json([_told(message) for message in messages])

    async def clock(self, http: Request) -> Response:
        wanted = await _read(http)
        if wanted.get("reset") is True:
            await self._clock.reset(self._store)
        else:
            by = parse_duration(str(wanted.get("advance", "")))
            if by is None:
                return _json({"error": 'expected {"advance": "PT5M"} or {"reset": true}'}, 400)
            if not await self._clock.advance(self._store, by):
                return _json({"error": "no further than a hundred years ahead"}, 400)
        return _json({"now": self._clock().isoformat()})

    async def faults(self, http: Request) -> Response:
        wanted = await _read(http)
        if not self._faults.switch(str(wanted.get("backend")), str(wanted.get("mode"))):
            return _json(
                {"error": "no such part or mode", "parts": {k: sorted(v) for k, v in MODES.items()}}, 400
            )
        return _json({"faults": self._faults.modes})

    async def token_response(self, http: Request) -> Response:
        wanted = await _read(http)
        customer, challenge = str(wanted.get("customerId", "")), str(wanted.get("challenge", ""))
        response = await self._simulators.token_response(customer, challenge)
        if response is None:
            return _json({"error": "no token, or no challenge that its suite takes"}, 404)
        return _json({"response": response})

    async def vendor_jwt(self, http: Request) -> Response:
        wanted = await _read(http)
        customer, grant = str(wanted.get("customerId", "")), str(wanted.get("grantType", ""))
        return _json({"jwt": self._simulators.vendor_jwt(customer, grant)})

    async def access_token(self, _: Request) -> Response:
        """For pages of this very origin; a bank's page asks its own back end."""
        token = await self._simulators.page_token()
        return _json({"error": "no token: serve with make serve"}, 503) if token is None else _json(token)

    async def diagnosis(self, http: Request) -> Response:
        step = self._diagnoses.step(http.path_params["uuid"])
        return (
            _json({"step": step}) if step else _json({"error": "no failed decryption under this uuid"}, 404)
        )

    async def errors(self, _: Request) -> Response:
        return _json(recipes())

    async def reset(self, _: Request) -> Response:
        self._faults.modes.clear()
        await self._reset()
        return Response(status_code=204)


def recipes() -> list[dict[str, Any]]:
    """How to provoke each error row: ``{operation, status, code, recipe, customer?}``."""
    text = Path(__file__).with_name("recipes.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    return rows


def _within(host: str, networks: "tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]") -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)


async def _read(http: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return {}
    try:
        value = msgspec.json.decode(bytes(body))
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _told(message: Message) -> dict[str, Any]:
    return {
        "to": message.to,
        "channel": message.channel,
        "text": message.text.reveal(),
        "otp": message.otp.reveal() if message.otp else None,
        "at": message.at.isoformat(),
    }


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, {"Cache-Control": "no-store"}, "application/json")
