"""The connection to Valkey or Redis: bounded pool, short time-outs, scripts by digest, one era per run."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import NoScriptError, RedisError
from redis.maint_notifications import MaintNotificationsConfig

from aldaba.domain.refusals import HouseUnavailable

PART = "sessions"
"""What ``HouseUnavailable`` names when the trouble is here."""

CONNECT_SECONDS = ANSWER_SECONDS = 2.0
"""Longer than a process stands still for its own reasons, and short enough for several in nine seconds."""
MAX_CONNECTIONS = 64
QUEUE_SECONDS = 3.0
"""So long a call waits for one of the connections."""

T = TypeVar("T")
Keys = Callable[[str], list[str]]
"""The keys of one call, given the era they belong to; all in one hash slot."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text and the SHA-1 that the server knows it by."""

    name: str
    text: str
    sha: str


def script(name: str) -> Script:
    """The script of that file in ``scripts/``."""
    text = files("aldaba.store.redis.scripts").joinpath(f"{name}.lua").read_text("utf-8")
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class RedisServer:
    """Runs scripts on one server; every trouble with it is ``HouseUnavailable`` (``sessions``).

    An *era* is one run of the server, and stands in every key. A server that was started again may have
    loaded an old snapshot, and a replica that took over may lack the newest writes: what either remembers
    could bring an ended session, a spent request id or a used try back. So its keys are nobody's any more.
    """

    def __init__(self, url: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._era: str | None = None
        self._client = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                url,
                max_connections=MAX_CONNECTIONS,
                timeout=QUEUE_SECONDS,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=answer_seconds,
                # A script whose answer was lost may have run: sent again, it would find its own mark.
                retry=Retry(NoBackoff(), 0),
                redis_connect_func=self._connected,
                # With them on, a kept connection whose server is gone is taken for one with news, and used.
                maint_notifications_config=MaintNotificationsConfig(enabled=False),
            )
        )

    async def call(self, wanted: Script, keys: Keys, *values: str | bytes | int) -> Any:
        """What the script answers. Never sent twice, unless the server says that it did not run it."""
        try:
            era = await self._this_era()
            answer = await self._called(wanted, keys(era), values, era)
            self._demand(era)
        except (RedisError, OSError, TimeoutError) as error:
            raise HouseUnavailable(PART) from error
        return answer

    async def fields(self, keys: Keys, names: Sequence[str]) -> list[Any]:
        """Fields of the hash at the one key."""
        try:
            era = await self._this_era()
            (key,) = keys(era)
            answer = await self._client.hmget(key, list(names))
            self._demand(era)
        except (RedisError, OSError, TimeoutError) as error:
            raise HouseUnavailable(PART) from error
        return answer

    async def check(self) -> None:
        """Passes when the server answers."""
        try:
            await self._client.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise HouseUnavailable(PART) from error

    async def close(self) -> None:
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    async def _called(
        self, wanted: Script, keys: list[str], values: Sequence[str | bytes | int], era: str
    ) -> Any:
        try:
            return await self._client.evalsha(wanted.sha, len(keys), *keys, *values)
        except NoScriptError:
            self._demand(era)
            return await self._client.eval(wanted.text, len(keys), *keys, *values)

    async def _this_era(self) -> str:
        if self._era is None:
            await self._client.ping()
        if self._era is None:
            raise NoConnection("the server does not say which run of it this is")
        return self._era

    def _demand(self, era: str) -> None:
        # Whoever connects first to another run is told so; the others, back at once, bring old keys too.
        if self._era != era:
            raise NoConnection("the server was started again")

    async def _connected(self, connection: Connection) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        era = _run_of(await connection.read_response())
        known, self._era = self._era, era
        if known not in (None, era):
            # The command this connection was made for carries keys of the run before.
            raise NoConnection("the server was started again")


def _run_of(info: Any) -> str:
    text = info.decode() if isinstance(info, bytes) else str(info)
    runs = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("run_id:")]
    if not runs:
        raise NoConnection("the server does not say which run of it this is")
    return runs[0][:16]
