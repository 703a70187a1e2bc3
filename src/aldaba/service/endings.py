"""Work whose end is waited for, also by whoever is cancelled meanwhile."""

import asyncio
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def ended(work: asyncio.Future[T]) -> T:
    """Its answer. A caller that is cancelled goes on being so only when the work has ended.

    So what it does next comes after the work, and the work itself is never cut short.
    """
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # taken, or the loop would complain that nobody did
        raise
