"""The ready-made bank as its doors use it: opened once, put back on demand; clock, faults, simulators."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from aldaba.domain.policy import Policy
from aldaba.domain.token import Token, TokenAct
from aldaba.sandbox.bank import Bank
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.diagnoses import Diagnoses
from aldaba.sandbox.faults import Faults
from aldaba.sandbox.page_token import PageToken, PageTokens
from aldaba.sandbox.switches import Switches
from aldaba.sandbox.vendor import SandboxVendor
from aldaba.service.customer_import import CustomerImport
from aldaba.service.ports import Message, Store
from aldaba.service.token_administration import Enrolment, TokenAdministration

OPENED = "sandbox bank"
ACTOR = "sandbox"
SHOWN = 50
"""The most messages the inbox shows."""


class Sandbox:
    """The ready-made bank with its switches; it works on the bare store, so that faults never hold it up."""

    def __init__(
        self,
        bank: Bank,
        importing: CustomerImport,
        tokens: TokenAdministration,
        vendor: SandboxVendor,
        store: Store,
        clock: SandboxClock,
        faults: Faults,
        policy: Policy,
        page_tokens: PageTokens,
    ) -> None:
        self._bank = bank
        self._importing = importing
        self._tokens = tokens
        self._vendor = vendor
        self._store = store
        self._clock = clock
        self._page_tokens = page_tokens
        self.faults = faults
        self._switches = Switches(faults, store)
        self.policy = policy
        self.diagnoses = Diagnoses()

    async def page_token(self) -> PageToken | None:
        """A short-lived access token for the portal's own page."""
        return await self._page_tokens.issue()

    async def open(self) -> None:
        """Import the ready-made customers unless they are there already."""
        if await self._store.read(lambda query: query.house.get(OPENED)) is None:
            await self._fill()

    async def reset(self) -> None:
        """Faults off, the ready-made customers back to their first state; everything else stays."""
        await self._switches.clear()
        await self._store.run(self._bank.forget)
        await self._fill()

    async def _fill(self) -> None:
        lines = [msgspec.json.encode(line) for line in self._bank.lines()]
        report = await self._importing.import_lines(lines, actor=ACTOR)
        if report.refused_count:
            raise ValueError(f"the ready-made bank is not in order: {report.refused}")
        await self._store.run(self._bank.finish)
        await self._store.run(lambda act: act.house.put(OPENED, "open"))

    def customers(self) -> list[dict[str, Any]]:
        """Import lines of the ready-made customers, what each is for, and the private halves."""
        return self._bank.told()

    async def messages_to(self, phone: str) -> tuple[Message, ...]:
        """What SMS and voice delivered to the phone, newest first."""
        return await self._store.read(lambda query: query.messages.to(phone))

    async def messages(self) -> tuple[Message, ...]:
        """What was delivered to whomever, newest first."""
        return await self._store.read(lambda query: query.messages.newest(SHOWN))

    async def follow(self) -> None:
        """Take over the clock's moves and the faults that another node was told of."""
        await self._clock.load(self._store)
        await self._switches.load()

    async def switch(self, backend: str, mode: str) -> bool:
        """Puts a part in a mode, on every node. False when there is no such part or mode."""
        return await self._switches.turn(backend, mode)

    def now(self) -> datetime:
        return self._clock()

    async def advance(self, by: timedelta) -> bool:
        """False, and nothing moved, when it would go further than a sandbox has use for."""
        return await self._clock.advance(self._store, by)

    async def reset_clock(self) -> None:
        await self._clock.reset(self._store)

    async def token(self, customer_id: str) -> Token | None:
        return await self._tokens.show(customer_id)

    async def token_response(self, customer_id: str, challenge: str) -> str | None:
        """What the customer's token shows; None without one, or for a question its suite does not take."""
        return await self._tokens.response(customer_id, challenge)

    async def enrol(self, serial: str) -> Enrolment:
        """A pre-assigned soft token's seed, made anew. Raises ``Refused`` for any other token."""
        return await self._tokens.enrol(serial, ACTOR)

    async def activate(self, serial: str) -> Token:
        """The enrolled soft token serves from now on. Raises ``Refused`` for a token in another state."""
        return await self._tokens.act(serial, TokenAct.ACTIVATE, ACTOR)

    def vendor_jwt(self, customer_id: str, grant: str, representative: str | None = None) -> str:
        """What the soft-token vendor signs for the customer."""
        return self._vendor.mint(customer_id, grant, representative)
