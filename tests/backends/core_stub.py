"""A reference core, card host and risk engine: answers what docs/backends.md says, or fails on demand."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any

from tests.backends.core_certificates import Pair

Answer = tuple[int, dict[str, Any] | None]

PERSON: dict[str, Any] = {
    "customerId": "15000010",
    "name": "ARTURO HERNANDEZ RAMIREZ",
    "customerType": 1551,
    "electronicBanking": "active",
    "blackListed": False,
    "termsAccepted": True,
    "mobileBanking": {"registrationStatus": "1"},
    "phones": [
        {"countryCode": "+52", "number": "5556093218", "certified": True, "best": True, "certifiedAt": None}
    ],
    "cards": [
        {"number": "5204164299999992", "expires": "0530", "status": "active", "cardToken": "ct-6f1d0c9a"}
    ],
    "legalRepresentatives": [],
    "email": "arturo@example.com",
    "transmitCustomer": False,
}
COMPANY: dict[str, Any] = {
    "customerId": "15000022",
    "name": "ACEROS DEL NORTE",
    "customerType": 1506,
    "electronicBanking": "active",
    "blackListed": False,
    "termsAccepted": True,
    "mobileBanking": {"registrationStatus": "0"},
    "phones": [
        {
            "countryCode": "+52",
            "number": "8112345678",
            "certified": True,
            "best": False,
            "certifiedAt": "2026-03-01T10:30:00-06:00",
        }
    ],
    "cards": [
        {"number": "4111111111111111", "expires": "1129", "status": "locked", "cardToken": "ct-77e02b41"}
    ],
    "legalRepresentatives": [{"id": "1", "name": "ROSA LUNA"}, {"id": "2", "name": "RAUL SOTO"}],
    "email": None,
    "transmitCustomer": False,
}
NIPS = {"ct-6f1d0c9a": "1234", "ct-77e02b41": "5678"}
NOT_FOUND: Answer = (404, {"status": "not-found"})


class Mode(StrEnum):
    """``DROP`` hangs up without an answer, ``DROP_ONCE`` only the next time; ``DRIP`` never gets done."""

    OK = "ok"
    SLOW = "slow"
    DRIP = "drip"
    DROP = "drop"
    DROP_ONCE = "drop once"
    GARBAGE = "garbage"
    COMMUNICATION = "communication"


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None


@dataclass(slots=True)
class Core:
    """What the bank knows, and everything that was asked of it."""

    customers: list[dict[str, Any]] = field(default_factory=lambda: [PERSON, COMPANY])
    asked: list[Asked] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    verdict: dict[str, Any] | None = None
    """What the risk engine says of everybody; None: by the question."""

    def answer(self, asked: Asked) -> Answer:
        """The documented answer."""
        body = asked.body or {}
        match asked.method, asked.path.removeprefix("/").split("/"):
            case "GET", ["customers", number]:
                return self._customer(lambda one: bool(one["customerId"] == number))
            case "POST", ["customers", "by-card"]:
                wanted = body.get("cardNumber")
                return self._customer(lambda one: any(card["number"] == wanted for card in one["cards"]))
            case "POST", ["sessions", "ended"]:
                self.ended.append(str(body.get("customerId")))
                return 204, None
            case "POST", ["cards", "verify-pin"]:
                token = body.get("cardToken")
                return 200, {"verified": token is not None and NIPS.get(token) == body.get("nip")}
            case "POST", ["assessments"]:
                return 200, self.verdict or _judged(body)
            case _:
                return 404, None

    def _customer(self, wanted: Any) -> Answer:
        found = next((one for one in self.customers if wanted(one)), None)
        return NOT_FOUND if found is None else (200, found)


def _judged(question: dict[str, Any]) -> dict[str, Any]:
    if question.get("emulator"):
        return {"verdict": "step-up", "reasons": ["emulator"]}
    return {"verdict": "allow", "reasons": []}


class CoreStub:
    """The server around a core; started again it has the port it had."""

    def __init__(self, core: Core | None = None, pair: Pair | None = None, clients_by: str = "") -> None:
        """With a pair by TLS; ``clients_by``: the authority whose clients alone are let in."""
        self.core = core or Core()
        self.raw: tuple[int, bytes] | None = None
        """An answer in place of the documented one."""
        self.accepted = 0
        """Connections so far."""
        self._mode = Mode.OK
        self._moved_on = threading.Event()
        self._asked = threading.Event()
        self._tls = None if pair is None else _server_context(pair, clients_by)
        self._port = 0
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        waiting, self._moved_on = self._moved_on, threading.Event()
        waiting.set()

    def start(self) -> None:
        self._server = _Server(("127.0.0.1", self._port), self, self._tls)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more and hang up on everybody."""
        if self._server is not None:
            self._moved_on.set()
            self._server.shutdown()
            self._server.hang_up()
            self._server.server_close()
            self._server = None

    def wait_until_asked(self) -> None:
        """Until the first request is there; raises ``TimeoutError``."""
        if not self._asked.wait(10):
            raise TimeoutError

    def served(self, handler: "_Handler", asked: Asked) -> None:
        self.core.asked.append(asked)
        self._asked.set()
        match self._mode:
            case Mode.DROP | Mode.DROP_ONCE:
                self._mode = Mode.OK if self._mode is Mode.DROP_ONCE else Mode.DROP
                handler.close_connection = True
            case Mode.SLOW:
                self._moved_on.wait(30)
                handler.close_connection = True
            case Mode.DRIP:
                handler.drip(self._moved_on)
            case Mode.GARBAGE:
                handler.say(200, b"<html>Welcome to the load balancer</html>")
            case Mode.COMMUNICATION:
                handler.say(200, b'{"status": "communication-failure"}')
            case Mode.OK:
                handler.say(*(self.raw or _encoded(self.core.answer(asked))))


def _encoded(answer: Answer) -> tuple[int, bytes]:
    status, body = answer
    return status, b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


def _server_context(pair: Pair, clients_by: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    if clients_by:
        context.load_verify_locations(clients_by)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, address: tuple[str, int], stub: CoreStub, tls: ssl.SSLContext | None) -> None:
        super().__init__(address, _Handler)
        self.stub = stub
        self._tls = tls
        self._open = set[socket]()

    def get_request(self) -> tuple[socket, Any]:
        connection, address = super().get_request()
        self.stub.accepted += 1
        if self._tls is not None:
            # The handshake is the connection's own thread's, so that a broken one holds nobody up.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that breaks off is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self, moved_on: threading.Event) -> None:
        """A byte now and then: never silent, never done."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "10000")
        self.end_headers()
        while not moved_on.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Card numbers and PINs come by here."""

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = json.loads(content) if content else None
        self.server.stub.served(self, Asked(self.command, self.path, dict(self.headers.items()), body))


@contextmanager
def core_stub(core: Core | None = None, pair: Pair | None = None, clients_by: str = "") -> Iterator[CoreStub]:
    """A stub that is up when this is entered, and down when it is left."""
    stub = CoreStub(core, pair, clients_by)
    stub.start()
    try:
        yield stub
    finally:
        stub.stop()
