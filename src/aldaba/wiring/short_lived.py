"""Where sessions and short counters live: in the database, or in Valkey or Redis beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aldaba.crypto.keyring import Keyring
from aldaba.service.ports import Clock, RandomBytes, Sessions, Store
from aldaba.service.tally_ports import Tallies
from aldaba.settings import Settings
from aldaba.store.redis.acts import SessionsBeside
from aldaba.store.redis.rows import Rows
from aldaba.store.redis.server import RedisServer
from aldaba.store.redis.sessions import RedisSessions
from aldaba.store.redis.tallies import RedisTallies
from aldaba.store.sql.sessions import SqlSessions
from aldaba.store.sql.store import SqlStore
from aldaba.store.tallies import StoredTallies


@dataclass(frozen=True, slots=True)
class ShortLived:
    """The store whose acts see the sessions, and the sessions themselves; ``check`` is None within SQL."""

    store: Store
    sessions: Sessions
    close: Callable[[], Awaitable[None]]
    check: Callable[[], Awaitable[None]] | None = None
    tallying: Callable[[Store], Tallies] = StoredTallies
    """Short counters, given the store they may be kept in."""


def short_lived(
    settings: Settings,
    store: SqlStore,
    keyring: Callable[[], Keyring],
    clock: Clock,
    random_bytes: RandomBytes,
) -> ShortLived:
    """In the store itself, or beside it where ``redis.url`` says."""
    durable = SqlSessions(store, settings.policy.session)
    if settings.redis.url is None:
        return ShortLived(store, durable, close=_nothing)
    server = RedisServer(settings.redis.url)
    rows = Rows(server, keyring, random_bytes)
    beside = SessionsBeside(store, rows, clock)

    async def close() -> None:
        await beside.settle()
        await server.close()

    sessions = RedisSessions(rows, beside, durable, settings.policy.session)
    return ShortLived(beside, sessions, close, server.check, lambda _store: RedisTallies(server))


async def _nothing() -> None:
    """The store closes by itself."""
