"""Session rows in Valkey or Redis: the keys' names, the bodies' seal, and each script by its name."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, CannotOpen, open_sealed, seal
from aldaba.domain.refusals import HouseUnavailable
from aldaba.domain.session import Session
from aldaba.service.ports import RandomBytes
from aldaba.store.redis.server import PART, RedisServer, script
from aldaba.store.sql.session_rows import session_place
from aldaba.store.sql.values import body_of, milliseconds, moment_of

SLACK_SECONDS = 600
"""Keys outlive what is in them by this much, so that the house's clock decides and never the server's."""

LOCK_MILLISECONDS = 4_000
"""A lock whose holder died stands no longer; an act that took longer places nothing."""

_READ = msgspec.json.Decoder(Session)

_CLAIM, _TOUCH, _OPEN, _CHANGE = script("claim"), script("touch"), script("open"), script("change")
_HOLD, _SUSPEND, _PLACE = script("hold"), script("suspend"), script("place")
_ERASE, _POINT, _BURY, _RELEASE = script("erase"), script("point"), script("bury"), script("release")


@dataclass(frozen=True, slots=True)
class Held:
    """A session under lock, as it was read then; None where there is none. ``token`` proves the lock."""

    handle: str
    token: str
    session: Session | None


class Rows:
    """One server's sessions. Handles are digests, bodies are sealed: what is read here opens nothing."""

    def __init__(
        self, server: RedisServer, keyring: Callable[[], Keyring], random_bytes: RandomBytes
    ) -> None:
        self._server, self._keyring, self._random_bytes = server, keyring, random_bytes

    async def claim(self, request: str, until: datetime, now: datetime) -> bool:
        """True for the first caller, False for every later one until ``until``."""
        times = milliseconds(until), milliseconds(now), life(until, now)
        return bool(
            await self._server.call(_CLAIM, lambda era: [f"aldaba:{era}:request:{{{request}}}"], *times)
        )

    async def touch(
        self, handle: str, application: str, now: datetime, idle_since: datetime
    ) -> Session | None:
        """The application's session, touched; None where it is none, another's, or over."""
        times = milliseconds(now), milliseconds(idle_since)
        row = await self._server.call(_TOUCH, _keys(handle, "session"), application, *times)
        session = None if row is None else self._opened(handle, *row)
        if session is None or session.application_id != application or now >= session.expires_at:
            return None  # the sealed body has the last word over the fields beside it
        return session

    async def open(self, session: Session, now: datetime) -> None:
        """Raises ``HouseUnavailable`` where the handle is taken: so many random bits never meet by chance."""
        values = life(session.expires_at, now), *self._values(session)
        if not await self._server.call(_OPEN, _keys(session.handle, "session"), *values):
            raise HouseUnavailable(PART)

    async def find(self, handle: str) -> tuple[Session | None, bytes]:
        """The session, whatever its age, and its version."""
        names = ("body", "touched", "ending", "version")
        body, touched, ending, version = await self._server.fields(_keys(handle, "session"), names)
        if body is None or ending is not None:
            return None, b""
        return self._opened(handle, body, int(touched)), version

    async def change(self, session: Session, version: bytes) -> bool | None:
        """Whether it was replaced; None when it has to be read again first."""
        keys = _keys(session.handle, "session", "lock")
        body, application, expires, _, successor = self._values(session)
        done = await self._server.call(_CHANGE, keys, version, body, application, expires, successor)
        return None if done == 0 else done == 1

    async def hold(self, handle: str) -> Held | None:
        """The session under a lock of our own; None while it is somebody else's."""
        token = self._random_bytes(16).hex()
        keys = _keys(handle, "session", "lock")
        try:
            row = await self._server.call(_HOLD, keys, token, LOCK_MILLISECONDS)
        except HouseUnavailable:
            with suppress(HouseUnavailable):  # only the answer may be lost, and the lock be ours
                await self.release(Held(handle, token, None), usable=True)
            raise
        if row is None:
            return None
        return Held(handle, token, self._opened(handle, *row) if row[0] else None)

    async def suspend(self, held: Held) -> None:
        """Let nobody in by it from now on. Raises ``HouseUnavailable`` when the lock is lost."""
        if not await self._server.call(_SUSPEND, _keys(held.handle, "session", "lock"), held.token):
            raise HouseUnavailable(PART)

    async def place(self, held: Held, session: Session, now: datetime) -> None:
        """Insert or overwrite, and give the lock back. Raises ``HouseUnavailable`` when the lock is lost."""
        lasts = life(session.expires_at, now)
        if session.successor is not None:
            tombstones = _keys(session.successor, "tombstones")
            await self._server.call(_POINT, tombstones, session.handle, lasts)
        values = held.token, lasts, *self._values(session)
        if not await self._server.call(_PLACE, _keys(session.handle, "session", "lock"), *values):
            raise HouseUnavailable(PART)

    async def erase(self, held: Held) -> None:
        """Erase it with its keys and its tombstones. Raises ``HouseUnavailable`` when the lock is lost."""
        keys = _keys(held.handle, "session", "lock", "tombstones")
        tombstones = await self._server.call(_ERASE, keys, held.token)
        if tombstones is None:
            raise HouseUnavailable(PART)
        for each in tombstones:
            await self._server.call(_BURY, _keys(each.decode(), "session"), held.handle)

    async def release(self, held: Held, *, usable: bool) -> None:
        """Give the lock back; a session that was suspended by its holder is usable again, or never more."""
        await self._server.call(_RELEASE, _keys(held.handle, "session", "lock"), held.token, int(usable))

    def _values(self, session: Session) -> tuple[bytes, str, int, int, str]:
        return (
            self._sealed(session),
            session.application_id,
            milliseconds(session.expires_at),
            milliseconds(session.touched_at),
            session.successor or "",
        )

    def _sealed(self, session: Session) -> bytes:
        key, nonce = self._keyring().current(KeyName.STORAGE), self._random_bytes(NONCE_BYTES)
        return seal(key, body_of(session), session_place(session.handle), nonce)

    def _opened(self, handle: str, body: bytes, touched: int) -> Session | None:
        try:
            plain = open_sealed(self._keyring(), KeyName.STORAGE, body, session_place(handle))
        except CannotOpen:
            return None  # somebody wrote into the server, or its key is gone: the session is no good
        session = _READ.decode(plain)
        # Fresh from the decoder, nobody else's yet: a copy of every field would cost more than the decoding.
        object.__setattr__(session, "touched_at", moment_of(touched))
        return session


def _keys(handle: str, *names: str) -> Callable[[str], list[str]]:
    # The braces make the handle the hash tag: all keys of one session lie in one slot of a cluster.
    return lambda era: [f"aldaba:{era}:{name}:{{{handle}}}" for name in names]


def life(until: datetime, now: datetime) -> Any:
    """Milliseconds that a key lives by the server's own time."""
    return max(milliseconds(until + timedelta(seconds=SLACK_SECONDS)) - milliseconds(now), 1)
