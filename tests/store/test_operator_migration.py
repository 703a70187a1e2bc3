"""What stood in the database before there were indexes of phones and actors is found by them."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

from tests.store.houses import SetClock, ring, wait
from tests.store.samples import CUSTOMER, EVENT

from aldaba.service.audit import AuditQuery
from aldaba.service.ports import Transaction
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.upgrading import downgrade, migrate

MANY = 1_203
"""More than one page of the migration."""


def test_phones_and_actors_that_were_there_are_indexed(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    url = f"sqlite:///{path}"
    migrate(url)

    def fill(act: Transaction) -> None:
        for number in range(MANY):
            digest = number.to_bytes(32, "big")
            phones = (replace(CUSTOMER.phones[0], digest=digest),) * 2
            act.customers.save(replace(CUSTOMER, customer_id=str(number), cards=(), phones=phones))
            act.audit.record(replace(EVENT, actor="ana" if number % 2 else None))

    store = SqliteStore(path, ring, SetClock(), os.urandom)
    wait(store.run(fill))
    store.close()
    downgrade(url, "0002")
    with sqlite3.connect(path) as raw:
        assert not raw.execute("SELECT name FROM sqlite_master WHERE name LIKE 'phone_owners%'").fetchall()
    raw.close()
    migrate(url)
    store = SqliteStore(path, ring, SetClock(), os.urandom)
    digest = (MANY - 1).to_bytes(32, "big")
    (found,) = wait(store.read(lambda query: query.customers.by_phone((digest,), 9)))
    assert found.customer_id == str(MANY - 1)
    acted = wait(store.read(lambda query: query.audit.search(AuditQuery(actor="ana"), MANY)))
    assert len(acted) == MANY // 2
    store.close()
