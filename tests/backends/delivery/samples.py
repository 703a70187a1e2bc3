"""What the tests send, and the machine's things as tests hold them."""

import asyncio
import time
from dataclasses import dataclass, field

from aldaba.backends.delivery.provider import Channel, Outgoing, Receipt
from aldaba.backends.delivery.smpp import SmppTools
from aldaba.crypto.digests import Secret

CODE = "48151623"
TEXT = f'Tu código "Aldaba" es {CODE} {{otp}} & no lo <compartas>'
"""With what JSON, forms, XML and templates each find special, and with letters outside the GSM alphabet."""
SECRET = "s3cr3t-of-the-account"
PHONE = "+525556093218"
USER = "AC0123"
SENDER = "+525500001111"


def message(
    text: str = TEXT, *, to: str = PHONE, channel: Channel = Channel.SMS, otp: str | None = CODE
) -> Outgoing:
    return Outgoing(to, channel, Secret(text), Secret(otp) if otp else None)


class Waits:
    """Waiting in the tests' hand: remembers how long, and waits until released."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._held: list[tuple[float, asyncio.Event]] = []

    async def __call__(self, seconds: float) -> None:
        event = asyncio.Event()
        self.asked.append(seconds)
        self._held.append((seconds, event))
        await event.wait()

    def release(self, seconds: float | None = None) -> None:
        """Let go whatever waits, or what waits that long."""
        for asked, event in self._held:
            if seconds is None or asked == seconds:
                event.set()
        self._held = [pair for pair in self._held if not pair[1].is_set()]


@dataclass
class Machine:
    """The tools of a provider, and what it told."""

    waits: Waits = field(default_factory=Waits)
    receipts: list[Receipt] = field(default_factory=list)
    link: list[str] = field(default_factory=list)
    now: float | None = None
    """Ticks standing still; None for the machine's own."""

    def tools(self, chance: float = 1.0) -> SmppTools:
        return SmppTools(
            ticks=self.ticks,
            pause=self.waits,
            chance=lambda: chance,
            on_receipt=self.receipts.append,
            on_link=lambda _, what: self.link.append(what),
        )

    def ticks(self) -> float:
        return time.monotonic() if self.now is None else self.now
