"""Builds the contract's schemas: what the pages print of each field, and the form this server adds to it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aldaba.contract.source import Spot
from aldaba.contract.values import Property, Schema

_PRINTED = (
    "type",
    "$ref",
    "format",
    "pattern",
    "maxLength",
    "enum",
    "values",
    "default",
    "example",
    "encoding",
    "note",
)
_FORM = ("pattern", "min_length", "max_length", "allowed", "any_case")
_REF = "#/definitions/"


def build_schemas(files: tuple[Spot, ...], reading: Spot) -> Mapping[str, Schema]:
    """Every schema of the given files, read as `reading.yaml` says."""
    printed: dict[str, Spot] = {}
    for name, spot in (entry for file in files for entry in file.at("schemas").entries()):
        if name in printed:
            raise spot.mistake(f"stands already in {printed[name].file}")
        printed[name] = spot
    readings = reading.at("schemas")
    for name, spot in readings.entries():
        if name not in printed:
            raise spot.mistake("is no schema of the contract")
    shapes = {name: spot.only(*_FORM) for name, spot in reading.at("shapes").entries()}
    schemas = {name: _schema(name, spot, readings.find(name), shapes) for name, spot in printed.items()}
    for name, spot in printed.items():
        _check_refs(schemas[name], spot, schemas)
    return MappingProxyType(schemas)


def _schema(name: str, spot: Spot, reading: Spot | None, shapes: Mapping[str, Spot]) -> Schema:
    spot.only("api", "note", "type", "required", "required_not_properties", "properties")
    spot.at("type").one_of("object")
    reading = (reading or Spot("reading.yaml", f"schemas.{name}", {})).only("required", "aliases", "fields")
    properties = _properties(spot.at("properties"), reading, shapes)
    aliases = _aliases(reading, spot, properties)
    required = _required(spot, reading, properties, aliases)
    return Schema(
        name=name,
        api=spot.at("api").text(),
        required=required,
        printed_required=spot.at("required").texts(),
        properties=MappingProxyType(properties),
        aliases=MappingProxyType(aliases),
        note=spot.at("note").text(),
    )


def _properties(spot: Spot, reading: Spot, shapes: Mapping[str, Spot]) -> dict[str, Property]:
    fields = dict((reading.find("fields") or Spot(reading.file, reading.place, {})).entries())
    printed = dict(spot.entries())
    for name, form in fields.items():
        if name not in printed:
            raise form.mistake("is no property of this schema")
    return {name: _property(name, field, _form(fields.get(name), shapes)) for name, field in printed.items()}


def _form(field: Spot | None, shapes: Mapping[str, Spot]) -> Spot | None:
    if field is None or isinstance(field.value, dict):
        return None if field is None else field.only(*_FORM)
    if field.value not in shapes:
        raise field.mistake(f"names no shape: {field.value}")
    return shapes[field.text()]


def _property(name: str, spot: Spot, form: Spot | None) -> Property:
    spot.only(*_PRINTED)
    ref = spot.find_text("$ref")
    kind = "object" if ref else spot.at("type").one_of("string", "integer", "boolean")
    pattern, max_length = spot.find("pattern"), spot.find("maxLength")
    if form is not None:
        pattern, max_length = _added(form, "pattern", pattern), _added(form, "max_length", max_length)
    return Property(
        name=name,
        type=kind,
        ref=ref.removeprefix(_REF) if ref else None,
        format=spot.find_text("format"),
        pattern=_pattern(pattern),
        min_length=form.find_number("min_length") if form else None,
        max_length=max_length.number() if max_length else None,
        enum=spot.find_texts("enum"),
        values=_values(spot),
        allowed=_allowed(form, kind),
        any_case=form.find_flag("any_case") if form else False,
        default=spot.find_text("default"),
        example=_example(spot, kind),
        encoding=spot.find_text("encoding"),
        note=spot.at("note").text(),
    )


def _added(form: Spot, key: str, printed: Spot | None) -> Spot | None:
    added = form.find(key)
    if added is not None and printed is not None and added.value != printed.value:
        raise form.mistake(f"{key} would change what the page prints at {printed.place}")
    return printed if added is None else added


def _pattern(spot: Spot | None) -> str | None:
    if spot is None:
        return None
    try:
        re.compile(spot.text(), re.ASCII)
    except re.error as trouble:
        raise spot.mistake(f"is no pattern: {trouble}") from trouble
    return spot.text().removeprefix("^").removesuffix("$")


def _values(spot: Spot) -> Mapping[str | int, str]:
    found = spot.find("values")
    if found is None:
        return MappingProxyType({})
    meanings = {code: entry.only("label", "meaning", "printed") for code, entry in found.entries()}
    return MappingProxyType({code: _meaning(entry) for code, entry in meanings.items()})


def _meaning(entry: Spot) -> str:
    said = (entry.find_text("label"), entry.find_text("meaning"))
    return ": ".join(part for part in said if part)


def _allowed(form: Spot | None, kind: str) -> tuple[str | int, ...]:
    found = form.find("allowed") if form else None
    if found is None:
        return ()
    return tuple(member.number() if kind == "integer" else member.text() for member in found.each())


def _example(spot: Spot, kind: str) -> Any:
    found = spot.find("example")
    if found is None:
        return None
    return {"integer": found.number, "boolean": found.flag}.get(kind, found.text)()


def _aliases(reading: Spot, spot: Spot, properties: Mapping[str, Property]) -> dict[str, str]:
    found = reading.find("aliases")
    aliases = {} if found is None else dict(found.entries())
    for odd, entry in aliases.items():
        if entry.text() not in properties:
            raise entry.mistake("is no property of this schema")
        if odd in properties:
            raise entry.mistake(f"{odd} is a property of its own at {spot.place}")
    return {odd: entry.text() for odd, entry in aliases.items()}


def _required(
    spot: Spot, reading: Spot, properties: Mapping[str, Property], aliases: Mapping[str, str]
) -> tuple[str, ...]:
    added = list(reading.at("required").each()) if reading.find("required") else []
    names: list[str] = []
    for member in [*spot.at("required").each(), *added]:
        name = aliases.get(member.text(), member.text())
        if name not in properties:
            raise member.mistake(f"{name} is neither a property nor an alias of one")
        names.append(name)
    return tuple(name for name in properties if name in names)


def _check_refs(schema: Schema, spot: Spot, schemas: Mapping[str, Schema]) -> None:
    for name, prop in schema.properties.items():
        if prop.ref is not None and prop.ref not in schemas:
            raise spot.at("properties").at(name).at("$ref").mistake(f"names no schema: {prop.ref}")
