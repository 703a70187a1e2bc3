"""Two nodes of one bank in one process: one PostgreSQL, one Valkey, one clock that stands until moved."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from tests.conftest import CHEAP
from tests.recovery_front_end import Recovering

from aldaba.cli.database import prepare
from aldaba.service.registration import Grant
from aldaba.settings import load
from aldaba.wiring import House, open_house

APPLICATIONS = 2
TOKEN_LIVES = timedelta(minutes=10)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
FAR_LIMITS = {"policy.secret.looks_per_day": "1000"}
"""Not what histories are about; other tests meet it."""


class StandingClock:
    """Tells the same moment until it is moved. It begins in a time to come, whose days nothing else uses."""

    def __init__(self) -> None:
        self.now = datetime(2031, 3, 3, 16, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Application:
    client_id: str
    secret: str
    token: str | None = None
    good_until: datetime = LONG_AGO


@dataclass(slots=True)
class Nodes:
    """The houses, a client for each, and the applications that ask them."""

    houses: tuple[House, ...]
    clients: tuple[httpx.AsyncClient, ...]
    clock: StandingClock
    applications: list[Application] = field(default_factory=list)

    async def register(self) -> None:
        for number in range(APPLICATIONS):
            registration = self.houses[0].administration.registration
            created = await registration.create(f"history-{number}", Grant(), "test")
            self.applications.append(Application(f"history-{number}", created.secret.reveal()))

    async def sign_in(self) -> None:
        """Fetch new access tokens where the old ones would soon be refused."""
        for application in self.applications:
            if self.clock.now >= application.good_until:
                front = Recovering(self.clients[0], application.client_id, application.secret)
                await front.sign_in()
                application.token, application.good_until = front.token, self.clock.now + TOKEN_LIVES

    def front(self, application: int, node: int) -> Recovering:
        """A front end of this application that asks this node."""
        chosen = self.applications[application]
        return Recovering(self.clients[node], chosen.client_id, chosen.secret, token=chosen.token)

    async def codes_to(self, phone: str) -> list[str]:
        """Every code that was sent to this phone, the oldest first."""
        messages = await self.houses[0].store.read(lambda query: query.messages.to(phone))
        return [message.otp.reveal() for message in reversed(messages) if message.otp is not None]


@asynccontextmanager
async def nodes(folder: Path, given: Mapping[str, str]) -> AsyncIterator[Nodes]:
    """Open both. Nothing works in the background, so that what happens is what was asked for."""
    overrides = {**CHEAP, **FAR_LIMITS, **given}
    settings = load(None, {"ALDABA_DATA": str(folder)}, overrides=overrides)
    prepare(settings)
    clock = StandingClock()
    async with AsyncExitStack() as opened:
        houses = [await opened.enter_async_context(open_house(settings, real=clock)) for _ in range(2)]
        transports = [httpx.ASGITransport(app=house.door, raise_app_exceptions=True) for house in houses]
        clients = [httpx.AsyncClient(transport=each, base_url="http://127.0.0.1:8080") for each in transports]
        for client in clients:
            await opened.enter_async_context(client)
        both = Nodes(tuple(houses), tuple(clients), clock)
        await both.register()
        yield both
