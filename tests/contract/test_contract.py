"""The contract as loaded: its counts, its rows, what answers where a page is silent, and both languages."""

from collections import Counter
from dataclasses import FrozenInstanceError, fields

import pytest

from aldaba.contract import Contract, ErrorRow, Operation, SessionNeed, load

CONTRACT = load()
SENTENCES_EQUAL_IN_BOTH = {"tokenStatus", "credentialStatus.NONE"}


def test_twenty_operations_and_their_companions() -> None:
    assert len(CONTRACT.documented) == 20
    assert {op.id for op in CONTRACT.operations.values() if op.companion} == {
        "retrieve_public_key",
        "exchange_keys",
        "enrol_device",
        "revoke_device",
    }


def test_one_hundred_and_thirty_one_rows_in_thirty_four_sentences() -> None:
    assert len(CONTRACT.rows) == 131
    assert len({row.details for row in CONTRACT.rows}) == 34
    statuses = Counter(row.status for row in CONTRACT.rows)
    assert statuses == {400: 24, 401: 29, 403: 17, 404: 13, 422: 20, 500: 28}


@pytest.mark.parametrize("row", CONTRACT.rows, ids=lambda row: f"{row.operation}-{row.status}-{row.code}")
def test_every_documented_row_is_found_by_its_status_and_code(row: ErrorRow) -> None:
    assert CONTRACT.row(row.operation, row.status, row.code) is row
    assert CONTRACT.operation(row.operation).row(row.status, row.code) is row


@pytest.mark.parametrize("row", CONTRACT.rows, ids=lambda row: f"{row.operation}-{row.status}-{row.code}")
def test_every_row_speaks_spanish_and_keeps_its_number(row: ErrorRow) -> None:
    spanish = CONTRACT.details(row, "es")
    assert spanish
    assert spanish != row.details
    assert CONTRACT.details(row, "en") == row.details
    number = row.details.partition("-")[0]
    if number.isdigit():
        assert spanish.startswith(f"{number}-")


@pytest.mark.parametrize("code", CONTRACT.texts)
def test_every_text_is_there_in_both_languages(code: str) -> None:
    spanish, english = CONTRACT.text(code, "es"), CONTRACT.text(code, "en")
    if code.partition(".")[0] in SENTENCES_EQUAL_IN_BOTH or code in SENTENCES_EQUAL_IN_BOTH:
        assert spanish == english
    else:
        assert spanish
        assert english
        assert spanish != english


def test_texts_say_what_the_pages_print() -> None:
    assert CONTRACT.text("nextLoginAction.0", "en") == "0: The client have to make an onboarding"
    assert CONTRACT.text("registrationStatus.0", "en") == "The client is not registered in Banca Movil"
    assert CONTRACT.text("mobileBankingDeviceStatus.0", "en") == "The device Id does not exist"
    assert CONTRACT.text("customerType.1551", "en") == "Individual"
    assert CONTRACT.text("tokenStatus.6", "es") == "BASIC"
    assert CONTRACT.text("responseMessage", "es") == "SEG: BIENVENIDO A LA RED BANAMEX."


def test_next_login_actions_are_told_by_their_number() -> None:
    for code in "012345":
        for language in ("es", "en"):
            assert CONTRACT.texts[f"nextLoginAction.{code}"][language].startswith(f"{code}: ")


@pytest.mark.parametrize(
    ("operation", "status", "code", "answered_by", "answered_code"),
    [
        # The page leaves the status out altogether.
        ("prelogin_v1", 400, "invalidRequest", "login", "invalidRequest"),
        ("prelogin_v2", 400, "cannotDecryptData", "login", "cannotDecryptData"),
        ("prelogin_v1", 401, "unAuthorized", "login", "unAuthorized"),
        ("prelogin_v1", 401, "SessionTimeout", "login", "unAuthorized"),
        ("prelogin_v1", 403, "accessNotConfigured", "login", "accessNotConfigured"),
        ("prelogin_v1", 404, "userIdNotFound", "login", "userIdNotFound"),
        ("validate_card", 404, "resourceNotFound", "credentials_status", "resourceNotFound"),
        ("prelogin_v1", 422, "businessValidationFailed", "set_credentials", "businessValidationFailed"),
        ("login", 422, "businessValidationFailed", "set_credentials", "businessValidationFailed"),
        ("login", 422, "DayError", "send_otp", "DayError"),
        ("logout", 401, "unAuthorized", "login", "unAuthorized"),
        (
            "retrieve_public_key",
            422,
            "businessValidationFailed",
            "set_credentials",
            "businessValidationFailed",
        ),
        # The page prints the status, but not this code.
        ("set_credentials", 400, "cannotDecryptData", "set_credentials", "invalidRequest"),
        ("generate_rao_token", 400, "cannotDecryptData", "generate_rao_token", "invalidRequest"),
        ("validate_jwt", 500, "backendError", "validate_jwt", "serverUnavailable"),
        ("validate_jwt", 401, "unAuthorized", "login", "unAuthorized"),
        ("register_transmit_customer", 401, "unAuthorized", "login", "unAuthorized"),
        ("login", 401, "SessionTimeout", "login", "unAuthorized"),
        ("validate_transmit_customer", 401, "SessionTimeout", "login", "unAuthorized"),
        # The page has its own word for it.
        ("credentials_status", 400, "invalidRequest", "credentials_status", "badRequest"),
        ("credentials_status", 400, "cannotDecryptData", "credentials_status", "badRequest"),
        ("credentials_status", 403, "accessNotConfigured", "credentials_status", "forbidden"),
    ],
)
def test_where_a_page_is_silent_another_row_answers(
    operation: str, status: int, code: str, answered_by: str, answered_code: str
) -> None:
    row = CONTRACT.row(operation, status, code)
    assert (row.operation, row.status, row.code) == (answered_by, status, answered_code)


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("validate_mobile_phone", 404, "resourceNotFound"),
        ("set_credentials", 422, "DayError"),
        ("login", 418, "unAuthorized"),
        ("nobody", 400, "invalidRequest"),
    ],
)
def test_a_row_that_is_nowhere_is_a_key_error(operation: str, status: int, code: str) -> None:
    with pytest.raises(KeyError):
        CONTRACT.row(operation, status, code)


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=lambda operation: operation.id)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalidRequest"),
        (400, "cannotDecryptData"),
        (401, "unAuthorized"),
        (401, "SessionTimeout"),
        (403, "accessNotConfigured"),
        (422, "businessValidationFailed"),
        (500, "serverUnavailable"),
        (500, "backendError"),
    ],
)
def test_every_operation_can_answer_what_every_request_can_meet(
    operation: Operation, status: int, code: str
) -> None:
    assert CONTRACT.row(operation.id, status, code).status == status


def test_a_request_that_reached_no_operation_has_a_row_too() -> None:
    assert CONTRACT.common(404, "resourceNotFound").code == "resourceNotFound"
    with pytest.raises(KeyError):
        CONTRACT.common(404, "lost")


def test_paths_are_bound_without_the_base_path() -> None:
    login = CONTRACT.operation("login")
    assert (login.method, login.path) == ("POST", "/api/v1/x-global/security/login")
    assert login.bound_path == "/v1/x-global/security/login"
    assert len({operation.path for operation in CONTRACT.operations.values()}) == 24


@pytest.mark.parametrize(
    ("need", "operations"),
    [
        ("none", {"credentials_status", "unlock_access"}),
        ("existing", {"validate_rao_token", "certified_phone"}),
        ("keyed", {"login"}),
        ("identified", {"validate_card", "validate_mobile_phone", "send_otp", "set_access"}),
        (
            "authenticated",
            {
                *("logout", "set_credentials", "retrieve_challenge"),
                *("validate_challenge", "register_transmit_customer"),
                *("enrol_device", "revoke_device"),
            },
        ),
        (
            "opens",
            {
                *("prelogin_v1", "prelogin_v2", "validate_credentials", "validate_jwt", "generate_rao_token"),
                *("validate_transmit_customer", "retrieve_public_key", "exchange_keys"),
            },
        ),
    ],
)
def test_each_operation_needs_the_session_its_journey_gives(need: str, operations: set[str]) -> None:
    assert {op.id for op in CONTRACT.operations.values() if op.session is SessionNeed(need)} == operations


def test_only_unlock_may_come_without_authorization() -> None:
    anonymous = [op.id for op in CONTRACT.operations.values() if op.anonymous_application]
    assert anonymous == ["unlock_access"]


def test_successes_without_a_schema_are_204() -> None:
    for operation in CONTRACT.operations.values():
        assert operation.success == (204 if operation.response is None else 200)


def test_encrypted_fields_know_their_kind() -> None:
    told = {
        f"{op.id}.{field.path}": (field.kind, field.maybe)
        for op in CONTRACT.documented
        for field in op.encrypted_request
    }
    assert told == {
        "prelogin_v1.encryptedUserId": ("c", False),
        "prelogin_v2.encryptedUserId": ("c", False),
        "login.customerCredentials.encryptedCredential": (None, False),
        "validate_credentials.encryptedUserId": ("c", False),
        "validate_card.encryptedCredentialAccess": ("a", False),
        "send_otp.ccsId": ("c", True),
        "set_access.newEncryptedAccessCredential": ("b", False),
        "set_access.encryptedOtp": ("c", False),
        "set_credentials.newEncryptedAccessNumber": ("a", False),
        "set_credentials.newEncryptedAccessCredential": ("b", False),
        "validate_challenge.oneTimePasswordToken": ("c", True),
        "generate_rao_token.encryptedPhoneNumber": ("c", False),
        "validate_rao_token.phone.encryptedPhoneNumber": ("c", False),
        "validate_rao_token.encryptedOtpToken": ("c", False),
        "unlock_access.customer.encryptedCustomerId": ("c", False),
    }


def test_the_kind_of_a_login_credential_follows_its_type() -> None:
    (field,) = CONTRACT.operation("login").encrypted_request
    assert field.name == "encryptedCredential"
    assert field.kind_by is not None
    deciding, kinds = field.kind_by
    assert (deciding, dict(kinds)) == ("customerCredentials.credentialType", {1: "a", 2: "b", 3: "c"})


def test_only_the_identifying_answers_carry_an_encrypted_field() -> None:
    told = {op.id: op.encrypted_response for op in CONTRACT.operations.values() if op.encrypted_response}
    assert set(told) == {"prelogin_v1", "prelogin_v2", "validate_credentials"}
    assert set(told.values()) == {("encryptedLoginId",)}


def test_odd_required_names_are_read_as_the_property_they_mean() -> None:
    credentials = CONTRACT.schemas["customerCredentials"]
    assert credentials.printed_required == ("credentialType", "encryptedCredentialvascoDeviceId", "userId")
    assert credentials.required == ("userId", "encryptedCredential", "credentialType")
    assert CONTRACT.schemas["ValidateMobilePhoneRequest"].aliases == {"cellPhoneNumber": "phoneNumber"}
    assert CONTRACT.schemas["ValidateJwtRequest"].aliases == {"applicationId": "grantType"}
    assert CONTRACT.schemas["PreloginRequestV1"].required == ("encryptedUserId",)
    assert CONTRACT.schemas["PreloginRequestV1"].printed_required == ()


def test_header_spelling_is_the_page_s_own() -> None:
    rao, login = CONTRACT.operation("generate_rao_token"), CONTRACT.operation("login")
    for operation, spelling in ((rao, "ChannelId"), (login, "channelId")):
        header = operation.header("CHANNELID")
        assert header is not None
        assert header.name == spelling
    assert login.header("Accept") is None


def test_the_contract_is_frozen_and_loaded_once() -> None:
    assert load() is CONTRACT
    for field in fields(Contract):
        with pytest.raises(FrozenInstanceError):
            setattr(CONTRACT, field.name, None)
