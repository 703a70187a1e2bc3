"""Every error row of every operation that is served, provoked over HTTP in both languages."""

import asyncio

import pytest
from tests.api.error_rows.provoking import RECIPES, Scene
from tests.api.wire import CONTRACT, WITH_ROOM, said_so
from tests.conftest import OpenBank

from aldaba.contract import ErrorRow

ROWS = [row for operation in WITH_ROOM for row in CONTRACT.operation(operation).errors]
BY_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.operation}-{row.status}-{row.code}")


@BY_ROW
def test_every_row_can_be_provoked_and_says_what_the_page_prints(open_bank: OpenBank, row: ErrorRow) -> None:
    recipe = RECIPES[row.operation, row.status, row.code]

    async def story() -> None:
        async with open_bank() as bank:
            for language in ("en", "es"):
                provoked = await recipe(Scene(bank, language))
                said_so(
                    provoked.answer,
                    row,
                    location=provoked.location,
                    language=language,
                    more=provoked.more,
                )
                assert (await bank.http.post("/sandbox/reset")).status_code == 204

    asyncio.run(story())


WAITING = frozenset(
    {
        *("unlock_access", "validate_card", "validate_mobile_phone", "send_otp", "set_access"),
        *("retrieve_challenge", "validate_challenge", "validate_jwt", "register_transmit_customer"),
        *("validate_transmit_customer", "generate_rao_token", "validate_rao_token", "certified_phone"),
    }
)
"""Operations whose rows have no recipe here; a room that is on neither list fails."""


def test_every_operation_with_a_room_is_driven(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            served = bank.house.door._routes
            with_room = {op.id for op in CONTRACT.operations.values() if op.path in served}
            assert set(WITH_ROOM) <= with_room
            undriven = with_room - set(WITH_ROOM) - WAITING
            assert not undriven, "drive the new room: PATHS of tests/front_end.py, RECIPES of provoking.py"
            assert not WAITING & set(WITH_ROOM)

    asyncio.run(story())


def test_no_recipe_is_for_a_row_that_is_not_there() -> None:
    assert set(RECIPES) == {(row.operation, row.status, row.code) for row in ROWS}


def test_the_seven_operations_have_thirty_two_rows() -> None:
    documented = [row for row in ROWS if not CONTRACT.operation(row.operation).companion]
    assert len(documented) == 32
