"""An operator whose row an earlier release wrote is read, and counted from there on."""

from dataclasses import replace
from pathlib import Path

from tests.store.houses import NOON, raw, sqlite_house
from tests.store.samples import OPERATOR as LOCKED

from aldaba.domain.operators import charged
from aldaba.domain.policy import OperatorPolicy
from aldaba.store.sql.transaction import SqlTransaction

OPERATOR = replace(LOCKED, locked_until=None)


def test_a_row_without_a_total_of_failures_counts_from_none(tmp_path: Path) -> None:
    _, store = sqlite_house(tmp_path / "aldaba.db")

    def of_before(transaction: SqlTransaction) -> None:
        transaction.operators.save(OPERATOR)
        changed = raw(transaction).execute("UPDATE operators SET body = json_remove(body, '$.codes_missed')")
        assert changed.rowcount == 1

    try:
        store.run_blocking(of_before)
        found = store.read_blocking(lambda query: query.operators.find(OPERATOR.name))
        assert found == OPERATOR
        failed = charged(found, NOON, OperatorPolicy())
        assert failed is not None
        assert failed.codes_missed == 1
    finally:
        store.close()
