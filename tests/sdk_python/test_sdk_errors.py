"""Every error row of the contract has its exception, and no exception says more than it may."""

import asyncio
import json
from dataclasses import fields

import pytest
from aldaba_client import _generated, errors
from aldaba_client.errors import AldabaError, Refused
from aldaba_client.messages import Answer
from aldaba_client.refusals import BY_CODE, BY_LOCATION, BY_STATUS, refusal
from aldaba_client.testing import AldabaServer
from tests.api.error_rows.provoking import Scene
from tests.api.error_rows.recipes import RECIPES
from tests.conftest import OpenBank

from aldaba.contract import ErrorRow, load
from aldaba.sandbox.bank import NIP, PASSWORD

ROWS = [row for operation in load().operations.values() for row in operation.errors]
PLANTED = "planted-secret"


def answer(row: ErrorRow, location: str | None = "somewhere") -> Answer:
    body = {
        "type": row.type,
        "code": row.code,
        "details": row.details,
        "location": location,
        "moreInfo": "https://bank.example/why",
        "uuid": "01a20c83-f3db-7de4-b167-8ac5f2942cb6",
        "timestamp": "2026-11-24T07:45:04.013Z",
    }
    return Answer(row.status, {}, json.dumps(body).encode())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.operation} {row.status} {row.code}")
def test_every_row_is_an_exception_of_its_own_class(row: ErrorRow) -> None:
    told = refusal(row.operation, answer(row))
    assert type(told) is BY_CODE[row.status, row.code]
    assert isinstance(told, BY_STATUS.get(row.status, errors.ServerFailed))
    assert (told.operation, told.status, told.type, told.code) == (
        row.operation,
        row.status,
        row.type,
        row.code,
    )
    assert (told.details, told.location, told.more_info) == (
        row.details,
        "somewhere",
        "https://bank.example/why",
    )
    assert (told.uuid, told.timestamp) == (
        "01a20c83-f3db-7de4-b167-8ac5f2942cb6",
        "2026-11-24T07:45:04.013Z",
    )
    assert row.code in str(told)


def test_the_table_has_no_row_that_the_contract_has_not() -> None:
    assert set(BY_CODE) == {(row.status, row.code) for row in ROWS}
    assert {(status, code) for status, code, _ in BY_LOCATION} <= set(BY_CODE)


@pytest.mark.parametrize("operation", list(load().operations))
def test_what_the_running_server_answers_is_typed(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for row in load().operation(operation).errors:
                provoked = await RECIPES[row.operation, row.status, row.code](Scene(bank, "en"))
                http = provoked.answer
                told = refusal(operation, Answer(http.status_code, {}, http.content))
                assert isinstance(told, BY_CODE[row.status, row.code]), row
                assert (told.details, told.location) == (row.details, provoked.location)
                await bank.http.post("/sandbox/reset")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("status", "location", "expected"),
    [
        (401, "sid", errors.SessionLost),
        (401, "Authorization", errors.Unauthorized),
        (422, "credentialStatus", errors.CredentialsMustBeSet),
        (422, "challenge", errors.ChallengeNeeded),
        (422, "ccsId", errors.BusinessValidationFailed),
    ],
)
def test_the_location_tells_some_apart(status: int, location: str, expected: type[Refused]) -> None:
    row = next(row for row in ROWS if row.operation == "set_credentials" and row.status == status)
    assert type(refusal("set_credentials", answer(row, location))) is expected


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (502, b"<html>", errors.ServerFailed),
        (503, b"", errors.ServerFailed),
        (400, b"[]", errors.BadRequest),
        (401, b'{"code": "9999"}', errors.Unauthenticated),
        (404, b'{"code": 7}', errors.NotFound),
        (405, b'{"code": "methodNotAllowed"}', Refused),
        (302, b"", Refused),
    ],
)
def test_an_error_nobody_documented_is_typed_by_its_status(
    status: int, content: bytes, expected: type[Refused]
) -> None:
    told = refusal("login", Answer(status, {}, content))
    assert type(told) is expected
    assert told.status == status


def test_what_an_answer_echoes_stays_out_of_the_exceptions_text() -> None:
    body = json.dumps({"code": "6666", "type": "x", "details": PLANTED, "moreInfo": PLANTED}).encode()
    told = refusal("login", Answer(401, {"sid": PLANTED}, body))
    assert PLANTED not in str(told) + repr(told)
    assert told.details == PLANTED
    assert PLANTED not in repr(Answer(401, {"sid": PLANTED}, body))


def test_everything_raised_is_of_one_family() -> None:
    family = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]
    assert len(family) > 35
    assert all(issubclass(one, AldabaError) for one in family)
    assert all(one.__doc__ for one in family)


def test_no_secret_shows_in_a_client_or_in_what_it_answers(aldaba_server: AldabaServer) -> None:
    secrets = {aldaba_server.client_secret, PASSWORD, NIP}
    with aldaba_server.client() as front:
        told = front.prelogin_v1("15000010")
        welcome = front.login("15000010", password=PASSWORD)
        seen = repr(front) + repr(vars(front)) + repr(told) + repr(welcome) + repr(vars(front._session))
        seen += repr(front._session.application)
        assert front.sid
        assert not [secret for secret in secrets if secret in seen]
        assert told.login_id == "15000010"
        assert "15000010" not in repr(told)
        front.logout()


def test_sealed_answers_are_the_ones_that_hide() -> None:
    hidden = {one.name for one in fields(_generated.PreloginResponse) if not one.repr}
    assert hidden == {"login_id"}
