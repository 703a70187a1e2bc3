"""A code is spent and its effect kept in one act, or neither is: after a fault the very code still serves."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.races.ledger import Ledger, morning
from tests.races.test_faults_between_codes import Strike, struck
from tests.recovery_front_end import (
    ANY_TOKEN,
    NEW_PASSWORD,
    SMS,
    customer_line,
    done,
    entered,
    imported,
    newest_code,
    proved,
    recovering,
    shown,
    vendor_jwt,
)

CUSTOMER = "71000001"
ROOMY = {"policy.secret.looks_per_day": "1000"}
SUITES = {"time": "OCRA-1:HOTP-SHA256-8:QN08-T1M", "counter": "OCRA-1:HOTP-SHA256-8:C-QN08"}
WAYS = {"SMS": (SMS, "time"), "time token": (ANY_TOKEN, "time"), "counter token": (ANY_TOKEN, "counter")}


async def struck_throughout(
    bank: Bank, part: str, call: Callable[[], Awaitable[httpx.Response]], state: Callable[[], object]
) -> int:
    """Strike every call of a part in turn; nothing has changed each time. How often it was struck."""
    strikes, before = 0, state()
    while True:
        strike = Strike(part, strikes)
        (answer,) = await struck(bank, strike, [call()])
        if not strike.struck:
            assert answer.status_code in {200, 204}, answer.text
            return strikes
        if state() != before:
            # The act was done, the fault came after it: then it was done whole.
            assert part == "database"
            return strikes
        assert answer.status_code == 500, answer.text
        strikes += 1


@pytest.mark.parametrize("part", ["keys", "directory", "database"])
@pytest.mark.parametrize("way", list(WAYS))
def test_an_act_that_fails_leaves_code_tries_and_password_alone(
    open_bank: OpenBank, way: str, part: str
) -> None:
    kind, suite = WAYS[way]

    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            token = {"serial": "T-1", "kind": "hard", "status": 56, "ocraSuite": SUITES[suite]}
            await imported(bank, customer_line(CUSTOMER, token=token | {"secretHex": "5a" * 20}))
            front = await proved(bank, CUSTOMER)
            done(await front.send(kind))
            code = await (newest_code(bank, CUSTOMER) if kind == SMS else shown(bank, CUSTOMER))

            def state() -> object:
                token, profile = ledger.token(CUSTOMER), ledger.profile(CUSTOMER)
                spent = (token.counter, token.last_step, token.guard)
                return spent, profile, ledger.codes(CUSTOMER)

            strikes = await struck_throughout(bank, part, lambda: front.new_access(code), state)
            assert strikes > 0
            assert ledger.profile(CUSTOMER).password.changes == 1
            assert (ledger.codes(CUSTOMER), ledger.profile(CUSTOMER).failures) == (0, 0)
            assert (await front.new_access(code, "tecla58brisa")).status_code == 401
            done(await (await entered(bank, CUSTOMER, NEW_PASSWORD)).logout())

    asyncio.run(story())


@pytest.mark.parametrize("part", ["vendor", "database"])
def test_an_unlock_that_fails_leaves_lock_and_token_alone(open_bank: OpenBank, part: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            ledger = Ledger(bank)
            front = await recovering(bank)
            done(await front.prelogin("15000016"))
            jwt = await vendor_jwt(bank, "15000016")

            def state() -> object:
                return ledger.profile("15000016")

            await struck_throughout(bank, part, lambda: front.unlock_with("15000016", jwt), state)
            assert ledger.profile("15000016").password.guard.lock is None
            assert (await front.unlock_with("15000016", jwt)).status_code == 401

    asyncio.run(story())


VICTIM = "71930582"
TELLING = {"mobile20x": "history", "martinez47x": "personal data", "x71930582x": "personal data"}


def test_whoever_only_typed_a_number_learns_nothing_of_its_password_or_name(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            ledger = Ledger(bank)
            await imported(bank, customer_line(VICTIM))
            # This session has had a code of its own, and names somebody else now.
            own = await proved(bank, "15000024")
            done(await own.send())
            mine = await newest_code(bank, "15000024")
            stranger, unknown = await recovering(bank), await recovering(bank)
            for front, named in ((own, VICTIM), (stranger, VICTIM), (unknown, "99999999")):
                done(await front.identify(named))
                # A customer that does not exist may look like one without a password: the flow must fit it.
                first = (await front.new_access(mine)).status_code == 422
                for guess in TELLING:
                    answer = await front.new_access(mine, guess, first_time=first)
                    assert answer.status_code == 401, (named, guess, answer.text)
                form = await front.new_access(mine, "corta1", first_time=first)
                assert form.json()["moreInfo"] == "length"
            assert (ledger.codes(VICTIM), ledger.profile(VICTIM).failures) == (0, 0)
            # Whoever proved card and phone is told the rule.
            front = await proved(bank, VICTIM)
            done(await front.send())
            code = await newest_code(bank, VICTIM)
            rules = {guess: (await front.new_access(code, guess)).json()["moreInfo"] for guess in TELLING}
            assert rules == TELLING
            done(await front.new_access(code))

    asyncio.run(story())
