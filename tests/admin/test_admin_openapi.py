"""The administration API's own document is valid, and tells of every route what it takes and answers."""

import asyncio
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from tests.admin.operated import API, PASSWORD, Operated
from tests.service.importing import NUMBER, record

from aldaba.admin.operations import OPERATIONS
from aldaba.domain.operators import Role


async def described(bank: Operated) -> dict[str, Any]:
    document: dict[str, Any] = (await bank.client().get(f"{API}/openapi.json")).json()
    return document


def test_the_document_is_valid() -> None:
    async def story() -> None:
        document = await described(Operated())
        assert document["openapi"].startswith("3.1")
        validate(document)

    asyncio.run(story())


def test_every_route_is_in_it_and_the_other_way_round() -> None:
    async def story() -> None:
        bank = Operated()
        document = await described(bank)
        told = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
        rows = [(row.path, row.method) for row in OPERATIONS]
        rows += [(way.path, way.method) for way in bank.api._entrance.ways]
        assert told == {(f"{API}{path}", method) for path, method in rows}
        routed = {route.path for route in bank.api.routes()}  # type: ignore[attr-defined]  # each is a Route
        assert routed - {f"{API}/openapi.json", f"{API}/{{rest:path}}"} == set(document["paths"])
        ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
        assert len(ids) == len(set(ids))

    asyncio.run(story())


def fits(document: dict[str, Any], path: str, method: str, status: int, body: Any) -> None:
    """Raises where an answer is not as the document says."""
    response = document["paths"][path][method]["responses"][str(status)]
    schema = response["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(body)


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.SECURITY_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR])
def test_what_is_answered_is_what_is_described(role: Role) -> None:
    async def story() -> None:
        bank = Operated()
        await bank.house.take(record())
        document = await described(bank)
        http = await bank.as_role(role)
        for operation in OPERATIONS:
            if operation.method == "GET":
                answer = await http.get(API + operation.path.format(customer_id=NUMBER, grant_id="g"))
            else:
                body = {"kind": "D", "reason": "why", "by": "number", "value": NUMBER, "client_id": "one"}
                named = operation.path.format(
                    customer_id=NUMBER,
                    device_id="x",
                    serial="HT-0001",
                    client_id="app",
                    name="e2e",
                    grant_id="g",
                )
                known = document["paths"][API + operation.path]["post"]["requestBody"]["content"]
                properties = known["application/json"]["schema"]["properties"]
                sent = {name: value for name, value in body.items() if name in properties}
                if operation.id in {"importTokens", "rotateKey"}:
                    sent.pop("kind", None)
                answer = await http.post(API + named, json=sent)
            fits(document, API + operation.path, operation.method.lower(), answer.status_code, answer.json())
        assert not bank.crashes

    asyncio.run(story())


def test_signing_in_is_described_too() -> None:
    async def story() -> None:
        bank = Operated()
        document = await described(bank)
        seed = await bank.enrolled("ana", Role.FRAUD)
        body = {"name": "ana", "password": PASSWORD, "code": bank.code(seed)}
        for status in (201, 401):
            answer = await bank.client().post(f"{API}/sessions", json=body)
            fits(document, f"{API}/sessions", "post", status, answer.json())

    asyncio.run(story())
