"""Where a page leaves a row out, the common one of the other pages answers, or one of its own instead."""

import asyncio

import pytest
from tests.api.wire import NEW_PASSWORD, letters, post, row, said_so, signed_in, temporary
from tests.conftest import OpenBank

from aldaba.contract import Language
from aldaba.sandbox.bank import PASSWORD, PIN

IDENTIFYING = ("prelogin_v1", "prelogin_v2", "validate_credentials")
SEALED = "encryptedUserId"


@pytest.mark.parametrize("operation", IDENTIFYING)
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_identification_answers_the_rows_its_page_leaves_out(
    open_bank: OpenBank, operation: str, language: Language
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, operation)
            front.language = language

            no_field = (await write()).with_body({})
            bad = row(operation, 400, "invalidRequest")
            said_so(await post(bank, no_field), bad, location=SEALED, language=language, operation=operation)

            other = (await write()).with_body((await write()).body)
            sealed = row(operation, 400, "cannotDecryptData")
            said_so(await post(bank, other), sealed, location=SEALED, language=language, operation=operation)

            stranger = (await write()).with_headers(Authorization=None)
            no = row(operation, 401, "unAuthorized")
            said_so(
                await post(bank, stranger),
                no,
                location="Authorization",
                language=language,
                operation=operation,
            )

            abroad = (await write()).with_headers(businessCode="XYZ")
            closed = row(operation, 403, "accessNotConfigured")
            said_so(
                await post(bank, abroad),
                closed,
                location="businessCode",
                language=language,
                operation=operation,
            )

            await bank.fault("directory", "down")
            away = row(operation, 500, "serverUnavailable")
            said_so(
                await post(bank, await write()), away, location=None, language=language, operation=operation
            )

    asyncio.run(story())


@pytest.mark.parametrize("operation", IDENTIFYING)
def test_an_authenticated_session_is_not_identified_again(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, operation)
            await signed_in(front, "15000024")
            broken = row(operation, 422, "businessValidationFailed")
            said_so(await post(bank, await write()), broken, location="sid", operation=operation)

    asyncio.run(story())


@pytest.mark.parametrize("operation", ["prelogin_v1", "prelogin_v2"])
def test_only_the_documented_application_is_told_of_an_unknown_customer(
    open_bank: OpenBank, operation: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            told = await (await bank.ready(documented=True)).prelogin("99999999", operation)
            said_so(told, row(operation, 404, "userIdNotFound"), location=SEALED, operation=operation)
            card = await (await bank.ready(documented=True)).prelogin("4111111111111111", operation)
            said_so(card, row(operation, 404, "userIdNotFound"), location=SEALED, operation=operation)
            front = await bank.ready()
            answer = await front.prelogin("99999999", operation)
            assert answer.status_code == 200
            assert answer.json()["nextLoginActionCode"] in {1, 2}
            refused = await front.login("99999999", PASSWORD)
            said_so(refused, row("login", 401, "6666"), location=None)

    asyncio.run(story())


def test_logout_answers_a_bad_sid_with_400_and_a_bad_token_with_401(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            _, write = await letters(bank, "logout")
            bad, no = row("logout", 400, "invalidRequest"), row("logout", 401, "unAuthorized")
            for sid in (None, "A" * 43, "no sid of ours"):
                said_so(await post(bank, (await write()).with_headers(sid=sid)), bad, location="sid")
            merely_keyed = await bank.ready()
            said_so(await merely_keyed.logout(), bad, location="sid")
            for token in (None, "Bearer a.b.c", "Basic eDp5"):
                letter = (await write()).with_headers(Authorization=token)
                said_so(await post(bank, letter), no, location="Authorization", operation="logout")

    asyncio.run(story())


def test_set_credentials_prints_no_row_for_a_sealed_value_that_does_not_open(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            _, write = await letters(bank, "set_credentials")
            letter = (await write()).with_body((await write()).body)
            answer = await post(bank, letter)
            place = "newEncryptedAccessCredential"
            said_so(answer, row("set_credentials", 400, "invalidRequest"), location=place)
            # Each node knows its own failures alone.
            asked = [await bank.http.get(f"/sandbox/diagnosis/{letter.uuid}") for _ in bank.houses]
            assert {"step": f"{place}: mac"} in [told.json() for told in asked]
            await bank.fault("directory", "down")
            away = await post(bank, await write())
            said_so(away, row("set_credentials", 500, "serverUnavailable"), location=None)

    asyncio.run(story())


def test_a_status_to_be_cured_hinders_every_other_authenticated_operation(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await temporary(front)
            for operation in IDENTIFYING[:2]:
                answer = await front.prelogin("15000011", operation)
                assert answer.status_code == 422
            assert (await front.logout()).status_code == 204
            await signed_in(front := await bank.ready(), "15000013", PIN, "pin")
            assert (await front.set_credentials("ACPWD", password=NEW_PASSWORD)).status_code == 204

    asyncio.run(story())
