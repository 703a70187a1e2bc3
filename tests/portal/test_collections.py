"""The collections hold every operation and every documented error, and name only variables that are set."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from aldaba.contract import load
from aldaba.portal.routes import Portal
from aldaba.portal.trial_requests import VALUES, trial_requests

CONTRACT = load()
ROWS = {(op.id, f"{row.status} {row.code}") for op in CONTRACT.operations.values() for row in op.errors}
GIVEN = {"baseUrl", "clientId", "clientSecret", *VALUES}
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
SET = re.compile(r"""(?:set|setVar)\("(\w+)",""")


Served = Callable[[str], httpx.Response]


@pytest.fixture(scope="module")
def served() -> Served:
    app = Starlette(routes=list(Portal(CONTRACT, "http://127.0.0.1:8080/").routes()))

    async def fetch(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
            return await http.get(path)

    return lambda path: asyncio.run(fetch(path))


@pytest.fixture(scope="module")
def postman(served: Served) -> dict[str, Any]:
    told: dict[str, Any] = served("/docs/collections/postman.json").json()
    return told


@pytest.fixture(scope="module")
def bruno(served: Served) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(served("/docs/collections/bruno.zip").content))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}


def requests(item: Any) -> Iterator[dict[str, Any]]:
    for one in item:
        if "item" in one:
            yield from requests(one["item"])
        else:
            yield one


def set_by_scripts() -> set[str]:
    """What scripts put there: sealed fields, what answers say, and the names written in the scripts."""
    names = {name for request in trial_requests(CONTRACT) for name in (*request.sealed, *request.kept)}
    return names | {"uuid", "sid", "token", "encryptedPayload", "encKeyCheckDigit", "hmacKeyCheckDigit"}


def test_postman_has_the_form_of_its_schema_2_1(postman: dict[str, Any]) -> None:
    assert postman["info"]["schema"].endswith("/collection/v2.1.0/collection.json")
    for one in requests(postman["item"]):
        asked = one["request"]
        assert set(one) <= {"name", "event", "request", "response"}
        assert asked["method"] in {"GET", "POST"}
        url = asked["url"]
        assert url["raw"] == "/".join([*url["host"], *url["path"]])
        assert all(set(header) == {"key", "value", "type"} for header in asked["header"])
        for event in one["event"]:
            assert event["listen"] in {"prerequest", "test"}
            assert event["script"]["type"] == "text/javascript"
            assert all("\n" not in line for line in event["script"]["exec"])
        for answer in one["response"]:
            assert {"name", "originalRequest", "code", "status", "header", "body"} <= set(answer)


def test_every_operation_and_every_row_is_in_postman(postman: dict[str, Any]) -> None:
    listed = {one["name"]: one for one in requests(postman["item"])}
    assert set(listed) == {"token", *CONTRACT.operations}
    saved = {(name, answer["name"]) for name, one in listed.items() for answer in one["response"]}
    assert saved == ROWS
    for name, one in listed.items():
        for answer in one["response"]:
            row = next(
                r for r in CONTRACT.operations[name].errors if f"{r.status} {r.code}" == answer["name"]
            )
            body = json.loads(answer["body"])
            assert (body["type"], body["code"], body["details"]) == (row.type, row.code, row.details)
            assert answer["name"] == f"{row.status} {row.code}"


def test_every_operation_and_every_row_is_in_bruno(bruno: dict[str, str]) -> None:
    assert json.loads(bruno["bruno.json"])["type"] == "collection"
    for operation in CONTRACT.operations.values():
        text = bruno[f"{operation.api}/{operation.id}.bru"]
        assert f"url: {{{{baseUrl}}}}{operation.path}\n" in text
        assert all(f"### {row.status} {row.code}" in text for row in operation.errors)
        assert text.count("\n}\n") == len(re.findall(r"^[a-z][a-z:-]* \{$", text, re.MULTILINE))


def test_variables_are_given_or_set_on_the_way(postman: dict[str, Any], bruno: dict[str, str]) -> None:
    known = GIVEN | set_by_scripts()
    for one in requests(postman["item"]):
        assert set(VARIABLE.findall(json.dumps(one["request"]))) <= known, one["name"]
    for name, text in bruno.items():
        assert set(VARIABLE.findall(text)) <= known, name
    assert {variable["key"] for variable in postman["variable"]} == GIVEN
    scripts = json.dumps(postman["item"])
    assert {"uuid", "keys", "token", "sid"} <= set(SET.findall(scripts.replace('\\"', '"')))


def test_no_secret_is_in_them_and_they_are_the_same_each_time(served: Served) -> None:
    for name, kind in (("postman.json", "application/json"), ("bruno.zip", "application/zip")):
        one, other = (served(f"/docs/collections/{name}") for _ in range(2))
        assert one.content == other.content
        assert one.headers["content-type"] == kind
        assert one.headers["x-content-type-options"] == "nosniff"
        assert "attachment" in one.headers["content-disposition"]


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=lambda operation: operation.id)
def test_a_body_has_what_the_schema_demands(operation: Any) -> None:
    (request,) = (one for one in trial_requests(CONTRACT) if one.operation is operation)
    if operation.request is not None:
        assert set(operation.request.required) <= set(request.body)
    assert {header.name for header in operation.headers} - {"X-IBM-Client-Id"} == {
        n for n, _ in request.headers
    }
