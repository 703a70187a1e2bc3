"""The real server in this process: SQLite in a folder, cheap hashing, a clock to move, messages to read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack

import httpx

from aldaba.cli.database import prepare
from aldaba.cli.sandbox_applications import credentials_of, ready_applications
from aldaba.settings import load
from aldaba.wiring import House, open_house
from aldaba_client.async_client import AsyncClient
from aldaba_client.opening import Options
from aldaba_client.sync_client import Client
from aldaba_client.testing.loop import BridgedTransport, LoopThread, ThreadedTransport

URL = "http://127.0.0.1:8080"
CHEAP = {
    # Argon2id at its cheapest and a small RSA key: an integrator tests what is done, not how long it takes.
    "mode": "sandbox",
    "policy.hash.memory_kib": "8",
    "policy.hash.passes": "1",
    "policy.e2e.rsa_bits": "2048",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What the server sent to a phone."""

    to: str
    channel: str
    text: str = field(repr=False)
    otp: str | None = field(repr=False)
    at: datetime


class AldabaServer:
    """The running server, as a test sees it. Everything in it is made up and may be printed."""

    url = URL

    def __init__(self, house: House, loop: LoopThread, credentials: Path) -> None:
        kept = credentials_of(credentials)
        self.client_id, self.client_secret = kept.client_id, kept.client_secret
        self._house = house
        self._loop = loop
        inner = httpx.ASGITransport(app=house.door)
        self.transport = ThreadedTransport(loop, inner)
        """For an ``httpx.Client`` of the test's own."""
        self.async_transport = BridgedTransport(loop, inner)
        self._http = httpx.Client(base_url=URL, transport=self.transport)

    @property
    def root_key(self) -> dict[str, str]:
        """What clients pin."""
        told: dict[str, str] = self._told(self._http.get("/.well-known/aldaba-e2e-root.json"))
        return told

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self._house.clock()

    @property
    def customers(self) -> list[dict[str, Any]]:
        """The ready-made customers: number, what each is for, credentials, card, phone, device."""
        told: list[dict[str, Any]] = self._told(self._http.get("/sandbox/customers"))
        return told

    def client(self, **options: Unpack[Options]) -> Client:
        """A client with a session of its own; options as for ``Client``."""
        return Client(URL, self.client_id, transport=self.transport, **self._with_usual(options))

    def async_client(self, **options: Unpack[Options]) -> AsyncClient:
        """The same for ``asyncio``; it may live in any event loop."""
        return AsyncClient(URL, self.client_id, transport=self.async_transport, **self._with_usual(options))

    def _with_usual(self, options: Options) -> Options:
        usual: Options = {"clock": self._seconds}
        if "private_key" not in options:
            usual["client_secret"] = self.client_secret
        if not options.get("trust_on_first_use"):
            usual["root_key"] = self.root_key
        return {**usual, **options}

    def _seconds(self) -> float:
        return self.now.timestamp()

    def advance(self, duration: str) -> None:
        """Move the server's clock by an ISO 8601 duration: ``PT5M``, ``P1D``."""
        self._told(self._http.post("/sandbox/clock", json={"advance": duration}))
        # What a server does by and by: a key whose day is over by the moved clock is over at once.
        self._loop.run(self._house.supply.rotate_if_due())

    def messages(self, phone: str) -> list[Message]:
        """What was sent to this phone (E.164, such as ``+525515000010``), newest first."""
        told = self._told(self._http.get("/sandbox/messages", params={"to": phone}))
        return [Message(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in told]

    def code(self, phone: str) -> str:
        """The newest one-time code sent to this phone. Raises ``LookupError`` where there is none."""
        code = next((message.otp for message in self.messages(phone) if message.otp), None)
        if code is None:
            raise LookupError(f"no code was sent to {phone}")
        return code

    def fault(self, backend: str, mode: str = "down") -> None:
        """Make a part fail (directory, cards, delivery, vendor, keys, database, risk); ``ok`` mends it."""
        self._told(self._http.post("/sandbox/faults", json={"backend": backend, "mode": mode}))

    def token_response(self, customer: str, challenge: str = "00000000") -> str:
        """What the customer's token shows."""
        asked = {"customerId": customer, "challenge": challenge}
        return str(self._told(self._http.post("/sandbox/token-response", json=asked))["response"])

    def vendor_jwt(self, customer: str, grant: str = "2") -> str:
        """What the soft-token vendor signs for the customer."""
        asked = {"customerId": customer, "grantType": grant}
        return str(self._told(self._http.post("/sandbox/vendor-jwt", json=asked))["jwt"])

    def import_customers(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Customers of the test's own, in the format of ``customers import``. Raises ``ValueError``."""
        encoded = [json.dumps(line).encode() for line in lines]
        report = self._loop.run(self._house.customer_import.import_lines(encoded, actor="test"))
        if report.refused_count:
            raise ValueError(f"refused: {report.refused}")

    def reset(self) -> None:
        """The ready-made customers back to their first state, and no faults."""
        self._told(self._http.post("/sandbox/reset"))

    @staticmethod
    def _told(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise ValueError(f"{answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


@contextmanager
def running_server(folder: Path, **settings: str) -> Iterator[AldabaServer]:
    """A server with its data in that folder; settings by name: ``**{"policy.lockout.failures": "3"}``."""
    loop = LoopThread()
    try:
        known = load(None, {"ALDABA_DATA": str(folder)}, overrides=CHEAP | settings)
        prepare(known)
        opened = open_house(known, with_server=True)
        house = loop.run(opened.__aenter__())
        try:
            yield AldabaServer(house, loop, loop.run(ready_applications(house)))
        finally:
            loop.run(opened.__aexit__(None, None, None))
    finally:
        loop.close()
