"""Examples of bodies: the printed ones, and a plain stand-in where the page prints none."""

from typing import Any

from aldaba.contract import Contract, ErrorRow, Property, Schema

_SEALED = "3A1F0C5E" * 20
_UUID = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f"
_PLAIN: dict[str, Any] = {"string": "2264", "integer": 1, "boolean": True}


def example(contract: Contract, schema: Schema) -> dict[str, Any]:
    """A body of that schema; the same stand-ins every time."""
    return {name: _value(contract, prop) for name, prop in schema.properties.items()}


def _value(contract: Contract, prop: Property) -> Any:
    if prop.ref is not None:
        return example(contract, contract.schemas[prop.ref])
    known = (prop.example, prop.default, *prop.allowed[:1], _SEALED if prop.encoding else None)
    return next((value for value in known if value is not None), _PLAIN[prop.type])


def error_example(row: ErrorRow, schema: Schema) -> dict[str, str]:
    """The error body of a row, with the members every answer of it has."""
    body = {"type": row.type, "code": row.code, "details": row.details}
    if row.more_info is not None:
        body["moreInfo"] = row.more_info
    if "uuid" in schema.properties:
        body |= {"uuid": _UUID, "timestamp": "2030-01-15T18:30:00Z"}
    return body
