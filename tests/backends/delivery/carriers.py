"""A thousand messages through an SMSC of somebody else, and every receipt home: what both proofs do."""

import asyncio
import time
from dataclasses import dataclass, replace

from tests.backends.delivery.kinds import smpp_config
from tests.backends.delivery.samples import Machine, message

from aldaba.backends.delivery.catalog import client_context
from aldaba.backends.delivery.provider import Accepted, Fate
from aldaba.backends.delivery.smpp import SmppProvider

MESSAGES = 1_000
WINDOW = 50
SECONDS = 10.0
"""Bound of one proof; a fraction of a second is usual."""


@dataclass(frozen=True, slots=True)
class Proof:
    accepted: list[Accepted]
    fates: dict[str, list[Fate]]
    """What each message id's receipts said."""
    seconds: float


def phone_of(number: int) -> str:
    return f"+5255{60_000_000 + number}"


def text_of(number: int) -> str:
    """Every other text needs letters outside the GSM alphabet."""
    return f"Código {number:08}" if number % 2 else f"[Code] {number:08} €"


async def prove(port: int, ca_file: str | None) -> Proof:
    """Sends them all, waits for all receipts, leaves."""
    machine = Machine()
    config = replace(smpp_config(port, ca_file=ca_file, timeout=SECONDS, window=WINDOW), name="proof")
    tls = client_context(ca_file) if ca_file else None
    provider = SmppProvider(config, tls, machine.tools())
    began = time.monotonic()
    try:
        async with asyncio.timeout(SECONDS):
            accepted = await asyncio.gather(
                *(provider.deliver(message(text_of(n), to=phone_of(n))) for n in range(MESSAGES))
            )
            while len(machine.receipts) < MESSAGES:  # noqa: ASYNC110 - receipts come by a callback
                await asyncio.sleep(0.002)
        seconds = time.monotonic() - began
    finally:
        await provider.close()
    fates = dict[str, list[Fate]]()
    for receipt in machine.receipts:
        fates.setdefault(receipt.message_id, []).append(receipt.fate)
    assert machine.link == ["bound", "closed"]
    return Proof(accepted, fates, seconds)


def check(proof: Proof) -> None:
    """Every message has an id of its own, and one receipt under just that id saying its own fate."""
    ids = [accepted.message_id for accepted in proof.accepted]
    assert len(set(ids)) == MESSAGES
    assert proof.fates == {
        message_id: [Fate.UNDELIVERABLE if number % 10 == 7 else Fate.DELIVERED]
        for number, message_id in enumerate(ids)
    }
    assert proof.seconds < SECONDS
