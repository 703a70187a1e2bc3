"""The sandbox round the house: the ready-made bank, its vendor, and fault switches before every part."""

import os
from dataclasses import replace

from aldaba.sandbox.bank import Bank
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.faults import (
    Faults,
    FaultyCards,
    FaultyDelivery,
    FaultyDirectory,
    FaultyRisk,
    FaultySessions,
    FaultyStore,
    FaultyVault,
    FaultyVendorKeys,
)
from aldaba.sandbox.opening import Sandbox
from aldaba.sandbox.page_token import APPLICATION_FILE, PageTokens
from aldaba.sandbox.vendor import SandboxVendor
from aldaba.service.applications import Applications
from aldaba.service.customer_import import CustomerImport
from aldaba.service.end_to_end import Diagnose
from aldaba.service.token_administration import TokenAdministration
from aldaba.wiring.parts import Parts


async def opened(
    parts: Parts,
    importing: CustomerImport,
    tokens: TokenAdministration,
    vendor: SandboxVendor,
    clock: SandboxClock,
    faults: Faults,
) -> Sandbox:
    """The sandbox, its bank open; it works on the bare parts, so that faults never hold it up."""
    bank = Bank(parts.vault.keyring, parts.policy, clock)
    settings = parts.settings
    applications = Applications(
        parts.store, parts.supply, parts.policy, settings.oauth.issuer, clock, os.urandom
    )
    page_tokens = PageTokens(applications, settings.data / APPLICATION_FILE)
    sandbox = Sandbox(bank, importing, tokens, vendor, parts.store, clock, faults, parts.policy, page_tokens)
    await sandbox.open()
    return sandbox


def switched(parts: Parts, sandbox: Sandbox) -> Parts:
    """The same parts behind the sandbox's fault switches."""
    faults = sandbox.faults
    return replace(
        parts,
        store=FaultyStore(parts.store, faults),
        sessions=FaultySessions(parts.sessions, faults),
        vault=FaultyVault(parts.vault, faults),
        directory=FaultyDirectory(parts.directory, faults),
        risk=FaultyRisk(parts.risk, faults, parts.settings.risk.when_away),
        cards=FaultyCards(parts.cards, faults),
        delivery=FaultyDelivery(parts.delivery, faults),
        vendor_keys=FaultyVendorKeys(parts.vendor_keys, faults),
        diagnose=_both(parts.diagnose, sandbox.diagnoses.note),
    )


def _both(first: Diagnose, second: Diagnose) -> Diagnose:
    def diagnose(request_id: str, step: str) -> None:
        first(request_id, step)
        second(request_id, step)

    return diagnose
