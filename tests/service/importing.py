"""What tests of imports and of operators' work share: a house in memory, its clock, its outbox, its lines."""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from aldaba.backends.blocklist import common_secrets
from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.passwords import CHEAPEST, hash_password, verify_password
from aldaba.domain.customer import Customer
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import AccessProfile
from aldaba.domain.refusals import BackendFailed
from aldaba.service.administration import Administration
from aldaba.service.customer_import import CustomerImport, ImportReport
from aldaba.service.ports import Hasher, RandomBytes
from aldaba.service.records import Sealable, ccs_id_of, open_phc
from aldaba.store.memory import MemorySessions, MemoryStore

NOW = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
NUMBER = "15000010"
CARD = "5204164299999992"
OTHER_CARD = "4111111111111111"
PIN = "30203021"
PASSWORD = "mobile20x"
HASH = hash_password("anything", CHEAPEST)


class PlainHasher:
    """Implements ``Hasher`` at its cheapest, on the event loop."""

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        return phc is not None and verify_password(phc, secret.reveal())

    async def hash(self, secret: Secret) -> str:
        return hash_password(secret.reveal(), CHEAPEST)

    def needs_rehash(self, phc: str) -> bool:
        raise NotImplementedError(phc)


class Outbox:
    """Implements ``Delivery``; keeps what was sent, or fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, str]] = []
        self.down = False

    def routes(self, to: str, channel: str) -> bool:  # noqa: ARG002 - everywhere
        return True

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:
        if self.down:
            raise BackendFailed("delivery")
        self.sent.append((to, channel, text.reveal(), otp.reveal() if otp else ""))
        return "outbox"


class Vault:
    """Implements ``KeyVault``."""

    def __init__(self) -> None:
        self.ring = Keyring.generate(KeyName, os.urandom, now_id="k1")

    def keyring(self) -> Keyring:
        return self.ring


class House:
    """Stores in memory and the use cases under test."""

    def __init__(
        self,
        drawing: RandomBytes = os.urandom,
        store: MemoryStore | None = None,
        hashing: Hasher | None = None,
    ) -> None:
        """``drawing`` is what a PIN is drawn from; ``hashing`` what imports hash with."""
        self.now = NOW
        self.store = store or MemoryStore(self.clock)
        self.sessions = MemorySessions(self.store, CLASSIC.session)
        self.vault, self.outbox, hasher = Vault(), Outbox(), PlainHasher()
        self.importing = CustomerImport(
            self.store, self.vault, hashing or hasher, CLASSIC, self.clock, os.urandom, common_secrets()
        )
        self.administration = Administration(
            self.store,
            EmbeddedDirectory(self.store, self.vault.keyring),
            self.vault,
            hasher,
            self.outbox,
            CLASSIC,
            self.clock,
            drawing,
            common_secrets(),
        )

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def take(self, *records: dict[str, Any], **options: Any) -> ImportReport:
        """Import these records."""
        return await self.importing.import_lines(lines(records), **options)

    async def customer(self, number: str = NUMBER) -> Customer | None:
        return await self.store.read(lambda transaction: transaction.customers.find(number))

    async def known(self, number: str = NUMBER) -> Customer:
        customer = await self.customer(number)
        assert customer is not None
        return customer

    def ccs_id(self, number: str = NUMBER, representative: str = "") -> str:
        return ccs_id_of(self.vault.ring, number, representative)

    async def profile(self, number: str = NUMBER, representative: str = "") -> AccessProfile | None:
        ccs_id = self.ccs_id(number, representative)
        return await self.store.read(lambda transaction: transaction.profiles.find(ccs_id))

    async def save(self, profile: AccessProfile) -> None:
        await self.store.run(lambda transaction: transaction.profiles.save(profile))

    def matches(self, sealed: str | None, secret: str, what: Sealable, representative: str = "") -> bool:
        """Whether a sealed string is this secret's, in this profile's place."""
        assert sealed is not None
        phc = open_phc(self.vault.ring, sealed, self.ccs_id(NUMBER, representative), what)
        return verify_password(phc, secret)


def record(**changes: Any) -> dict[str, Any]:
    """The documented example, varied; ``None`` stays, ``...`` leaves the key out."""
    example: dict[str, Any] = {
        "customerId": NUMBER,
        "name": "ARTURO HERNANDEZ RAMIREZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "blackListed": False,
        "termsAccepted": True,
        "mobileBanking": {"registrationStatus": "1"},
        "phones": [phone()],
        "cards": [card()],
        "legalRepresentatives": [],
        "access": {"pin": PIN, "password": PASSWORD, "temporaryPin": None},
        "email": None,
        "devices": [{"vascoDeviceId": "f96dd4b2dc083008", "applicationDeviceId": None, "publicKeyJwk": None}],
        "token": token(),
        "transmitCustomer": False,
    }
    return {key: value for key, value in {**example, **changes}.items() if value is not ...}


def bare(**changes: Any) -> dict[str, Any]:
    """Only what is required."""
    return {"customerId": NUMBER, "name": "ARTURO HERNANDEZ RAMIREZ", "customerType": 1551, **changes}


def company(**changes: Any) -> dict[str, Any]:
    people = [
        {"id": "1", "name": "ROSA LUNA", "access": {"pinHash": HASH}},
        {"id": "2", "name": "RAUL SOTO"},
    ]
    return bare(name="ACEROS DEL NORTE", customerType=1506, legalRepresentatives=people, **changes)


def phone(**changes: Any) -> dict[str, Any]:
    example = {"countryCode": "+52", "number": "5556093218", "certified": True, "best": True}
    return {**example, "certifiedAt": None, **changes}


def card(**changes: Any) -> dict[str, Any]:
    return {"number": CARD, "expires": "0530", "nip": "1234", "status": "active", **changes}


def token(**changes: Any) -> dict[str, Any]:
    example = {"serial": "HT-0001", "kind": "hard", "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08"}
    given = {**example, "secretHex": "31" * 20, "status": 56, **changes}
    return {key: value for key, value in given.items() if value is not ...}


def lines(records: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(one, ensure_ascii=False).encode() for one in records]
