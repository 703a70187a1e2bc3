"""Turns the contract into the API documents: OpenAPI 3.1, and Swagger 2.0 for gateways that want it.

The documents say what this server does. Where the bank's page prints otherwise (a required name that is no
property, a required header that has a default), the page's words stand exactly in an `x-printed-…` extension.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aldaba.contract import Contract, ErrorRow, Header, Operation, Property, Schema
from aldaba.portal.examples import error_example, example
from aldaba.portal.links import links

Json = dict[str, Any]

TITLE = "aldaba: customer security"
TOKEN_PATH = "/api/v1/oauth/token"
JSON_TYPE = "application/json"

_BASE = "/api"
_CLIENT_ID, _OAUTH = "clientId", "application"
_SECURED = frozenset({"client_id", "x-ibm-client-id", "authorization"})
# What the pages print as required, and this server asks for only where nothing else supplies it.
_CONDITIONAL = frozenset({"sid", "channelid", "content-type"})
_SUCCESSES = {200: "The answer.", 204: "Done; the answer has no body."}
_ERRORS = {
    400: "The request is not well formed.",
    401: "Who calls, or what was shown as proof, is not accepted.",
    403: "This application may not do this.",
    404: "What was asked for is not there.",
    422: "A rule of the bank stands against it.",
    500: "The fault is on this side.",
}
_SID = "Session to name in the following calls."
_EVENT_ID = "Server random for the next sealed fields; only to sessions that use the portal profile."
_FORMATS: Mapping[str, str] = {
    "hex": "Encrypted, HEX rendering.",
    "dot": "Encrypted, dotted Base64 rendering.",
}


def openapi(contract: Contract, *, server_url: str, version: str) -> Json:
    """The contract as an OpenAPI 3.1.0 document for the server at that address."""
    address = server_url.rstrip("/")
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version},
        "servers": [{"url": address or "/"}],
        "tags": _tags(contract),
        "paths": {
            operation.path: {operation.method.lower(): _operation_3(contract, operation)}
            for operation in contract.operations.values()
        },
        "components": {
            "schemas": _schemas(contract, "#/components/schemas/"),
            "headers": {
                "sid": {"description": _SID, "schema": {"type": "string"}},
                "eventId": {"description": _EVENT_ID, "schema": {"type": "string"}},
            },
            "securitySchemes": {
                _CLIENT_ID: _client_id_scheme(),
                _OAUTH: {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": address + TOKEN_PATH, "scopes": {}}},
                },
            },
        },
    }


def swagger(contract: Contract, *, host: str, version: str, scheme: str = "https") -> Json:
    """The contract as a Swagger 2.0 document for the server at that host."""
    token_url = f"{scheme}://{host}{TOKEN_PATH}"
    return {
        "swagger": "2.0",
        "info": {"title": TITLE, "version": version},
        "host": host,
        "basePath": _BASE,
        "schemes": [scheme],
        "consumes": [JSON_TYPE],
        "produces": [JSON_TYPE],
        "tags": _tags(contract),
        "paths": {
            operation.path.removeprefix(_BASE): {operation.method.lower(): _operation_2(contract, operation)}
            for operation in contract.operations.values()
        },
        "definitions": _schemas(contract, "#/definitions/"),
        "securityDefinitions": {
            _CLIENT_ID: _client_id_scheme(),
            _OAUTH: {"type": "oauth2", "flow": "application", "tokenUrl": token_url, "scopes": {}},
        },
    }


def _tags(contract: Contract) -> list[Json]:
    return [{"name": api} for api in dict.fromkeys(op.api for op in contract.operations.values())]


def _client_id_scheme() -> Json:
    return {"type": "apiKey", "in": "header", "name": "client_id", "description": "Or `X-IBM-Client-Id`."}


def _operation_3(contract: Contract, operation: Operation) -> Json:
    document = _operation(operation)
    document["parameters"] = list(_parameters(operation, _parameter_3))
    if operation.request is not None:
        document["requestBody"] = {
            "required": True,
            "content": {JSON_TYPE: _content_3(contract, operation.request)},
        }
    document["responses"] = _responses(contract, operation, _success_3(contract, operation), _error_3)
    return document


def _operation_2(contract: Contract, operation: Operation) -> Json:
    document = _operation(operation)
    document["parameters"] = list(_parameters(operation, _parameter_2))
    if operation.request is not None:
        schema = {"$ref": f"#/definitions/{operation.request.name}"}
        body = {"name": "body", "in": "body", "required": True, "schema": schema}
        document["parameters"].append(body | {"x-example": example(contract, operation.request)})
    document["responses"] = _responses(contract, operation, _success_2(contract, operation), _error_2)
    return document


def _operation(operation: Operation) -> Json:
    alternatives: list[Json] = [{_OAUTH: [], _CLIENT_ID: []}]
    if operation.anonymous_application:
        alternatives.append({_CLIENT_ID: []})
    return {
        "operationId": operation.id,
        "tags": [operation.api],
        "summary": operation.summary,
        "description": _description(operation),
        "security": alternatives,
    }


def _description(operation: Operation) -> str:
    sealed = [
        f"`{field.path}`" + (" (may come sealed)" if field.maybe else "")
        for field in operation.encrypted_request
    ]
    said = [*operation.notes, f"Session: {operation.session}."]
    if sealed:
        said.append(f"Encrypted fields: {', '.join(sealed)}. {_FORMATS[operation.rendering]}")
    return "\n\n".join(said)


def _parameters(operation: Operation, form: Callable[[Header], Json]) -> Iterator[Json]:
    for header in operation.headers:
        if header.name.lower() not in _SECURED:
            yield form(header)


def _parameter_3(header: Header) -> Json:
    schema: Json = {"type": "string"} | ({} if header.default is None else {"default": header.default})
    return _parameter(header) | {"schema": schema}


def _parameter_2(header: Header) -> Json:
    return (
        _parameter(header)
        | {"type": "string"}
        | ({} if header.default is None else {"default": header.default})
    )


def _parameter(header: Header) -> Json:
    return {
        "name": header.name,
        "in": "header",
        "required": header.required and header.default is None and header.name.lower() not in _CONDITIONAL,
        "description": header.note,
        "x-printed-required": header.required,
    }


def _responses(
    contract: Contract,
    operation: Operation,
    success: Json,
    form: Callable[[Operation, list[ErrorRow]], Json],
) -> Json:
    responses = {str(operation.success): success}
    answered = contract.answered(operation.id)
    for status in sorted({row.status for row in answered}):
        rows = [row for row in answered if row.status == status]
        responses[str(status)] = {"description": _ERRORS[status]} | form(operation, rows)
    return responses


def _success_3(contract: Contract, operation: Operation) -> Json:
    names = ("sid", "eventId")
    answer: Json = {"description": _SUCCESSES[operation.success]}
    answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if operation.response is not None:
        answer["content"] = {JSON_TYPE: _content_3(contract, operation.response)}
    if following := links(operation.id):
        answer["links"] = following
    return answer


def _success_2(contract: Contract, operation: Operation) -> Json:
    answer: Json = {"description": _SUCCESSES[operation.success]}
    answer["headers"] = {
        "sid": {"type": "string", "description": _SID},
        "eventId": {"type": "string", "description": _EVENT_ID},
    }
    if operation.response is not None:
        answer["schema"] = {"$ref": f"#/definitions/{operation.response.name}"}
        answer["examples"] = {JSON_TYPE: example(contract, operation.response)}
    return answer


def _content_3(contract: Contract, schema: Schema) -> Json:
    return {"schema": {"$ref": f"#/components/schemas/{schema.name}"}, "example": example(contract, schema)}


def _error_3(operation: Operation, rows: list[ErrorRow]) -> Json:
    examples = {
        row.code: {"summary": row.details, "value": error_example(row, operation.error)} for row in rows
    }
    schema = {"$ref": f"#/components/schemas/{operation.error.name}"}
    return {"content": {JSON_TYPE: {"schema": schema, "examples": examples}}}


def _error_2(operation: Operation, rows: list[ErrorRow]) -> Json:
    examples = {row.code: error_example(row, operation.error) for row in rows}
    return {
        "schema": {"$ref": f"#/definitions/{operation.error.name}"},
        # Swagger 2.0 knows one example a media type, so the others stand beside it.
        "examples": {JSON_TYPE: next(iter(examples.values()))},
        "x-examples": examples,
    }


def _schemas(contract: Contract, refs: str) -> Json:
    return {name: _schema(schema, refs) for name, schema in contract.schemas.items()}


def _schema(schema: Schema, refs: str) -> Json:
    document: Json = {"type": "object", "description": schema.note}
    if schema.required:
        document["required"] = list(schema.required)
    if set(schema.required) != set(schema.printed_required):
        document["x-printed-required"] = list(schema.printed_required)
    document["properties"] = {name: _property(prop, refs) for name, prop in schema.properties.items()}
    for odd, meant in schema.aliases.items():
        document["properties"][meant]["x-alias"] = odd
    return document


def _property(prop: Property, refs: str) -> Json:
    if prop.ref is not None:
        return {"$ref": refs + prop.ref}
    optional = {
        "format": prop.format,
        "pattern": None if prop.pattern is None else f"^{_grouped(prop.pattern)}$",
        "minLength": prop.min_length,
        "maxLength": prop.max_length,
        # Rows of some operations carry types the printed list lacks, so the list must stay open.
        "x-extensible-enum": list(prop.enum) or None,
        "enum": None if prop.any_case else list(prop.allowed) or None,
        "x-values": {str(code): meaning for code, meaning in prop.values.items()} or None,
        "x-encoding": prop.encoding,
        "default": prop.default,
        "example": prop.example,
    }
    known = {key: value for key, value in optional.items() if value is not None}
    return {"type": prop.type, "description": prop.note} | known


def _grouped(pattern: str) -> str:
    return f"(?:{pattern})" if "|" in pattern else pattern
