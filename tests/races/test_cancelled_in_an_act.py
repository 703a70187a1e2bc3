"""A request is cancelled at the very moment that an act of its own is being answered, whichever it is.

So the nine seconds of a request end where an attacker chooses, who sends the body slowly. What was judged
stays charged, whoever still hears of it; what was not is charged to nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import Counted, counted
from tests.races.ledger import Ledger, morning
from tests.recovery_front_end import (
    Recovering,
    done,
    entered,
    identified,
    messages_to,
    proved,
    recovering,
    shown,
    with_code,
)

from aldaba.domain.session import Factor
from aldaba.sandbox.bank import NIP, PASSWORD, phone_number

CUSTOMER, TOKEN_HOLDER = "15000031", "15000010"
NEW_PHONES = (f"55123456{n:02}" for n in range(99))
WORDS = (f"puente{n:02}rojo" for n in range(99))
ROOMY = {
    "policy.secret.looks_per_day": "1000",
    "policy.otp.sends_per_customer_and_day": "1000",
    "policy.otp.sends_per_phone_and_day": "1000",
    "policy.otp.tries_per_customer_and_day": "90",
    "policy.card.tries_per_customer_and_day": "90",
    "policy.card.tries": "10",
    "policy.phone.tries_per_day": "90",
}
LATE_SECONDS = 0.001

F = TypeVar("F", bound=FrontEnd)
Begin = Callable[[Bank], Awaitable[F]]
Call = Callable[[F], Awaitable[httpx.Response]]
Charged = Callable[[Counted, Ledger, F], Awaitable[tuple[int, ...]]]


async def cancelled(house: Counted, calling: Awaitable[httpx.Response], at: int) -> bool:
    """Whether the call was cancelled: while its act or change of that number was being answered."""
    request, left = asyncio.ensure_future(calling), [at]

    def late() -> float:
        left[0] -= 1
        if left[0] != -1:
            return 0.0
        request.cancel()
        return LATE_SECONDS

    house.store.late = house.sessions.late = late
    with suppress(asyncio.CancelledError):
        await request
    house.store.late = house.sessions.late = lambda: 0.0
    return request.cancelled()


async def at_each_act(
    open_bank: OpenBank, begin: Begin[F], call: Call[F], charged: Charged[F]
) -> list[tuple[int, ...]]:
    """What each request cost that was cancelled in its first act, its second, and so on; last, the whole."""
    costs: list[tuple[int, ...]] = []
    async with open_bank(**ROOMY) as bank, counted(bank) as house:
        await morning(bank)
        ledger = Ledger(bank)
        while True:
            front = await begin(bank)
            front.http = house.bank.http
            before = await charged(house, ledger, front)
            struck = await cancelled(house, call(front), len(costs))
            after = await charged(house, ledger, front)
            costs.append(tuple(one - other for one, other in zip(after, before, strict=True)))
            if not struck:
                return costs


def judged_or_free(costs: list[tuple[int, ...]]) -> None:
    """A wrong guess: all of its charges or none, and all from the act on that judged it."""
    whole = costs[-1]
    assert all(whole), whole
    nothing = (0,) * len(whole)
    first = costs.index(whole)
    assert costs == [nothing] * first + [whole] * (len(costs) - first)
    assert 0 < first < len(costs) - 1


async def card_charges(_: Counted, ledger: Ledger, front: Recovering) -> tuple[int, ...]:
    profile = ledger.profile(CUSTOMER)
    guards = profile.cards.values()
    tried = sum(guard.failures + len(guard.pending) for guard in guards)
    return tried, profile.failures, ledger.cards(CUSTOMER)


async def phone_charges(_: Counted, ledger: Ledger, front: Recovering) -> tuple[int, ...]:
    tries = (await ledger.session(front)).recovery.phone_tries
    return tries, ledger.profile(CUSTOMER).failures, ledger.phones(CUSTOMER)


async def code_charges(_: Counted, ledger: Ledger, front: Recovering) -> tuple[int, ...]:
    code = (await ledger.session(front)).recovery.code
    assert code is not None
    return code.tries, ledger.profile(CUSTOMER).failures, ledger.codes(CUSTOMER)


async def identified_customer(bank: Bank) -> Recovering:
    return await identified(bank, CUSTOMER)


async def having_code(bank: Bank) -> Recovering:
    front, CODES[None] = await with_code(bank, CUSTOMER)
    return front


CODES: dict[None, str] = {}


def new_access(front: Recovering, *, right: bool) -> Awaitable[httpx.Response]:
    code = CODES[None] if right else f"{(int(CODES[None]) + 1) % 10**8:08}"
    return front.new_access(code, next(WORDS))


def nip(front: Recovering, *, right: bool) -> Awaitable[httpx.Response]:
    return front.card(NIP if right else "9713")


def phone(front: Recovering, *, right: bool) -> Awaitable[httpx.Response]:
    return front.phone(phone_number(CUSTOMER if right else TOKEN_HOLDER))


WAYS = {
    "nip": (identified_customer, nip, card_charges),
    "phone": (identified_customer, phone, phone_charges),
    "code": (having_code, new_access, code_charges),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_guess_is_charged_once_it_was_judged(open_bank: OpenBank, way: str) -> None:
    begin, call, charged = WAYS[way]
    costs = asyncio.run(at_each_act(open_bank, begin, lambda front: call(front, right=False), charged))
    judged_or_free(costs)


@pytest.mark.parametrize("way", WAYS)
def test_who_is_right_is_charged_nothing(open_bank: OpenBank, way: str) -> None:
    begin, call, charged = WAYS[way]
    costs = asyncio.run(at_each_act(open_bank, begin, lambda front: call(front, right=True), charged))
    assert len(costs) > 3
    assert set(costs) == {(0, 0, 0)}
