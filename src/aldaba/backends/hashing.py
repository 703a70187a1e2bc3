"""Argon2id on worker threads: libsodium lets go of the interpreter, so every core hashes at once."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aldaba.crypto.digests import Secret
from aldaba.crypto.passwords import HashParameters, dummy_hash, hash_password, needs_rehash, verify_password
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.watching import Unwatched, Watch

T = TypeVar("T")


class ThreadedHasher:
    """Implements ``Hasher``; to be closed when the house closes."""

    def __init__(
        self,
        parameters: HashParameters,
        threads: int,
        watch: Watch | None = None,
        *,
        waiting: int | None = None,
    ) -> None:
        """``waiting``: so many verifications at most are begun or wait for a thread; None for any number."""
        self._parameters = parameters
        self._dummy = dummy_hash(parameters)
        self._threads = threads
        self._watch = watch or Unwatched()
        self._under_way = 0
        self._most = waiting
        self._verifying = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        """Raises ``HouseUnavailable`` (``hashing``), at once where too many wait.

        Raises ``UnacceptableHash`` for no Argon2id string.
        """
        if self._most is not None and self._verifying >= self._most:
            raise HouseUnavailable("hashing")
        self._verifying += 1
        try:
            verified = await self._run(lambda: verify_password(phc or self._dummy, secret.reveal()))
        finally:
            self._verifying -= 1
        return verified and phc is not None

    async def hash(self, secret: Secret) -> str:
        return await self._run(lambda: hash_password(secret.reveal(), self._parameters))

    def needs_rehash(self, phc: str) -> bool:
        return needs_rehash(phc, self._parameters)

    @property
    def waiting(self) -> int:
        """Hashes that have not begun, for want of a thread."""
        return max(0, self._under_way - self._threads)

    def close(self) -> None:
        """Wait for what runs; nothing new is taken."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        asked = began = time.perf_counter()

        def timed() -> T:
            nonlocal began
            began = time.perf_counter()
            return work()

        self._under_way += 1
        try:
            result = await asyncio.get_running_loop().run_in_executor(self._pool, timed)
        except (MemoryError, RuntimeError) as error:
            # Both are ours: too little memory says nothing of the password, and a closed pool nothing at all.
            raise HouseUnavailable("hashing") from error
        finally:
            self._under_way -= 1
        self._watch.hashed(began - asked, time.perf_counter() - began)
        return result
