"""Writes ``src/generated.ts`` from the server's contract: operations, bodies, answers.

Run without options it writes the file; with ``--check`` it ends with 1 when the file is stale.
"""  # noqa: INP001 - a script beside the package

import argparse
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from aldaba.contract import EncryptedField, Operation, Property, Schema, load

TARGET = Path(__file__).parent / "src" / "generated.ts"
PLAIN = {"string": "string", "integer": "number", "boolean": "boolean", "number": "number"}
HEADER = """\
/** Operations, bodies and answers, written by `sdk/typescript/generate.py`: change the contract. */

import type { Operation, Shape } from "./operation.js";

/** The texts the contract names, and those a later one may add. */
export type OpenText<T extends string> = T | (string & {});

/** The numbers the contract names, and those a later one may add. */
export type OpenNumber<T extends number> = T | (number & {});
"""


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the file is stale")
    if parser.parse_args().check:
        if TARGET.read_text("utf-8") == generated():
            return 0
        sys.stderr.write("generated.ts is stale: run python sdk/typescript/generate.py\n")
        return 1
    TARGET.write_text(generated(), "utf-8")
    return 0


def generated() -> str:
    """The whole text of ``generated.ts``."""
    operations = list(load().operations.values())
    bodies = _wanted(operation.request for operation in operations)
    answers = _wanted(operation.response for operation in operations)
    parts = [
        HEADER,
        *(line for name in dict.fromkeys([*answers, *bodies]) for line in _interface(load().schemas[name])),
        *_map("Bodies", "What each operation is sent, its sealed fields still clear.", operations, sent=True),
        *_map("Answers", "What each operation answers, its sealed fields opened.", operations, sent=False),
        *_shapes([load().schemas[name] for name in answers]),
        *_operations(operations),
    ]
    return "\n".join(parts)


def _wanted(schemas: Iterator[Schema | None]) -> list[str]:
    """These schemas, and what they hold; inner ones first."""
    return list(
        dict.fromkeys(name for schema in schemas if schema is not None for name in _with_inner(schema.name))
    )


def _with_inner(name: str) -> Iterator[str]:
    for prop in load().schemas[name].properties.values():
        if prop.ref is not None:
            yield from _with_inner(prop.ref)
    yield name


def _interface(schema: Schema) -> Iterator[str]:
    yield from (*_comment(schema.note, ""), f"export interface {type_name(schema.name)} {{")
    for prop in schema.properties.values():
        mark = "" if prop.name in schema.required else "?"
        yield from _comment(_note(prop), "    ")
        yield f"    readonly {field_name(prop.name)}{mark}: {_type(prop)};"
    yield "}\n"


def _note(prop: Property) -> str:
    opened = prop.name in _sealed_answers()
    said = prop.note.replace("E2E encrypted", f"opened from {prop.name}") if opened else prop.note
    if prop.format == "date":
        said += " (YYYY-MM-DD)"
    values = "; ".join(f"{value} {meaning}" for value, meaning in prop.values.items())
    text = f"{said}. {values}." if values else f"{said}."
    return text[0].upper() + text[1:]


def _comment(text: str, indent: str) -> Iterator[str]:
    safe = text.replace("*/", "* /")
    if len(safe) <= 100:
        yield f"{indent}/** {safe} */"
        return
    yield f"{indent}/**"
    yield from (f"{indent} * {line}" for line in textwrap.wrap(safe, 98))
    yield f"{indent} */"


def _type(prop: Property) -> str:
    if prop.ref is not None:
        return type_name(prop.ref)
    values = list(prop.values) or [value for value in prop.allowed if value != prop.default]
    kind = PLAIN[prop.type]
    if not values:
        return kind
    union = " | ".join(f'"{value}"' if kind == "string" else str(value) for value in values)
    return f"{'OpenText' if kind == 'string' else 'OpenNumber'}<{union}>"


def _map(name: str, note: str, operations: list[Operation], *, sent: bool) -> Iterator[str]:
    yield from (f"/** {note} */", f"export interface {name} {{")
    for operation in operations:
        schema = operation.request if sent else operation.response
        nothing = "undefined" if sent else "void"
        yield f"    readonly {operation.id}: {nothing if schema is None else type_name(schema.name)};"
    yield from ("}\n", "export type OperationId = keyof Bodies;\n") if sent else ("}\n",)


def _shapes(schemas: list[Schema]) -> Iterator[str]:
    yield from (
        "/** Of each answer's fields: the name on the wire, the property, its type, whether it must come. */",
    )
    yield "export const SHAPES: Readonly<Record<string, Shape>> = {"
    for schema in schemas:
        yield f"    {type_name(schema.name)}: ["
        for prop in schema.properties.values():
            kind = (
                type_name(prop.ref) if prop.ref else {"integer": "integer"}.get(prop.type, PLAIN[prop.type])
            )
            required = str(prop.name in schema.required).lower()
            yield f'        ["{prop.name}", "{field_name(prop.name)}", "{kind}", {required}],'
        yield "    ],"
    yield "};\n"


def _operations(operations: list[Operation]) -> Iterator[str]:
    yield "export const OPERATIONS: { readonly [Id in OperationId]: Operation } = {"
    for operation in operations:
        yield from _operation(operation)
    yield "};\n"


def _operation(operation: Operation) -> Iterator[str]:
    yield f"    {operation.id}: {{"
    facts = {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "success": operation.success,
        "rendering": operation.rendering,
        "session": operation.session.value,
    }
    for name, fact in facts.items():
        yield f"        {name}: " + (f'"{fact}",' if isinstance(fact, str) else f"{fact},")
    if operation.response is not None:
        yield f'        answer: "{type_name(operation.response.name)}",'
    # A one-time password that may come sealed does; an id that may is left as everybody sends it.
    sealed = [one for one in operation.encrypted_request if not one.maybe or one.name != "ccsId"]
    yield from (
        ("        sealed: [", *(f"            {_sealed(one)}" for one in sealed), "        ],")
        if sealed
        else ("        sealed: [],",)
    )
    names = ", ".join(f'"{name}"' for name in operation.encrypted_response)
    yield from (f"        sealedAnswer: [{names}],", "    },")


def _sealed(one: EncryptedField) -> str:
    if one.kind_by is None:
        return f'{{ path: "{one.path}", kind: "{one.kind}" }},'
    kinds = ", ".join(f'{value}: "{kind}"' for value, kind in one.kind_by[1].items())
    return (
        f'{{\n                path: "{one.path}",\n                kindBy: "{one.kind_by[0]}",\n'
        f"                kinds: {{ {kinds} }},\n            }},"
    )


def _sealed_answers() -> frozenset[str]:
    return frozenset(
        name for operation in load().operations.values() for name in operation.encrypted_response
    )


def type_name(schema: str) -> str:
    """A schema's name as a type: ``mobileAML`` is ``MobileAml``."""
    return "".join(word.capitalize() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", schema))


def field_name(wire: str) -> str:
    """A property's name: the wire's own; a sealed answer's without the word encrypted, for it is opened."""
    if wire in _sealed_answers() and wire.startswith("encrypted"):
        bare = wire.removeprefix("encrypted")
        return bare[0].lower() + bare[1:]
    return wire


if __name__ == "__main__":
    sys.exit(main())
