"""Every role at every operation on SQLite and PostgreSQL: what is forbidden is refused and in the audit."""

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from tests.admin.operated import Operated, code_of
from tests.admin.test_roles_at_the_door import asked, prepared
from tests.databases import BOTH
from tests.postgres import PostgresServer

from aldaba.admin.operations import OPERATIONS
from aldaba.domain.operators import Role, may
from aldaba.service.audit import AuditQuery, EventType, OperatorActed
from aldaba.store.memory import MemoryStore
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.upgrading import migrate


@pytest.fixture(params=BOTH)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Operated]:
    """The bank of the other tests, on a database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'aldaba.db'}"
        migrate(url)
        yield from on(url)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield from on(url)


def on(url: str) -> Iterator[Operated]:
    banks: list[Operated] = []

    def now() -> datetime:
        return banks[0].house.clock()

    store = open_store(
        url,
        lambda: banks[0].house.vault.ring,
        now,
        os.urandom,
        connections=2,
    )
    # The same ports; what tests else look at in memory is looked for in the audit here.
    banks.append(Operated(store=cast("MemoryStore", store)))
    yield banks[0]
    store.close()


@pytest.mark.parametrize("role", Role)
def test_the_table_holds(bank: Operated, role: Role) -> None:
    async def newest() -> object:
        query = AuditQuery(type=EventType.OPERATOR_ACTED)
        entries = await bank.store.read(lambda transaction: transaction.audit.search(query, 1))
        return entries[0].event.payload if entries else None

    async def story() -> None:
        named = await prepared(bank, role)
        http = await bank.as_role(role)
        for operation in OPERATIONS:
            answer, act = await asked(http, operation, named), operation.command.act
            if may({role}, act):
                assert answer.status_code in {200, 202, 404, 409}, f"{operation.id}: {answer.text}"
                continue
            assert (answer.status_code, code_of(answer)) == (403, "forbidden"), operation.id
            payload = await newest()
            assert isinstance(payload, OperatorActed)
            assert (payload.outcome, payload.act) == ("forbidden", act)
        assert not bank.crashes

    asyncio.run(story())
