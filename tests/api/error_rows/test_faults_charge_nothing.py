"""A part that fails is told by the documented row, and neither customer nor session is charged for it."""

import asyncio

import pytest
from tests.api.charges import charges, used_in
from tests.api.wire import NEW_PHONE, letters, post, row, said_so
from tests.conftest import OpenBank

BACKEND, HOUSE = "backendError", "serverUnavailable"
FAULTS: dict[str, tuple[tuple[str, str], ...]] = {
    "validate_card": (("cards", BACKEND), ("directory", BACKEND)),
    "validate_mobile_phone": (("directory", BACKEND), ("keys", HOUSE)),
    "send_otp": (("delivery", BACKEND), ("directory", BACKEND), ("keys", HOUSE)),
    "set_access": (("directory", BACKEND), ("keys", HOUSE)),
    "retrieve_challenge": (),
    "validate_challenge": (("directory", BACKEND), ("keys", HOUSE)),
    "validate_jwt": (("vendor", HOUSE), ("directory", HOUSE), ("keys", HOUSE)),
    "register_transmit_customer": (),
    "validate_transmit_customer": (("directory", HOUSE), ("keys", HOUSE)),
    "generate_rao_token": (("delivery", HOUSE), ("keys", HOUSE)),
    "validate_rao_token": (("keys", HOUSE),),
    "certified_phone": (),
    "unlock_access": (("vendor", HOUSE), ("directory", HOUSE), ("keys", HOUSE)),
    "enrol_device": (),
    "revoke_device": (),
}
"""Beside the database, which all of them need."""
USERS = {
    "validate_challenge": "15000024",
    "validate_jwt": "15000025",
    "validate_transmit_customer": "15000025",
    "unlock_access": "15000015",
}


@pytest.mark.parametrize("operation", list(FAULTS))
def test_a_part_that_fails_costs_nobody_anything(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, operation)
            user = USERS.get(operation, "15000010")
            phone = NEW_PHONE if "rao" in operation else None
            # A code or an unlock may have profiles made on the way there: what counts is what a fault adds.
            before = await charges(bank, user, phone=phone), await used_in(bank, front)
            for part, code in (("database", HOUSE), *FAULTS[operation]):
                letter = await write()
                for mode in ("down", "communication") if part == "directory" else ("down",):
                    await bank.fault(part, mode)
                    answer = await post(bank, (await write()) if mode != "down" else letter)
                    said_so(answer, row(operation, 500, code), location=None, operation=operation)
                await bank.fault(part, "ok")
            after = await charges(bank, user, phone=phone), await used_in(bank, front)
            assert without_looks(after) == without_looks(before)
            answer = await post(bank, await write())
            assert answer.status_code < 300, answer.text

    asyncio.run(story())


def without_looks(told: tuple[dict[str, object], dict[str, object]]) -> tuple[dict[str, object], ...]:
    """Looks at earlier passwords are no tries; a profile made meanwhile and a card not tried yet are none."""
    customer, session = told
    nothing: tuple[object, ...] = (0, [], False)
    kept = {
        name: value
        for name, value in customer.items()
        if not name.startswith("looks") and value not in nothing and not _untried(value)
    }
    spent = {name: value for name, value in session.items() if value not in (None, (0, 0))}
    return kept, spent


def _untried(cards: object) -> bool:
    """Guards of cards at which nobody failed."""
    return isinstance(cards, list) and all(guard == (0, ()) for guard in cards)
