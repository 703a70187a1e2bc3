"""How the rows of login, of what follows it and of the end-to-end keys are provoked."""

import httpx
import msgspec
from joserfc import jws
from joserfc.jwk import ECKey

from aldaba.conformance import steps
from aldaba.conformance.cast import Person
from aldaba.conformance.envelope import fresh_keys, offer
from aldaba.conformance.front import Front, succeeded
from aldaba.conformance.judging import expect
from aldaba.conformance.letters import HARD, right
from aldaba.conformance.row_conditions import (
    Condition,
    answers,
    away,
    from_another_country,
    rows,
    undecryptable,
    with_body,
    without_token,
)
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import NotProvoked

USER_ID = "customerCredentials.userId"


def _another_customers(stage: Stage) -> httpx.Response:
    other = stage.cast.play(HARD, 1)
    front = steps.identified(stage, stage.cast.play(HARD))
    return steps.log_in(front, steps.number(other), steps.password(other))


def biometric(stage: Stage, front: Front, person: Person, owner: Person) -> httpx.Response:
    """A login of a customer by a token that the owner's phone signed."""
    key = owner.get("deviceKeyJwk")
    if not key:
        raise NotProvoked("no private key of an enrolled phone at hand (deviceKeyJwk)")
    headers = front.headers()
    issued = int(stage.now())
    claims = {
        "sub": steps.number(person),
        "sid": headers["sid"],
        "jti": headers["uuid"],
        "iat": issued,
        "exp": issued + 60,
    }
    device = owner["devices"][0]["applicationDeviceId"]
    header = {"alg": "ES256", "typ": "biotoken+jwt", "kid": device}
    token = jws.serialize_compact(header, msgspec.json.encode(claims), ECKey.import_key(dict(key)))
    given = steps.credentials(front, headers, steps.number(person), token, "biometric")
    return front.call("login", {"customerCredentials": given, "applicationDeviceId": device}, headers)


def _device_not_theirs(stage: Stage) -> httpx.Response:
    person, other = stage.cast.play(HARD), stage.cast.play(HARD, 1)
    return biometric(stage, steps.identified(stage, person), person, other)


def _wrong_password(stage: Stage) -> httpx.Response:
    person = stage.cast.play(HARD)
    front = steps.identified(stage, person)
    answer = steps.log_in(front, steps.number(person), steps.WRONG_PASSWORD)
    # A right login sets the count back, so that no number of runs locks a test customer.
    succeeded(steps.log_in(front, steps.number(person), steps.password(person)))
    return answer


def _directory(mode: str, operation: str = "login") -> Condition:
    def condition(stage: Stage) -> httpx.Response:
        stage.tools()
        front, letter = right(stage, operation)
        stage.fault("directory", mode)
        return front.send(letter)

    return condition


def _wrong_five_times(stage: Stage) -> httpx.Response:
    person = stage.cast.play(HARD, 1)
    stage.spoils("locked for a day")
    front = steps.identified(stage, person)
    for _ in range(4):
        answer = steps.log_in(front, steps.number(person), steps.WRONG_PASSWORD)
        expect("code before the fifth wrong password", "6666", answer.json().get("code"))
    return steps.log_in(front, steps.number(person), steps.WRONG_PASSWORD)


def _black_listed(stage: Stage) -> httpx.Response:
    person = stage.cast.play("on the black list")
    return steps.log_in(steps.identified(stage, person), steps.number(person), steps.password(person))


def _twice(stage: Stage) -> httpx.Response:
    person = stage.cast.play(HARD)
    steps.entered(stage, person)
    return steps.log_in(steps.identified(stage, person), steps.number(person), steps.password(person))


def _nobody(stage: Stage) -> httpx.Response:
    return steps.log_in(stage.front("documented"), steps.NOBODY, steps.WRONG_PASSWORD)


def _no_profile(stage: Stage) -> httpx.Response:
    customer = stage.cast.number("without electronic banking")
    return steps.log_in(stage.front("documented"), customer, steps.WRONG_PASSWORD)


def _logout_twice(stage: Stage) -> httpx.Response:
    front, letter = right(stage, "logout")
    succeeded(front.send(letter))
    return front.send(front.letter("logout"))


def _temporary(stage: Stage) -> Front:
    person = stage.cast.play("first login")
    return steps.entered(stage, person, str(person["access"]["temporaryPin"]), "pin")


def _set_less(stage: Stage) -> httpx.Response:
    return steps.set_credentials(_temporary(stage), "NEW", new=steps.NEW_PASSWORD)


def _set_without_login(stage: Stage) -> httpx.Response:
    front = steps.identified(stage, stage.cast.play(HARD))
    return steps.set_credentials(front, "NONE", new=steps.NEW_PASSWORD)


def _set_against_policy(stage: Stage) -> httpx.Response:
    return steps.set_credentials(_temporary(stage), "NEW", pin="12345678", new=steps.NEW_PASSWORD)


def _status(which: str, customer: str | None) -> Condition:
    def condition(stage: Stage) -> httpx.Response:
        asked = customer or stage.cast.number(HARD)
        return stage.signed_in(which).call("credentials_status", {"customerId": asked})

    return condition


def _key_without_channel(stage: Stage) -> httpx.Response:
    front, letter = right(stage, "retrieve_public_key")
    return front.send(letter.without("channelId", "sid"))


def _unknown_key(stage: Stage) -> httpx.Response:
    front, letter = right(stage, "exchange_keys")
    return front.send(letter.with_body(letter.body | {"keyId": "e2e-none"}))


def _payload(stage: Stage) -> httpx.Response:
    front, letter = right(stage, "exchange_keys")
    return front.send(letter.with_body(letter.body | {"encryptedPayload": "0A1B2C3D"}))


def _digits(stage: Stage) -> httpx.Response:
    front = stage.signed_in()
    body = offer(front.fetch_key(), fresh_keys("bound-1"))
    return front.call("exchange_keys", body | {"encKeyCheckDigit": "000000", "hmacKeyCheckDigit": "000000"})


def _exchange_late(stage: Stage) -> httpx.Response:
    front = steps.identified(stage, stage.cast.play(HARD))
    return front.call("exchange_keys", offer(front.public or {}, fresh_keys(stage.profile)))


LOGIN = rows(
    away("prelogin_v1", "keys"),
    away("prelogin_v2"),
    answers(("login", 400, "invalidRequest"), _another_customers, USER_ID),
    undecryptable("login", "customerCredentials.encryptedCredential"),
    without_token("login"),
    answers(("login", 401, "authenticationFailed"), _device_not_theirs),
    answers(("login", 401, "6666"), _wrong_password),
    answers(("login", 401, "8005"), _directory("communication")),
    answers(("login", 401, "8006"), _wrong_five_times),
    answers(("login", 401, "8007"), _black_listed),
    answers(("login", 401, "8008"), _twice),
    from_another_country("login"),
    answers(("login", 404, "userIdNotFound"), _nobody, USER_ID),
    answers(("login", 404, "federatedProfileNotFound"), _no_profile, USER_ID),
    away("login", "keys"),
    answers(("login", 500, "backendError"), _directory("down")),
    answers(("logout", 400, "invalidRequest"), _logout_twice, "sid"),
    from_another_country("logout"),
    away("logout"),
    answers(("logout", 500, "backendError"), _directory("down", "logout")),
    away("validate_credentials"),
    answers(("set_credentials", 400, "invalidRequest"), _set_less, "newEncryptedAccessNumber"),
    answers(("set_credentials", 401, "unAuthorized"), _set_without_login, "sid"),
    from_another_country("set_credentials"),
    answers(
        ("set_credentials", 422, "businessValidationFailed"), _set_against_policy, "newEncryptedAccessNumber"
    ),
    away("set_credentials"),
    answers(("credentials_status", 400, "badRequest"), _status("main", "15A"), "customerId"),
    without_token("credentials_status"),
    answers(("credentials_status", 403, "forbidden"), _status("documented", None), "operation"),
    answers(("credentials_status", 404, "resourceNotFound"), _status("main", steps.NOBODY), "customerId"),
    away("credentials_status"),
    answers(("credentials_status", 500, "backendError"), _directory("down", "credentials_status")),
)

KEYS = rows(
    answers(("retrieve_public_key", 400, "invalidRequest"), _key_without_channel, "channelId"),
    without_token("retrieve_public_key"),
    from_another_country("retrieve_public_key"),
    away("retrieve_public_key"),
    with_body("exchange_keys", "algorithm", algorithm="aes"),
    answers(("exchange_keys", 400, "cannotDecryptData"), _payload, "encryptedPayload"),
    answers(("exchange_keys", 400, "chkDigitNotMatch"), _digits, "encKeyCheckDigit"),
    without_token("exchange_keys"),
    from_another_country("exchange_keys"),
    answers(("exchange_keys", 404, "resourceNotFound"), _unknown_key, "keyId"),
    answers(("exchange_keys", 422, "businessValidationFailed"), _exchange_late, "sid"),
    away("exchange_keys"),
)
