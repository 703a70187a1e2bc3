"""What the suites of this folder share: right requests for every operation, error bodies checked."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from tests.conftest import Bank
from tests.front_end import KINDS, PATHS, TYPES, FrontEnd, Keys, offer

from aldaba import contract
from aldaba.contract import ErrorRow, Language
from aldaba.sandbox.bank import PASSWORD, PIN, TEMPORARY_PIN
from aldaba.service.registration import Grant

CONTRACT = contract.load()
PUBLIC_URL = "http://127.0.0.1:8080"
WITH_ROOM = tuple(PATHS)
"""Operations the running server serves; ``test_every_operation_with_a_room_is_driven`` keeps it so."""

NEW_PIN = "74019263"
NEW_PASSWORD = "tecla47brisa"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)

Lines = list[tuple[str, str]]
"""Header lines in order, so that one may come twice."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A request ready to be sent; a test changes what it is about and sends the rest as it is."""

    operation: str
    headers: dict[str, str]
    body: Any

    def with_headers(self, **changes: str | None) -> "Letter":
        kept = {name: value for name, value in self.headers.items() if name not in changes}
        kept |= {name: value for name, value in changes.items() if value is not None}
        return Letter(self.operation, kept, self.body)

    def with_body(self, body: Any) -> "Letter":
        return Letter(self.operation, self.headers, body)

    @property
    def uuid(self) -> str:
        return self.headers["uuid"]


async def post(
    bank: Bank, letter: Letter, *, lines: Lines | None = None, raw: bytes | None = None
) -> httpx.Response:
    """Send it, with other header lines or other bytes where a test gives them."""
    operation = CONTRACT.operation(letter.operation)
    content = raw
    if raw is None and letter.body is not None:
        content = json.dumps(letter.body).encode()
    sent = list(letter.headers.items()) if lines is None else lines
    request = bank.http.build_request(operation.method, operation.path, headers=sent, content=content)
    if not any(name.lower() == "accept" for name, _ in sent):
        del request.headers["Accept"]  # what the client adds on its own
    return await bank.http.send(request)


Writing = Callable[[], Awaitable[Letter]]


async def letters(bank: Bank, operation: str, profile: str = "bound-1") -> tuple[FrontEnd, Writing]:
    """A front end whose session has come far enough for the operation, and what writes right requests."""
    front = await bank.ready(profile)
    match operation:
        case "login":
            await front.prelogin("15000010")
        case "logout":
            await signed_in(front, "15000024")
        case "set_credentials":
            await signed_in(front, "15000013", PIN, "pin")
        case _:
            pass

    async def write() -> Letter:
        headers = front.headers()
        if operation != "retrieve_public_key":
            headers["Content-Type"] = "application/json"
        return Letter(operation, headers, await body_for(front, operation, headers))

    return front, write


async def body_for(front: FrontEnd, operation: str, sent: dict[str, str]) -> Any:
    """A right body for the request with these headers."""
    if operation == "exchange_keys":
        public = (await front.call("retrieve_public_key")).json()
        return offer(public, Keys("bound-1"))
    return _BODIES[operation](front, sent) if operation in _BODIES else None


def _named(operation: str, **more: str) -> Callable[[FrontEnd, dict[str, str]], Any]:
    return lambda front, sent: {
        "encryptedUserId": front.seal(sent, operation, "encryptedUserId", "15000010"),
        **more,
    }


def _log_in(front: FrontEnd, sent: dict[str, str]) -> Any:
    return {
        "customerCredentials": credentials(front, sent, "15000010", PASSWORD),
        "vascoDeviceId": "f96d",
        "mobileAML": {"ipAddress": "10.0.0.1", "mobileEmulatorIndicator": 0},
    }


def _set(front: FrontEnd, sent: dict[str, str]) -> Any:
    name = "newEncryptedAccessCredential"
    return {"credentialStatus": "ACPWD", name: front.seal(sent, "set_credentials", name, NEW_PASSWORD, "b")}


_BODIES: dict[str, Callable[[FrontEnd, dict[str, str]], Any]] = {
    "prelogin_v1": _named("prelogin_v1", vascoDeviceId="f96d"),
    "prelogin_v2": _named("prelogin_v2", vascoDeviceId="f96d", instanceId="i-1"),
    "validate_credentials": _named("validate_credentials"),
    "login": _log_in,
    "set_credentials": _set,
    "credentials_status": lambda front, sent: {"customerId": "15000010"},  # noqa: ARG005
}


def credentials(
    front: FrontEnd, headers: dict[str, str], user: str, secret: str, factor: str = "password"
) -> dict[str, Any]:
    """``customerCredentials`` sealed for the request with these headers."""
    sealed = front.seal(headers, "login", "encryptedCredential", secret, KINDS[factor])
    return {"userId": user, "credentialType": TYPES[factor], "encryptedCredential": sealed}


async def signed_in(
    front: FrontEnd, user: str, secret: str = PASSWORD, factor: str = "password"
) -> httpx.Response:
    """The front end with an authenticated session; answers the login."""
    assert (await front.prelogin(user)).status_code == 200
    answer = await front.login(user, secret, factor)
    assert answer.status_code == 200, answer.text
    return answer


async def temporary(front: FrontEnd, user: str = "15000011") -> httpx.Response:
    return await signed_in(front, user, TEMPORARY_PIN, "pin")


def row(operation: str, status: int, code: str) -> ErrorRow:
    """The row that answers; for codes that the page leaves out, the one in its place."""
    return CONTRACT.row(operation, status, code)


def said_so(
    answer: httpx.Response,
    expected: ErrorRow,
    *,
    location: str | None,
    language: Language = "en",
    operation: str | None = None,
    more: str | None = None,
) -> None:
    """The whole error body, to the letter: nothing missing and nothing besides."""
    assert answer.status_code == expected.status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert TIMESTAMP.fullmatch(body.pop("timestamp"))
    page = f"{PUBLIC_URL}/docs/errors/{operation or expected.operation}/{expected.status}/{expected.code}"
    wanted = {
        "type": expected.type,
        "code": expected.code,
        "details": expected.details if language == "en" else CONTRACT.spanish[expected.details],
        "moreInfo": expected.more_info or more or page,
    }
    sent = answer.request.headers.get_list("uuid")
    if len(sent) == 1 and UUID.fullmatch(sent[0]):
        wanted["uuid"] = sent[0].lower()
    if location is not None:
        wanted["location"] = location
    assert body == wanted


def told_at(answer: httpx.Response) -> datetime:
    """The moment an error body names."""
    return datetime.fromisoformat(answer.json()["timestamp"])


async def registered(bank: Bank, client_id: str, **grant: Any) -> FrontEnd:
    """A front end with a token of a new application that may do only this."""
    made = await bank.house.administration.registration.create(client_id, Grant(**grant), "a test")
    front = FrontEnd(bank.http, client_id, made.secret.reveal())
    await front.sign_in()
    return front
