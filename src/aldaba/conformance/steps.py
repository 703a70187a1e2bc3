"""The steps of customers' journeys, as a front end takes them; a step that should go well is made sure of."""

import secrets
from typing import Any

import httpx

from aldaba.conformance.cast import Person, address, card, phone
from aldaba.conformance.front import FACTORS, Front, json_of, succeeded
from aldaba.conformance.stage import Stage

SMS, SOFT_TOKEN = 5, 2
NEW_PIN, NEW_PASSWORD = "74019263", "tecla47brisa"
WRONG_PASSWORD, WRONG_NIP, WRONG_CODE = "andador99x", "4321", "00000000"
NOBODY = "99999999"
PUBLIC_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
"""A point of the curve (RFC 7515 appendix A.3)."""


def number(person: Person) -> str:
    return str(person["customerId"])


def identify(front: Front, customer: str, operation: str = "prelogin_v1") -> httpx.Response:
    headers = front.headers()
    body = front.sealed(headers, operation, encryptedUserId=customer)
    return front.call(operation, body, headers)


def credentials(
    front: Front, headers: dict[str, str], customer: str, secret: str, factor: str = "password"
) -> dict[str, Any]:
    kind, letter = FACTORS[factor]
    sealed = front.seal(headers, "login", "encryptedCredential", secret, letter)
    return {"userId": customer, "credentialType": kind, "encryptedCredential": sealed}


def log_in(front: Front, customer: str, secret: str, factor: str = "password") -> httpx.Response:
    headers = front.headers()
    return front.call(
        "login", {"customerCredentials": credentials(front, headers, customer, secret, factor)}, headers
    )


def password(person: Person) -> str:
    return str(person["access"]["password"])


def identified(stage: Stage, person: Person, operation: str = "prelogin_v1") -> Front:
    front = stage.front()
    succeeded(identify(front, number(person), operation))
    return front


def entered(stage: Stage, person: Person, secret: str | None = None, factor: str = "password") -> Front:
    """A session in which this customer is logged in."""
    front = identified(stage, person)
    succeeded(log_in(front, number(person), secret or password(person), factor))
    return front


def recovering(stage: Stage, person: Person) -> Front:
    """A session that has named the customer for a recovery."""
    return identified(stage, person, "validate_credentials")


def give_card(front: Front, nip: str, expires: str) -> httpx.Response:
    headers = front.headers()
    sealed = front.sealed(headers, "validate_card", encryptedCredentialAccess=nip)
    return front.call(
        "validate_card", {"ccsId": front.ccs_id, "expirationCardDate": expires} | sealed, headers
    )


def give_phone(
    front: Front, digits: str, *, first_time: bool = False, ccs_id: str | None = None
) -> httpx.Response:
    body = {"ccsId": ccs_id or front.ccs_id, "phoneNumber": digits, "isFirstTime": first_time}
    return front.call("validate_mobile_phone", body)


def ask_code(front: Front, way: int = SMS, *, ccs_id: str | None = None) -> httpx.Response:
    return front.call("send_otp", {"ccsId": ccs_id or front.ccs_id, "authType": way, "isFirstTime": False})


def set_access(front: Front, new: str, code: str, *, first_time: bool = False) -> httpx.Response:
    headers = front.headers()
    sealed = front.sealed(headers, "set_access", newEncryptedAccessCredential=new, encryptedOtp=code)
    return front.call("set_access", {"ccsId": front.ccs_id, "isFirstTime": first_time} | sealed, headers)


def proved(stage: Stage, person: Person) -> Front:
    """A recovery with card and phone proved."""
    front = recovering(stage, person)
    succeeded(give_card(front, card(person)["nip"], card(person)["expires"]))
    succeeded(give_phone(front, phone(person)))
    return front


def coded(stage: Stage, person: Person) -> tuple[Front, str]:
    """A recovery up to the code."""
    stage.tools()
    front = proved(stage, person)
    succeeded(ask_code(front))
    return front, stage.code(address(person))


def question(front: Front) -> str:
    return str(json_of(succeeded(front.call("retrieve_challenge")))["challengeQuestion"])


def respond(front: Front, asked: str, response: str) -> httpx.Response:
    return front.call("validate_challenge", {"challengeQuestion": asked, "oneTimePasswordToken": response})


def strong(stage: Stage, person: Person) -> Front:
    """A login followed by a passed challenge."""
    stage.tools()
    front = entered(stage, person)
    asked = question(front)
    succeeded(respond(front, asked, stage.tools().token_response(number(person), asked)))
    return front


def new_phone() -> str:
    """A mobile number of nobody the bank knows: a phone gets so many codes a day."""
    return f"55123{secrets.randbelow(100_000):05d}"


def order_code(front: Front, digits: str, country: str = "+52") -> httpx.Response:
    headers = front.headers()
    sealed = front.sealed(headers, "generate_rao_token", encryptedPhoneNumber=digits)
    return front.call("generate_rao_token", {"phoneCountryCode": country} | sealed, headers)


def certify(front: Front, digits: str, code: str) -> httpx.Response:
    headers = front.headers()
    where = front.sealed(headers, "validate_rao_token", encryptedPhoneNumber=digits)
    sealed = front.sealed(headers, "validate_rao_token", encryptedOtpToken=code)
    return front.call("validate_rao_token", {"phone": {"phoneCountryCode": "+52"} | where} | sealed, headers)


def ordered(stage: Stage, digits: str) -> Front:
    """An account opening whose code is on its way."""
    stage.tools()
    front = stage.front()
    succeeded(order_code(front, digits))
    return front


def certified(stage: Stage) -> Front:
    digits = new_phone()
    front = ordered(stage, digits)
    succeeded(certify(front, digits, stage.code(f"+52{digits}")))
    return front


def show_jwt(front: Front, token: str, customer: str, grant: str = "2") -> httpx.Response:
    return front.call("validate_jwt", {"transmitToken": token, "customerId": customer, "grantType": grant})


def unlock(front: Front, customer: str, token: str) -> httpx.Response:
    headers = front.headers()
    named = front.sealed(headers, "unlock_access", encryptedCustomerId=customer)
    return front.call("unlock_access", {"jwtToken": token, "grantType": "2", "customer": named}, headers)


def set_credentials(
    front: Front, status: str, *, pin: str | None = None, new: str | None = None
) -> httpx.Response:
    headers = front.headers()
    given = {"newEncryptedAccessNumber": pin, "newEncryptedAccessCredential": new}
    sealed = front.sealed(headers, "set_credentials", **{k: v for k, v in given.items() if v is not None})
    return front.call("set_credentials", {"credentialStatus": status} | sealed, headers)
