"""How each documented error row is provoked over HTTP: one coroutine for each row, by a real condition."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import httpx

from aldaba.contract import Language
from aldaba.domain.lockout import LockKind
from aldaba.sandbox.bank import PASSWORD, PIN, application_device_id
from tests.api.biometric import biometric_login
from tests.api.wire import NEW_PASSWORD, NEW_PIN, Letter, body_for, post, signed_in, temporary
from tests.conftest import Bank
from tests.front_end import FrontEnd


@dataclass(frozen=True, slots=True)
class Provoked:
    """The answer, and the place its body must name."""

    answer: httpx.Response
    location: str | None = None
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a row is provoked: an open bank, and the language its front ends speak."""

    bank: Bank
    language: Language

    async def front(self, *, documented: bool = False) -> FrontEnd:
        front = self.bank.front_end(documented=documented)
        front.language = self.language
        return await front.ready()

    async def limited(self, *operations: str) -> FrontEnd:
        """A front end of an application that was granted these operations only."""
        return replace(await self.bank.limited(*operations), language=self.language)

    async def ended(self) -> FrontEnd:
        """A front end whose session has just ended."""
        front = await self.front()
        await signed_in(front, "15000024")
        assert (await front.logout()).status_code == 204
        return front


Recipe: TypeAlias = Callable[[Scene], Awaitable[Provoked]]
