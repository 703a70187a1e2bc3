"""The large tables may be partitioned as the page on scaling shows, and the house does not notice."""

import asyncio
import re
from pathlib import Path

import psycopg
from tests.conftest import bank_in
from tests.postgres import PostgresServer
from tests.scorecard.card import ROOT

from aldaba.store.sql.upgrading import migrate

CUSTOMER, PASSWORD = "15000030", "mobile20x"
PAGE = (ROOT / "docs" / "scaling.md").read_text("utf-8")
RECIPES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PARTS = "SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass"


async def a_visit(folder: Path, url: str) -> int:
    """A login and a logout, a repeated request id refused; how many audit rows there are afterwards."""
    async with bank_in(folder, {"database.url": url}) as bank:
        front = await bank.ready()
        headers = front.headers()
        first = await front.call("retrieve_public_key", headers=headers)
        again = await front.call("retrieve_public_key", headers=headers)
        assert (first.status_code, again.status_code) == (200, 400)
        assert (await front.prelogin(CUSTOMER)).status_code == 200
        assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
        assert (await front.logout()).status_code == 204
        await bank.house.sessions.sweep(bank.house.clock())
        await bank.house.audit.seal()
        report = await bank.house.audit.verify()
        assert report.intact, report
        return report.rows


def test_a_bank_on_partitioned_tables_is_the_same_bank(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    assert len(RECIPES) == 2
    with postgres_server.database(with_schema=False) as url:
        migrate(url)
        before = asyncio.run(a_visit(tmp_path, url))
        with psycopg.connect(url, autocommit=True) as owner:
            for recipe in RECIPES:
                owner.execute(recipe.encode())
            assert owner.execute(PARTS, ["audit_events"]).fetchone() == (3,)
            assert owner.execute(PARTS, ["request_marks"]).fetchone() == (16,)
        assert asyncio.run(a_visit(tmp_path, url)) > before
