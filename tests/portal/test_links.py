"""The document's links are true: what they send again was answered, is asked for, and the session goes on."""

import asyncio

import pytest
from tests.conftest import OpenBank

from aldaba.contract import load
from aldaba.portal.documents import openapi
from aldaba.portal.links import FOLLOWING, links

CONTRACT = load()
DOCUMENT = openapi(CONTRACT, server_url="", version="0.1.0")
LINKS = [(before, after) for before, following in FOLLOWING.items() for after in following]


@pytest.mark.parametrize(("before", "after"), LINKS)
def test_a_link_leads_to_an_operation_that_takes_the_session(before: str, after: str) -> None:
    operation = CONTRACT.operations[before]
    answers = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    link = answers[str(operation.success)]["links"][after]
    assert link["operationId"] == after
    assert "sid" in {header.name for header in CONTRACT.operations[after].headers}
    assert "sid" in answers[str(operation.success)]["headers"]


@pytest.mark.parametrize(("before", "after"), LINKS)
def test_what_it_sends_again_is_in_the_answer_and_in_the_next_body(before: str, after: str) -> None:
    answered, asked = CONTRACT.operations[before].response, CONTRACT.operations[after].request
    for name, source in links(before)[after].get("requestBody", {}).items():
        assert answered is not None
        assert asked is not None
        assert source == f"$response.body#/{name}"
        assert name in answered.properties
        assert name in asked.properties


def test_every_operation_is_reached_or_begins_a_session() -> None:
    reached = {after for _, after in LINKS}
    # The status of credentials is asked without a session.
    assert CONTRACT.operations.keys() - reached == {"retrieve_public_key", "credentials_status"}


def test_a_login_by_links_alone(open_bank: OpenBank) -> None:
    async def story() -> list[str]:
        named: list[str] = []
        async with open_bank() as bank:
            front = await bank.front_end().ready()
            for answer in (
                await front.prelogin("15000010"),
                await front.login("15000010", "mobile20x"),
                await front.challenge(),
            ):
                assert answer.status_code == 200
                named.append(answer.headers["sid"])
        return named

    before, after, again = asyncio.run(story())
    # The login renames the session; every other answer tells the name it goes on under.
    assert before != after == again
