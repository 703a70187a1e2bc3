"""One connection to an SMSC: requests and their answers, the window, signs of life, the end.

A link lives once: when it ends, for whatever reason, everything that waits on it is told why, and
``smpp.py`` makes another.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from aldaba.backends.delivery.smpp_pdu import (
    HEADER_BYTES,
    MAX_SEQUENCE,
    RESPONSE,
    Command,
    Delivery,
    Malformed,
    Pdu,
    Status,
    delivery,
    header,
)
from aldaba.service.ports import Pause


class LinkLost(Exception):
    """The connection is no more, or never was."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """``window``: messages under way at once; ``enquire_seconds``: silence after which life is asked for."""

    window: int
    enquire_seconds: float
    answer_seconds: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    host: str
    port: int
    tls: ssl.SSLContext | None


async def connect(
    endpoint: Endpoint, settings: LinkSettings, pause: Pause, on_delivery: Callable[[Delivery], None]
) -> "Link":
    """A link, not yet bound. Raises ``LinkLost``."""
    # With TLS, the loop waits for the other side's farewell, by default half a minute.
    farewell = None if endpoint.tls is None else 1.0
    try:
        reader, writer = await asyncio.open_connection(
            endpoint.host, endpoint.port, ssl=endpoint.tls, ssl_shutdown_timeout=farewell
        )
    except ssl.SSLError:
        raise LinkLost("TLS") from None
    except OSError:
        raise LinkLost("down") from None
    return Link(reader, writer, settings, pause, on_delivery)


class Link:
    """A connection and the two tasks that keep it: one reads, one asks for signs of life."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        settings: LinkSettings,
        pause: Pause,
        on_delivery: Callable[[Delivery], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._settings = settings
        self._pause = pause
        self._on_delivery = on_delivery
        self._awaiting = dict[int, asyncio.Future[Pdu]]()
        self._slots = asyncio.Semaphore(settings.window)
        self._sequence = 0
        self._heard = True
        self._why: str | None = None
        self._reading = asyncio.create_task(self._read())
        self._asking = asyncio.create_task(self._ask_for_life())

    async def request(self, command: Command, body: bytes = b"") -> Pdu:
        """The answer to a request; the caller bounds the wait. Raises ``LinkLost``."""
        if self._why is not None:
            raise LinkLost(self._why)
        sequence = self._next_sequence()
        answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._awaiting[sequence] = answer
        try:
            self._writer.write(Pdu(command, sequence, body=body).encode())
            return await answer
        finally:
            del self._awaiting[sequence]

    async def submit(self, body: bytes) -> Pdu:
        """A submit_sm within the window."""
        async with self._slots:
            return await self.request(Command.SUBMIT_SM, body)

    async def ended(self) -> str:
        """Waits for the end of the link and answers why."""
        await asyncio.wait((self._reading,))
        return self._why or "connection lost"

    async def unbind(self) -> None:
        """Take leave (4.2) and close, whether or not the other side answers."""
        try:
            async with asyncio.timeout(self._settings.answer_seconds):
                await self.request(Command.UNBIND)
        except (LinkLost, TimeoutError):
            pass
        finally:
            await self.close("closed")

    async def close(self, why: str) -> None:
        self._end(why)
        self._reading.cancel()
        await asyncio.wait((self._reading, self._asking))
        try:
            async with asyncio.timeout(self._settings.answer_seconds):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % MAX_SEQUENCE + 1
        return self._sequence

    def _end(self, why: str) -> None:
        """Only the first reason counts."""
        if self._why is not None:
            return
        self._why = why
        self._asking.cancel()
        self._writer.close()
        for answer in self._awaiting.values():
            if not answer.done():
                answer.set_exception(LinkLost(why))

    async def _read(self) -> None:
        why = "connection lost"
        try:
            while (pdu := await self._next_pdu()).command != Command.UNBIND:
                self._heard = True
                self._take(pdu)
                # An SMSC that sends without reading must not fill our memory with answers.
                await self._writer.drain()
            self._answer(pdu, Command.UNBIND_RESP)
            why = "unbound by the other side"
        except Malformed:
            why = "garbage"
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._end(why)

    async def _next_pdu(self) -> Pdu:
        pdu, length = header(await self._reader.readexactly(HEADER_BYTES))
        body = await self._reader.readexactly(length)
        return Pdu(pdu.command, pdu.sequence, pdu.status, body)

    def _take(self, pdu: Pdu) -> None:
        if pdu.command & RESPONSE:
            # Nobody waits for an answer that is late, or to a request never made.
            answer = self._awaiting.get(pdu.sequence)
            if answer is not None and not answer.done():
                answer.set_result(pdu)
        elif pdu.command == Command.ENQUIRE_LINK:
            self._answer(pdu, Command.ENQUIRE_LINK_RESP)
        elif pdu.command == Command.DELIVER_SM:
            self._take_delivery(pdu)
        else:
            self._answer(pdu, Command.GENERIC_NACK, Status.INVALID_COMMAND)

    def _take_delivery(self, pdu: Pdu) -> None:
        try:
            taken = delivery(pdu.body)
        except Malformed:
            # Said to be permanent: the SMSC must not send the same again.
            self._answer(pdu, Command.DELIVER_SM_RESP, Status.REJECTED_BY_RECEIVER, b"\0")
            return
        self._answer(pdu, Command.DELIVER_SM_RESP, body=b"\0")
        self._on_delivery(taken)

    def _answer(self, pdu: Pdu, command: Command, status: int = Status.OK, body: bytes = b"") -> None:
        self._writer.write(Pdu(command, pdu.sequence, status, body).encode())

    async def _ask_for_life(self) -> None:
        """An enquire_link (4.11) after a time without a word; no answer ends the link."""
        while True:
            self._heard = False
            await self._pause(self._settings.enquire_seconds)
            if self._heard:
                continue
            try:
                async with asyncio.timeout(self._settings.answer_seconds):
                    await self.request(Command.ENQUIRE_LINK)
            except TimeoutError:
                self._end("silent")
                self._reading.cancel()
                return
