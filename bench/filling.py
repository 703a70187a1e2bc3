"""Fills a house's database as years and crowds would: audit rows, and sessions that stand open."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from aldaba.backends.keyring_file import KeyringFile
from aldaba.domain.session import ExchangedKeys, Session, Subject
from aldaba.settings import load
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.transaction import SqlTransaction
from bench.audit_chain import build
from bench.processes import House

ACT = 1_000
EVENTS_OF_A_RUN = 1_000_000


@contextmanager
def _store(house: House) -> Iterator[tuple[SqlStore, KeyringFile]]:
    """The house's own database under its own keys, while no server runs on it."""
    settings = load(None, house.environment)
    vault = KeyringFile(settings.keys.file)
    store = open_store(
        settings.database.url, vault.keyring, lambda: datetime.now(UTC), os.urandom, connections=1
    )
    try:
        yield store, vault
    finally:
        store.close()


def fill_audit(house: House, rows: int) -> None:
    """So many events more, recorded and linked."""
    with _store(house) as (store, vault):
        # Checkpoints are signed by the server, which makes its next one where it finds none.
        build(store, vault.keyring(), rows, checkpoint_events=2 * rows + EVENTS_OF_A_RUN)


def fill_sessions(house: House, count: int) -> None:
    """So many sessions with keys that stay open for as long as one may."""
    with _store(house) as (store, _):
        for start in range(0, count, ACT):
            store.run_blocking(_opening(range(start, min(start + ACT, count))))


def _opening(numbers: range) -> Callable[[SqlTransaction], None]:
    now = datetime.now(UTC)

    def act(transaction: SqlTransaction) -> None:
        for number in numbers:
            transaction.sessions.place(_session(number, now))

    return act


def _session(number: int, now: datetime) -> Session:
    return Session(
        handle=os.urandom(32).hex(),
        application_id="bench",
        channel="MOVIL",
        opened_at=now,
        expires_at=now + timedelta(hours=1),
        touched_at=now + timedelta(minutes=50),
        key_id="e2e-20260101-00000000",
        keys=ExchangedKeys("bound-1", os.urandom(32), os.urandom(16), os.urandom(32)),
        subject=Subject(f"{300_000_000 + number}", "", f"{10**17 + number}"),
    )
