"""Providers in order, inside one time budget, each behind a circuit breaker.

Every provider still to be tried gets an equal share of the time that is left, so that one that hangs cannot
eat the budget of the next. A share used up counts as the provider's failure. A slow provider may bring the
message after all; the customer then reads the same code twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aldaba.backends.delivery.provider import (
    Accepted,
    Channel,
    Language,
    Outgoing,
    Provider,
    ProviderFailed,
    Rejected,
    Ticks,
)
from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed


@dataclass(frozen=True, slots=True)
class FailoverSettings:
    """``failures`` in a row open a provider's breaker for ``open_seconds``; then one message probes it."""

    budget_seconds: float = 6.0
    failures: int = 5
    open_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.budget_seconds <= 0 or self.failures < 1 or self.open_seconds < 0:
            raise ValueError("budget and failures are positive, the open time is not negative")


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a message at one provider: for metrics and logs, so without phone and text."""

    provider: str
    outcome: Outcome
    seconds: float
    why: str = ""
    message_id: str = ""


Observe = Callable[[Attempt], None]


def _unobserved(attempt: Attempt) -> None:
    """For a house that counts nothing."""


class Breaker:
    """Keeps messages from a provider that failed several times in a row."""

    def __init__(self, settings: FailoverSettings, ticks: Ticks) -> None:
        self._settings = settings
        self._ticks = ticks
        self._failures = 0
        self._open_until: float | None = None
        self._probing = False

    def ready(self) -> bool:
        """Whether a message may try: always while closed, one at a time once the open time is over."""
        return self._open_until is None or (not self._probing and self._ticks() >= self._open_until)

    def claim(self) -> bool:
        """Take the turn; whoever got it must settle it by one of the three below."""
        if not self.ready():
            return False
        self._probing = self._open_until is not None
        return True

    def worked(self) -> None:
        self._failures = 0
        self._open_until = None
        self._probing = False

    def failed(self) -> None:
        self._failures += 1
        opens = self._open_until is None and self._failures >= self._settings.failures
        # A failure of an attempt older than the opening must not lengthen the open time.
        if opens or self._probing:
            self._open_until = self._ticks() + self._settings.open_seconds
        self._probing = False

    def undecided(self) -> None:
        """The attempt ended without saying anything of the provider (its caller went away)."""
        self._probing = False


@dataclass(frozen=True, slots=True)
class _Route:
    provider: Provider
    breaker: Breaker


class Failover:
    """Implements ``Delivery``: the first provider that accepts has it."""

    def __init__(
        self,
        providers: Sequence[Provider],
        settings: FailoverSettings,
        ticks: Ticks,
        observe: Observe = _unobserved,
    ) -> None:
        self._routes = tuple(_Route(provider, Breaker(settings, ticks)) for provider in providers)
        self._budget = settings.budget_seconds
        self._ticks = ticks
        self._observe = observe

    def routes(self, to: str, channel: str) -> bool:
        """Whether any provider is for this phone; says nothing of whether it works just now."""
        return bool(self._routes_for(to, Channel(channel)))

    async def open(self) -> None:
        for route in self._routes:
            await route.provider.open()

    async def close(self) -> None:
        await asyncio.gather(*(route.provider.close() for route in self._routes))

    async def send(
        self, to: str, channel: str, text: Secret, otp: Secret | None = None, *, language: Language = "es"
    ) -> str:
        message = Outgoing(to, Channel(channel), text, otp, language)
        routes = self._routes_for(to, message.channel)
        ends_at = self._ticks() + self._budget
        for place, route in enumerate(routes):
            left = ends_at - self._ticks()
            if left <= 0:
                break
            if not route.breaker.claim():
                self._observe(Attempt(route.provider.name, Outcome.SKIPPED, 0.0, "breaker open"))
                continue
            after = sum(other.breaker.ready() for other in routes[place + 1 :])
            if await self._accepted(route, message, left / (after + 1)):
                return route.provider.name
        raise BackendFailed("delivery")

    def _routes_for(self, to: str, channel: Channel) -> tuple[_Route, ...]:
        return tuple(route for route in self._routes if route.provider.serves(to, channel))

    async def _accepted(self, route: _Route, message: Outgoing, share: float) -> bool:
        started = self._ticks()
        settled = False
        try:
            attempt = await self._attempt(route, message, share, started)
            settled = True
        finally:
            # Cancelled or crashed: the probe must not stay taken for ever.
            if not settled:
                route.breaker.undecided()
        self._observe(attempt)
        return attempt.outcome is Outcome.ACCEPTED

    async def _attempt(self, route: _Route, message: Outgoing, share: float, started: float) -> Attempt:
        name = route.provider.name
        try:
            accepted = await _within(share, route.provider, message)
        except Rejected as refusal:
            # It answered, so it works: no fault of the provider.
            route.breaker.worked()
            return Attempt(name, Outcome.REJECTED, self._ticks() - started, refusal.why)
        except ProviderFailed as failure:
            route.breaker.failed()
            return Attempt(name, Outcome.FAILED, self._ticks() - started, failure.why)
        route.breaker.worked()
        seconds = self._ticks() - started
        return Attempt(name, Outcome.ACCEPTED, seconds, message_id=accepted.message_id)


async def _within(seconds: float, provider: Provider, message: Outgoing) -> Accepted:
    try:
        async with asyncio.timeout(seconds):
            return await provider.deliver(message)
    except TimeoutError:
        raise ProviderFailed(provider.name, "slow") from None
