"""How the rows of challenges, of the soft-token vendor, of account opening and of devices are provoked."""

import httpx

from aldaba.conformance import steps
from aldaba.conformance.check import Play
from aldaba.conformance.front import Front, succeeded
from aldaba.conformance.judging import expect
from aldaba.conformance.letters import ASSIGNED, HARD, LOCKED, SOFT, right
from aldaba.conformance.row_conditions import (
    Condition,
    Row,
    answers,
    away,
    from_another_country,
    rows,
    with_body,
    with_header,
    without_token,
)
from aldaba.conformance.stage import Stage

NO_TOKEN = "without a token"
BROKEN = "businessValidationFailed"
INVALID = "invalidRequest"


def _in_session(part: str, operation: str) -> Condition:
    """A customer of that part logs in and calls."""

    def condition(stage: Stage) -> httpx.Response:
        return steps.entered(stage, stage.cast.play(part)).call(operation)

    return condition


def _challenge_without_login(stage: Stage) -> httpx.Response:
    return steps.identified(stage, stage.cast.play(HARD)).call("retrieve_challenge")


def _four_wrong(stage: Stage) -> Front:
    """One more wrong response locks the token; a challenge has three."""
    stage.spoils("with a locked token")
    front = steps.entered(stage, stage.cast.play(HARD))
    for tries in (3, 1):
        asked = steps.question(front)
        for _ in range(tries):
            expect(
                "status of a wrong response", 401, steps.respond(front, asked, steps.WRONG_CODE).status_code
            )
    return front


def _locking_response(stage: Stage) -> httpx.Response:
    front = _four_wrong(stage)
    return steps.respond(front, steps.question(front), steps.WRONG_CODE)


def _locked_token(stage: Stage) -> httpx.Response:
    front = _four_wrong(stage)
    locking = steps.respond(front, steps.question(front), steps.WRONG_CODE)
    expect("status of the fifth wrong response", 422, locking.status_code)
    return front.call("retrieve_challenge")


def _response_of_another_request(stage: Stage) -> httpx.Response:
    front = steps.entered(stage, stage.cast.play(HARD))
    asked = steps.question(front)
    sealed = front.sealed(front.headers(), "validate_challenge", oneTimePasswordToken="12345678")
    if front.keys is not None and front.keys.portal:
        # There a value belongs to no request: a second use of its server random refuses it.
        front.call("validate_challenge", {"challengeQuestion": asked} | sealed)
        asked = steps.question(front)
        stage.spoils("with a wrong response counted")
    return front.call("validate_challenge", {"challengeQuestion": asked} | sealed)


def _wrong_response(stage: Stage) -> httpx.Response:
    stage.spoils("with a wrong response counted")
    front = steps.entered(stage, stage.cast.play(HARD))
    return steps.respond(front, steps.question(front), steps.WRONG_CODE)


def _response_without_token(stage: Stage) -> httpx.Response:
    return steps.respond(steps.entered(stage, stage.cast.play(NO_TOKEN)), "87295410", steps.WRONG_CODE)


def _directory_down(stage: Stage) -> httpx.Response:
    stage.tools()
    front, letter = right(stage, "validate_challenge")
    stage.fault("directory")
    return front.send(letter)


def _used_jwt(stage: Stage) -> httpx.Response:
    customer = stage.cast.number(SOFT)
    token = stage.tools().vendor_jwt(customer)
    front = stage.front()
    succeeded(steps.show_jwt(front, token, customer))
    return steps.show_jwt(front, token, customer)


def _jwt_of(part: str, grant: str = "2") -> Condition:
    def condition(stage: Stage) -> httpx.Response:
        customer = stage.cast.number(part)
        return steps.show_jwt(stage.front(), stage.tools().vendor_jwt(customer, grant), customer, grant)

    return condition


def _register_without_customer(stage: Stage) -> httpx.Response:
    return stage.front().call("register_transmit_customer")


def _register_late(stage: Stage) -> httpx.Response:
    front = steps.entered(stage, stage.cast.play(ASSIGNED))
    stage.advance("PT6M")
    return front.call("register_transmit_customer")


def _asked(customer: str | None = None, part: str = SOFT, which: str = "main") -> Condition:
    def condition(stage: Stage) -> httpx.Response:
        named = customer or stage.cast.number(part)
        return stage.signed_in(which).call("validate_transmit_customer", {"customerId": named})

    return condition


def _asked_before_any_prelogin(stage: Stage) -> httpx.Response:
    stage.tools().reset()
    return _asked()(stage)


def _order(digits: str, country: str = "+52") -> Condition:
    return lambda stage: steps.order_code(stage.front(), digits, country)


def _order_on_a_dead_provider(stage: Stage) -> httpx.Response:
    stage.tools()
    front, letter = right(stage, "generate_rao_token")
    stage.fault("delivery")
    return front.send(letter)


def _code_never_sent(stage: Stage) -> httpx.Response:
    return steps.certify(stage.front(), steps.new_phone(), "12345678")


def _code_wrong(stage: Stage) -> httpx.Response:
    digits = steps.new_phone()
    return steps.certify(steps.ordered(stage, digits), digits, steps.WRONG_CODE)


def _certified_outstanding(stage: Stage) -> httpx.Response:
    return steps.ordered(stage, steps.new_phone()).call("certified_phone")


def _enrol_unproved(stage: Stage) -> httpx.Response:
    body = {"applicationDeviceId": "a-new-phone", "publicKeyJwk": steps.PUBLIC_JWK}
    return steps.entered(stage, stage.cast.play(HARD)).call("enrol_device", body)


def _revoke_unproved(stage: Stage) -> httpx.Response:
    front = steps.entered(stage, stage.cast.play(HARD))
    return front.call("revoke_device", {"applicationDeviceId": "a-new-phone"})


def _revoke_nothing(stage: Stage) -> httpx.Response:
    front = steps.strong(stage, stage.cast.play(HARD))
    return front.call("revoke_device", {"applicationDeviceId": "never-enrolled"})


def _common(operation: str, *, token: bool = True) -> list[tuple[Row, Play]]:
    """The rows that have the same condition on all of these pages."""
    pairs = [from_another_country(operation), away(operation)]
    return [*pairs, without_token(operation)] if token else pairs


CHALLENGES = rows(
    *_common("retrieve_challenge", token=False),
    with_header("retrieve_challenge", "ChannelId", "?"),
    answers(("retrieve_challenge", 401, "unAuthorized"), _challenge_without_login, "sid"),
    answers(
        ("retrieve_challenge", 404, "Application not found"), _in_session(NO_TOKEN, "retrieve_challenge")
    ),
    answers(("retrieve_challenge", 422, BROKEN), _locked_token),
    *_common("validate_challenge"),
    with_body("validate_challenge", "challengeQuestion", challengeQuestion="8729541"),
    answers(
        ("validate_challenge", 400, "cannotDecryptData"), _response_of_another_request, "oneTimePasswordToken"
    ),
    answers(("validate_challenge", 401, "authenticationFailed"), _wrong_response),
    answers(("validate_challenge", 404, "Application not found"), _response_without_token),
    answers(("validate_challenge", 422, BROKEN), _locking_response),
    answers(("validate_challenge", 500, "backendError"), _directory_down),
)

VENDOR = rows(
    from_another_country("validate_jwt"),
    away("validate_jwt", "vendor"),
    with_body("validate_jwt", "customerId", customerId="15A"),
    answers(("validate_jwt", 401, "5002"), _used_jwt, "transmitToken"),
    answers(("validate_jwt", 401, "invalidCredential"), _jwt_of(HARD), "customerId"),
    answers(("validate_jwt", 404, "5000"), _jwt_of(SOFT, "9"), "grantType"),
    answers(("validate_jwt", 422, BROKEN), _jwt_of(LOCKED), "customerId"),
    *_common("register_transmit_customer", token=False),
    with_header("register_transmit_customer", "uuid", "not-a-uuid"),
    answers(("register_transmit_customer", 401, "InvalidCredentials"), _register_without_customer, "sid"),
    answers(("register_transmit_customer", 401, "SessionTimeout"), _register_late, "sid"),
    answers(
        ("register_transmit_customer", 404, "Unknown"), _in_session(NO_TOKEN, "register_transmit_customer")
    ),
    answers(("register_transmit_customer", 422, BROKEN), _in_session(HARD, "register_transmit_customer")),
    away("validate_transmit_customer"),
    with_body("validate_transmit_customer", "customerId", customerId="1" * 13),
    answers(("validate_transmit_customer", 401, "InvalidCredentials"), _asked(steps.NOBODY), "customerId"),
    answers(
        ("validate_transmit_customer", 403, "accessNotConfigured"), _asked(which="documented"), "customerId"
    ),
    answers(("validate_transmit_customer", 404, "Unknown"), _asked_before_any_prelogin, "customerId"),
    answers(("validate_transmit_customer", 422, BROKEN), _asked(part="on the black list"), "customerId"),
)

OPENING = rows(
    from_another_country("generate_rao_token"),
    without_token("generate_rao_token"),
    with_body("generate_rao_token", "phoneCountryCode", phoneCountryCode="52"),
    answers(("generate_rao_token", 404, "resourceNotFound"), _order("612345678", "+34"), "phoneCountryCode"),
    answers(("generate_rao_token", 422, BROKEN), _order("1234567890"), "encryptedPhoneNumber"),
    answers(("generate_rao_token", 500, "serverUnavailable"), _order_on_a_dead_provider),
    *_common("validate_rao_token"),
    with_body("validate_rao_token", "phone", phone=None),
    answers(("validate_rao_token", 404, "resourceNotFound"), _code_never_sent, "encryptedOtpToken"),
    answers(("validate_rao_token", 422, BROKEN), _code_wrong, "encryptedOtpToken"),
    *_common("certified_phone"),
    with_header("certified_phone", "ChannelId", "?"),
    answers(
        ("certified_phone", 404, "resourceNotFound"), lambda stage: stage.front().call("certified_phone")
    ),
    answers(("certified_phone", 422, BROKEN), _certified_outstanding),
)

DEVICES = rows(
    *_common("enrol_device"),
    with_body("enrol_device", "publicKeyJwk.kty", publicKeyJwk=steps.PUBLIC_JWK | {"kty": "RSA"}),
    answers(("enrol_device", 422, BROKEN), _enrol_unproved, "challenge"),
    *_common("revoke_device"),
    with_body("revoke_device", "applicationDeviceId", applicationDeviceId="a phone"),
    answers(("revoke_device", 404, "resourceNotFound"), _revoke_nothing, "applicationDeviceId"),
    answers(("revoke_device", 422, BROKEN), _revoke_unproved, "challenge"),
)
