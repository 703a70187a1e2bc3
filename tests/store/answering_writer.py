"""Run by tests as a process of its own: writes to the database it is told, and prints what was answered."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from tests.store.houses import NOON, sqlite_store

IN_FLIGHT = 16


async def write_until_killed(path: Path) -> None:
    """Acts without end, each number printed when its act was answered and not before."""
    store = sqlite_store(path)
    numbers = count()

    async def write() -> None:
        for number in numbers:
            await store.run(lambda transaction, it=number: transaction.house.put(str(it), "done"))  # type: ignore[misc]  # no type is inferred for a lambda with a default
            print(number, flush=True)  # noqa: T201 - the test reads it

    await asyncio.gather(*(write() for _ in range(IN_FLIGHT)))


def count_to(path: Path, times: int) -> None:
    """Count so many times, each in an act of its own."""
    store = sqlite_store(path)
    for _ in range(times):
        store.run_blocking(lambda it: it.quotas.count("q", NOON.replace(year=2030), NOON))
    store.close()


if __name__ == "__main__":
    if sys.argv[1] == "until-killed":
        asyncio.run(write_until_killed(Path(sys.argv[2])))
    else:
        count_to(Path(sys.argv[2]), int(sys.argv[3]))
