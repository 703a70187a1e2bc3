"""``/sandbox`` in JSON: ready-made customers, messages, clock, faults, recipes for every error row, reset."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.pages.bodies import TooLarge, body_within
from aldaba.sandbox.clock import parse_duration
from aldaba.sandbox.faults import MODES
from aldaba.sandbox.guard import Guard, Handler, in_json
from aldaba.sandbox.opening import Sandbox
from aldaba.service.ports import Message

MAX_BYTES = 4096


class SandboxRoutes:
    """The sandbox's own doors for programs. They keep answering while a fault is on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self, guard: Guard) -> list[Route]:
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
        return [Route(path, guard.guarded(door), methods=[verb]) for path, (verb, door) in doors.items()]

    async def customers(self, _: Request) -> Response:
        return in_json(self._sandbox.customers())

    async def messages(self, http: Request) -> Response:
        to = http.query_params.get("to", "")
        # A + that a query does not escape arrives as a blank; no address begins with one.
        address = f"+{to[1:]}" if to.startswith(" ") else to
        messages = await self._sandbox.messages_to(address)
        return in_json([told(message) for message in messages])

    async def clock(self, http: Request) -> Response:
        expected = 'expected {"advance": "PT5M"} or {"reset": true}'
        wanted = await _read(http)
        if wanted == {"reset": True}:
            await self._sandbox.reset_clock()
            return in_json({"now": self._sandbox.now().isoformat()})
        by = parse_duration(_text(wanted, "advance") or "")
        if by is None or set(wanted) != {"advance"}:
            return in_json({"error": expected}, 400)
        if not await self._sandbox.advance(by):
            return in_json({"error": "no further than a hundred years ahead"}, 400)
        return in_json({"now": self._sandbox.now().isoformat()})

    async def faults(self, http: Request) -> Response:
        wanted = await _read(http)
        switched = await self._sandbox.switch(_text(wanted, "backend") or "", _text(wanted, "mode") or "")
        if not switched:
            parts = {part: sorted(modes) for part, modes in MODES.items()}
            expected = 'no such part or mode; expected {"backend": "directory", "mode": "down"}'
            return in_json({"error": expected, "parts": parts}, 400)
        return in_json({"faults": self._sandbox.faults.modes})

    async def token_response(self, http: Request) -> Response:
        wanted = await _read(http)
        customer, challenge = _text(wanted, "customerId"), _text(wanted, "challenge")
        if customer is None or challenge is None:
            return in_json({"error": 'expected {"customerId": "15000010", "challenge": "12345678"}'}, 400)
        response = await self._sandbox.token_response(customer, challenge)
        if response is None:
            return in_json({"error": "no token, or no challenge that its suite takes"}, 404)
        return in_json({"response": response})

    async def vendor_jwt(self, http: Request) -> Response:
        wanted = await _read(http)
        customer, grant = _text(wanted, "customerId"), _text(wanted, "grantType")
        if customer is None or grant is None:
            return in_json({"error": 'expected {"customerId": "15000025", "grantType": "1"}'}, 400)
        return in_json({"jwt": self._sandbox.vendor_jwt(customer, grant)})

    async def access_token(self, _: Request) -> Response:
        """For pages of this very origin; a bank's page asks its own back end."""
        token = await self._sandbox.page_token()
        return in_json({"error": "no token: serve with make serve"}, 503) if token is None else in_json(token)

    async def diagnosis(self, http: Request) -> Response:
        step = self._sandbox.diagnoses.step(http.path_params["uuid"])
        if step is None:
            return in_json({"error": "no failed decryption under this uuid"}, 404)
        return in_json({"step": step})

    async def errors(self, _: Request) -> Response:
        return in_json(recipes())

    async def reset(self, _: Request) -> Response:
        await self._sandbox.reset()
        return Response(status_code=204)


@cache
def recipes() -> list[dict[str, Any]]:
    """How to provoke each error row: ``{operation, status, code, recipe, customer?}``."""
    text = Path(__file__).with_name("recipes.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    return rows


async def _read(http: Request) -> dict[str, Any]:
    """The object sent; an empty one for anything else, so that what is expected is told."""
    try:
        value = msgspec.json.decode(await body_within(http, MAX_BYTES))
    except (TooLarge, msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(wanted: Mapping[str, Any], name: str) -> str | None:
    value = wanted.get(name)
    # People write a grant as a number too.
    return str(value) if isinstance(value, str) or type(value) is int else None


def told(message: Message) -> dict[str, Any]:
    return {
        "to": message.to,
        "channel": message.channel,
        "text": message.text.reveal(),
        "otp": message.otp.reveal() if message.otp else None,
        "at": message.at.isoformat(),
    }
