"""The OCRA suite of a token that comes without one: the policy's, unless an earlier import named it."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from tests.conftest import Bank, OpenBank
from tests.recovery_front_end import customer_line

from aldaba.backends.pskc import read_csv

CUSTOMER = "71000001"
SEED = "31" * 32
USUAL = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
COUNTED = "OCRA-1:HOTP-SHA512-8:C-QN08"


def line(**token: Any) -> dict[str, Any]:
    base = {"serial": "T-1", "kind": "hard", "secretHex": SEED, "status": 56}
    return customer_line(CUSTOMER, token=base | token)


async def suite_of(bank: Bank, customer: str = CUSTOMER) -> str:
    token = await bank.house.tokens.show(customer)
    assert token is not None
    return token.suite


async def answers_a_challenge(bank: Bank) -> None:
    front = await bank.ready()
    await front.prelogin(CUSTOMER)
    assert (await front.login(CUSTOMER, "mobile20x")).status_code == 200
    question = (await front.challenge()).json()["challengeQuestion"]
    answer = await front.answer_challenge(question, await front.token_response(CUSTOMER, question))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("given", [{}, {"ocraSuite": None}], ids=["absent", "null"])
@pytest.mark.parametrize(
    ("settings", "suite"), [({}, USUAL), ({"policy.challenge.suite": COUNTED}, COUNTED)], ids=["usual", "set"]
)
def test_a_new_token_without_a_suite_has_the_policys_and_serves(
    open_bank: OpenBank, given: dict[str, None], settings: dict[str, str], suite: str
) -> None:
    async def story() -> None:
        async with open_bank(**settings) as bank:
            await bank.imported(line(**given))
            assert await suite_of(bank) == suite
            await answers_a_challenge(bank)

    asyncio.run(story())


def test_a_suite_that_is_named_stands_also_when_the_line_comes_again_without(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.imported(line(ocraSuite=COUNTED))
            await bank.imported(line())
            assert await suite_of(bank) == COUNTED
            await bank.imported(line(ocraSuite=USUAL))
            assert await suite_of(bank) == USUAL
            await answers_a_challenge(bank)

    asyncio.run(story())


def test_an_empty_suite_in_a_line_is_still_none(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            with pytest.raises(AssertionError, match=r"token\.ocraSuite"):
                await bank.imported(line(ocraSuite=""))

    asyncio.run(story())


@pytest.mark.parametrize(("suite", "counter"), [(USUAL, 0), (COUNTED, 7)])
def test_an_empty_suite_in_a_csv_file_is_the_policys(open_bank: OpenBank, suite: str, counter: int) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.challenge.suite": suite}) as bank:
            await bank.imported(customer_line(CUSTOMER))
            delivered = read_csv(BytesIO(f"T-1,hard,,{SEED},7\n".encode()))
            report = await bank.house.tokens.import_tokens(delivered, "a test")
            assert (report.accepted, report.refused) == (1, ())
            token = await bank.house.tokens.assign("T-1", CUSTOMER, "a test")
            # What the suite does not count has no counter.
            assert (token.suite, token.counter) == (suite, counter)
            await answers_a_challenge(bank)

    asyncio.run(story())
