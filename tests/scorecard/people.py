"""Customers and applications of a walk: one with a soft token run by its vendor, one with a hard one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.conftest import Bank
from tests.recovery_front_end import Recovering, customer_line

from aldaba.crypto.jwk import generate_signing_key
from aldaba.domain.application import Right
from aldaba.sandbox.bank import PASSWORD, phone_number
from aldaba.service.registration import Grant

SUITE = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
SEED = b"1" * 32
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOBODY = 2
"""The place of a number that is no customer's."""


@dataclass(slots=True)
class People:
    """``applications``: a plain one, and one with every right."""

    bank: Bank
    applications: list[Recovering] = field(default_factory=list)
    numbers: tuple[str, ...] = ()
    good_until: datetime = LONG_AGO
    public_key: dict[str, str] = field(default_factory=dict)
    device_key: dict[str, str] = field(default_factory=lambda: generate_signing_key().public_jwk())

    async def open(self) -> None:
        for number, rights in enumerate((frozenset[Right](), frozenset(Right))):
            registration = self.bank.house.administration.registration
            created = await registration.create(f"walker-{number}", Grant(rights=rights), "test")
            self.applications.append(Recovering(self.bank.http, f"walker-{number}", created.secret.reveal()))
        await self.sign_in()

    async def sign_in(self) -> None:
        self.good_until = self.bank.house.clock() + timedelta(minutes=10)
        for front in self.applications:
            await front.sign_in()

    async def sign_in_again(self) -> None:
        """New access tokens where the old ones would soon be refused."""
        if self.bank.house.clock() >= self.good_until:
            await self.sign_in()

    async def fresh(self, walk: int) -> None:
        """Two customers whom no walk has met, a number that is nobody's, and the key of today."""
        self.public_key = (await self.front(0).call("retrieve_public_key")).json()
        self.numbers = tuple(f"7{walk:06d}{n}" for n in range(3))
        soft = {"serial": f"S-{walk}", "kind": "soft", "status": 66}
        hard = {"serial": f"H-{walk}", "kind": "hard", "status": 56}
        seeded = {"ocraSuite": SUITE, "secretHex": SEED.hex()}
        await self.bank.imported(
            customer_line(self.numbers[0], token=soft | seeded, transmitCustomer=True),
            customer_line(self.numbers[1], token=hard | seeded),
        )

    @property
    def passwords(self) -> tuple[str, ...]:
        return (PASSWORD, PASSWORD, "nadie20x")

    def privileged(self, front: Recovering) -> bool:
        """Whether this application may look customers up."""
        return front.client_id == self.applications[-1].client_id

    def device(self, customer: int) -> str:
        return f"{self.numbers[customer]:0>32}"

    def rao_phone(self, number: int) -> str:
        """A mobile number of this walk's own."""
        return f"55{int(self.numbers[0]) % 10**7:07d}{number}"

    def phone(self, customer: int) -> str:
        return phone_number(self.numbers[customer])

    def front(self, application: int) -> Recovering:
        own = self.applications[application]
        return Recovering(own.http, own.client_id, own.client_secret, token=own.token)
