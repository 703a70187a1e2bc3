"""Builds the contract's operations, and refuses files that do not fit together."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from aldaba.contract.schemas import build_schemas
from aldaba.contract.source import Spot
from aldaba.contract.values import (
    Contract,
    EncryptedField,
    ErrorRow,
    Header,
    Operation,
    Property,
    Schema,
    SessionNeed,
)
from aldaba.contract.wording import build_fallback, build_spanish, build_texts

_API = ("id", "base_path", "portal_name", "portal_version", "server", "environments", "operations")
_OPERATION = (
    *("id", "path", "method", "summary", "operation_id", "classification", "notes", "headers", "request"),
    *("request_required", "body_parameter", "responses", "response_headers", "errors"),
)
_READING = ("session", "encrypted", "encrypted_answer", "anonymous_application", "called")
_SUCCESSES = (200, 204)


def build(documented: Spot, companions: Spot, reading: Spot, texts: Spot) -> Contract:
    """The contract the four files tell of; `ContractMistake` at the first place that does not fit."""
    reading.only("rendering", "operations", "fallback", "shapes", "schemas")
    schemas = build_schemas((documented, companions), reading)
    operations: dict[str, Operation] = {}
    _check_unique((documented, companions))
    for file in (documented, companions):
        built = list(_operations(file, reading, schemas, companion=file is companions))
        _check_counts(file, built)
        operations |= {operation.id: operation for operation in built}
    _check_all_known(reading.at("operations"), operations)
    return Contract(
        operations=MappingProxyType(operations),
        schemas=schemas,
        fallback=build_fallback(reading.at("fallback"), operations),
        spanish=build_spanish(texts.only("details", "answers").at("details"), operations),
        texts=build_texts(texts.at("answers"), schemas),
    )


def _operations(
    file: Spot, reading: Spot, schemas: Mapping[str, Schema], *, companion: bool
) -> Iterator[Operation]:
    file.only("contract", "apis", "schemas")
    for api in file.at("apis").each():
        rendering = reading.at("rendering").at(api.only(*_API).at("id").text()).one_of("hex", "dot")
        for spot in api.at("operations").each():
            read = reading.at("operations").at(spot.only(*_OPERATION).at("id").text()).only(*_READING)
            yield _operation(api, spot, read, schemas, rendering=rendering, companion=companion)


def _operation(
    api: Spot, spot: Spot, read: Spot, schemas: Mapping[str, Schema], *, rendering: str, companion: bool
) -> Operation:
    request = _schema_named(spot.find("request"), schemas)
    success, response, error = _answers(spot.at("responses"), schemas)
    return Operation(
        id=spot.at("id").text(),
        api=api.at("id").text(),
        companion=companion,
        path=api.at("base_path").text() + spot.at("path").text(),
        bound_path=spot.at("path").text(),
        method=spot.at("method").one_of("GET", "POST"),
        summary=spot.at("summary").text(),
        notes=spot.find_texts("notes"),
        headers=tuple(_header(header) for header in spot.at("headers").each()),
        request=request,
        response=response,
        error=error,
        success=success,
        errors=tuple(_rows(spot)),
        answers_sid=spot.find("response_headers") is not None,
        session=SessionNeed(read.at("session").one_of(*SessionNeed)),
        rendering=rendering,
        encrypted_request=_encrypted(spot, read, request, schemas, complete=not companion),
        encrypted_response=_encrypted_answer(read, response),
        anonymous_application=read.find_flag("anonymous_application"),
        called=_called(read, spot),
    )


def _schema_named(spot: Spot | None, schemas: Mapping[str, Schema]) -> Schema | None:
    if spot is None:
        return None
    if spot.text() not in schemas:
        raise spot.mistake(f"names no schema: {spot.value}")
    return schemas[spot.text()]


def _answers(spot: Spot, schemas: Mapping[str, Schema]) -> tuple[int, Schema | None, Schema]:
    answers = {status: _schema_named(answer.find("schema"), schemas) for status, answer in spot.entries()}
    success = [status for status in answers if status in _SUCCESSES]
    errors = {
        schema.name: schema for status, schema in answers.items() if schema and status not in _SUCCESSES
    }
    if len(success) != 1 or len(errors) != 1:
        raise spot.mistake("must hold one success, and one schema for all errors")
    return success[0], answers[success[0]], next(iter(errors.values()))


def _header(spot: Spot) -> Header:
    spot.only("name", "required", "default", "note")
    required, default = spot.at("required").flag(), spot.find_text("default")
    return Header(spot.at("name").text(), required, default, spot.at("note").text())


def _rows(spot: Spot) -> Iterator[ErrorRow]:
    operation, answers, seen = spot.at("id").text(), spot.at("responses"), set()
    for status, rows in spot.at("errors").entries():
        answers.at(status)
        for row in rows.each():
            row.only("type", "code", "details", "moreInfo")
            code = row.at("code").text()
            if (status, code) in seen:
                raise row.at("code").mistake(f"stands twice: {code}")
            seen.add((status, code))
            texts = row.at("type").text(), code, row.at("details").text()
            yield ErrorRow(operation, status, *texts, row.find_text("moreInfo"))


def _encrypted(
    spot: Spot, read: Spot, request: Schema | None, schemas: Mapping[str, Schema], *, complete: bool
) -> tuple[EncryptedField, ...]:
    known = dict(_leaves(request, schemas)) if request else {}
    found = read.find("encrypted")
    fields = tuple(_encrypted_field(path, entry, known) for path, entry in found.entries()) if found else ()
    listed = {field.path for field in fields}
    for path, prop in known.items():
        if complete and "ncrypted" in prop.name and path not in listed:
            raise spot.at("request").mistake(f"reading.yaml does not say how {path} is encrypted")
    return fields


def _encrypted_field(path: str, entry: Spot, known: Mapping[str, Property]) -> EncryptedField:
    entry.only("kind", "kind_by", "kinds", "sealed")
    if path not in known:
        raise entry.mistake("is no field of the request")
    maybe = entry.find("sealed") is not None and entry.at("sealed").one_of("maybe") == "maybe"
    if entry.find("kind"):
        return EncryptedField(path, entry.at("kind").one_of("a", "b", "c"), None, maybe)
    deciding = entry.at("kind_by")
    if deciding.text() not in known:
        raise deciding.mistake("is no field of the request")
    kinds = {value: kind.one_of("a", "b", "c") for value, kind in entry.at("kinds").entries()}
    if set(kinds) != set(known[deciding.text()].allowed):
        raise entry.at("kinds").mistake(f"must name every value of {deciding.value}")
    return EncryptedField(path, None, (deciding.text(), MappingProxyType(kinds)), maybe)


def _leaves(
    schema: Schema, schemas: Mapping[str, Schema], before: str = ""
) -> Iterator[tuple[str, Property]]:
    for prop in schema.properties.values():
        if prop.ref is None:
            yield before + prop.name, prop
        else:
            yield from _leaves(schemas[prop.ref], schemas, f"{before}{prop.name}.")


def _encrypted_answer(read: Spot, response: Schema | None) -> tuple[str, ...]:
    found = read.find("encrypted_answer")
    for member in found.each() if found else ():
        if response is None or member.text() not in response.properties:
            raise member.mistake(f"{member.value} is no field of the answer")
    return found.texts() if found else ()


def _called(read: Spot, spot: Spot) -> Mapping[str, str]:
    found = read.find("called")
    called = {code: entry.text() for code, entry in found.entries()} if found else {}
    printed = {row.code for row in _rows(spot)}
    for code, own in called.items():
        if found and own not in printed:
            raise found.at(code).mistake(f"this operation has no row {own}")
    return MappingProxyType(called)


def _check_counts(file: Spot, built: list[Operation]) -> None:
    counts = file.at("contract").only("format_version", "counts").at("counts")
    found = {
        "apis": len(list(file.at("apis").each())),
        "operations": len(built),
        "error_rows": sum(len(operation.errors) for operation in built),
        "schemas": len(list(file.at("schemas").entries())),
    }
    for name, number in found.items():
        if counts.only(*found).at(name).number() != number:
            raise counts.at(name).mistake(f"says {counts.at(name).value}, found {number}")


def _check_unique(files: tuple[Spot, ...]) -> None:
    seen: set[str] = set()
    for api in (api for file in files for api in file.at("apis").each()):
        for operation in api.at("operations").each():
            for name in (operation.at("id"), operation.at("path")):
                if name.text() in seen:
                    raise name.mistake(f"stands twice: {name.value}")
                seen.add(name.text())


def _check_all_known(readings: Spot, operations: Mapping[str, Operation]) -> None:
    for operation_id, spot in readings.entries():
        if operation_id not in operations:
            raise spot.mistake("is no operation of the contract")
