"""Short counters in the store that keeps everything else."""

from datetime import datetime

from aldaba.domain.quotas import Sliding
from aldaba.service.ports import Store


class StoredTallies:
    """Implements ``Tallies`` by one act each."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        return await self._store.run(lambda act: act.quotas.count(name, ends_at, now, by))

    async def slide(self, window: Sliding, now: datetime, by: int = 1) -> float:
        return window.figure(*await self._store.run(lambda act: act.quotas.slide(window, now, by)))
