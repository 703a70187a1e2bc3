"""Every error row of every operation, provoked over HTTP by a real condition, in both languages."""

import asyncio

import pytest
from tests.api.error_rows.provoking import Scene
from tests.api.error_rows.recipes import RECIPES
from tests.api.wire import CONTRACT, WITH_ROOM, said_so
from tests.conftest import Bank, OpenBank

from aldaba.contract import ErrorRow, Language

LANGUAGES: tuple[Language, ...] = ("en", "es")
ROWS = [row for operation in CONTRACT.operations.values() for row in operation.errors]


async def provoked(bank: Bank, row: ErrorRow, language: Language) -> None:
    """The whole body is what the page prints; then the bank is put back."""
    told = await RECIPES[row.operation, row.status, row.code](Scene(bank, language))
    said_so(told.answer, row, location=told.location, language=language, more=told.more)
    assert (await bank.http.post("/sandbox/reset")).status_code == 204


@pytest.mark.parametrize("operation", list(CONTRACT.operations))
def test_every_row_can_be_provoked_and_says_what_the_page_prints(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for row in CONTRACT.operation(operation).errors:
                for language in LANGUAGES:
                    try:
                        await provoked(bank, row, language)
                    except Exception as trouble:
                        trouble.add_note(f"row {row.operation} {row.status} {row.code} in {language}")
                        raise

    asyncio.run(story())


def test_every_operation_with_a_room_is_driven(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            served = bank.house.door._routes
            with_room = {op.id for op in CONTRACT.operations.values() if op.path in served}
            assert with_room == set(CONTRACT.operations), "an operation of the contract has no room"
            undriven = with_room - set(WITH_ROOM)
            assert not undriven, "drive the new room: PATHS of tests/front_end.py, RECIPES of provoking.py"

    asyncio.run(story())


def test_a_row_without_a_recipe_and_a_recipe_without_a_row_fail() -> None:
    assert set(RECIPES) == {(row.operation, row.status, row.code) for row in ROWS}


def test_the_twenty_documented_operations_have_131_rows_and_the_four_companions_23() -> None:
    assert len(CONTRACT.rows) == 131
    assert len(ROWS) - len(CONTRACT.rows) == 23
    assert len({(row.operation, row.status, row.code) for row in ROWS}) == len(ROWS)
