"""The API documents are valid, complete, and say what the contract says, odd facts included."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from aldaba.api.fields import BodyReader
from aldaba.contract import Operation, load
from aldaba.portal.documents import openapi, swagger

CONTRACT = load()
OPENAPI = openapi(CONTRACT, server_url="http://127.0.0.1:8080/", version="0.1.0")
SWAGGER = swagger(CONTRACT, host="bank.example", version="0.1.0")
OPERATIONS = list(CONTRACT.operations.values())
BY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


def in_openapi(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = OPENAPI["paths"][operation.path][operation.method.lower()]
    return found


def in_swagger(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = SWAGGER["paths"][operation.bound_path][operation.method.lower()]
    return found


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def test_the_openapi_document_is_valid_3_1() -> None:
    assert OPENAPI["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(OPENAPI).iter_errors()) == []


def test_the_swagger_document_is_valid_2_0() -> None:
    assert SWAGGER["swagger"] == "2.0"
    assert list(OpenAPIV2SpecValidator(SWAGGER).iter_errors()) == []


@pytest.mark.parametrize("document", [OPENAPI, SWAGGER], ids=["openapi", "swagger"])
def test_documents_are_plain_json_and_their_references_lead_somewhere(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    for reference in references(document):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


@pytest.mark.parametrize("document", [OPENAPI, SWAGGER], ids=["openapi", "swagger"])
def test_every_operation_and_companion_is_there_once(document: dict[str, Any]) -> None:
    named = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert sorted(named) == sorted(operation.id for operation in OPERATIONS)
    assert len(named) == 24


@BY_OPERATION
def test_every_row_is_an_example_of_its_status(operation: Operation) -> None:
    for row in operation.errors:
        said = {"type": row.type, "code": row.code, "details": row.details}
        newer = in_openapi(operation)["responses"][str(row.status)]["content"]["application/json"]["examples"]
        older = in_swagger(operation)["responses"][str(row.status)]["x-examples"]
        for shown in (newer[row.code]["value"], older[row.code]):
            assert said.items() <= shown.items()
            assert shown.get("moreInfo") == row.more_info
            assert ("timestamp" in shown) == ("timestamp" in operation.error.properties)


@BY_OPERATION
def test_statuses_are_those_of_the_contract(operation: Operation) -> None:
    statuses = {str(operation.success), *(str(row.status) for row in CONTRACT.answered(operation.id))}
    for document in (in_openapi(operation), in_swagger(operation)):
        assert set(document["responses"]) == statuses
        assert set(document["responses"][str(operation.success)]["headers"]) == {"sid", "eventId"}


@BY_OPERATION
def test_headers_are_parameters_and_credentials_are_security(operation: Operation) -> None:
    secured = {"client_id", "X-IBM-Client-Id", "Authorization"}
    expected = {header.name: header for header in operation.headers if header.name not in secured}
    for document in (in_openapi(operation), in_swagger(operation)):
        shown = {p["name"]: p for p in document["parameters"] if p["in"] == "header"}
        assert set(shown) == set(expected)
        for name, parameter in shown.items():
            assert parameter["x-printed-required"] == expected[name].required
            assert parameter.get("schema", parameter).get("default") == expected[name].default
        assert {"application": [], "clientId": []} in document["security"]
        assert ({"clientId": []} in document["security"]) == operation.anonymous_application


@BY_OPERATION
def test_only_what_is_always_demanded_is_a_required_parameter(operation: Operation) -> None:
    for document in (in_openapi(operation), in_swagger(operation)):
        demanded = {
            p["name"].lower() for p in document["parameters"] if p["in"] == "header" and p["required"]
        }
        assert "uuid" in demanded
        assert demanded <= {"uuid", "accept", "countrycode", "businesscode"}


@BY_OPERATION
def test_the_request_example_is_one_the_server_takes(operation: Operation) -> None:
    if operation.request is None:
        assert "requestBody" not in in_openapi(operation)
        return
    content = in_openapi(operation)["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": f"#/components/schemas/{operation.request.name}"}
    BodyReader(CONTRACT, operation).read(json.dumps(content["example"]).encode())
    (body,) = [p for p in in_swagger(operation)["parameters"] if p["in"] == "body"]
    assert body["x-example"] == content["example"]


@pytest.mark.parametrize("name", CONTRACT.schemas)
def test_schemas_show_the_facts_of_the_contract(name: str) -> None:
    schema = CONTRACT.schemas[name]
    for shown in (OPENAPI["components"]["schemas"][name], SWAGGER["definitions"][name]):
        assert list(shown["properties"]) == list(schema.properties)
        assert tuple(shown.get("required", ())) == schema.required
        for prop in schema.properties.values():
            if prop.ref is None:
                printed = shown["properties"][prop.name]
                assert (printed["type"], printed.get("format")) == (prop.type, prop.format)
                assert (printed.get("example"), printed.get("maxLength")) == (prop.example, prop.max_length)


def test_odd_facts_stand_exactly_as_printed() -> None:
    schemas = OPENAPI["components"]["schemas"]
    credentials = schemas["customerCredentials"]
    assert credentials["x-printed-required"] == [
        "credentialType",
        "encryptedCredentialvascoDeviceId",
        "userId",
    ]
    assert credentials["properties"]["encryptedCredential"]["x-alias"] == "encryptedCredentialvascoDeviceId"
    assert schemas["PreloginRequestV1"]["x-printed-required"] == []
    assert schemas["PinDetail"]["properties"]["changedCount"]["maxLength"] == 2
    assert schemas["LoginResponse"]["properties"]["tokenStatus"]["example"] == "sdasdsa321ne2iuoi28d"
    assert schemas["RaoTokensErrorResponse"]["properties"]["type"]["x-extensible-enum"] == [
        *("error", "warn", "invalid", "fatal"),
    ]
    login = OPENAPI["paths"]["/api/v1/x-global/security/login"]["post"]["responses"]["401"]
    assert "bloqued_user" in json.dumps(login)


def test_the_token_endpoint_is_named_under_the_server_s_address() -> None:
    scheme = OPENAPI["components"]["securitySchemes"]["application"]
    assert scheme["flows"]["clientCredentials"]["tokenUrl"] == "http://127.0.0.1:8080/api/v1/oauth/token"
    assert OPENAPI["servers"] == [{"url": "http://127.0.0.1:8080"}]
    assert (
        SWAGGER["securityDefinitions"]["application"]["tokenUrl"] == "https://bank.example/api/v1/oauth/token"
    )
    assert (SWAGGER["host"], SWAGGER["basePath"], SWAGGER["schemes"]) == ("bank.example", "/api", ["https"])


def test_a_server_without_an_address_is_the_one_that_serves_the_document() -> None:
    assert openapi(CONTRACT, server_url="/", version="1")["servers"] == [{"url": "/"}]
