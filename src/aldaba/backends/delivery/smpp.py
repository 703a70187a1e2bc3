"""Messages straight to a carrier's SMSC by SMPP 3.4: a provider that keeps one bound transceiver.

The connection is made again whenever it is lost, at once after a long life and otherwise after a growing,
jittered time. While it is known to be down a message fails at once instead of waiting for it.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from aldaba.backends.delivery.provider import (
    MAX_ID_LENGTH,
    Accepted,
    Channel,
    Coverage,
    Outgoing,
    ProviderFailed,
    Receipt,
    Rejected,
    Ticks,
)
from aldaba.backends.delivery.smpp_link import Endpoint, Link, LinkLost, LinkSettings, connect
from aldaba.backends.delivery.smpp_pdu import (
    Command,
    Delivery,
    Pdu,
    Status,
    bind_body,
    cstring,
    phone,
    relative_time,
    sender,
    submit_body,
    submitted_id,
)
from aldaba.backends.delivery.smpp_receipts import ReceiptBook, receipt
from aldaba.backends.delivery.smpp_text import TooLong, segment
from aldaba.crypto.digests import Secret
from aldaba.service.ports import Pause

_REFUSED = frozenset(
    {
        Status.INVALID_MESSAGE_LENGTH,
        Status.INVALID_DESTINATION,
        Status.INVALID_DESTINATION_TON,
        Status.INVALID_DESTINATION_NPI,
    }
)
_THROTTLED = frozenset({Status.THROTTLED, Status.QUEUE_FULL})


@dataclass(frozen=True, slots=True)
class SmppConfig:
    """An account at an SMSC. ``validity_seconds``: the SMSC gives up after that; None leaves it to itself."""

    name: str
    host: str
    port: int
    system_id: str
    password: Secret
    sender: str
    coverage: Coverage = field(default_factory=Coverage)
    tls: bool = True
    ca_file: str | None = None
    system_type: str = ""
    window: int = 10
    timeout_seconds: float = 3.0
    connect_seconds: float = 5.0
    enquire_seconds: float = 30.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    validity_seconds: int | None = 300

    def __post_init__(self) -> None:
        seconds = (self.timeout_seconds, self.connect_seconds, self.enquire_seconds, self.first_wait_seconds)
        if self.window < 1 or min(seconds) <= 0 or self.longest_wait_seconds < self.first_wait_seconds:
            raise ValueError(f"{self.name}: window and seconds are positive, the longest wait the longest")
        if self.validity_seconds is not None and not 0 < self.validity_seconds < 86_400:
            raise ValueError(f"{self.name}: validity_seconds is less than a day")
        try:
            for text in (self.system_id, self.password.reveal(), self.system_type, self.sender):
                cstring(text)
        except ValueError as trouble:
            raise ValueError(f"{self.name}: {trouble}") from None


@dataclass(frozen=True, slots=True)
class SmppTools:
    """What the machine gives: time, waiting, chance in [0, 1), and ears for receipts and for the link."""

    ticks: Ticks
    pause: Pause
    chance: Callable[[], float]
    on_receipt: Callable[[Receipt], None]
    on_link: Callable[[str, str], None]
    """Told the provider's name and "bound", or why it no longer is."""


class SmppProvider:
    """Implements ``Provider``."""

    def __init__(self, config: SmppConfig, tls: ssl.SSLContext | None, tools: SmppTools) -> None:
        self._config = config
        self._endpoint = Endpoint(config.host, config.port, tls)
        self._settings = LinkSettings(config.window, config.enquire_seconds, config.timeout_seconds)
        self._tools = tools
        self._book = ReceiptBook(tools.ticks)
        self._link: Link | None = None
        self._why = "not bound"
        self._settled = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def name(self) -> str:
        return self._config.name

    def serves(self, to: str, channel: Channel) -> bool:
        return channel is Channel.SMS and self._config.coverage.includes(to, channel)

    async def open(self) -> None:
        if self._keeper is None and not self._closed:
            self._keeper = asyncio.create_task(self._keep_bound())

    async def close(self) -> None:
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))

    async def deliver(self, message: Outgoing) -> Accepted:
        body = self._encoded(message)
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                link = await self._bound()
                answer = await link.submit(body)
        except TimeoutError:
            raise ProviderFailed(self.name, "slow") from None
        except LinkLost as lost:
            raise ProviderFailed(self.name, lost.why) from None
        return self._judged(answer, message.to)

    def _encoded(self, message: Outgoing) -> bytes:
        config = self._config
        validity = "" if config.validity_seconds is None else relative_time(config.validity_seconds)
        try:
            content = segment(message.text.reveal())
        except TooLong as trouble:
            raise Rejected(self.name, str(trouble)) from None
        return submit_body(sender(config.sender), phone(message.to), content, validity)

    def _judged(self, answer: Pdu, to: str) -> Accepted:
        if answer.status in _REFUSED:
            raise Rejected(self.name, f"refused with status {answer.status:#x}")
        if answer.status in _THROTTLED:
            raise ProviderFailed(self.name, "throttled")
        if answer.command != Command.SUBMIT_SM_RESP or answer.status != Status.OK:
            raise ProviderFailed(self.name, f"status {answer.status:#x}")
        message_id = submitted_id(answer.body)
        if not 0 < len(message_id) <= MAX_ID_LENGTH or not message_id.isprintable():
            raise ProviderFailed(self.name, "garbage: no message id")
        for fate in self._book.awaits(message_id, to):
            self._tools.on_receipt(Receipt(self.name, message_id, fate))
        return Accepted(self.name, message_id)

    def _delivered(self, taken: Delivery) -> None:
        word = receipt(taken)
        message_id = self._book.arrived(word) if word else None
        if word and message_id:
            self._tools.on_receipt(Receipt(self.name, message_id, word.fate))

    async def _bound(self) -> Link:
        """The link; waits while one is being made, and only then."""
        await self.open()
        if not self._closed:
            await self._settled.wait()
        if self._link is None:
            raise LinkLost(self._why)
        return self._link

    async def _keep_bound(self) -> None:
        short_lives = 0
        try:
            while True:
                self._settled.clear()
                began = self._tools.ticks()
                self._note(await self._one_life())
                lived = self._tools.ticks() - began
                short_lives = 0 if lived >= self._config.longest_wait_seconds else short_lives + 1
                if short_lives:
                    await self._tools.pause(self._wait_after(short_lives))
        finally:
            self._note("closed")

    async def _one_life(self) -> str:
        """A link from its making to its end; answers why it ended."""
        try:
            async with asyncio.timeout(self._config.connect_seconds):
                link = await self._made()
        except TimeoutError:
            return "slow"
        except LinkLost as lost:
            return lost.why
        try:
            self._link = link
            self._settled.set()
            self._tools.on_link(self.name, "bound")
            return await link.ended()
        finally:
            self._link = None
            await link.unbind()

    async def _made(self) -> Link:
        config = self._config
        link = await connect(self._endpoint, self._settings, self._tools.pause, self._delivered)
        bound = False
        try:
            body = bind_body(config.system_id, config.password.reveal(), config.system_type)
            answer = await link.request(Command.BIND_TRANSCEIVER, body)
            bound = answer.command == Command.BIND_TRANSCEIVER_RESP and answer.status == Status.OK
            if not bound:
                raise LinkLost(f"bind refused with status {answer.status:#x}")
        finally:
            if not bound:
                await link.close("not bound")
        return link

    def _note(self, why: str) -> None:
        self._why = why
        self._settled.set()
        self._tools.on_link(self.name, why)

    def _wait_after(self, short_lives: int) -> float:
        """Doubled each time up to the longest, then between half and all of it: a herd does not stay one."""
        config = self._config
        doubled = config.first_wait_seconds * 2.0 ** min(short_lives - 1, 30)
        return min(doubled, config.longest_wait_seconds) * (0.5 + self._tools.chance() / 2)
