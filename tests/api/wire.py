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
from aldaba.sandbox.bank import (
    NIP,
    PASSWORD,
    PIN,
    TEMPORARY_PIN,
    application_device_id,
    phone_number,
)
from aldaba.service.registration import Grant

CONTRACT = contract.load()
PUBLIC_URL = "http://127.0.0.1:8080"
WITH_ROOM = tuple(PATHS)
"""Operations the running server serves; ``test_every_operation_with_a_room_is_driven`` keeps it so."""

NEW_PIN = "74019263"
NEW_PASSWORD = "tecla47brisa"
USER = "15000010"
NEW_PHONE = "5512345678"
"""A mobile number of nobody the bank knows."""
PUBLIC_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
"""A point of the curve (RFC 7515 appendix A.3)."""
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


async def signed_in(
    front: FrontEnd, user: str, secret: str = PASSWORD, factor: str = "password"
) -> httpx.Response:
    """The front end with an authenticated session; answers the login."""
    assert (await front.prelogin(user)).status_code == 200
    answer = await front.login(user, secret, factor)
    assert answer.status_code == 200, answer.text
    return answer


async def recovering(bank: Bank, user: str = USER) -> FrontEnd:
    """A front end whose session has named a customer for a recovery."""
    front = await bank.ready()
    assert (await front.prelogin(user, "validate_credentials")).status_code == 200
    return front


async def proved(front: FrontEnd, user: str, *, first_time: bool = False) -> None:
    """A recovery of a ready-made customer with card and phone proved."""
    assert (await front.prelogin(user, "validate_credentials")).status_code == 200
    assert (await front.validate_card(NIP)).status_code == 204
    told = await front.validate_phone(phone_number(user), first_time=first_time)
    assert told.status_code == 200, told.text


async def code_of(front: FrontEnd, user: str, *, first_time: bool = False, auth_type: int = 5) -> str:
    """A recovery up to the code, which it answers."""
    await proved(front, user, first_time=first_time)
    answer = await front.send_otp(auth_type, first_time=first_time)
    assert answer.status_code == 204, answer.text
    return await front.code_sent(f"+52{phone_number(user)}")


async def certified(front: FrontEnd, number: str = NEW_PHONE) -> None:
    """An account opening with its phone certified."""
    assert (await front.generate_rao(number)).status_code == 204
    answer = await front.validate_rao(await front.code_sent(f"+52{number}"), number)
    assert answer.status_code == 204, answer.text


async def strong(front: FrontEnd, user: str) -> None:
    """A login followed by a passed challenge."""
    await signed_in(front, user)
    question = (await front.challenge()).json()["challengeQuestion"]
    answer = await front.answer_challenge(question, await front.token_response(user, question))
    assert answer.status_code == 200, answer.text


async def temporary(front: FrontEnd, user: str = "15000011") -> httpx.Response:
    return await signed_in(front, user, TEMPORARY_PIN, "pin")


Writing = Callable[[], Awaitable[Letter]]


async def letters(bank: Bank, operation: str, profile: str = "bound-1") -> tuple[FrontEnd, Writing]:
    """A front end whose session has come far enough for the operation, and what writes right requests.

    They may be written as often as a test likes; an operation that spends something succeeds with one.
    """
    front = await bank.ready(profile)
    ready = await _come_far_enough(front, operation)

    async def write() -> Letter:
        headers = front.headers()
        if CONTRACT.operation(operation).method != "GET":
            headers["Content-Type"] = "application/json"
        return Letter(operation, headers, await body_for(front, operation, headers, ready))

    return front, write


async def _come_far_enough(front: FrontEnd, operation: str) -> dict[str, str]:
    """What a right request of this operation will say that only the way there tells."""
    ready = await _WAYS[operation](front) if operation in _WAYS else None
    return ready if isinstance(ready, dict) else {}


async def _challenged(front: FrontEnd) -> dict[str, str]:
    await signed_in(front, "15000024")
    question = (await front.challenge()).json()["challengeQuestion"]
    return {"question": question, "otp": await front.token_response("15000024", question)}


async def _coded(front: FrontEnd) -> dict[str, str]:
    return {"otp": await code_of(front, USER)}


async def _rao_coded(front: FrontEnd) -> dict[str, str]:
    assert (await front.generate_rao(NEW_PHONE)).status_code == 204
    return {"otp": await front.code_sent(f"+52{NEW_PHONE}")}


_WAYS: dict[str, Callable[[FrontEnd], Awaitable[Any]]] = {
    "login": lambda front: front.prelogin(USER),
    "logout": lambda front: signed_in(front, "15000024"),
    "set_credentials": lambda front: signed_in(front, "15000013", PIN, "pin"),
    "validate_card": lambda front: front.prelogin(USER, "validate_credentials"),
    "validate_mobile_phone": lambda front: front.prelogin(USER, "validate_credentials"),
    "send_otp": lambda front: proved(front, USER),
    "set_access": _coded,
    "retrieve_challenge": lambda front: signed_in(front, "15000024"),
    "validate_challenge": _challenged,
    "register_transmit_customer": lambda front: signed_in(front, "15000026"),
    "validate_transmit_customer": lambda front: front.prelogin("15000025"),
    "validate_rao_token": _rao_coded,
    "certified_phone": certified,
    "enrol_device": lambda front: strong(front, "15000024"),
    "revoke_device": lambda front: strong(front, "15000024"),
}


async def body_for(
    front: FrontEnd, operation: str, sent: dict[str, str], ready: dict[str, str] | None = None
) -> Any:
    """A right body for the request with these headers."""
    match operation:
        case "exchange_keys":
            public = (await front.call("retrieve_public_key")).json()
            return offer(public, Keys("bound-1"))
        case "validate_jwt":
            token = await front.vendor_jwt("15000025")
            return {"transmitToken": token, "customerId": "15000025", "grantType": "2"}
        case "unlock_access":
            named, _ = front.sealed_body(operation, {}, sent, encryptedCustomerId="15000015")
            return {"jwtToken": await front.vendor_jwt("15000015"), "grantType": "2", "customer": named}
    return _BODIES[operation](front, sent, ready or {}) if operation in _BODIES else None


Body = Callable[[FrontEnd, dict[str, str], dict[str, str]], Any]


def _named(operation: str, **more: str) -> Body:
    return lambda front, sent, _: {
        "encryptedUserId": front.seal(sent, operation, "encryptedUserId", USER),
        **more,
    }


def _log_in(front: FrontEnd, sent: dict[str, str], _: dict[str, str]) -> Any:
    return {
        "customerCredentials": credentials(front, sent, USER, PASSWORD),
        "vascoDeviceId": "f96d",
        "mobileAML": {"ipAddress": "10.0.0.1", "mobileEmulatorIndicator": 0},
    }


def _set(front: FrontEnd, sent: dict[str, str], _: dict[str, str]) -> Any:
    name = "newEncryptedAccessCredential"
    return {"credentialStatus": "ACPWD", name: front.seal(sent, "set_credentials", name, NEW_PASSWORD, "b")}


def _card(front: FrontEnd, sent: dict[str, str], _: dict[str, str]) -> Any:
    clear = {"ccsId": front.ccs_id, "expirationCardDate": "1230"}
    return front.sealed_body("validate_card", clear, sent, encryptedCredentialAccess=NIP)[0]


def _access(front: FrontEnd, sent: dict[str, str], ready: dict[str, str]) -> Any:
    clear = {"ccsId": front.ccs_id, "isFirstTime": False}
    secret = {"newEncryptedAccessCredential": NEW_PASSWORD, "encryptedOtp": ready["otp"]}
    return front.sealed_body("set_access", clear, sent, **secret)[0]


def _challenge(front: FrontEnd, sent: dict[str, str], ready: dict[str, str]) -> Any:
    clear = {"challengeQuestion": ready["question"]}
    return front.sealed_body("validate_challenge", clear, sent, oneTimePasswordToken=ready["otp"])[0]


def _rao(operation: str, front: FrontEnd, sent: dict[str, str]) -> Any:
    clear = {"phoneCountryCode": "+52"}
    return front.sealed_body(operation, clear, sent, encryptedPhoneNumber=NEW_PHONE)[0]


def _rao_code(front: FrontEnd, sent: dict[str, str], ready: dict[str, str]) -> Any:
    phone = {"phone": _rao("validate_rao_token", front, sent)}
    return front.sealed_body("validate_rao_token", phone, sent, encryptedOtpToken=ready["otp"])[0]


_BODIES: dict[str, Body] = {
    "prelogin_v1": _named("prelogin_v1", vascoDeviceId="f96d"),
    "prelogin_v2": _named("prelogin_v2", vascoDeviceId="f96d", instanceId="i-1"),
    "validate_credentials": _named("validate_credentials"),
    "login": _log_in,
    "set_credentials": _set,
    "credentials_status": lambda *_: {"customerId": USER},
    "validate_card": _card,
    "validate_mobile_phone": lambda front, *_: {
        "ccsId": front.ccs_id,
        "phoneNumber": phone_number(USER),
        "isFirstTime": False,
    },
    "send_otp": lambda front, *_: {"ccsId": front.ccs_id, "authType": 5, "isFirstTime": False},
    "set_access": _access,
    "validate_challenge": _challenge,
    "validate_transmit_customer": lambda *_: {"customerId": "15000025"},
    "generate_rao_token": lambda front, sent, _: _rao("generate_rao_token", front, sent),
    "validate_rao_token": _rao_code,
    "enrol_device": lambda *_: {
        "applicationDeviceId": "a-new-phone",
        "vascoDeviceId": "a-new-phone-too",
        "publicKeyJwk": PUBLIC_JWK,
    },
    "revoke_device": lambda *_: {"applicationDeviceId": application_device_id("15000024")},
}


def credentials(
    front: FrontEnd, headers: dict[str, str], user: str, secret: str, factor: str = "password"
) -> dict[str, Any]:
    """``customerCredentials`` sealed for the request with these headers."""
    sealed = front.seal(headers, "login", "encryptedCredential", secret, KINDS[factor])
    return {"userId": user, "credentialType": TYPES[factor], "encryptedCredential": sealed}


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
    of = operation or expected.operation
    page = f"{PUBLIC_URL}/docs/errors/{of}/{expected.status}/{expected.code.replace(' ', '%20')}"
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


async def by_day(bank: Bank) -> None:
    """Move the clock to a morning where the bank's day would turn within some hours."""
    hour = bank.house.clock().astimezone(bank.house.policy.zone).hour
    if hour > 19:
        await bank.advance(f"PT{33 - hour}H")


def told_at(answer: httpx.Response) -> datetime:
    """The moment an error body names."""
    return datetime.fromisoformat(answer.json()["timestamp"])


async def registered(bank: Bank, client_id: str, **grant: Any) -> FrontEnd:
    """A front end with a token of a new application that may do only this."""
    made = await bank.house.administration.registration.create(client_id, Grant(**grant), "a test")
    front = FrontEnd(bank.http, client_id, made.secret.reveal())
    await front.sign_in()
    return front
