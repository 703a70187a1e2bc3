"""Writes ``_generated.py`` from the server's contract: operations, and a frozen dataclass for each answer.

Run without options it writes the file; with ``--check`` it ends with 1 when the file is stale.
"""  # noqa: INP001 - a script beside the package

import argparse
import keyword
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from aldaba.contract import EncryptedField, Operation, Property, Schema, load

TARGET = Path(__file__).parent / "src" / "aldaba_client" / "_generated.py"
ASKED = ("mobileAML",)
"""Objects that callers build."""

PLAIN = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}
HEADER = '''\
"""Operations and answers of the contract, written by ``sdk/python/generate.py``: change the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from aldaba_client.operation import Operation, SealedField
'''


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the file is stale")
    if parser.parse_args().check:
        if TARGET.read_text("utf-8") == generated():
            return 0
        sys.stderr.write("_generated.py is stale: run python sdk/python/generate.py\n")
        return 1
    TARGET.write_text(generated(), "utf-8")
    return 0


def generated() -> str:
    """The whole text of ``_generated.py``."""
    schemas = [load().schemas[name] for name in _wanted()]
    classes = [line for schema in schemas for line in _class(schema)]
    return "\n".join([HEADER, *classes, *_wire(schemas), *_operations(), ""])


def _wanted() -> list[str]:
    """Schemas of answers, and what they hold; inner ones first."""
    answers = (operation.response for operation in load().operations.values())
    found = dict.fromkeys(
        name for schema in answers if schema is not None for name in _with_inner(schema.name)
    )
    return [*found, *ASKED]


def _with_inner(name: str) -> Iterator[str]:
    for prop in load().schemas[name].properties.values():
        if prop.ref is not None:
            yield from _with_inner(prop.ref)
    yield name


def _class(schema: Schema) -> Iterator[str]:
    yield from ("", "@dataclass(frozen=True, slots=True)", f"class {class_name(schema.name)}:")
    yield from (*_docstring(schema.note), "")
    for prop in sorted(schema.properties.values(), key=lambda prop: prop.name not in schema.required):
        kind = _type(schema, prop)
        required = prop.name in schema.required
        hidden = prop.name in _sealed_answers()
        declared = kind if required else f"{kind} | None"
        default = "" if required else " = None"
        if hidden:
            default = " = field(repr=False)" if required else " = field(default=None, repr=False)"
        yield f"    {field_name(prop.name)}: {declared}{default}"
        yield from _note(prop, opened=hidden)
    yield ""


def _note(prop: Property, *, opened: bool) -> Iterator[str]:
    said = prop.note.replace("E2E encrypted", f"opened from {prop.name}") if opened else prop.note
    values = "; ".join(f"{value} {meaning}" for value, meaning in prop.values.items())
    text = f"{said}. {values}." if values else f"{said}."
    yield from _docstring(text[0].upper() + text[1:])


def _docstring(text: str) -> Iterator[str]:
    lines = textwrap.wrap(text, 98)
    if len(lines) == 1:
        yield f'    """{lines[0]}"""'
        return
    # A summary of one line, where the text has a first sentence or clause that short.
    summary, mark, rest = text.partition("; ") if "; " in lines[0] else text.partition(". ")
    if mark and len(summary) < 98:
        yield from (f'    """{summary}.', "")
        lines = textwrap.wrap(rest[0].upper() + rest[1:], 98)
        yield from (f"    {line}" for line in lines)
    else:
        yield from (f'    """{lines[0]}', *(f"    {line}" for line in lines[1:]))
    yield '    """'


def _wire(schemas: list[Schema]) -> Iterator[str]:
    yield from ("", "WIRE: Mapping[type, tuple[tuple[str, str, type], ...]] = MappingProxyType(", "    {")
    for schema in schemas:
        fields = [
            f'("{prop.name}", "{field_name(prop.name)}", {_type(schema, prop)}),'
            for prop in schema.properties.values()
        ]
        yield from _tuple(f"{class_name(schema.name)}: ", fields)
    yield from ("    }", ")", '"""Of each object: the name on the wire, the field, its type."""')


def _operations() -> Iterator[str]:
    yield from ("", "OPERATIONS: Mapping[str, Operation] = MappingProxyType(", "    {")
    for operation in load().operations.values():
        yield from _operation(operation)
    yield from ("    }", ")")


def _operation(operation: Operation) -> Iterator[str]:
    yield f'        "{operation.id}": Operation('
    facts = {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "success": operation.success,
        "rendering": operation.rendering,
        "session": operation.session.value,
    }
    for name, fact in facts.items():
        yield f"            {name}=" + (f'"{fact}",' if isinstance(fact, str) else f"{fact},")
    # A one-time password that may come sealed does; an id that may is left as everybody sends it.
    sealed = [one for one in operation.encrypted_request if not one.maybe or one.name != "ccsId"]
    if sealed:
        yield from (f"    {line}" for line in _tuple("sealed=", [_sealed(one) for one in sealed]))
    if operation.encrypted_response:
        names = "".join(f'"{name}",' for name in operation.encrypted_response)
        yield f"            sealed_answer=({names}),"
    yield "        ),"


def _sealed(one: EncryptedField) -> str:
    if one.kind_by is None:
        return f'SealedField("{one.path}", "{one.kind}"),'
    kinds = ", ".join(f'{value}: "{kind}"' for value, kind in one.kind_by[1].items())
    return (
        "SealedField(\n"
        f'                    "{one.path}",\n'
        f'                    kind_by="{one.kind_by[0]}",\n'
        f"                    kinds={{{kinds}}},\n"
        "                ),"
    )


def _tuple(start: str, lines: list[str]) -> Iterator[str]:
    if len(lines) == 1 and "\n" not in lines[0]:
        yield f"        {start}({lines[0]}),"
        return
    yield f"        {start}("
    yield from (f"            {line}" for line in lines)
    yield "        ),"


def _sealed_answers() -> frozenset[str]:
    return frozenset(
        name for operation in load().operations.values() for name in operation.encrypted_response
    )


def _type(schema: Schema, prop: Property) -> str:
    if prop.ref is not None:
        return class_name(prop.ref)
    # What callers build goes out as it is given; only answers are read as dates.
    if prop.format == "date" and schema.name not in ASKED:
        return "date"
    return PLAIN[prop.type]


def class_name(schema: str) -> str:
    """A schema's name as a class: ``mobileAML`` is ``MobileAml``."""
    return "".join(part.capitalize() for part in _words(schema))


def field_name(wire: str) -> str:
    """A field's name in Python; a sealed answer's without the word encrypted, for it is opened."""
    words = _words(wire)
    if wire in _sealed_answers() and words[0] == "encrypted":
        words = words[1:]
    name = "_".join(words)
    return f"{name}_" if keyword.iskeyword(name) else name


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


if __name__ == "__main__":
    sys.exit(main())
