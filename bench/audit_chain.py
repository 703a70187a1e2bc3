"""How fast the audit is verified: builds a log by the house's own code, reads it again, tells rows a second.

Run ``python -m bench.audit_chain --rows 1000000``; the log is built in a folder that goes afterwards.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.service.audit import Event, EventType, LoggedIn
from aldaba.store.sql.audit_sealing import AuditSealer
from aldaba.store.sql.audit_verification import AuditReport, verify_chain
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.upgrading import migrate

ACT = 5_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int) -> Event:
    """A login as the server writes it."""
    return Event(
        EventType.LOGIN_SUCCEEDED,
        BEGAN + timedelta(seconds=number),
        LoggedIn("password", "NONE", step_up=False, risk=(), replaced=False),
        request_id=f"5f2b1c9e-0000-4000-8000-{number:012x}",
        application_id="banca-movil",
        channel="MOVIL",
        ccs_id=f"{100_000_000_000_000_000 + number % 200_000}",
        customer_id=f"{15_000_000 + number % 200_000}",
        address="203.0.113.7",
    )


def build(store: SqlStore, ring: Keyring, rows: int, *, checkpoint_events: int = 1_000) -> None:
    """Record and link so many rows; checkpoints carry no signature."""
    for start in range(0, rows, ACT):

        def act(transaction: SqlTransaction, start: int = start) -> None:
            for number in range(start, min(start + ACT, rows)):
                transaction.audit.record(event(number))

        store.run_blocking(act)
    sealer = AuditSealer(
        store,
        lambda: ring,
        lambda: BEGAN,
        os.urandom,
        checkpoint_events=checkpoint_events,
        signer=lambda _: "unsigned",
    )
    asyncio.run(sealer.seal_events())


def verified(store: SqliteStore, ring: Keyring) -> tuple[AuditReport, float]:
    """The report, and the seconds it took."""
    began = time.perf_counter()
    report = store.read_blocking(lambda query: verify_chain(query, ring))
    return report, time.perf_counter() - began


def measured(rows: int, folder: Path) -> tuple[AuditReport, float]:
    """Build a log of so many rows there, and verify it."""
    path = folder / "audit.db"
    ring = Keyring.generate(KeyName, os.urandom, now_id="k1")
    migrate(f"sqlite:///{path}")
    store = SqliteStore(path, lambda: ring, lambda: BEGAN, os.urandom)
    try:
        build(store, ring, rows)
        return verified(store, ring)
    finally:
        store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        report, seconds = measured(rows, Path(folder))
        building = time.perf_counter() - began - seconds
    print(f"built {rows:,} rows in {building:.1f} s")
    print(f"verified {report.rows:,} rows in {seconds:.1f} s: {report.rows / seconds:,.0f} rows/s")
    return 0 if report.intact and report.rows == rows else 1


if __name__ == "__main__":
    sys.exit(main())
