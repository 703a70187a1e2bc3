"""``python -m bench.sizes``: bytes that a customer and a visit leave behind, table by table.

Customers hold a card, a phone, a PIN, a password, a token and a device, and have been here once; a visit is
a key exchange, a prelogin, a login by password, a question to the token and a logout. Measured where they
are stored, indices included, once the database has tidied up.
"""

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import psycopg
from tests.conftest import Bank, bank_in
from tests.postgres import PostgresServer
from tests.recovery_front_end import customer_line

AUDIT = frozenset({"audit_events", "audit_chain", "audit_checkpoints"})
"""What a visit leaves until the audit is purged."""
VISITS = AUDIT | {"request_marks", "replay_marks", "sessions", "quotas", "house", "key_pairs"}
"""All of a visit's; what is not of the audit is swept when its time is over."""
PASSWORD = "mobile20x"
FIRST = 61_000_001

_OF_POSTGRES = """SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""
_OF_SQLITE = """SELECT m.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_master m ON m.name = d.name
    WHERE d.name NOT LIKE 'sqlite_schema%' GROUP BY m.tbl_name"""

Sizes = dict[str, int]


def of_postgres(url: str) -> Sizes:
    """Bytes of each table with its indices, freshly packed."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        return {str(name): int(size) for name, size in connection.execute(_OF_POSTGRES).fetchall()}


def of_sqlite(file: Path) -> Sizes:
    """The same of a database file."""
    with sqlite3.connect(file, isolation_level=None) as connection:
        connection.execute("VACUUM")
        return {str(name): int(size) for name, size in connection.execute(_OF_SQLITE).fetchall()}


def line_of(number: str) -> dict[str, object]:
    token = {"serial": f"T-{number}", "kind": "hard", "secretHex": "5a" * 20, "status": 56}
    device = {"vascoDeviceId": f"{int(number):032x}", "applicationDeviceId": None, "publicKeyJwk": None}
    suite = {"ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08"}
    return customer_line(number, devices=[device], token=token | suite)


async def measured(
    folder: Path, settings: dict[str, str], sizes: Callable[[], Sizes], customers: int, visits: int
) -> dict[str, object]:
    """Bytes a customer and a visit, over all tables and for those that stay."""
    async with bank_in(folder, settings) as bank:
        empty = sizes()
        numbers = [str(number) for number in range(FIRST, FIRST + customers)]
        await bank.imported(*map(line_of, numbers))
        for number in numbers:
            await visit(bank, number)
        await bank.house.audit.seal()
        full = sizes()
        for turn in range(visits):
            await visit(bank, numbers[turn % customers])
        await bank.house.audit.seal()
        visited = sizes()
    a_visit = _by_table(full, visited, visits)
    a_customer = _by_table(empty, full, customers)
    staying = {name: size for name, size in a_customer.items() if name not in VISITS}
    return {
        "bytes a customer": sum(staying.values()),
        "bytes a visit, kept": sum(size for name, size in a_visit.items() if name in AUDIT),
        "bytes a visit, swept": sum(size for name, size in a_visit.items() if name in VISITS - AUDIT),
        "by table, a customer": staying,
        "by table, a visit": a_visit,
    }


async def visit(bank: Bank, number: str) -> None:
    front = await bank.ready()
    for answer in (
        await front.prelogin(number),
        await front.login(number, PASSWORD),
        await front.challenge(),
        await front.logout(),
    ):
        if answer.status_code >= 400:
            raise RuntimeError(answer.text)


def _by_table(before: Sizes, after: Sizes, by: int) -> Sizes:
    grown = {name: round((size - before.get(name, 0)) / by) for name, size in after.items()}
    return dict(sorted(((name, size) for name, size in grown.items() if size), key=lambda one: -one[1]))


@click.command()
@click.option("--customers", default=2_000)
@click.option("--visits", default=2_000)
def main(customers: int, visits: int) -> None:
    """Measure both databases."""
    found: dict[str, object] = {"customers": customers, "visits": visits}
    with tempfile.TemporaryDirectory() as name:
        folder, file = Path(name), Path(name, "aldaba.sqlite3")
        found["sqlite"] = asyncio.run(measured(folder, {}, lambda: of_sqlite(file), customers, visits))
    server = PostgresServer()
    try:
        with server.database() as url, tempfile.TemporaryDirectory() as name:
            settings = {"database.url": url}
            found["postgres"] = asyncio.run(
                measured(Path(name), settings, lambda: of_postgres(url), customers, visits)
            )
    finally:
        server.close()
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
