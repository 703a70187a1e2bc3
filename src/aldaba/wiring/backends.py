"""Whom the house calls, as the settings say: directory, card host, risk engine, delivery, vendor, mail."""

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aldaba.backends.core_cards import CoreCards, EmbeddedCards
from aldaba.backends.core_directory import CoreDirectory
from aldaba.backends.delivery.catalog import failover_from
from aldaba.backends.delivery.failover import Attempt, FailoverSettings
from aldaba.backends.delivery.providers_file import read_providers
from aldaba.backends.delivery.smpp import SmppTools
from aldaba.backends.email_smtp import MailServer, SmtpEmail
from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.backends.hashing import ThreadedHasher
from aldaba.backends.http import BackendClient, Endpoint, Failure
from aldaba.backends.no_delivery import NoDelivery
from aldaba.backends.no_vendor import NoVendor
from aldaba.backends.risk import FixedRisk
from aldaba.backends.risk_http import RiskEngine
from aldaba.backends.risk_points import RiskPoints
from aldaba.backends.vendor_keys import FileVendorKeys, HttpVendorKeys, vendor_client
from aldaba.crypto.digests import Secret
from aldaba.domain.risk import Signals
from aldaba.observability import RequestLog
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.delivery import SandboxDelivery
from aldaba.sandbox.vendor import SandboxVendor
from aldaba.service.calls import current_request_id
from aldaba.service.notices import Email
from aldaba.service.ports import (
    CardHost,
    Clock,
    Delivery,
    Directory,
    KeyVault,
    RandomBytes,
    Store,
    VendorKeys,
)
from aldaba.service.redigesting import CardsFoundEarlier
from aldaba.service.risk_ports import Risk, RiskQuestion, Verdict
from aldaba.settings import Settings, SettingsError
from aldaba.settings.shape import Remote
from aldaba.wiring.watching import Watched

Close = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Backends:
    """What was built, and what has to be closed at the end."""

    directory: Directory
    cards: CardHost
    risk: Risk
    delivery: Delivery
    vendor_keys: VendorKeys
    vendor: SandboxVendor
    email: Email | None
    earlier: CardsFoundEarlier
    closing: list[Close] = field(default_factory=list)

    async def close(self) -> None:
        for close in self.closing:
            await close()


async def backends(
    settings: Settings,
    store: Store,
    vault: KeyVault,
    bare_vault: KeyVault,
    hasher: ThreadedHasher,
    clock: Clock,
    random_bytes: RandomBytes,
    log: RequestLog,
    watched: Watched,
) -> Backends:
    """Everything outside the house. Raises ``ValueError`` for an address that is not to be used."""
    closing: list[Close] = []

    def client(name: str, remote: Remote) -> BackendClient:
        with _told_by_name(f"{name}.base_url"):
            made = BackendClient(
                name,
                _endpoint(remote),
                current_request_id,
                lambda failure: _failed(log, failure),
                watched.watch,
            )
        closing.append(made.close)
        return made

    earlier = CardsFoundEarlier(store, bare_vault, random_bytes)
    directory: Directory = EmbeddedDirectory(store, vault.keyring, earlier.add)
    if settings.directory.kind == "core":
        core = client("directory", settings.directory)
        directory = CoreDirectory(core, vault.keyring, store, earlier.add)
    cards: CardHost = EmbeddedCards(hasher, vault)
    if settings.cards.kind == "core":
        cards = CoreCards(client("cards", settings.cards))
    signer = settings.vendor
    vendor = SandboxVendor(bare_vault.keyring, clock, signer.issuer, random_bytes, signer.audience_of)
    sandbox = isinstance(clock, SandboxClock)
    delivery = NoDelivery() if sandbox else await _delivery(settings, log, watched, closing)
    return Backends(
        directory=directory,
        cards=cards,
        risk=_risk(settings, client),
        delivery=SandboxDelivery(store, clock) if sandbox else delivery,
        vendor_keys=vendor if sandbox else _vendor_keys(settings, log),
        vendor=vendor,
        email=_email(settings),
        earlier=earlier,
        closing=closing,
    )


@contextmanager
def _told_by_name(setting: str) -> Iterator[None]:
    """A backend's own objection to its settings, told at the start like every other mistake in them."""
    try:
        yield
    except (ValueError, OSError) as wrong:
        cure = "Correct it; docs/backends.md and docs/operating.md show what is expected."
        raise SettingsError(setting, str(wrong), "settings the backend can work with", cure) from None


def _failed(log: RequestLog, failure: Failure) -> None:
    log.notice("backend failed", backend=failure.backend, why=failure.why, request=failure.correlation)


def _endpoint(remote: Remote) -> Endpoint:
    return Endpoint(
        remote.base_url or "",
        remote.ca_file,
        remote.client_cert,
        remote.client_key,
        remote.connect_seconds,
        remote.read_seconds,
        remote.budget_seconds,
    )


async def _delivery(settings: Settings, log: RequestLog, watched: Watched, closing: list[Close]) -> Delivery:
    file = settings.delivery.providers_file
    if file is None:
        return NoDelivery()
    tools = SmppTools(
        ticks=time.monotonic,
        pause=asyncio.sleep,
        chance=random.SystemRandom().random,
        on_receipt=lambda receipt: log.notice("receipt", provider=receipt.provider, fate=receipt.fate),
        on_link=lambda provider, state: log.notice("link", provider=provider, state=state),
    )
    with _told_by_name("delivery.providers_file"):
        providers = read_providers(file)
    failover = failover_from(
        providers,
        FailoverSettings(budget_seconds=settings.delivery.budget_seconds),
        tools,
        lambda attempt: _attempted(log, watched, attempt),
    )
    await failover.open()
    closing.append(failover.close)
    return failover


def _attempted(log: RequestLog, watched: Watched, attempt: Attempt) -> None:
    log.notice("delivery", provider=attempt.provider, outcome=attempt.outcome, why=attempt.why)
    watched.metrics.delivered(attempt.provider, attempt.outcome.value)


def _risk(settings: Settings, client: Callable[[str, Remote], BackendClient]) -> Risk:
    match settings.risk.engine:
        case "http":
            return RiskEngine(client("risk", settings.risk), settings.risk.when_away)
        case "points":
            return RiskPoints(settings.policy.risk, _signals)
    return FixedRisk(Verdict.ALLOW)


def _signals(question: RiskQuestion) -> Signals:
    return Signals(question.compromised, question.emulator, not question.known_device, question.sim_changed)


def _vendor_keys(settings: Settings, log: RequestLog) -> VendorKeys:
    vendor = settings.vendor
    if vendor.jwks_file is not None:
        return FileVendorKeys(vendor.jwks_file)
    if vendor.jwks_url is not None:
        with _told_by_name("vendor.jwks_url"):
            client = vendor_client(ssl.create_default_context())
            return HttpVendorKeys(
                vendor.jwks_url,
                client,
                settings.policy.vendor,
                told=lambda why: log.notice("backend failed", backend="vendor keys", why=why),
            )
    return NoVendor()


def _email(settings: Settings) -> Email | None:
    mail = settings.email
    if mail.host is None or mail.sender is None:
        return None
    password = None if mail.password is None else Secret(mail.password)
    return SmtpEmail(
        MailServer(mail.host, mail.sender, port=mail.port, tls=mail.tls, user=mail.user, password=password)
    )
