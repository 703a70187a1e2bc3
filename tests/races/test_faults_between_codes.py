"""Faults of ours in the middle of the later journeys: whoever was right is charged for none of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.races.ledger import Ledger, morning
from tests.recovery_front_end import (
    HARD_TOKEN,
    SMS,
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
from tests.recovery_front_end import counted as outcomes

from aldaba.sandbox.bank import phone_number

CUSTOMER, PHONE = "15000031", "5512345678"
STEPS = 20
ROOMY = {
    "policy.secret.looks_per_day": "1000",
    "policy.otp.sends_per_customer_and_day": "1000",
    "policy.otp.sends_per_phone_and_day": "1000",
}


def switched(bank: Bank, part: str, mode: str) -> None:
    for house in bank.houses:
        assert house.sandbox is not None
        assert house.sandbox.faults.switch(part, mode)


class Strike(dict[str, str]):
    """A part of the house fails at one moment: when it is needed for the so-manieth time, or from then on."""

    def __init__(self, part: str, after: int, *, lasting: bool = False) -> None:
        super().__init__()
        self._part, self._left, self._lasting = part, after, lasting
        self.struck = False
        self.spared: frozenset[asyncio.Task[Any]] = frozenset()
        """The house's own background work, whose looks at a part are not the request's."""

    def get(self, part: str, default: str = "ok") -> str:  # type: ignore[override]  # looked up by part alone
        if part != self._part or _task() in self.spared:
            return default
        self._left -= 1
        strikes = self._left < 0 if self._lasting else self._left == -1
        self.struck = self.struck or strikes
        return "down" if strikes else "ok"


def _task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None  # a thread of the store, at work for whoever asked


async def struck(
    bank: Bank, strike: Strike, calls: Sequence[Awaitable[httpx.Response]]
) -> list[httpx.Response]:
    """The answers to these requests, a part of the house failing while they are on their way."""
    strike.spared = frozenset(asyncio.all_tasks())
    strike_all(bank, strike)
    answers = await asyncio.gather(*calls)
    strike_all(bank, {})
    return answers


def strike_all(bank: Bank, modes: dict[str, str]) -> None:
    """One strike for all the nodes: whichever of them comes to the moment is struck."""
    for house in bank.houses:
        assert house.sandbox is not None
        house.sandbox.faults.modes = modes


def right_or_ours(answers: list[httpx.Response], *right: str) -> None:
    found = set(outcomes(answers))
    assert all(one in right or one.startswith("500") for one in found), found


def charges_nothing(
    open_bank: OpenBank,
    begin: Callable[[Bank], Awaitable[Recovering]],
    call: Callable[[Bank, Recovering], Awaitable[httpx.Response]],
    charged: Callable[[Ledger, FrontEnd], Awaitable[tuple[object, ...]]],
    *parts: str,
) -> None:
    """Right requests struck at every call of a part in turn leave the counts as they were.

    The last of the counts is the session's own.
    """

    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            for part in parts:
                front = await begin(bank)
                before = await charged(ledger, front)
                strikes = 0
                while True:
                    strike = Strike(part, strikes)
                    (answer,) = await struck(bank, strike, [call(bank, front)])
                    right_or_ours([answer], "200", "204")
                    if not strike.struck:
                        break
                    strikes += 1
                    counts = await charged(ledger, front)
                    again = await call(bank, front)
                    if again.status_code < 300:
                        assert counts == before, (part, strikes, answer.text)
                    else:
                        # The fault came when all was done already.
                        assert (part, counts[:-1]) == ("database", before[:-1]), again.text
                    front = await begin(bank)
                assert strikes, part

    asyncio.run(story())


def test_a_right_nip_is_charged_for_no_fault(open_bank: OpenBank) -> None:
    async def charged(ledger: Ledger, _: FrontEnd) -> tuple[object, ...]:
        profile = ledger.profile(CUSTOMER)
        guards = [(guard.failures, guard.pending, guard.lock) for guard in profile.cards.values()]
        return profile.failures, ledger.cards(CUSTOMER), [one for one in guards if one != (0, (), None)]

    async def call(_: Bank, front: Recovering) -> httpx.Response:
        return await front.card()

    charges_nothing(
        open_bank, lambda bank: identified(bank, CUSTOMER), call, charged, "directory", "cards", "database"
    )


def test_a_right_phone_is_charged_for_no_fault(open_bank: OpenBank) -> None:
    async def charged(ledger: Ledger, front: FrontEnd) -> tuple[object, ...]:
        session = await ledger.session(front)
        return ledger.profile(CUSTOMER).failures, ledger.phones(CUSTOMER), session.recovery.phone_tries

    async def call(_: Bank, front: Recovering) -> httpx.Response:
        return await front.phone(phone_number(CUSTOMER))

    charges_nothing(
        open_bank, lambda bank: identified(bank, CUSTOMER), call, charged, "directory", "keys", "database"
    )


def test_a_right_code_is_charged_for_no_fault(open_bank: OpenBank) -> None:
    codes: dict[str | None, str] = {}

    async def charged(ledger: Ledger, front: FrontEnd) -> tuple[object, ...]:
        session = await ledger.session(front)
        tries = session.recovery.code.tries if session.recovery.code else None
        return ledger.profile(CUSTOMER).failures, ledger.codes(CUSTOMER), tries

    async def begin(bank: Bank) -> Recovering:
        front, code = await with_code(bank, CUSTOMER)
        codes[front.sid] = code
        return front

    words = (f"puente{n:02}rojo" for n in range(99))

    async def call(_: Bank, front: Recovering) -> httpx.Response:
        return await front.new_access(codes[front.sid], next(words))

    charges_nothing(open_bank, begin, call, charged, "directory", "keys", "database")


def test_a_right_response_is_charged_for_no_fault(open_bank: OpenBank) -> None:
    living: list[Recovering] = []
    questions: dict[str | None, str] = {}

    async def begin(bank: Bank) -> Recovering:
        front = living[0] if living else await entered(bank, "15000010")
        living[:] = [front]
        questions[front.sid] = await front.question()
        return front

    async def charged(ledger: Ledger, front: FrontEnd) -> tuple[object, ...]:
        session, guard = await ledger.session(front), ledger.token("15000010").guard
        tries = session.challenge.tries if session.challenge else None
        return guard.failures, guard.pending, tries

    async def call(bank: Bank, front: Recovering) -> httpx.Response:
        question = questions[front.sid]
        response = (await bank.http.post("/sandbox/token-response", json=asked(question))).json()["response"]
        return await front.respond(question, response)

    charges_nothing(open_bank, begin, call, charged, "directory", "keys", "database")


def asked(question: str) -> dict[str, str]:
    return {"customerId": "15000010", "challenge": question}


def test_a_right_code_of_an_account_opening_is_charged_for_no_fault(open_bank: OpenBank) -> None:
    codes: dict[str | None, str] = {}
    phones = (f"55123456{n:02}" for n in range(99))
    current: dict[str | None, str] = {}

    async def begin(bank: Bank) -> Recovering:
        front, phone = await recovering(bank), next(phones)
        done(await front.order_code(phone))
        current[front.sid] = phone
        codes[front.sid] = (await messages_to(bank, f"+52{phone}"))[0]["otp"]
        return front

    async def charged(ledger: Ledger, front: FrontEnd) -> tuple[object, ...]:
        code = (await ledger.session(front)).certification.code
        return ledger.certifications(f"+52{current[front.sid]}"), code.tries if code else None

    async def call(_: Bank, front: Recovering) -> httpx.Response:
        return await front.certify(current[front.sid], codes[front.sid])

    charges_nothing(open_bank, begin, call, charged, "keys", "database")


def test_a_provider_that_fails_charges_no_send(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            ledger = Ledger(bank)
            front, desk = await proved(bank, CUSTOMER), await recovering(bank)
            switched(bank, "delivery", "down")
            for _ in range(4):
                answers = await asyncio.gather(*(front.send() for _ in range(20)))
                assert set(outcomes(answers)) <= {"204", "500 backendError fatal"}
                assert outcomes(answers)["500 backendError fatal"]
                answers = await asyncio.gather(*(desk.order_code(PHONE) for _ in range(20)))
                assert any(answer.status_code == 500 for answer in answers)
            profile = ledger.profile(CUSTOMER)
            assert ledger.day("codes to customer", profile.ccs_id) == 0
            recovery = (await ledger.session(front)).recovery
            assert recovery.code is not None
            assert (recovery.code.sends, recovery.code.tries) == (0, 0)
            switched(bank, "delivery", "ok")
            # At once, for nothing has been sent; and three times, for nothing was charged.
            for sends in (1, 2, 3):
                done(await front.send())
                done(await desk.order_code(PHONE))
                assert len(await messages_to(bank, f"+52{phone_number(CUSTOMER)}")) == sends
                assert len(await messages_to(bank, f"+52{PHONE}")) == sends
                await bank.advance("PT31S")

    asyncio.run(story())


def test_a_database_that_goes_away_makes_nobody_pass_and_locks_nobody(open_bank: OpenBank) -> None:
    async def story() -> None:
        chance = random.Random(5)  # noqa: S311 - the same every time
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            for n in range(8):
                front, code = await with_code(bank, CUSTOMER)
                before = ledger.profile(CUSTOMER)
                word = f"puente{n:02}rojo"
                (answer,) = await struck(
                    bank,
                    Strike("database", chance.randrange(STEPS), lasting=True),
                    [front.new_access(code, word)],
                )
                right_or_ours([answer], "204")
                after = ledger.profile(CUSTOMER)
                assert after.failures == 0
                changes = after.password.changes - before.password.changes
                if answer.status_code == 204:
                    assert changes == 1
                if changes == 0:
                    # Nothing happened: the very code still serves.
                    done(await front.new_access(code, word))
                await bank.advance("P1D")

    asyncio.run(story())


def test_a_fault_beside_wrong_guesses_gives_no_look_away(open_bank: OpenBank) -> None:
    async def story() -> None:
        chance = random.Random(9)  # noqa: S311 - the same every time
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            front, code = await with_code(bank, CUSTOMER)
            wrong = 0
            for n in range(20):
                part = chance.choice(["directory", "keys"])
                guesses = [front.new_access(f"{(int(code) + n * 5 + k + 1) % 10**8:08}") for k in range(5)]
                answers = await struck(bank, Strike(part, chance.randrange(STEPS)), guesses)
                wrong += outcomes(answers)["401 credentialValidtionFailed invalid"]
            assert wrong == 3
            assert (ledger.codes(CUSTOMER), ledger.profile(CUSTOMER).failures) == (3, 3)

    asyncio.run(story())


def test_ways_that_a_fault_cut_short_may_be_taken_again(open_bank: OpenBank) -> None:
    async def story() -> None:
        chance = random.Random(3)  # noqa: S311 - the same every time
        async with open_bank() as bank:
            await morning(bank)
            front = await proved(bank, "15000010")
            for _ in range(10):
                part = chance.choice(["delivery", "keys", "directory"])
                way = chance.choice([SMS, HARD_TOKEN])
                await struck(bank, Strike(part, chance.randrange(4)), [front.send(way)])
            sent = len(await messages_to(bank, f"+52{phone_number('15000010')}"))
            assert sent <= 3
            done(await front.send(HARD_TOKEN))
            done(await front.new_access(await shown(bank, "15000010")))

    asyncio.run(story())
