"""The SMPP client against an SMSC written by others: the Rust core of ``smpp34``, plain and behind TLS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
import smpp34
from tests.backends.delivery.carriers import MESSAGES, Proof, check, phone_of, prove, text_of
from tests.backends.delivery.certificates import Certificates
from tests.backends.delivery.serving import closed_port, relayed
from tests.backends.delivery.stub_smsc import receipt_text

FIRST_ID = 0xA0000

Ids = tuple[Callable[[int], str], Callable[[int], str]]
"""How the SMSC writes an id in its answer, and how in the receipt."""

HEX_THEN_DECIMAL: Ids = (lambda number: f"{number:x}", lambda number: f"{number:010}")
DECIMAL_THEN_HEX: Ids = (str, lambda number: f"{number:08X}")
SAME: Ids = (lambda number: f"M-{number}", lambda number: f"M-{number}")


@dataclass
class Carrier:
    """Answers every message; a third of the receipts comes before the answer, a third after, a third last."""

    ids: Ids
    texts: dict[str, str] = field(default_factory=dict)
    unusual: list[str] = field(default_factory=list)
    _late: list[tuple[smpp34.Esme, smpp34.SubmitSmEvent, int]] = field(default_factory=list)

    async def run(self, server: smpp34.Server) -> None:
        sessions = dict[str, smpp34.Esme]()
        async with asyncio.TaskGroup() as work:
            while True:
                event = await server.next()
                if isinstance(event, smpp34.Esme):
                    sessions[event.session_id] = event
                elif isinstance(event, smpp34.SubmitSmEvent):
                    work.create_task(self._take(sessions[event.session_id], event))

    async def _take(self, esme: smpp34.Esme, event: smpp34.SubmitSmEvent) -> None:
        number = FIRST_ID + len(self.texts)
        self._note(event)
        if number % 3 == 0:
            await self._receipt(esme, event, number)
        event.accept(self.ids[0](number))
        if number % 3 == 1:
            await self._receipt(esme, event, number)
        elif number % 3 == 2:
            self._late.append((esme, event, number))
        if len(self.texts) == MESSAGES:
            while self._late:
                await self._receipt(*self._late.pop())

    async def _receipt(self, esme: smpp34.Esme, event: smpp34.SubmitSmEvent, number: int) -> None:
        state = "UNDELIV" if event.destination_addr.endswith("7") else "DELIVRD"
        text = receipt_text(self.ids[1](number), state, self.texts["+" + event.destination_addr][:20])
        answer = await esme.deliver_sm(
            event.source_addr,
            text.encode("ascii", "replace"),
            source_addr=event.destination_addr,
            esm_class=4,
        )
        if not answer.is_success:
            self.unusual.append(f"receipt answered with {answer.command_status:#x}")

    def _note(self, event: smpp34.SubmitSmEvent) -> None:
        if event.data_coding == 8:
            text = event.short_message.decode("utf-16-be")
        else:
            text = event.short_message.replace(b"\x1b\x3c", b"[").replace(b"\x1b\x3e", b"]").decode("latin-1")
            text = text.replace("\x1be", "€")
        self.texts["+" + event.destination_addr] = text
        if (event.registered_delivery, event.dest_addr_ton, event.dest_addr_npi) != (1, 1, 1):
            self.unusual.append(event.destination_addr)


@asynccontextmanager
async def opened(carrier: Carrier) -> AsyncIterator[int]:
    port = closed_port()
    server = smpp34.Server("127.0.0.1", port, system_id="SMSC")
    await server.start()
    running = asyncio.create_task(carrier.run(server))
    try:
        yield port
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await server.stop()


def checked(carrier: Carrier, proof: Proof) -> None:
    check(proof)
    assert carrier.texts == {phone_of(number): text_of(number) for number in range(MESSAGES)}
    assert carrier.unusual == []


@pytest.mark.parametrize(
    "ids", [HEX_THEN_DECIMAL, DECIMAL_THEN_HEX, SAME], ids=["hex-decimal", "decimal-hex", "same"]
)
def test_a_thousand_messages_have_their_receipts(ids: Ids) -> None:
    carrier = Carrier(ids)

    async def story() -> Proof:
        async with opened(carrier) as port:
            return await prove(port, None)

    checked(carrier, asyncio.run(story()))


def test_a_thousand_messages_have_their_receipts_by_tls(certificates: Certificates) -> None:
    carrier = Carrier(HEX_THEN_DECIMAL)

    async def story() -> Proof:
        async with opened(carrier) as port, relayed(port, certificates.server()) as tls_port:
            return await prove(tls_port, str(certificates.authority))

    checked(carrier, asyncio.run(story()))
