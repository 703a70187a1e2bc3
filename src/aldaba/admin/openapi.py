"""The OpenAPI 3.1 document of the administration API, made from its table of operations."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from aldaba.admin.answers import STATUSES
from aldaba.admin.entrance import Way
from aldaba.admin.operations import OPERATIONS, ROOT, Operation
from aldaba.crypto.digests import Secret
from aldaba.service.approvals import GrantView

Schema = dict[str, Any]

_PARAMETER = re.compile(r"\{([a-z_]+)\}")
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "field"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "field": {"type": ["string", "null"]},
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}


def document(ways: Sequence[Way]) -> Schema:
    """The whole document, as JSON has it: lists for tuples, texts for enumerations."""
    plain: Schema = msgspec.json.decode(msgspec.json.encode(_document(ways)))
    return plain


def _document(ways: Sequence[Way]) -> Schema:
    kinds = _Kinds(
        [
            *(operation.command for operation in OPERATIONS),
            *(operation.answer for operation in OPERATIONS),
            *(kind for way in ways for kind in (way.body, way.answer) if kind is not None),
            GrantView,
        ]
    )
    paths: dict[str, Schema] = {}
    for way in ways:
        paths.setdefault(f"{ROOT}{way.path}", {})[way.method.lower()] = _way(way, kinds)
    for operation in OPERATIONS:
        described = _operation(operation, kinds)
        paths.setdefault(f"{ROOT}{operation.path}", {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aldaba administration",
            "version": "1",
            "description": "For operators. An act that takes four eyes answers 202 with its request. "
            "Once another operator approved it, the same call with the id in `Four-Eyes-Grant` does it.",
        },
        "paths": paths,
        "components": {
            "schemas": {**kinds.components, "Error": _ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-aldaba-operator"},
                "csrf": {"type": "apiKey", "in": "header", "name": "csrf-token"},
            },
        },
    }


class _Kinds:
    """Schemas of every kind of value that goes in or out."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        unique = list(dict.fromkeys(kinds))
        schemas, self.components = msgspec.json.schema_components(
            unique, schema_hook=_hidden, ref_template="#/components/schemas/{name}"
        )
        self._of = dict(zip(unique, schemas, strict=True))

    def of(self, kind: Any) -> Schema:
        found: Schema = self._of[kind]
        return found

    def fields(self, kind: Any) -> tuple[Schema, set[str]]:
        """Properties of an object, and which of them are demanded."""
        named: Schema = self.components[self.of(kind)["$ref"].rpartition("/")[2]]
        return named["properties"], set(named.get("required", ()))


def _hidden(kind: type) -> Schema:
    if kind is Secret:
        return {"type": "string"}
    raise TypeError(f"{kind.__name__} has no schema")


def _operation(operation: Operation, kinds: _Kinds) -> Schema:
    properties, required = kinds.fields(operation.command)
    in_path = _PARAMETER.findall(operation.path)
    parameters: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": properties[name]} for name in in_path
    ]
    rest = {name: schema for name, schema in properties.items() if name not in in_path}
    act = operation.command.act
    described: Schema = {
        "operationId": operation.id,
        "summary": act.value,
        "description": (operation.command.__doc__ or "").strip(),
        "security": [{"bearer": []}, {"cookie": [], "csrf": []}],
        "responses": _responses({"200": _content(kinds.of(operation.answer))}),
    }
    if operation.method == "GET":
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in rest.items()
        ]
    else:
        described["requestBody"] = _body(rest, required)
        parameters.append({"name": "Four-Eyes-Grant", "in": "header", "schema": {"type": "string"}})
        waiting = {
            "type": "object",
            "required": ["request"],
            "properties": {"request": kinds.of(GrantView)},
        }
        described["responses"]["202"] = {**_content(waiting), "description": "Waits for four eyes."}
    return {**described, "parameters": parameters}


def _way(way: Way, kinds: _Kinds) -> Schema:
    done = {"description": "Done."} if way.answer is None else _content(kinds.of(way.answer))
    described: Schema = {
        "operationId": way.id,
        "security": [{"bearer": []}, {"cookie": [], "csrf": []}] if way.signed_in else [],
        "responses": _responses({str(way.status): done}),
    }
    if way.body is not None:
        properties, required = kinds.fields(way.body)
        described["requestBody"] = _body(properties, required)
    return described


def _body(properties: Schema, required: set[str]) -> Schema:
    schema = {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in required],
        "additionalProperties": False,
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(good: Schema) -> Schema:
    trouble = {**_content({"$ref": "#/components/schemas/Error"}), "description": "Not done."}
    return {**good, **{str(status): trouble for status in STATUSES}}


def _content(schema: Schema) -> Schema:
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}
