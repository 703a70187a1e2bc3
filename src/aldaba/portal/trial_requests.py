"""Requests as an API client sends them by hand: headers, body, what is sealed, what is kept of the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aldaba.contract import Contract, Header, Operation, Schema
from aldaba.portal.examples import error_example, example

TOKEN_PATH = "/api/v1/oauth/token"

VALUES: Mapping[str, str] = {
    "customer": "15000010",
    "password": "mobile20x",
    "nip": "1234",
    "phone": "5515000010",
    "newPin": "74019263",
    "newPassword": "tecla47brisa",
    "otp": "12345678",
    "vendorJwt": "",
    "channel": "MOVIL",
    "language": "en",
}
"""Variables and what they are at first: a customer of the sandbox."""

_SEALED: Mapping[str, str] = {
    "encryptedUserId": "customer",
    "encryptedCustomerId": "customer",
    "encryptedCredential": "password",
    "encryptedCredentialAccess": "nip",
    "newEncryptedAccessNumber": "newPin",
    "newEncryptedAccessCredential": "newPassword",
    "encryptedOtp": "otp",
    "encryptedOtpToken": "otp",
    "encryptedPhoneNumber": "phone",
}
_CLEAR: Mapping[str, str] = {
    "userId": "customer",
    "customerId": "customer",
    "ccsId": "ccsId",
    "phoneNumber": "phone",
    "challengeQuestion": "challengeQuestion",
    "oneTimePasswordToken": "otp",
    "jwtToken": "vendorJwt",
    "transmitToken": "vendorJwt",
    "keyId": "keyId",
    "encryptedPayload": "encryptedPayload",
    "encKeyCheckDigit": "encKeyCheckDigit",
    "hmacKeyCheckDigit": "hmacKeyCheckDigit",
}
_FIXED: Mapping[str, Any] = {
    "expirationCardDate": "1230",
    "credentialType": 2,
    "authType": 5,
    "isFirstTime": False,
}
_KEPT: Mapping[str, tuple[str, ...]] = {
    "prelogin_v1": ("ccsId",),
    "prelogin_v2": ("ccsId",),
    "validate_credentials": ("ccsId",),
    "retrieve_challenge": ("challengeQuestion",),
    "retrieve_public_key": ("keyId", "modulus", "exponent"),
}
# Which the front end leaves out where it has nothing to say: they would be wrong in a first trial.
_LEFT_OUT = frozenset(
    {"mobileAML", "vascoDeviceId", "applicationDeviceId", "instanceId", "legalRepresentativeId"}
)
_HEADERS: Mapping[str, str] = {
    "client_id": "{{clientId}}",
    "x-ibm-client-id": "",
    "authorization": "Bearer {{token}}",
    "uuid": "{{uuid}}",
    "sid": "{{sid}}",
    "channelid": "{{channel}}",
    "countrycode": "MX",
    "businesscode": "GCB",
    "accept": "application/json",
    "accept-language": "{{language}}",
    "content-type": "application/json",
}


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """One operation as a request with variables in double braces."""

    operation: Operation
    headers: tuple[tuple[str, str], ...]
    body: Any
    sealed: Mapping[str, str]
    """Field → the variable whose text is sealed under the field's own name."""
    kept: tuple[str, ...]
    errors: tuple[tuple[str, int, dict[str, str]], ...] = field(default=())

    @property
    def folder(self) -> str:
        return self.operation.api


def trial_requests(contract: Contract) -> list[TrialRequest]:
    """Every operation, the keys' first, as they are called."""
    ordered = sorted(contract.operations.values(), key=lambda operation: operation.api != "e2e_gateway")
    return [_request(contract, operation) for operation in ordered]


def _request(contract: Contract, operation: Operation) -> TrialRequest:
    sealed = {item.name: _SEALED[item.name] for item in operation.encrypted_request if not item.maybe}
    body = None if operation.request is None else _body(contract, operation.request, sealed)
    errors = tuple(
        (f"{row.status} {row.code}", row.status, error_example(row, operation.error))
        for row in operation.errors
    )
    kept = _KEPT.get(operation.id, ())
    return TrialRequest(operation, tuple(_headers(operation)), body, sealed, kept, errors)


def _headers(operation: Operation) -> Iterator[tuple[str, str]]:
    def told(header: Header) -> tuple[str, str]:
        return header.name, _HEADERS[header.name.lower()]

    yield from (pair for pair in map(told, operation.headers) if pair[1])


def _body(contract: Contract, schema: Schema, sealed: Mapping[str, str]) -> dict[str, Any]:
    printed = example(contract, schema)
    body: dict[str, Any] = {}
    for name, prop in schema.properties.items():
        if name in _LEFT_OUT and name not in schema.required:
            continue
        if prop.ref is not None:
            body[name] = _body(contract, contract.schemas[prop.ref], sealed)
        elif name in sealed or name in _CLEAR:
            body[name] = f"{{{{{name if name in sealed else _CLEAR[name]}}}}}"
        else:
            body[name] = _FIXED.get(name, printed[name])
    return body
