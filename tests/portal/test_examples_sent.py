"""Every example of the documents fits its schema; every request example is sent, and its answer fits too."""

import asyncio
import json
from typing import Any

import jsonschema
import pytest
from tests.api.wire import Letter, post
from tests.conftest import OpenBank
from tests.front_end import KINDS, SEALED_KINDS, FrontEnd

from aldaba.contract import Operation, load
from aldaba.portal.documents import openapi

CONTRACT = load()
DOCUMENT = openapi(CONTRACT, server_url="http://127.0.0.1:8080", version="0")
BY_OPERATION = pytest.mark.parametrize(
    "operation",
    CONTRACT.operations.values(),
    ids=[operation.id for operation in CONTRACT.operations.values()],
)
FACTORS = {1: KINDS["pin"], 2: KINDS["password"], 3: KINDS["biometric"]}


def shown(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][operation.path][operation.method.lower()]
    return found


def fits(value: Any, schema: dict[str, Any]) -> None:
    """By JSON Schema 2020-12, which OpenAPI 3.1 is written in."""
    whole = {**schema, "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


@BY_OPERATION
def test_every_example_fits_its_schema(operation: Operation) -> None:
    document = shown(operation)
    bodies = [answer.get("content") for answer in document["responses"].values()]
    if "requestBody" in document:
        bodies.append(document["requestBody"]["content"])
    checked = 0
    for content in filter(None, bodies):
        told = content["application/json"]
        values = (
            [told["example"]] if "example" in told else [one["value"] for one in told["examples"].values()]
        )
        for value in values:
            fits(value, told["schema"])
            checked += 1
    assert checked >= len(operation.errors)


def sealed(
    front: FrontEnd, operation: Operation, sent: dict[str, str], body: dict[str, Any]
) -> dict[str, Any]:
    """The example with its encrypted fields sealed: what stands there is the text in clear."""
    for field in operation.encrypted_request:
        *way, name = field.path.split(".")
        holder: Any = body
        for part in way:
            holder = holder[part]
        kind = (
            FACTORS[holder.get("credentialType", 3)]
            if operation.id == "login"
            else SEALED_KINDS.get(name, "c")
        )
        if name in holder and not field.maybe:
            holder[name] = front.seal(sent, operation.id, name, str(holder[name]), kind)
    return body


@BY_OPERATION
@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_every_request_example_is_answered_as_documented(
    open_bank: OpenBank, operation: Operation, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready(profile)
            document = shown(operation)
            sent = front.headers()
            body = None
            if "requestBody" in document:
                sent["Content-Type"] = "application/json"
                example = document["requestBody"]["content"]["application/json"]["example"]
                body = sealed(front, operation, sent, json.loads(json.dumps(example)))
            answer = await post(bank, Letter(operation.id, sent, body))
            assert answer.status_code < 500, answer.text
            documented = document["responses"].get(str(answer.status_code))
            if not answer.content:
                assert documented is not None
                assert "content" not in documented
            elif documented is not None:
                fits(answer.json(), documented["content"]["application/json"]["schema"])
            else:
                # A status the page leaves out: the error object all the same (docs/errors.md).
                fits(answer.json(), {"$ref": f"#/components/schemas/{operation.error.name}"})

    asyncio.run(story())
