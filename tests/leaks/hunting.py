"""Looks for planted secrets wherever the server writes, in every spelling they might be written in."""

import base64
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from tests.crash.served import Served
from tests.scorecard.card import Card

Planted = dict[str, dict[str, bytes]]
"""Of each secret its spellings."""
Piece = tuple[str, bytes]
Places = list[tuple[str, list[Piece]]]
"""Kinds of places, each with the pieces that were found there."""

ALLOWED_FILES = {"keyring.json", "sandbox-application.json"}
"""The keyring holds keys and nothing else; the sandbox tells its own application's secret by design."""
TABLES = ("profiles", "customers", "sessions", "applications", "tokens", "devices", "messages")


def forms(secret: str) -> dict[str, bytes]:
    """A secret as it might be written down: in clear, HEX, Base64 at every offset, backwards."""
    clear = secret.encode()
    found = {
        "clear": clear,
        "backwards": clear[::-1],
        "hex": clear.hex().encode(),
        "HEX": clear.hex().upper().encode(),
        "utf-16": secret.encode("utf-16-le"),
        "quoted": "".join(f"%{byte:02X}" for byte in clear).encode(),
    }
    for offset in range(3):
        # Only the characters that no neighbouring byte has a part in: fewer would be found by chance.
        own = slice(-(-offset * 8 // 6), (offset + len(clear)) * 8 // 6)
        found[f"base64 at {offset}"] = base64.b64encode(b"\0" * offset + clear)[own]
        found[f"base64url at {offset}"] = base64.urlsafe_b64encode(b"\0" * offset + clear)[own]
    return found


def raw_forms(secret: bytes) -> dict[str, bytes]:
    """A key's bytes, and their texts."""
    return {
        "bytes": secret,
        "backwards": secret[::-1],
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "base64": base64.b64encode(secret)[:-4],
        "base64url": base64.urlsafe_b64encode(secret)[:-4],
    }


def short_forms(name: str, digits: str) -> dict[str, bytes]:
    """Four digits stand in every long number: only where they stand as a value they tell something."""
    shapes = {f"between {quote!r}": f"{quote}{digits}{quote}".encode() for quote in ('"', "'", "\0")}
    return shapes | {
        "assigned": f"{name}={digits}".encode(),
        "backwards": f'"{digits[::-1]}"'.encode(),
        "hex": f'"{digits.encode().hex()}"'.encode(),
        "base64": base64.b64encode(digits.encode()),
    }


def numbered(answers: Iterable[bytes]) -> list[Piece]:
    return [(f"answer {number}", answer) for number, answer in enumerate(answers)]


def places_of(server: Served, **more: Sequence[Piece]) -> Places:
    """Everything the server left, by kind of place, and what a test brings from elsewhere."""
    logs = [(name, (server.folder / name).read_bytes()) for name in ("stdout.log", "stderr.log")]
    commands = server.folder / "commands.log"
    return [
        ("logs", [*logs, *([("commands.log", commands.read_bytes())] if commands.exists() else [])]),
        ("audit", [*rows(server, "audit_events"), *rows(server, "audit_outbox")]),
        ("database file", [*files(server), *(row for table in TABLES for row in rows(server, table))]),
        *((kind, list(pieces)) for kind, pieces in more.items()),
    ]


def written(server: Served) -> Iterator[Piece]:
    """The same without the kinds."""
    for _, pieces in places_of(server):
        yield from pieces


def files(server: Served) -> Iterator[Piece]:
    for file in sorted(server.data.rglob("*")):
        if file.is_file() and file.name not in ALLOWED_FILES:
            yield file.name, file.read_bytes()


def rows(server: Served, table: str) -> Iterator[Piece]:
    with sqlite3.connect(server.data / "aldaba.sqlite3") as database:
        found = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - own list
    database.close()
    for number, row in enumerate(found):
        values = (value if isinstance(value, bytes) else str(value).encode() for value in row)
        yield f"{table} row {number}", b"\0".join(values)


def hunt(card: Card, planted: Planted, places: Places, what: str) -> None:
    """A row of the scorecard for each kind of place."""
    spellings = sum(len(shapes) for shapes in planted.values())
    searches(planted)
    for kind in dict.fromkeys(kind for kind, _ in places):
        pieces = [piece for each, here in places if each == kind for piece in here]
        leaks = found(planted, pieces)
        told = "; ".join([str(len(leaks)), *leaks[:3]])
        size = sum(len(content) for _, content in pieces)
        card.tell(
            "Secrets",
            f"secrets found in {kind}: {what}",
            reach=0,
            measured=f"{told} of {len(planted)} planted in {spellings} spellings, "
            f"{len(pieces)} pieces of {size // 1024} KiB",
            kept=not leaks and size > 0,
        )


def searches(planted: Planted) -> None:
    """The search itself works: planted among other bytes, each form of each secret is found."""
    for name, shapes in planted.items():
        for shape, wanted in shapes.items():
            assert wanted
            assert found({name: {shape: wanted}}, [("a file", b"x" + wanted + b"y")])


def found(planted: dict[str, dict[str, bytes]], places: list[tuple[str, bytes]]) -> list[str]:
    return [
        f"{name} ({shape}) in {place}"
        for place, content in places
        for name, shapes in planted.items()
        for shape, wanted in shapes.items()
        if wanted in content
    ]
