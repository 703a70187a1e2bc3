"""A request is cancelled at the very moment that an act of its own is being answered, whichever it is.

So the nine seconds of a request end where an attacker chooses, who sends the body slowly. What was judged
stays charged, whoever still hears of it; what was not is charged to nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.races.counted_house import Counted, counted, never
from tests.races.ledger import Ledger, morning
from tests.recovery_front_end import (
    HARD_TOKEN,
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

from aldaba.sandbox.bank import phone_number

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
    "policy.challenge.token_failures": "90",
}
LATE_SECONDS = 0.001
ADDRESS_HEADER, ADDRESS = "x-client", "203.0.113.9"


@dataclass(frozen=True, slots=True)
class Ready:
    """A front end about to guess; ``about``: the phone it is about, where there is one."""

    front: Recovering
    right: Callable[[], Awaitable[httpx.Response]]
    wrong: Callable[[], Awaitable[httpx.Response]]
    about: str = ""


Begin = Callable[[Bank], Awaitable[Ready]]
Charged = Callable[[Ledger, Ready], Awaitable[tuple[int, ...]]]


async def cancelled(house: Counted, calling: Awaitable[httpx.Response], at: int) -> bool:
    """Whether the call was cancelled: while its act or change of that number was being answered."""
    request, left = asyncio.ensure_future(calling), [at]

    def late() -> float:
        left[0] -= 1
        if left[0] != -1:
            return 0.0
        request.cancel()
        return LATE_SECONDS

    house.pace.late = late
    with suppress(asyncio.CancelledError):
        await request
    house.pace.late = never
    return request.cancelled()


async def at_each_act(
    open_bank: OpenBank, begin: Begin, charged: Charged, *, right: bool, **settings: str
) -> list[tuple[int, ...]]:
    """What each request cost that was cancelled in its first act, its second, and so on; last, the whole."""
    costs: list[tuple[int, ...]] = []
    async with open_bank(**ROOMY, **settings) as bank, counted(bank) as house:
        house.bank.http.headers[ADDRESS_HEADER] = ADDRESS
        await morning(bank)
        ledger = Ledger(bank)
        while True:
            ready = await begin(bank)
            ready.front.http = house.bank.http
            before = await charged(ledger, ready)
            guess = ready.right if right else ready.wrong
            struck = await cancelled(house, guess(), len(costs))
            after = await charged(ledger, ready)
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
    assert first < len(costs) - 1


async def at_the_card(bank: Bank) -> Ready:
    front = await identified(bank, CUSTOMER)
    return Ready(front, front.card, lambda: front.card("9713"))


async def card_charges(ledger: Ledger, _: Ready) -> tuple[int, ...]:
    profile = ledger.profile(CUSTOMER)
    tried = sum(guard.failures + len(guard.pending) for guard in profile.cards.values())
    return tried, profile.failures, ledger.cards(CUSTOMER)


async def at_the_phone(bank: Bank) -> Ready:
    front = await identified(bank, CUSTOMER)
    own, other = phone_number(CUSTOMER), phone_number(TOKEN_HOLDER)
    return Ready(front, lambda: front.phone(own), lambda: front.phone(other))


async def phone_charges(ledger: Ledger, ready: Ready) -> tuple[int, ...]:
    tries = (await ledger.session(ready.front)).recovery.phone_tries
    return tries, ledger.profile(CUSTOMER).failures, ledger.phones(CUSTOMER)


async def at_the_code(bank: Bank) -> Ready:
    front, code = await with_code(bank, CUSTOMER)
    word = next(WORDS)
    return Ready(front, lambda: front.new_access(code, word), lambda: front.new_access(another(code), word))


async def code_charges(ledger: Ledger, ready: Ready) -> tuple[int, ...]:
    code = (await ledger.session(ready.front)).recovery.code
    assert code is not None
    return code.tries, ledger.profile(CUSTOMER).failures, ledger.codes(CUSTOMER)


async def at_the_tokens_code(bank: Bank) -> Ready:
    front = await proved(bank, TOKEN_HOLDER)
    done(await front.send(HARD_TOKEN))
    await bank.advance("PT60S")
    code, word = await shown(bank, TOKEN_HOLDER), next(WORDS)
    return Ready(front, lambda: front.new_access(code, word), lambda: front.new_access(another(code), word))


async def tokens_code_charges(ledger: Ledger, ready: Ready) -> tuple[int, ...]:
    code, guard = (await ledger.session(ready.front)).recovery.code, ledger.token(TOKEN_HOLDER).guard
    assert code is not None
    profile = ledger.profile(TOKEN_HOLDER)
    return code.tries, guard.failures + len(guard.pending), profile.failures, ledger.codes(TOKEN_HOLDER)


async def at_the_challenge(bank: Bank) -> Ready:
    await bank.advance("P1D")
    front = await entered(bank, TOKEN_HOLDER)
    question = await front.question()
    answer = await shown(bank, TOKEN_HOLDER, question)
    return Ready(
        front, lambda: front.respond(question, answer), lambda: front.respond(question, another(answer))
    )


async def challenge_charges(ledger: Ledger, ready: Ready) -> tuple[int, ...]:
    challenge, guard = (await ledger.session(ready.front)).challenge, ledger.token(TOKEN_HOLDER).guard
    return 0 if challenge is None else challenge.tries, guard.failures + len(guard.pending)


async def at_the_opening(bank: Bank) -> Ready:
    front, phone = await recovering(bank), next(NEW_PHONES)
    done(await front.order_code(phone))
    code = str((await messages_to(bank, f"+52{phone}"))[0]["otp"])
    return Ready(
        front, lambda: front.certify(phone, code), lambda: front.certify(phone, another(code)), f"+52{phone}"
    )


async def opening_charges(ledger: Ledger, ready: Ready) -> tuple[int, ...]:
    code = (await ledger.session(ready.front)).certification.code
    assert code is not None
    return code.tries, ledger.certifications(ready.about)


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


WAYS: dict[str, tuple[Begin, Charged]] = {
    "nip": (at_the_card, card_charges),
    "phone": (at_the_phone, phone_charges),
    "code": (at_the_code, code_charges),
    "token's code": (at_the_tokens_code, tokens_code_charges),
    "challenge": (at_the_challenge, challenge_charges),
    "opening": (at_the_opening, opening_charges),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_guess_is_charged_once_it_was_judged(open_bank: OpenBank, way: str) -> None:
    judged_or_free(asyncio.run(at_each_act(open_bank, *WAYS[way], right=False)))


@pytest.mark.parametrize("way", WAYS)
def test_who_is_right_is_charged_nothing(open_bank: OpenBank, way: str) -> None:
    costs = asyncio.run(at_each_act(open_bank, *WAYS[way], right=True))
    assert len(costs) > 1
    assert set(costs) == {(0,) * len(costs[0])}


def test_an_address_is_charged_for_no_request_that_was_cancelled(open_bank: OpenBank) -> None:
    async def charges(ledger: Ledger, _: Ready) -> tuple[int, ...]:
        return (await ledger.address(ADDRESS),)

    settings = {"server.client_address_header": ADDRESS_HEADER}
    costs = asyncio.run(at_each_act(open_bank, at_the_card, charges, right=True, **settings))
    assert set(costs) == {(0,)}
    whole = asyncio.run(at_each_act(open_bank, at_the_card, charges, right=False, **settings))[-1]
    assert whole == (1,)


async def at_the_sending(bank: Bank) -> Ready:
    front = await proved(bank, CUSTOMER)
    return Ready(front, front.send, front.send, f"+52{phone_number(CUSTOMER)}")


async def at_the_ordering(bank: Bank) -> Ready:
    front, phone = await recovering(bank), next(NEW_PHONES)
    return Ready(front, lambda: front.order_code(phone), lambda: front.order_code(phone), f"+52{phone}")


@pytest.mark.parametrize("begin", [at_the_sending, at_the_ordering])
def test_a_code_is_charged_if_it_was_sent(open_bank: OpenBank, begin: Begin) -> None:
    async def charges(ledger: Ledger, ready: Ready) -> tuple[int, ...]:
        session = await ledger.session(ready.front)
        code = session.recovery.code or session.certification.code
        by_phone, others = ledger.sent(ready.front, CUSTOMER, ready.about)
        return len(ledger.messages(ready.about)), 0 if code is None else code.sends, by_phone, others

    costs = asyncio.run(at_each_act(open_bank, begin, charges, right=True))
    assert set(costs) == {(0, 0, 0, 0), (1, 1, 1, 1)}
