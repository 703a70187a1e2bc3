"""One right code, response or vendor token, fifty times at once, has one effect, and costs nobody a try."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import httpx
import pytest
from tests.conftest import OpenBank
from tests.races.ledger import Ledger, morning
from tests.recovery_front_end import (
    ANY_TOKEN,
    NEW_PASSWORD,
    customer_line,
    done,
    entered,
    imported,
    messages_to,
    newest_code,
    proved,
    recovering,
    shown,
    vendor_jwt,
    with_code,
)
from tests.scorecard.card import Card

CUSTOMER, PHONE, TIMES = "15000031", "5512345678", 50
SUITES = ["OCRA-1:HOTP-SHA256-8:QN08-T1M", "OCRA-1:HOTP-SHA256-8:C-QN08"]
ROOMY = {"policy.secret.looks_per_day": "1000"}


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_one_code_sets_access_once(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            front, code = await with_code(bank, CUSTOMER)
            before = ledger.profile(CUSTOMER)
            words = [f"puente{n:02}rojo" for n in range(TIMES)]
            answers = await asyncio.gather(*(front.new_access(code, word) for word in words))
            found = statuses(answers)
            card.exactly("Once", "passwords set by one code brought 50 times", 1, found[204])
            assert found[204] == 1
            assert set(found) <= {204, 401, 422}
            after = ledger.profile(CUSTOMER)
            assert after.password.changes - before.password.changes == 1
            assert (after.failures, ledger.codes(CUSTOMER)) == (0, 0)
            (winner,) = (n for n, answer in enumerate(answers) if answer.status_code == 204)
            done(await (await entered(bank, CUSTOMER, words[winner])).logout())

    asyncio.run(story())


@pytest.mark.parametrize("suite", SUITES, ids=["time", "counter"])
def test_one_tokens_code_sets_access_once_also_from_two_sessions(
    open_bank: OpenBank, suite: str, card: Card
) -> None:
    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            token = {"serial": "T-1", "kind": "hard", "status": 56, "ocraSuite": suite}
            await imported(bank, customer_line("71000001", token=token | {"secretHex": "5a" * 20}))
            ledger = Ledger(bank)
            fronts = [await proved(bank, "71000001") for _ in range(2)]
            for front in fronts:
                done(await front.send(ANY_TOKEN))
            code = await shown(bank, "71000001")
            words = [f"puente{n:02}rojo" for n in range(TIMES)]
            calls = [fronts[n % 2].new_access(code, word) for n, word in enumerate(words)]
            answers = await asyncio.gather(*calls)
            card.exactly(
                "Once",
                f"passwords set by one token response from two sessions ({suite[-8:]})",
                1,
                statuses(answers)[204],
            )
            assert statuses(answers)[204] == 1
            assert ledger.profile("71000001").password.changes == 1
            # A response that is spent is a wrong one, and counts as one.
            guard = ledger.token("71000001").guard
            assert guard.pending == ()
            assert guard.failures <= 5

    asyncio.run(story())


@pytest.mark.parametrize("suite", SUITES, ids=["time", "counter"])
def test_one_response_passes_a_challenge_once(open_bank: OpenBank, suite: str, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            token = {"serial": "T-1", "kind": "hard", "status": 56, "ocraSuite": suite}
            await imported(bank, customer_line("71000001", token=token | {"secretHex": "5a" * 20}))
            front = await entered(bank, "71000001")
            question = await front.question()
            response = await shown(bank, "71000001", question)
            answers = await asyncio.gather(*(front.respond(question, response) for _ in range(TIMES)))
            found = statuses(answers)
            card.exactly(
                "Once", f"challenges passed by one response brought 50 times ({suite[-8:]})", 1, found[200]
            )
            assert found[200] == 1
            assert set(found) <= {200, 401, 422}
            assert Ledger(bank).token("71000001").guard.lock is None
            assert (await front.respond(question, response)).status_code == 422

    asyncio.run(story())


def test_one_code_certifies_a_phone_once(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            front = await recovering(bank)
            done(await front.order_code(PHONE))
            code = (await messages_to(bank, f"+52{PHONE}"))[0]["otp"]
            answers = await asyncio.gather(*(front.certify(PHONE, code) for _ in range(TIMES)))
            card.exactly("Once", "phones certified by one code brought 50 times", 1, statuses(answers)[204])
            assert statuses(answers)[204] == 1
            done(await front.call("certified_phone"))

    asyncio.run(story())


def test_one_token_of_the_vendors_is_certified_once(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            fronts = [await recovering(bank, documented=bool(n % 2)) for n in range(4)]
            jwt = await vendor_jwt(bank, "15000025", "3")
            calls = [fronts[n % 4].vendor_token("15000025", jwt) for n in range(TIMES)]
            assert statuses(await asyncio.gather(*calls)) == {204: 1, 401: TIMES - 1}

    asyncio.run(story())


def test_one_token_of_the_vendors_unlocks_once_whoever_brings_it(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            fronts = [await recovering(bank, documented=bool(n % 2)) for n in range(4)]
            jwt = await vendor_jwt(bank, "15000016")
            calls = [fronts[n % 4].unlock_with("15000016", jwt) for n in range(TIMES)]
            answers = await asyncio.gather(*calls)
            card.exactly(
                "Once",
                "unlocks by one vendor JWT brought 50 times by four sessions",
                1,
                statuses(answers)[204],
            )
            assert statuses(answers) == {204: 1, 401: TIMES - 1}

    asyncio.run(story())


def test_many_tokens_of_the_vendors_unlock_one_lock_once(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank)
            tokens = [await vendor_jwt(bank, "15000016") for _ in range(TIMES)]
            calls = [front.unlock_with("15000016", token) for token in tokens]
            assert statuses(await asyncio.gather(*calls)) == {204: 1, 422: TIMES - 1}

    asyncio.run(story())


def test_two_sessions_with_a_code_each_leave_one_password_behind(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            one, first = await with_code(bank, CUSTOMER)
            await bank.advance("PT31S")
            two, second = await with_code(bank, CUSTOMER)
            assert first != second
            answers = await asyncio.gather(
                one.new_access(first, NEW_PASSWORD), two.new_access(second, "tecla58brisa")
            )
            works = []
            for word, answer in zip((NEW_PASSWORD, "tecla58brisa"), answers, strict=True):
                front = await recovering(bank)
                await front.prelogin(CUSTOMER)
                if (await front.login(CUSTOMER, word)).status_code == 200:
                    works.append(answer.status_code)
                    done(await front.logout())
            assert works == [204]

    asyncio.run(story())


def test_a_code_of_one_customer_or_session_opens_no_other(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            one, code = await with_code(bank, CUSTOMER)
            other, _ = await with_code(bank, "15000024")
            sibling = await proved(bank, CUSTOMER)
            answers = [
                await other.new_access(code),
                await sibling.new_access(code),
                await other.new_access(code, ccs_id=one.ccs_id),
            ]
            assert [answer.status_code for answer in answers] == [401, 401, 422]
            done(await one.new_access(code))
            assert await newest_code(bank, "15000024") != code

    asyncio.run(story())
