"""A server's background work: what it does again and again beside answering requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aldaba.domain.refusals import HouseUnavailable
from aldaba.observability import RequestLog

Work = tuple[float, Callable[[], Awaitable[object]]]
"""Something a server does again and again, and how many seconds lie between."""


@asynccontextmanager
async def at_work(work: list[Work], log: RequestLog) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_again_and_again(seconds, act, log)) for seconds, act in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(seconds: float, act: Callable[[], Awaitable[object]], log: RequestLog) -> None:
    while True:
        try:
            await act()
        except HouseUnavailable as away:
            log.notice("background work waits", part=away.part)
        except Exception as trouble:  # noqa: BLE001 - one failed round must not end the work for good
            log.crash("background work", trouble)
        await asyncio.sleep(seconds)
