"""``python -m bench.postgres``: durable acts a second on PostgreSQL, beside the bare driver's.

The act is a login's first: a profile is found and locked, saved, and an audit row recorded.
"""

import asyncio
import os
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import click
import psycopg
from tests.postgres import PostgresServer

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.profile import AccessProfile
from aldaba.service.audit import Event, EventType, LoggedIn
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.transaction import SqlTransaction
from bench.figures import Figures, wide_console
from bench.machine import median
from bench.processes import ROOT

CONNECTIONS = 8
IN_FLIGHT = 32
PROFILES = 1000
ROUNDS = 3

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
EVENT = Event(EventType.LOGIN_SUCCEEDED, NOW, LoggedIn("pin", "NONE", step_up=False, risk=(), replaced=False))

_FIND = "SELECT body FROM profiles WHERE ccs_id = %s FOR UPDATE"
_SAVE = "UPDATE profiles SET body = %s WHERE ccs_id = %s"
_ID = "SELECT nextval('audit_events_id_seq')"
_RECORD = "INSERT INTO audit_events (id, at, type, body, key_id, mac) VALUES (%s, %s, %s, %s, %s, %s)"


def of_the_store(url: str, ring: Keyring, seconds: float) -> float:
    """Acts a second through ``PostgresStore``, so many in flight on one event loop."""
    store = PostgresStore(url, lambda: ring, lambda: NOW, os.urandom, connections=CONNECTIONS)
    names = _names()
    done = 0

    def act(transaction: SqlTransaction) -> None:
        profile = transaction.profiles.find(next(names))
        assert profile is not None
        transaction.profiles.save(replace(profile, failures=profile.failures + 1))
        transaction.audit.record(EVENT)

    async def worker(until: float) -> None:
        nonlocal done
        while time.perf_counter() < until:
            await store.run(act)
            done += 1

    async def work() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(worker(began + seconds) for _ in range(IN_FLIGHT)))
        return done / (time.perf_counter() - began)

    try:
        return asyncio.run(work())
    finally:
        store.close()


def of_the_driver(url: str, seconds: float) -> float:
    """Acts a second of as many threads, each with a connection, that send the same statements alone."""
    names, counts = _names(), queue.SimpleQueue[int]()
    until = time.perf_counter() + seconds

    def work() -> None:
        done = 0
        with psycopg.connect(url, autocommit=True, prepare_threshold=0) as connection:
            cursor = connection.cursor(binary=True)
            while time.perf_counter() < until:
                name = next(names)
                cursor.execute("BEGIN")
                (body,) = cursor.execute(_FIND, [name]).fetchone() or (b"",)
                cursor.execute(_SAVE, [body, name])
                (event_id,) = cursor.execute(_ID).fetchone() or (0,)
                cursor.execute(_RECORD, [event_id, 0, "login", body[:200], "k1", bytes(32)])
                cursor.execute("COMMIT")
                done += 1
        counts.put(done)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts.get() for _ in threads) / seconds


def _names() -> Iterator[str]:
    """Profiles in turn; an iterator that threads may share."""
    return map(_name, count())


def _profile(number: int) -> AccessProfile:
    return AccessProfile(_name(number), "123456789012", "", NOW, NOW)


def _name(number: int) -> str:
    return str(number % PROFILES)


@contextmanager
def _bank(ring: Keyring) -> Iterator[str]:
    """A database with profiles, on a server whose commits reach the disk."""
    server = PostgresServer()
    try:
        with server.database() as url:
            store = PostgresStore(url, lambda: ring, lambda: NOW, os.urandom, connections=1)
            for number in range(PROFILES):
                store.run_blocking(lambda act, number=number: act.profiles.save(_profile(number)))  # type: ignore[misc]  # no type is inferred for a lambda with a default
            store.close()
            yield url
    finally:
        server.close()


def measure(seconds: float) -> dict[str, float]:
    """The middle of three rounds, the two taken in turn."""
    ring = Keyring.generate(KeyName, os.urandom, now_id="k1")
    ours, bare = list[float](), list[float]()
    with _bank(ring) as url:
        for _ in range(ROUNDS):
            ours.append(of_the_store(url, ring, seconds))
            bare.append(of_the_driver(url, seconds))
    return {
        "durable acts a second": median(ours),
        "the bare driver's": median(bare),
        "ratio": median(ours) / median(bare),
    }


@click.command()
@click.option("--seconds", default=3.0, help="How long each stretch lasts.")
def main(seconds: float) -> None:
    """Measure the store on PostgreSQL against the driver alone; writes build/bench-postgres.json."""
    figures, began = Figures("postgres", "python -m bench.postgres"), time.perf_counter()
    figures.others |= measure(seconds)
    figures.seconds = time.perf_counter() - began
    figures.show(wide_console())
    figures.write(ROOT / "build" / "bench-postgres.json")


if __name__ == "__main__":
    main()
