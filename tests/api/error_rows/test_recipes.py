"""``GET /sandbox/errors``: every error row of the contract has a recipe that names real things."""

import asyncio
import re
from collections import Counter

from tests.api.wire import CONTRACT
from tests.conftest import OpenBank

from aldaba.domain.identifiers import parse_customer_name
from aldaba.sandbox.bank import STORIES
from aldaba.sandbox.faults import MODES
from aldaba.sandbox.routes import recipes

RECIPES = recipes()
NUMBERS = {story.number for story in STORIES}
NOBODY = "99999999"


def test_every_row_of_the_contract_is_listed_exactly_once() -> None:
    listed = Counter((one["operation"], one["status"], one["code"]) for one in RECIPES)
    rows = {
        (row.operation, row.status, row.code)
        for operation in CONTRACT.operations.values()
        for row in operation.errors
    }
    assert set(listed) == rows
    assert set(listed.values()) == {1}
    documented = {(row.operation, row.status, row.code) for row in CONTRACT.rows}
    assert len(documented & set(listed)) == 131


def test_recipes_say_what_to_do_and_nothing_else() -> None:
    for one in RECIPES:
        assert set(one) - {"customer"} == {"operation", "status", "code", "recipe"}
        assert one["recipe"].endswith(".")
        assert len(one["recipe"]) > 30


def test_customers_named_in_recipes_are_ready_made_ones() -> None:
    for one in RECIPES:
        assert one.get("customer", "15000010") in NUMBERS
        for number in re.findall(r"\b[0-9]{8}\b", one["recipe"]):
            assert number in NUMBERS | {NOBODY, "12345678", "00000000"}, one
    assert parse_customer_name(NOBODY)
    assert NOBODY not in NUMBERS


def test_faults_named_in_recipes_are_there() -> None:
    named = [
        match
        for one in RECIPES
        for match in re.findall(r'"backend": "([a-z]+)", "mode": "([a-z-]+)"', one["recipe"])
    ]
    assert len(named) > 10
    for part, mode in named:
        assert mode in MODES[part]


def test_the_sandbox_serves_them(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            answer = await bank.http.get("/sandbox/errors")
            assert answer.status_code == 200
            assert answer.json() == RECIPES

    asyncio.run(story())
