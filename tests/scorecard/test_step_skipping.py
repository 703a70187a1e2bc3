"""Nobody gains anything by an operation out of turn: random walks over all of them, in every state."""

import asyncio
from collections import Counter

from tests.conftest import OpenBank
from tests.scorecard.card import Card
from tests.scorecard.people import People
from tests.scorecard.stepping import Walker
from tests.scorecard.steps import STEPS

from aldaba import contract

STEPS_OF_A_WALK = 40
LIMITS = {"policy.secret.looks_per_day": "1000"}
"""So far away that a walk never meets it: other tests do."""
STAGES = ("no session", "anonymous", "keyed", "identified", "authenticated", "ended")


def test_nothing_is_gained_by_steps_out_of_turn(open_bank: OpenBank, card: Card) -> None:
    seen, wire = Counter[str](), contract.load()
    assert set(STEPS) == set(wire.operations)

    async def story() -> None:
        async with open_bank(**LIMITS) as bank:
            people = People(bank)
            await people.open()
            for number in range(card.either(50, 2_500)):
                await people.fresh(number)
                await Walker(bank, wire, people, seen, number).walk(STEPS_OF_A_WALK)
                card.progress(seen["steps"], card.either(2_000, 100_000), "steps")

    asyncio.run(story())
    untried = {f"{name} in {stage}" for name in STEPS for stage in STAGES} - set(seen)
    undone = {name for name in STEPS if not seen[f"{name} done"]}
    # A short form meets most; each operation in every state, and every one done, only the long one.
    assert len(undone) <= card.either(4, 0), undone
    assert not card.either(set(), untried), untried
    told = (
        f"successes not proved or answers not documented, all {len(STEPS)} operations, {seen['steps']} steps"
    )
    enough = seen["steps"] >= card.either(2_000, 100_000)
    card.tell("Steps and sessions", told, reach=0, measured=0, kept=enough)
