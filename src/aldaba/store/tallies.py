"""Short counters in the store that keeps everything else."""

from datetime import datetime

from aldaba.service.ports import Store


class StoredTallies:
    """Implements ``Tallies`` by one act each."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        return await self._store.run(lambda act: act.quotas.count(name, ends_at, now, by))
