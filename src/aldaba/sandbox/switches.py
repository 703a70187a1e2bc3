"""The fault switches as every node of a house has them: kept in the store, followed by each."""

import asyncio
from collections.abc import Mapping

import msgspec

from aldaba.sandbox.faults import Faults, is_mode
from aldaba.service.ports import Store, Transaction

STATE = "sandbox faults"


class Switches:
    """Turns the ``faults`` of this node, and has the others turn theirs."""

    def __init__(self, faults: Faults, store: Store) -> None:
        self._faults = faults
        self._store = store
        self._followed: Mapping[str, str] = {}
        # What was read first must not be applied last: it would turn a switch back.
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Follow what was turned since we last looked: by another node, or before we started."""
        async with self._turn:
            self._follow(await self._store.read(_kept))

    async def turn(self, backend: str, mode: str) -> bool:
        """False, and nothing turned, when there is no such part or mode."""
        if not is_mode(backend, mode):
            return False
        async with self._turn:
            self._follow(await self._store.run(lambda act: _put(act, {**_kept(act), backend: mode})))
        return True

    async def clear(self) -> None:
        """Every part is ``ok`` again."""
        async with self._turn:
            self._follow(await self._store.run(lambda act: _put(act, {})))

    def _follow(self, kept: Mapping[str, str]) -> None:
        if kept != self._followed:
            self._followed = kept
            self._faults.modes = dict(kept)


def _kept(transaction: Transaction) -> dict[str, str]:
    return msgspec.json.decode(transaction.house.get(STATE) or "{}", type=dict[str, str])


def _put(transaction: Transaction, modes: dict[str, str]) -> dict[str, str]:
    transaction.house.put(STATE, msgspec.json.encode(modes).decode())
    return modes
