"""How the rows of recovery and of unlocking are provoked."""

import httpx

from aldaba.conformance import steps
from aldaba.conformance.cast import card, phone
from aldaba.conformance.front import Front, succeeded
from aldaba.conformance.judging import expect
from aldaba.conformance.letters import HARD, LOCKED, SOFT, right
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

CUSTOMER = "customer.encryptedCustomerId"
ACCESS = "newEncryptedAccessCredential"


def _recovering(stage: Stage) -> Front:
    return steps.recovering(stage, stage.cast.play(HARD))


def _expires(stage: Stage) -> str:
    return card(stage.cast.play(HARD))["expires"]


def _wrong_nip(stage: Stage) -> httpx.Response:
    stage.spoils("with a wrong NIP counted")
    return steps.give_card(_recovering(stage), steps.WRONG_NIP, _expires(stage))


def _three_wrong_nips(stage: Stage) -> httpx.Response:
    stage.spoils("with a locked card")
    stage.morning()
    front = _recovering(stage)
    for _ in range(3):
        answer = steps.give_card(front, steps.WRONG_NIP, _expires(stage))
        expect("status of a wrong NIP", 401, answer.status_code)
    return steps.give_card(front, card(stage.cast.play(HARD))["nip"], _expires(stage))


def _part_down(part: str, operation: str) -> Condition:
    def condition(stage: Stage) -> httpx.Response:
        stage.tools()
        front, letter = right(stage, operation)
        stage.fault(part)
        return front.send(letter)

    return condition


def _another_phone(stage: Stage) -> str:
    return phone(stage.cast.play(HARD, 1))


def _own_phone(stage: Stage) -> str:
    return phone(stage.cast.play(HARD))


def _wrong_phone(stage: Stage) -> httpx.Response:
    stage.spoils("with a wrong phone counted")
    return steps.give_phone(_recovering(stage), _another_phone(stage))


def _phone_of_another_profile(stage: Stage) -> httpx.Response:
    return steps.give_phone(_recovering(stage), _own_phone(stage), ccs_id="1")


def _phone_in_the_wrong_flow(stage: Stage) -> httpx.Response:
    return steps.give_phone(_recovering(stage), _own_phone(stage), first_time=True)


def _three_phones(stage: Stage) -> Front:
    front = _recovering(stage)
    for _ in range(3):
        expect("status of a wrong phone", 401, steps.give_phone(front, _another_phone(stage)).status_code)
    return front


def _phones_of_one_session(stage: Stage) -> httpx.Response:
    stage.spoils("with wrong phones counted")
    return steps.give_phone(_three_phones(stage), _own_phone(stage))


def _phones_of_one_day(stage: Stage) -> httpx.Response:
    stage.spoils("with wrong phones counted")
    stage.morning()
    for _ in range(2):
        _three_phones(stage)
    return steps.give_phone(_recovering(stage), _own_phone(stage))


def _proved(stage: Stage) -> Front:
    return steps.proved(stage, stage.cast.play(HARD))


def _code_for_no_id(stage: Stage) -> httpx.Response:
    return steps.ask_code(_proved(stage), ccs_id="2264x")


def _code_unproved(stage: Stage) -> httpx.Response:
    return steps.ask_code(_recovering(stage))


def _code_by_soft_token(stage: Stage) -> httpx.Response:
    return steps.ask_code(_proved(stage), steps.SOFT_TOKEN)


def _send_thrice(stage: Stage) -> Front:
    stage.spoils("with codes counted")
    front = _proved(stage)
    for _ in range(3):
        succeeded(steps.ask_code(front))
        stage.advance("PT31S")
    return front


def _codes_of_one_session(stage: Stage) -> httpx.Response:
    return steps.ask_code(_send_thrice(stage))


def _codes_of_one_day(stage: Stage) -> httpx.Response:
    stage.morning()
    for _ in range(3):
        _send_thrice(stage)
    succeeded(steps.ask_code(_proved(stage)))
    return steps.ask_code(_proved(stage))


def _access_against_policy(stage: Stage) -> httpx.Response:
    front, code = steps.coded(stage, stage.cast.play(HARD))
    return steps.set_access(front, "corta1", code)


def _wrong_code(stage: Stage) -> httpx.Response:
    front, _ = steps.coded(stage, stage.cast.play(HARD))
    return steps.set_access(front, steps.NEW_PASSWORD, steps.WRONG_CODE)


def _access_in_the_wrong_flow(stage: Stage) -> httpx.Response:
    front, code = steps.coded(stage, stage.cast.play(HARD))
    return steps.set_access(front, steps.NEW_PASSWORD, code, first_time=True)


def _guessed_thrice(stage: Stage) -> tuple[Front, str]:
    front, code = steps.coded(stage, stage.cast.play(HARD))
    for _ in range(3):
        answer = steps.set_access(front, steps.NEW_PASSWORD, steps.WRONG_CODE)
        expect("status of a wrong code", 401, answer.status_code)
    return front, code


def _guesses_of_one_session(stage: Stage) -> httpx.Response:
    front, code = _guessed_thrice(stage)
    return steps.set_access(front, steps.NEW_PASSWORD, code)


def _guesses_of_one_day(stage: Stage) -> httpx.Response:
    stage.morning()
    for _ in range(3):
        _guessed_thrice(stage)
    front, code = steps.coded(stage, stage.cast.play(HARD))
    return steps.set_access(front, steps.NEW_PASSWORD, code)


def _unlock(part: str | None, token_of: str | None = None) -> Condition:
    """Unlock the customer of that part (None: nobody) by the token of another one or their own."""

    def condition(stage: Stage) -> httpx.Response:
        tools = stage.tools()
        customer = steps.NOBODY if part is None else stage.cast.number(part)
        signer = customer if token_of is None else stage.cast.number(token_of)
        return steps.unlock(stage.front(), customer, tools.vendor_jwt(signer))

    return condition


UNPROVED = "credentialValidtionFailed"
BROKEN = "businessValidationFailed"

RECOVERY = rows(
    with_body("validate_card", "expirationCardDate", expirationCardDate="1330"),
    undecryptable("validate_card", "encryptedCredentialAccess"),
    without_token("validate_card"),
    answers(("validate_card", 401, "credentialValidationFailed"), _wrong_nip),
    from_another_country("validate_card"),
    answers(("validate_card", 422, BROKEN), _three_wrong_nips, "encryptedCredentialAccess"),
    away("validate_card"),
    answers(("validate_card", 500, "backendError"), _part_down("cards", "validate_card")),
    with_body("validate_mobile_phone", "phoneNumber", phoneNumber="551500001"),
    without_token("validate_mobile_phone"),
    answers(("validate_mobile_phone", 401, UNPROVED), _wrong_phone),
    from_another_country("validate_mobile_phone"),
    answers(("validate_mobile_phone", 404, "userIdNotFound"), _phone_of_another_profile, "ccsId"),
    answers(("validate_mobile_phone", 422, BROKEN), _phone_in_the_wrong_flow, "isFirstTime"),
    answers(("validate_mobile_phone", 422, "SessionError"), _phones_of_one_session),
    answers(("validate_mobile_phone", 422, "DayError"), _phones_of_one_day),
    away("validate_mobile_phone"),
    answers(("validate_mobile_phone", 500, "backendError"), _part_down("directory", "validate_mobile_phone")),
    with_body("send_otp", "authType", authType=7),
    answers(("send_otp", 400, "cannotDecryptData"), _code_for_no_id, "ccsId"),
    without_token("send_otp"),
    answers(("send_otp", 401, UNPROVED), _code_unproved),
    from_another_country("send_otp"),
    answers(("send_otp", 422, BROKEN), _code_by_soft_token, "authType"),
    answers(("send_otp", 422, "SessionError"), _codes_of_one_session),
    answers(("send_otp", 422, "DayError"), _codes_of_one_day),
    away("send_otp", "keys"),
    answers(("send_otp", 500, "backendError"), _part_down("delivery", "send_otp")),
    with_body("set_access", "isFirstTime", isFirstTime="no"),
    undecryptable("set_access", ACCESS),
    answers(("set_access", 400, "Credential Invalid"), _access_against_policy, ACCESS),
    without_token("set_access"),
    answers(("set_access", 401, UNPROVED), _wrong_code),
    from_another_country("set_access"),
    answers(("set_access", 422, BROKEN), _access_in_the_wrong_flow, "isFirstTime"),
    answers(("set_access", 422, "SessionError"), _guesses_of_one_session),
    answers(("set_access", 422, "DayError"), _guesses_of_one_day),
    away("set_access"),
    answers(("set_access", 500, "backendError"), _part_down("directory", "set_access")),
)

UNLOCKING = rows(
    with_body("unlock_access", "jwtToken", jwtToken=None),
    undecryptable("unlock_access", CUSTOMER),
    answers(("unlock_access", 401, "unAuthorized"), _unlock(LOCKED, "locked until lifted"), "jwtToken"),
    from_another_country("unlock_access"),
    answers(("unlock_access", 404, "resourceNotFound"), _unlock(None), CUSTOMER),
    answers(("unlock_access", 422, BROKEN), _unlock(SOFT), CUSTOMER),
    away("unlock_access", "vendor"),
)
