"""A new access, an unlock or an operator ends every session of the customer, not only the one logged in."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    customer_line,
    done,
    entered,
    identified,
    imported,
    newest_code,
    proved,
    recovering,
    told,
    vendor_jwt,
)

from aldaba.domain.lockout import LockKind
from aldaba.sandbox.bank import PASSWORD, phone_number

CUSTOMER, OTHER = "15000031", "73000009"
OPERATOR = ("all sessions ended", "desk")
PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])


def over(answer: httpx.Response) -> bool:
    """Refused as a session that has expired is."""
    return answer.status_code == 401 and answer.json().get("location") == "sid"


async def steps_refused(front: Recovering, customer: str, code: str = "12345678") -> None:
    """Whatever the identified session tries next, it is told that there is none."""
    tried: list[Callable[[], Awaitable[httpx.Response]]] = [
        front.card,
        lambda: front.phone(phone_number(customer)),
        front.send,
        lambda: front.new_access(code, "otropuente83"),
        lambda: front.login(customer, NEW_PASSWORD),
        lambda: front.identify(customer),
        lambda: front.identify(OTHER),
    ]
    for step in tried:
        answer = await step()
        assert over(answer), answer.text


async def both_with_a_code(bank: Bank, profile: str) -> tuple[Recovering, str, Recovering, str]:
    """Two sessions of one customer, each with card, phone and a code of its own."""
    first = await proved(bank, CUSTOMER, profile)
    done(await first.send())
    code = await newest_code(bank, CUSTOMER)
    second = await proved(bank, CUSTOMER, profile)
    done(await second.send())
    return first, code, second, await newest_code(bank, CUSTOMER)


@PROFILES
def test_after_a_new_access_another_session_sets_none_with_its_code(
    open_bank: OpenBank, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first, code, second, old = await both_with_a_code(bank, profile)
            done(await first.new_access(code))
            await steps_refused(second, CUSTOMER, old)
            # Its own goes on, and what it proved serves no second time.
            assert (
                told(await first.new_access(code, "otropuente83")) == "401 credentialValidtionFailed invalid"
            )
            done(await first.identify(CUSTOMER))
            done(await (await entered(bank, CUSTOMER, NEW_PASSWORD, profile=profile)).logout())
            # A session identified since goes on.
            done(await (again := await proved(bank, CUSTOMER, profile)).send())
            done(await again.new_access(await newest_code(bank, CUSTOMER), "otropuente83"))

    asyncio.run(story())


def test_of_two_sessions_that_set_access_at_once_one_does(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first, code, second, other = await both_with_a_code(bank, "bound-1")
            answers = await asyncio.gather(first.new_access(code), second.new_access(other, "otropuente83"))
            assert sorted(answer.status_code for answer in answers) == [204, 401]

    asyncio.run(story())


def test_another_customers_sessions_and_those_about_nobody_go_on(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await imported(bank, customer_line(OTHER))
            other, nobody = await proved(bank, OTHER), await recovering(bank)
            first, code, _, _ = await both_with_a_code(bank, "bound-1")
            done(await first.new_access(code))
            done(await other.send())
            # Without a prelogin there is no customer yet whose sessions ended.
            done(await nobody.login(CUSTOMER, NEW_PASSWORD))
            done(await nobody.logout())

    asyncio.run(story())


def test_a_login_repeated_after_a_new_access_enters(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first, code, _, _ = await both_with_a_code(bank, "bound-1")
            done(await first.new_access(code))
            for prelogged in (True, False):
                front = await recovering(bank)
                if prelogged:
                    done(await front.prelogin(CUSTOMER))
                lost = front.sid
                done(await front.login(CUSTOMER, NEW_PASSWORD))
                front.sid = lost
                done(await front.login(CUSTOMER, NEW_PASSWORD))
                done(await front.logout())

    asyncio.run(story())


def test_an_unlock_by_the_vendors_token_ends_them_too(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            customer = "15000016"
            waiting, unlocking = await identified(bank, customer), await recovering(bank)
            done(await unlocking.unlock_with(customer, await vendor_jwt(bank, customer)))
            await steps_refused(waiting, customer)

    asyncio.run(story())


def test_an_operator_ends_them_too(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            desk = bank.house.administration
            waiting = await proved(bank, CUSTOMER)
            await desk.end_sessions(CUSTOMER, *OPERATOR)
            await steps_refused(waiting, CUSTOMER)

    asyncio.run(story())


def test_who_is_only_identified_is_told_of_an_operators_lock(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            waiting = await identified(bank, CUSTOMER)
            await bank.house.administration.lock(CUSTOMER, LockKind.PREVENTIVE, *OPERATOR)
            assert told(await waiting.login(CUSTOMER, PASSWORD)).startswith("401 8006")

    asyncio.run(story())


def test_a_login_in_an_ended_session_charges_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            waiting = await identified(bank, CUSTOMER)
            await bank.house.administration.end_sessions(CUSTOMER, *OPERATOR)
            for n in range(5):
                assert over(await waiting.login(CUSTOMER, f"malo{n}clave"))
            done(await (await entered(bank, CUSTOMER, PASSWORD)).logout())

    asyncio.run(story())
