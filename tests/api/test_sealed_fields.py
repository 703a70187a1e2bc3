"""The sealed fields of every operation: what does not open is one answer, and what may come in clear may."""

import asyncio
from copy import deepcopy
from typing import Any

import httpx
import pytest
from tests.api.charges import charges, used_in
from tests.api.test_sealed_values import flipped, in_dots, without_what_differs
from tests.api.wire import CONTRACT, WITH_ROOM, letters, post, proved, row, said_so, signed_in
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

SEALED = [
    (operation, field.path)
    for operation in WITH_ROOM
    for field in CONTRACT.operation(operation).encrypted_request
    # Of the two fields of set_credentials a right request here sends one.
    if not field.maybe and field.name != "newEncryptedAccessNumber"
]
PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])
CCS_ID, RESPONSE = "ccsId", "oneTimePasswordToken"


def at(body: Any, path: str) -> str:
    for part in path.split("."):
        body = body[part]
    assert isinstance(body, str)
    return body


def put(body: Any, path: str, value: str) -> Any:
    changed = deepcopy(body)
    *parents, last = path.split(".")
    inner = changed
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    return changed


def defects(right: str, for_another: str) -> list[str]:
    return [
        for_another,
        flipped(right, -1),
        flipped(right, 0),
        right[:-1],
        right[:-2],
        right[32:],
        f"{right} ",
        f"{right[:-1]}\N{ARABIC-INDIC DIGIT ONE}",
        f"{right}\x00",
        "12345678",
        "hello",
        "",
        "A" * 8194,
    ]


@pytest.mark.parametrize(("operation", "path"), SEALED)
def test_whatever_is_wrong_with_a_sealed_field_is_one_answer_that_costs_nothing(
    open_bank: OpenBank, operation: str, path: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, operation)
            user = "15000015" if operation == "unlock_access" else "15000010"
            before = await charges(bank, user), await used_in(bank, front)
            expected, answers = row(operation, 400, "cannotDecryptData"), []
            for index in range(len(defects("00" * 80, ""))):
                letter, other = await write(), await write()
                value = defects(at(letter.body, path), at(other.body, path))[index]
                answer = await post(bank, letter.with_body(put(letter.body, path, value)))
                said_so(answer, expected, location=path, operation=operation)
                told = await bank.http.get(f"/sandbox/diagnosis/{letter.uuid}")
                assert told.json()["step"].startswith(f"{path}: "), told.text
                answers.append(without_what_differs(answer))
            assert all(answer == answers[0] for answer in answers)
            assert (await charges(bank, user), await used_in(bank, front)) == before
            answer = await post(bank, await write())
            assert answer.status_code == CONTRACT.operation(operation).success, answer.text

    asyncio.run(story())


@pytest.mark.parametrize("operation", sorted({operation for operation, _ in SEALED}))
def test_a_sealed_field_comes_in_either_rendering_and_in_the_portals_profile(
    open_bank: OpenBank, operation: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            _, write = await letters(bank, operation, "portal")
            letter = await write()
            for path in (path for of, path in SEALED if of == operation):
                letter = letter.with_body(put(letter.body, path, in_dots(at(letter.body, path))))
            answer = await post(bank, letter)
            assert answer.status_code == CONTRACT.operation(operation).success, answer.text
            assert "eventId" in answer.headers

    asyncio.run(story())


async def sent_with_id(
    front: FrontEnd, value: str | None = None, *, sealed_as: str | None = None
) -> httpx.Response:
    headers = front.headers()
    if sealed_as is not None:
        value = front.seal(headers, "send_otp", CCS_ID, sealed_as)
    body = {"ccsId": value, "authType": 5, "isFirstTime": False}
    return await front.call("send_otp", body, headers=headers)


@PROFILES
def test_the_profiles_id_of_send_otp_comes_in_clear_or_sealed(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready(profile)
            await proved(front, "15000010")
            assert front.ccs_id is not None
            assert (await sent_with_id(front, front.ccs_id)).status_code == 204
            assert (await sent_with_id(front, sealed_as=front.ccs_id)).status_code == 204
            another = await sent_with_id(front, sealed_as="2264")
            said_so(another, row("send_otp", 422, "businessValidationFailed"), location=CCS_ID)
            plain = await sent_with_id(front, "2264")
            said_so(plain, row("send_otp", 422, "businessValidationFailed"), location=CCS_ID)
            # A portal value is bound to no field.
            name = "another" if profile == "bound-1" else CCS_ID
            stale = flipped(front.seal(front.headers(), "send_otp", name, front.ccs_id), 20)
            values = (
                stale,
                f"{front.ccs_id}x",
                f" {front.ccs_id}",
                "",
                "x",
                "\N{FULLWIDTH DIGIT ONE}23",
                "1\x00",
            )
            for value in values:
                answer = await sent_with_id(front, value)
                said_so(answer, row("send_otp", 400, "cannotDecryptData"), location=CCS_ID)

    asyncio.run(story())


async def asked(bank: Bank, profile: str = "bound-1") -> tuple[FrontEnd, str]:
    front = await bank.ready(profile)
    await signed_in(front, "15000024")
    return front, (await front.challenge()).json()["challengeQuestion"]


async def answered(front: FrontEnd, question: str, value: str) -> httpx.Response:
    return await front.call("validate_challenge", {"challengeQuestion": question, RESPONSE: value})


@PROFILES
def test_a_response_comes_in_clear_or_sealed_and_counts_once(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, question = await asked(bank, profile)
            shown = await front.token_response("15000024", question)
            assert (await front.answer_challenge(question, shown)).status_code == 200
            question = (await front.challenge()).json()["challengeQuestion"]
            shown = await front.token_response("15000024", question)
            assert (await answered(front, question, shown)).status_code == 200
            question = (await front.challenge()).json()["challengeQuestion"]
            elsewhere, _ = front.sealed_body("validate_challenge", {}, oneTimePasswordToken=shown)
            if profile == "portal":
                elsewhere[RESPONSE] = flipped(elsewhere[RESPONSE], 20)
            before = await charges(bank, "15000024"), await used_in(bank, front)
            answer = await answered(front, question, elsewhere[RESPONSE])
            said_so(answer, row("validate_challenge", 400, "cannotDecryptData"), location=RESPONSE)
            assert (await charges(bank, "15000024"), await used_in(bank, front)) == before

    asyncio.run(story())


@pytest.mark.parametrize("sealed", [False, True], ids=["clear", "sealed"])
def test_a_response_that_only_looks_like_one_is_wrong_and_counted(open_bank: OpenBank, sealed: bool) -> None:
    wide = str.maketrans({str(digit): chr(0xFF10 + digit) for digit in range(10)})

    async def story() -> None:
        async with open_bank() as bank:
            front, question = await asked(bank)
            shown = await front.token_response("15000024", question)
            odd = [f" {shown}", f"{shown} ", f"{shown[:4]} {shown[4:]}", shown.translate(wide)]
            odd += [f"+{shown}", f"-{shown}", f"{shown}\x00", shown[:7], f"0{shown}", f"{shown}\n", ""]
            for number, value in enumerate(odd):
                if number % 2 == 0:
                    # A challenge has three tries and a token five failures: begin anew in time.
                    await bank.http.post("/sandbox/reset")
                    front, question = await asked(bank)
                before = (await charges(bank, "15000024"))["token"].failures
                answer = (
                    await front.answer_challenge(question, value)
                    if sealed
                    else await answered(front, question, value)
                )
                said_so(answer, row("validate_challenge", 401, "authenticationFailed"), location=None)
                assert (await charges(bank, "15000024"))["token"].failures == before + 1
            shown = await front.token_response("15000024", question)
            assert (await front.answer_challenge(question, shown)).status_code == 200

    asyncio.run(story())
