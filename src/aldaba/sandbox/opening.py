"""Opens the ready-made bank once, puts it back on demand, and gives its doors."""

import msgspec
from starlette.routing import Route

from aldaba.sandbox.bank import Bank
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.faults import Faults
from aldaba.sandbox.page_token import PageTokens
from aldaba.sandbox.routes import Diagnoses, SandboxRoutes, Simulators
from aldaba.sandbox.vendor import SandboxVendor
from aldaba.service.customer_import import CustomerImport
from aldaba.service.ports import Store
from aldaba.service.token_administration import TokenAdministration

OPENED = "sandbox bank"


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
        self.diagnoses = Diagnoses()

    async def open(self) -> None:
        """Import the ready-made customers unless they are there already."""
        if await self._store.read(lambda query: query.house.get(OPENED)) is None:
            await self._fill()

    async def reset(self) -> None:
        """The ready-made customers back to their first state; everything else stays."""
        await self._store.run(self._bank.forget)
        await self._fill()

    async def _fill(self) -> None:
        lines = [msgspec.json.encode(line) for line in self._bank.lines()]
        report = await self._importing.import_lines(lines, actor="sandbox")
        if report.refused_count:
            raise ValueError(f"the ready-made bank is not in order: {report.refused}")
        await self._store.run(self._bank.finish)
        await self._store.run(lambda act: act.house.put(OPENED, "open"))

    async def token_response(self, customer_id: str, challenge: str) -> str | None:
        """What the customer's token shows; None without one, or for a question its suite does not take."""
        return await self._tokens.response(customer_id, challenge)

    def vendor_jwt(self, customer_id: str, grant: str, representative: str | None = None) -> str:
        """What the soft-token vendor signs for the customer."""
        return self._vendor.mint(customer_id, grant, representative)

    def routes(self, allow_from: tuple[str, ...]) -> list[Route]:
        return SandboxRoutes(
            self._store,
            self._clock,
            self.faults,
            self.diagnoses,
            Simulators(self.token_response, self.vendor_jwt, self._page_tokens.issue),
            self._bank.told,
            self.reset,
            allow_from,
        ).routes()
