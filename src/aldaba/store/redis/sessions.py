"""Sessions in Valkey or Redis: request ids claimed, sessions admitted, opened and changed by scripts."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from aldaba.domain.policy import SessionPolicy
from aldaba.domain.refusals import HouseUnavailable
from aldaba.domain.session import Session
from aldaba.service.ports import Admission, Arrival, Arrived, Sessions
from aldaba.store.redis.acts import SessionsBeside
from aldaba.store.redis.rows import Rows
from aldaba.store.redis.server import PART
from aldaba.store.request_ids import request_key

TURNS = 300
"""A change is tried so often at most; each turn some other change of the same session was made."""

LONGEST_TURN_SECONDS = 0.02


class RedisSessions:
    """Implements ``Sessions``; a request id without a session is claimed in the durable store too.

    So a flush forgets only ids whose sessions it ended: nothing they could be replayed in.
    """

    def __init__(self, rows: Rows, store: SessionsBeside, durable: Sessions, rules: SessionPolicy) -> None:
        self._rows = rows
        self._store = store
        self._durable = durable
        self._idle = timedelta(seconds=rules.idle_seconds)

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        request = f"{arrival.application_id}/{request_key(arrival.request_id).hex()}"
        if not await self._rows.claim(request, arrival.remembered_until, now):
            return Admission(Arrived.REPEATED, None)
        if arrival.handle is not None:
            touched = await self._rows.touch(arrival.handle, arrival.application_id, now, now - self._idle)
            return Admission(Arrived.FRESH, touched)
        # In the very table that serves a house without this server: turning it on or off forgets no id.
        outcome = (await self._durable.arrive(replace(arrival, opens=None), now)).outcome
        if outcome is not Arrived.FRESH or arrival.opens is None:
            return Admission(outcome, None)
        await self._rows.open(arrival.opens, now)
        return Admission(Arrived.FRESH, arrival.opens)

    async def find(self, handle: str, now: datetime) -> Session | None:
        session, _ = await self._rows.find(handle)
        if session is None or now >= session.expires_at:
            return None
        return session if session.successor is not None or now < session.touched_at + self._idle else None

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        async with self._store.turns.of(handle):
            return await self._changed(handle, rule)

    async def _changed(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        for turn in range(TURNS):
            session, version = await self._rows.find(handle)
            changed = None if session is None else rule(session)
            if changed is None or changed is session:
                return changed
            done = await self._rows.change(changed, version)
            if done is not None:
                return changed if done else None
            await asyncio.sleep(min(turn / 1000, LONGEST_TURN_SECONDS))
        raise HouseUnavailable(PART)

    async def end(self, handle: str) -> None:
        await self._store.run(lambda act: act.sessions.end(handle))

    async def sweep(self, now: datetime) -> None:
        """What is here goes by itself; the durable store's marks and counters have to be swept."""
        await self._durable.sweep(now)
