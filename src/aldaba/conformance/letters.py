"""A right request for every operation, in a session that has come far enough for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aldaba.conformance import steps
from aldaba.conformance.cast import Person, card, phone
from aldaba.conformance.envelope import fresh_keys, offer
from aldaba.conformance.front import Front, Letter
from aldaba.conformance.stage import Stage

HARD = "in order, with a hard token"
SOFT = "soft token, activated"
ASSIGNED = "soft token, pre-assigned"
LOCKED = "locked, of the vendor"

Headers = dict[str, str]
Body = Callable[[Front, Headers], Any]


@dataclass(frozen=True, slots=True)
class Writing:
    """A front end ready for an operation, and what writes right requests of it, as many as are wanted."""

    front: Front
    operation: str
    body: Body

    def letter(self) -> Letter:
        headers = self.front.headers()
        return self.front.letter(self.operation, self.body(self.front, headers), headers)


def writing(stage: Stage, operation: str) -> Writing:
    """A session ready for this operation; `NotProvoked` where it cannot be had."""
    front, body = _WAYS[operation](stage)
    return Writing(front, operation, body)


def right(stage: Stage, operation: str) -> tuple[Front, Letter]:
    """A front end and one right request."""
    ready = writing(stage, operation)
    return ready.front, ready.letter()


Way = Callable[[Stage], tuple[Front, Body]]


def _nothing(_: Front, __: Headers) -> None:
    return None


def _naming(operation: str, **more: str) -> Way:
    def way(stage: Stage) -> tuple[Front, Body]:
        customer = stage.cast.number(HARD)
        return (
            stage.front(),
            lambda front, sent: front.sealed(sent, operation, encryptedUserId=customer) | more,
        )

    return way


def _login(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play(HARD)

    def body(front: Front, sent: Headers) -> Any:
        given = steps.credentials(front, sent, steps.number(person), steps.password(person))
        emulated = {"ipAddress": "10.0.0.1", "mobileEmulatorIndicator": 0}
        return {"customerCredentials": given, "vascoDeviceId": "f96d", "mobileAML": emulated}

    return steps.identified(stage, person), body


def _inside(part: str) -> Way:
    return lambda stage: (steps.entered(stage, stage.cast.play(part)), _nothing)


def _set_credentials(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play("PIN only")
    stage.spoils("with a new password")

    def body(front: Front, sent: Headers) -> Any:
        sealed = front.sealed(sent, "set_credentials", newEncryptedAccessCredential=steps.NEW_PASSWORD)
        return {"credentialStatus": "ACPWD"} | sealed

    return steps.entered(stage, person, str(person["access"]["pin"]), "pin"), body


def _status(stage: Stage) -> tuple[Front, Body]:
    customer = stage.cast.number(HARD)
    return stage.front(), lambda *_: {"customerId": customer}


def _card(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play(HARD)

    def body(front: Front, sent: Headers) -> Any:
        sealed = front.sealed(sent, "validate_card", encryptedCredentialAccess=card(person)["nip"])
        return {"ccsId": front.ccs_id, "expirationCardDate": card(person)["expires"]} | sealed

    return steps.recovering(stage, person), body


def _phone(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play(HARD)
    return steps.recovering(stage, person), lambda front, _: {
        "ccsId": front.ccs_id,
        "phoneNumber": phone(person),
        "isFirstTime": False,
    }


def _send_otp(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play(HARD)
    return steps.proved(stage, person), lambda front, _: {
        "ccsId": front.ccs_id,
        "authType": steps.SMS,
        "isFirstTime": False,
    }


def _set_access(stage: Stage) -> tuple[Front, Body]:
    stage.spoils("with a new password")
    front, code = steps.coded(stage, stage.cast.play(HARD))

    def body(front: Front, sent: Headers) -> Any:
        fields = {"newEncryptedAccessCredential": steps.NEW_PASSWORD, "encryptedOtp": code}
        return {"ccsId": front.ccs_id, "isFirstTime": False} | front.sealed(sent, "set_access", **fields)

    return front, body


def _challenge(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play(HARD)
    stage.tools()
    front = steps.entered(stage, person)
    asked = steps.question(front)
    shown = stage.tools().token_response(steps.number(person), asked)

    def body(front: Front, sent: Headers) -> Any:
        sealed = front.sealed(sent, "validate_challenge", oneTimePasswordToken=shown)
        return {"challengeQuestion": asked} | sealed

    return front, body


def _jwt(stage: Stage) -> tuple[Front, Body]:
    person: Person = stage.cast.play(SOFT)
    tools = stage.tools()
    return stage.front(), lambda *_: {
        "transmitToken": tools.vendor_jwt(steps.number(person)),
        "customerId": steps.number(person),
        "grantType": "2",
    }


def _lookup(stage: Stage) -> tuple[Front, Body]:
    person = stage.cast.play(SOFT)
    return steps.identified(stage, person), lambda *_: {"customerId": steps.number(person)}


def _order(stage: Stage) -> tuple[Front, Body]:
    stage.tools()
    digits = steps.new_phone()
    return (
        stage.front(),
        lambda front, sent: (
            {"phoneCountryCode": "+52"}
            | front.sealed(sent, "generate_rao_token", encryptedPhoneNumber=digits)
        ),
    )


def _certify(stage: Stage) -> tuple[Front, Body]:
    digits = steps.new_phone()
    front = steps.ordered(stage, digits)
    code = stage.code(f"+52{digits}")

    def body(front: Front, sent: Headers) -> Any:
        where = front.sealed(sent, "validate_rao_token", encryptedPhoneNumber=digits)
        sealed = front.sealed(sent, "validate_rao_token", encryptedOtpToken=code)
        return {"phone": {"phoneCountryCode": "+52"} | where} | sealed

    return front, body


def _unlock(stage: Stage) -> tuple[Front, Body]:
    customer = stage.cast.number(LOCKED)
    tools = stage.tools()
    stage.spoils("unlocked")
    return stage.front(), lambda front, sent: {
        "jwtToken": tools.vendor_jwt(customer),
        "grantType": "2",
        "customer": front.sealed(sent, "unlock_access", encryptedCustomerId=customer),
    }


def _exchange(stage: Stage) -> tuple[Front, Body]:
    front = stage.signed_in()
    public = front.fetch_key()
    return front, lambda *_: offer(public, fresh_keys(stage.profile))


def _enrol(stage: Stage) -> tuple[Front, Body]:
    stage.spoils("with another phone")
    return steps.strong(stage, stage.cast.play(HARD)), lambda *_: {
        "applicationDeviceId": "a-new-phone",
        "vascoDeviceId": "a-new-phone-too",
        "publicKeyJwk": steps.PUBLIC_JWK,
    }


def _revoke(stage: Stage) -> tuple[Front, Body]:
    stage.spoils("without its phone")
    person = stage.cast.play(HARD)
    device = person["devices"][0]["applicationDeviceId"]
    return steps.strong(stage, person), lambda *_: {"applicationDeviceId": device}


_WAYS: Mapping[str, Way] = {
    "prelogin_v1": _naming("prelogin_v1", vascoDeviceId="f96d"),
    "prelogin_v2": _naming("prelogin_v2", vascoDeviceId="f96d", instanceId="i-1"),
    "validate_credentials": _naming("validate_credentials"),
    "login": _login,
    "logout": _inside(HARD),
    "set_credentials": _set_credentials,
    "credentials_status": _status,
    "validate_card": _card,
    "validate_mobile_phone": _phone,
    "send_otp": _send_otp,
    "set_access": _set_access,
    "retrieve_challenge": _inside(HARD),
    "validate_challenge": _challenge,
    "validate_jwt": _jwt,
    "register_transmit_customer": _inside(ASSIGNED),
    "validate_transmit_customer": _lookup,
    "generate_rao_token": _order,
    "validate_rao_token": _certify,
    "certified_phone": lambda stage: (steps.certified(stage), _nothing),
    "unlock_access": _unlock,
    "retrieve_public_key": lambda stage: (stage.signed_in(), _nothing),
    "exchange_keys": _exchange,
    "enrol_device": _enrol,
    "revoke_device": _revoke,
}
