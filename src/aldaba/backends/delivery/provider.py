"""What every provider of messages takes, answers and raises; its docstrings are the contract.

Facts in a refusal or failure are this house's words and status numbers, never a piece of the message or of
the answer: the code may be in both.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from aldaba.crypto.digests import Secret

Language = Literal["es", "en"]

Ticks = Callable[[], float]
"""Seconds that only ever grow (a monotonic clock)."""

MAX_ID_LENGTH = 128


class Channel(StrEnum):
    SMS = "sms"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text for a phone: ``to`` is E.164 with its plus sign; ``otp`` is the code within the text, if any."""

    to: str = field(repr=False)
    channel: Channel
    text: Secret
    otp: Secret | None = None
    language: Language = "es"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message and calls it this."""

    provider: str
    message_id: str


class Rejected(Exception):
    """The provider works, but refuses this number or this message; another provider may still take it."""

    def __init__(self, provider: str, why: str) -> None:
        super().__init__(f"{provider}: {why}")
        self.provider = provider
        self.why = why


class ProviderFailed(Exception):
    """The provider did not do its work: down, slow, throttling, talking garbage, or not whom it says."""

    def __init__(self, provider: str, why: str) -> None:
        super().__init__(f"{provider}: {why}")
        self.provider = provider
        self.why = why


class Fate(StrEnum):
    """What became of an accepted message (SMPP 3.4, 5.2.28)."""

    EN_ROUTE = "en route"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNDELIVERABLE = "undeliverable"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's later word on a message, under the id it was accepted with."""

    provider: str
    message_id: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which phones a provider is for; no prefixes means the whole world."""

    channels: frozenset[Channel] = frozenset({Channel.SMS})
    prefixes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.channels or not all(prefix.startswith("+") for prefix in self.prefixes):
            raise ValueError("coverage names a channel, and country prefixes with their plus sign")

    def includes(self, to: str, channel: Channel) -> bool:
        return channel in self.channels and (not self.prefixes or to.startswith(self.prefixes))


class Provider(Protocol):
    """Brings messages to phones. Implementations do not know each other."""

    @property
    def name(self) -> str: ...

    def serves(self, to: str, channel: Channel) -> bool:
        """Whether this phone may be reached through it, working or not."""

    async def open(self) -> None:
        """Make ready what is kept between messages; does not wait for the other side."""

    async def deliver(self, message: Outgoing) -> Accepted:
        """Hand the message over, within a time-out of its own. Raises ``Rejected`` or ``ProviderFailed``."""

    async def close(self) -> None:
        """Let go of everything; a provider is not used afterwards."""
