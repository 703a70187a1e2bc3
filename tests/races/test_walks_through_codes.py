"""Random walks of two customers through two sessions: no step is skipped, replayed or carried over.

Beside the house walks a model that knows nothing but what each session has proved, and to whom.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Bank, OpenBank
from tests.races.ledger import Ledger
from tests.recovery_front_end import (
    Recovering,
    customer_line,
    identified,
    imported,
    messages,
    wrong_code,
)
from tests.scorecard.card import Card

from aldaba.sandbox.bank import phone_number

WALKS = 300
LIMITS = {"policy.secret.looks_per_day": "1000"}
"""So far away that a walk never meets it: other tests do."""

GO_ON = ["go on"] * 8
ASTRAY = [
    "identify the other",
    "identify again",
    "right card",
    "wrong card",
    "right phone",
    "phone of the other",
    "send",
    "wrong code",
    "code of the other session",
    "last code again",
    "last code again",
    "profile of the other",
    "half a minute",
    "two minutes",
    "two minutes",
]
STEPS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(GO_ON + ASTRAY)), min_size=5, max_size=20)


@dataclass
class Proved:
    """What one session has proved, as far as the model knows."""

    front: Recovering
    customer: int
    card: bool = False
    phone: bool = False
    code: str | None = None
    dies: float = 0.0
    tries: int = 0
    old: str | None = None

    def forget(self) -> None:
        self.card = self.phone = False
        self.old, self.code = self.code or self.old, None


@dataclass
class Walk:
    """Two sessions and two customers, the model beside them."""

    bank: Bank
    customers: tuple[str, str]
    sessions: tuple[Proved, Proved]
    seen: Counter[str]
    clock: float = 0.0
    words: int = 0
    issued: set[str] = field(default_factory=set)
    changes: list[int] = field(default_factory=lambda: [0, 0])

    async def take(self, which: int, step: str) -> None:
        me, other = self.sessions[which], self.sessions[1 - which]
        match step:
            case "go on":
                await self.go_on(me)
            case "identify the other" | "identify again":
                me.customer ^= step == "identify the other"
                assert (await me.front.identify(self.customers[me.customer])).status_code == 200
                me.forget()
            case "right card" | "wrong card":
                await self.card(me, right=step == "right card")
            case "right phone" | "phone of the other":
                await self.phone(me, me.customer ^ (step != "right phone"))
            case "send":
                await self.send(me)
            case "half a minute" | "two minutes":
                await self.wait(31 if step == "half a minute" else 121)
            case _:
                await self.stray(me, other, step)

    async def stray(self, me: Proved, other: Proved, step: str) -> None:
        """Codes that must not serve."""
        match step:
            case "wrong code":
                await self.try_code(me, wrong_code(me.code or "12345678"))
            case "code of the other session":
                await self.try_code(me, other.code or "12345678")
            case "last code again":
                dead = me.code if self.clock >= me.dies else None
                await self.try_code(me, dead or me.old or "12345678")
            case "profile of the other":
                await self.try_code(me, me.code or "12345678", profile=other.front.ccs_id)

    async def begin_again(self, me: Proved) -> None:
        """A new access ended every other session of its customer, and used up what its own had proved."""
        me.forget()
        name = self.customers[me.customer]
        for one in self.sessions:
            if one is not me and one.customer == me.customer:
                assert (await one.front.identify(name)).status_code == 401
                one.front, one.tries = await identified(self.bank, name), 0
                one.forget()

    async def wait(self, seconds: int) -> None:
        self.clock += seconds
        await self.bank.advance(f"PT{seconds}S")
        for one in self.sessions:
            # Neither session falls asleep, and no access token grows old.
            await one.front.sign_in()
            await one.front.call("retrieve_public_key")

    async def go_on(self, me: Proved) -> None:
        """The next step of whoever does everything right."""
        if not me.card:
            await self.card(me, right=True)
        elif not me.phone:
            await self.phone(me, me.customer)
        elif me.code is None or self.clock >= me.dies:
            await self.send(me)
        else:
            await self.try_code(me, me.code)

    async def card(self, me: Proved, *, right: bool) -> None:
        answer = await me.front.card() if right else await me.front.card("9999")
        assert right or answer.status_code != 204
        me.card = me.card or answer.status_code == 204

    async def phone(self, me: Proved, whose: int) -> None:
        answer = await me.front.phone(phone_number(self.customers[whose]))
        assert whose == me.customer or answer.status_code != 200
        me.phone = me.phone or answer.status_code == 200

    async def send(self, me: Proved) -> None:
        customer = self.customers[me.customer]
        before = await messages(self.bank, customer)
        answer = await me.front.send()
        after = await messages(self.bank, customer)
        codes = [message["otp"] for message in after if message["otp"]]
        if not (me.card and me.phone):
            assert answer.status_code == 401
        if len(codes) > sum(1 for message in before if message["otp"]):
            assert answer.status_code == 204
            if me.code is None or self.clock >= me.dies:
                me.dies = self.clock + 120
                me.old, me.code = me.code or me.old, codes[0]
                assert codes[0] not in self.issued, "a new code differs from every one before"
                self.issued.add(codes[0])
            assert codes[0] == me.code, "a code that lives is repeated"

    async def try_code(self, me: Proved, given: str, profile: str | None = None) -> None:
        self.words += 1
        word = f"puente{self.words:02}rojo"
        answer = await me.front.new_access(given, word, ccs_id=profile)
        own = profile in (None, me.front.ccs_id)
        good = me.card and me.phone and own and given == me.code and self.clock < me.dies
        done = answer.status_code == 204
        assert good or not done, "only card, phone and code of this session and customer set access"
        if good and me.tries == 0:
            assert done, answer.text
        me.tries += not done
        self.seen["done" if done else "refused"] += 1
        if done:
            self.changes[me.customer] += 1
            await self.begin_again(me)
        ledger = Ledger(self.bank)
        for customer, expected in zip(self.customers, self.changes, strict=True):
            assert ledger.profile(customer).password.changes == expected


def test_nobody_sets_access_by_skipping_replaying_or_moving_a_step(
    open_bank: OpenBank, card: Card, ground: str
) -> None:
    seen = Counter[str]()
    # The rules are the same on every ground; the slower ones show that their acts keep them too.
    far = 1.0 if ground == "sqlite" else 0.2
    walks, enough = card.either((WALKS, 1), (int(12_000 * far), int(100_000 * far)))

    async def walked(bank: Bank, number: int, steps: list[tuple[int, str]]) -> None:
        customers = (f"72{number:05}1", f"72{number:05}2")
        await imported(bank, *(customer_line(customer) for customer in customers))
        fronts = [await identified(bank, customer) for customer in customers]
        walk = Walk(bank, customers, (Proved(fronts[0], 0), Proved(fronts[1], 1)), seen)
        for which, step in steps:
            await walk.take(which, step)

    with asyncio.Runner() as runner:
        opened = open_bank(**LIMITS)
        bank = runner.run(opened.__aenter__())

        @settings(max_examples=walks, deadline=None, database=None)
        @given(STEPS)
        def walk(steps: list[tuple[int, str]]) -> None:
            seen["walks"] += 1
            seen["steps"] += len(steps)
            runner.run(walked(bank, seen["walks"], steps))

        try:
            walk()
        finally:
            runner.run(opened.__aexit__())
    assert seen["done"] > walks / 10
    assert seen["refused"] > walks / 2
    told = (
        f"accesses set by skipping, replaying or moving a step, {seen['walks']} walks, {seen['steps']} steps"
    )
    card.tell("Steps and sessions", told, reach=0, measured=0, kept=seen["steps"] >= enough)
