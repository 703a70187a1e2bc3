"""Front ends for load: customers to import, sessions with keys, and requests ready to be sent.

Everything that costs a front end time (RSA, sealing, JSON) happens here, before a measurement.
"""

import base64
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.front_end import KINDS, PATHS, TYPES, Keys

from bench.load import drive
from bench.processes import APPLICATION, House, Serving

PASSWORD = "puente47lunar"
NEXT_PASSWORD = "jardin58solar"
FIRST_CUSTOMER = 200_000_000
SET_UP_IN_FLIGHT = 16
_SID = re.compile(rb"\r\nsid: *([^\r]+)", re.IGNORECASE)


def customer(number: int) -> str:
    """The customer number of the so-manieth customer."""
    return str(FIRST_CUSTOMER + number)


Line = dict[str, object]
"""What an import says of one customer."""


def customer_line(number: int, phc: str) -> Line:
    """A customer as a bank brings it along: its hash made elsewhere (one for all, it costs the same)."""
    return {
        "customerId": customer(number),
        "name": "MARIA FERNANDA LOPEZ GARCIA",
        "customerType": 1551,
        "electronicBanking": "active",
        "termsAccepted": True,
        "phones": [{"number": f"55{number:08d}", "certified": True, "best": True}],
        "access": {"passwordHash": phc},
    }


def import_file(path: Path, lines: Iterable[Line]) -> int:
    """Write them, and count them."""
    written = 0
    with path.open("w") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")
            written += 1
    return written


@dataclass(frozen=True, slots=True)
class PublicKey:
    key_id: str
    rsa: rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class Session:
    """What a front end keeps of its session."""

    sid: str
    keys: Keys
    user: str = ""
    """The customer it is about, once it has been told."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The calling application: makes requests and sets sessions up."""

    server: Serving
    client_secret: str
    token: str = ""

    async def signed_in(self) -> "Bench":
        """The same with a fresh access token."""
        (answer,) = await self.set_up([self.token_request()])
        return replace(self, token=str(body_of(answer)["access_token"]))

    def token_request(self) -> bytes:
        basic = base64.b64encode(f"{APPLICATION}:{self.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        return _form("/api/v1/oauth/token", headers, {"grant_type": "client_credentials"})

    def introspection_request(self, sid: str) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}"}
        return _form("/api/v1/sessions/introspect", headers, {"token": sid})

    def headers(self, sid: str | None) -> dict[str, str]:
        """The common headers with a fresh request id."""
        usual = {
            "client_id": APPLICATION,
            "Authorization": f"Bearer {self.token}",
            "uuid": str(uuid.uuid4()),
            "channelId": "MOVIL",
            "countryCode": "MX",
            "businessCode": "GCB",
            "Accept": "application/json",
            "Accept-Language": "es",
        }
        return usual if sid is None else usual | {"sid": sid}

    def public_key_request(self, sid: str | None) -> bytes:
        return self.get("retrieve_public_key", self.headers(sid))

    def exchange_request(self, key: PublicKey, sid: str | None, keys: Keys) -> bytes:
        material = (keys.ek + keys.iv + keys.hk).hex().upper().encode()
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        body = {
            "algorithm": "bound-1",
            "keyId": key.key_id,
            "encryptedPayload": key.rsa.encrypt(material, oaep).hex().upper(),
            "encKeyCheckDigit": keys.digit(keys.ek),
            "hmacKeyCheckDigit": keys.digit(keys.hk),
        }
        return self.post("exchange_keys", self.headers(sid), body)

    def login_request(self, session: Session) -> bytes:
        headers = self.headers(session.sid)
        sealed = self.sealed(session, headers, "login", "encryptedCredential", PASSWORD, KINDS["password"])
        given = {"userId": session.user, "credentialType": TYPES["password"], "encryptedCredential": sealed}
        return self.post("login", headers, {"customerCredentials": given})

    def validate_request(self, session: Session, user: str) -> bytes:
        return self.naming_request("validate_credentials", session, user)

    def naming_request(
        self, operation: str, session: Session, user: str, more: Mapping[str, str] = {}
    ) -> bytes:
        """A prelogin, or the validation that begins a recovery."""
        headers = self.headers(session.sid)
        sealed = self.sealed(session, headers, operation, "encryptedUserId", user, "c")
        return self.post(operation, headers, {"encryptedUserId": sealed, **more})

    def call(self, operation: str, sid: str | None, body: object = None) -> bytes:
        """A request with nothing sealed in it; without a body where there is none."""
        headers = self.headers(sid)
        return (
            _request("POST", PATHS[operation], headers, b"")
            if body is None
            else self.post(operation, headers, body)
        )

    def set_credentials_request(self, session: Session) -> bytes:
        headers = self.headers(session.sid)
        name = "newEncryptedAccessCredential"
        sealed = self.sealed(session, headers, "set_credentials", name, NEXT_PASSWORD, "b")
        return self.post("set_credentials", headers, {"credentialStatus": "NONE", name: sealed})

    async def public_key(self) -> PublicKey:
        (answer,) = await self.set_up([self.public_key_request(None)])
        told = body_of(answer)
        numbers = rsa.RSAPublicNumbers(int(str(told["exponent"]), 16), int(str(told["modulus"]), 16))
        return PublicKey(str(told["keyId"]), numbers.public_key())

    async def sessions(self, count: int) -> list[Session]:
        """So many fresh sessions with keys, each shown the public key."""
        key = await self.public_key()
        opened = await self.set_up([self.public_key_request(None) for _ in range(count)])
        sessions = [Session(sid_of(answer), Keys("bound-1")) for answer in opened]
        requests = [self.exchange_request(key, session.sid, session.keys) for session in sessions]
        await self.set_up(requests)
        return sessions

    async def identified(self, customers: Sequence[str]) -> list[Session]:
        """A fresh session for each customer, told who it is about: ready for the login."""
        sessions = await self.sessions(len(customers))
        told = [replace(session, user=user) for session, user in zip(sessions, customers, strict=True)]
        await self.set_up([self.validate_request(session, session.user) for session in told])
        return told

    async def set_up(self, requests: Sequence[bytes], status: int = 200) -> list[bytes]:
        """The answers to requests that nobody measures."""
        outcome = await drive(self.server.port, self.server.pid, requests, SET_UP_IN_FLIGHT)
        return outcome.expect(status).answers

    def sealed(
        self, session: Session, headers: dict[str, str], operation: str, name: str, text: str, kind: str
    ) -> str:
        path = PATHS[operation].removeprefix("/api")
        return session.keys.seal(text, ("request", path, session.sid, headers["uuid"], name), kind)

    def get(self, operation: str, headers: dict[str, str]) -> bytes:
        return _request("GET", PATHS[operation], headers, b"")

    def post(self, operation: str, headers: dict[str, str], body: object) -> bytes:
        content = json.dumps(body).encode()
        return _request("POST", PATHS[operation], headers | {"Content-Type": "application/json"}, content)


async def at_home(server: Serving, house: House) -> Bench:
    return await Bench(server, house.client_secret).signed_in()


def logged_in(sessions: Iterable[Session], answers: Iterable[bytes]) -> Iterator[Session]:
    """The sessions under the handles that their logins gave them."""
    for session, answer in zip(sessions, answers, strict=False):
        if answer:
            yield replace(session, sid=sid_of(answer))


def raw_headers(request: bytes) -> list[tuple[bytes, bytes]]:
    """A prepared request's headers as a server's application sees them."""
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


def sid_of(answer: bytes) -> str:
    found = _SID.search(answer)
    if found is None:
        raise RuntimeError(f"no sid in {answer[:300].decode('latin-1')}")
    return found[1].decode("ascii")


def body_of(answer: bytes) -> dict[str, object]:
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert isinstance(told, dict)
    return told


def _form(path: str, headers: dict[str, str], form: dict[str, str]) -> bytes:
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return _request("POST", path, headers | kind, urlencode(form).encode())


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
