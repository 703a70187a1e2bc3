"""What tests of the soft-token vendor's operations share: its keys, its tokens, a bank in memory."""

import base64
import json
import os
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwk as josekey
from joserfc import jws

from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.application import Application, Right
from aldaba.domain.customer import Customer, CustomerType, InitialAccess, Representative
from aldaba.domain.identifiers import CustomerName
from aldaba.domain.policy import CLASSIC, Policy
from aldaba.domain.profile import AccessProfile, LiveSession, enrolled
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Refused
from aldaba.domain.session import (
    Authentication,
    CredentialStatus,
    Factor,
    Session,
    Stage,
    Subject,
    open_session,
)
from aldaba.domain.token import Token, TokenStatus
from aldaba.sandbox.vendor import KEY_ID, SandboxVendor
from aldaba.service.calls import Call
from aldaba.service.ports import Notice
from aldaba.service.records import ccs_id_of
from aldaba.service.soft_tokens import SoftTokens, ValidateVendorToken
from aldaba.service.subjects import Subjects
from aldaba.service.unlocking import Unlock, Unlocking
from aldaba.service.vendor_tokens import VendorTokens
from aldaba.store.memory import MemorySessions, MemoryStore

NOW = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
ISSUER = "https://vendor.example"
NUMBER = "15000025"
COMPANY = "15000022"
ONE_MAN_COMPANY = "15000021"

PERSON = Customer(
    NUMBER,
    "ARTURO HERNANDEZ",
    CustomerType.INDIVIDUAL,
    access=InitialAccess(pin="sealed pin", password="sealed password"),
    transmit_customer=True,
)
ONE_MAN = Customer(
    ONE_MAN_COMPANY,
    "FERRETERIA DEL VALLE",
    CustomerType.COMPANY,
    representatives=(Representative("1", "ELENA TORRES", InitialAccess(pin="sealed")),),
    transmit_customer=True,
)
TWO_MEN = replace(
    ONE_MAN,
    customer_id=COMPANY,
    representatives=(*ONE_MAN.representatives, Representative("2", "RAUL MEDINA", InitialAccess(pin="s"))),
)


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(header: object, payload: object, key: josekey.Key, algorithm: str) -> str:
    """A token with a right signature over any header and payload."""
    message = f"{encoded(header)}.{encoded(payload)}".encode()
    signature = jws.JWSRegistry.algorithms[algorithm].sign(message, key)
    return f"{message.decode()}.{encoded(signature)}"


class Vault:
    """Implements ``KeyVault``."""

    def __init__(self) -> None:
        self.ring = Keyring.generate(KeyName, os.urandom, now_id="k1")

    def keyring(self) -> Keyring:
        return self.ring


class RecordingKeys:
    """Implements ``VendorKeys``; records every kid it is asked for."""

    def __init__(self, keys: Mapping[str, Mapping[str, object]]) -> None:
        self.known = dict(keys)
        self.asked: list[str | None] = []
        self.down = False

    async def keys(self, wanted: str | None, now: datetime) -> Mapping[str, Mapping[str, object]]:
        assert now.tzinfo is not None
        self.asked.append(wanted)
        if self.down:
            raise HouseUnavailable("vendor keys")
        return self.known


class MemoryDirectory:
    """Implements ``Directory`` over a dictionary; counts the questions."""

    def __init__(self) -> None:
        self.customers: dict[str, Customer] = {}
        self.asked = 0
        self.down = False

    async def by_number(self, customer_id: str) -> Customer | None:
        self.asked += 1
        if self.down:
            raise BackendFailed("directory")
        return self.customers.get(customer_id)

    async def by_card(self, card_number: str) -> Customer | None:
        raise LookupError(card_number)

    async def session_ended(self, customer_id: str) -> None:
        raise LookupError(customer_id)


class House:
    """A bank in memory, the vendor, and the use cases under test."""

    def __init__(self, *customers: Customer, policy: Policy = CLASSIC) -> None:
        self.now = NOW
        self.policy = policy
        self.vault = Vault()
        self.store = MemoryStore(self.clock)
        self.sessions = MemorySessions(self.store, policy.session)
        self.directory = MemoryDirectory()
        self.directory.customers = {one.customer_id: one for one in customers or (PERSON, ONE_MAN, TWO_MEN)}
        self.vendor = SandboxVendor(self.vault.keyring, self.clock, ISSUER, os.urandom)
        self.keys = RecordingKeys({})
        self.tokens = VendorTokens(self.keys, policy.vendor, ISSUER)
        self.subjects = Subjects(self.directory, self.vault, policy)
        self.soft_tokens = SoftTokens(self.store, self.subjects, self.tokens, self.vault, policy)
        self.unlocking = Unlocking(self.store, self.subjects, self.tokens, self.vault, policy)
        self.application = Application("app", None, NOW)
        self._requests = 0

    async def ready(self) -> "House":
        self.keys.known = dict(await self.vendor.keys(KEY_ID, self.now))
        return self

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def grant(self, *rights: Right) -> None:
        self.application = replace(self.application, rights=frozenset(rights))

    def change(self, number: str = NUMBER, **changes: object) -> None:
        """The directory's record, varied."""
        customer = self.directory.customers[number]
        self.directory.customers[number] = replace(customer, **changes)  # type: ignore[arg-type]  # a case names the fields it changes

    def call(self, operation: str = "validate_jwt", session: Session | None = None) -> Call:
        self._requests += 1
        return Call(
            application=self.application,
            operation=operation,
            path="/v1/x",
            channel="MOVIL",
            language="es",
            request_id=f"request-{self._requests}",
            sid="",
            session=session,
            now=self.now,
        )

    def subject(self, number: str = NUMBER, representative: str = "") -> Subject:
        return Subject(number, representative, self.ccs_id(number, representative))

    def ccs_id(self, number: str = NUMBER, representative: str = "") -> str:
        return ccs_id_of(self.vault.ring, number, representative)

    def session(
        self,
        number: str = NUMBER,
        representative: str = "",
        *,
        status: CredentialStatus | None = CredentialStatus.NONE,
    ) -> Session:
        """A session of the customer's, authenticated unless ``status`` is None."""
        opened = open_session("handle", "app", "MOVIL", self.now, self.policy.session)
        named = replace(opened, subject=self.subject(number, representative))
        if status is None:
            assert named.stage is Stage.IDENTIFIED
            return named
        return replace(named, authentication=Authentication(self.now, Factor.PASSWORD, status))

    async def keep_session(self, session: Session) -> None:
        def act(transaction: object) -> None:
            rows = transaction.rows  # type: ignore[attr-defined]  # the real transaction has more than the port
            rows.sessions[session.handle] = session

        await self.store.run(act)

    async def enrol(self, number: str = NUMBER, representative: str = "", **changes: object) -> AccessProfile:
        """The profile a first prelogin makes, varied and kept."""
        customer = self.directory.customers[number]
        found = (
            customer.access
            if not representative
            else next(one.access for one in customer.representatives if one.id == representative)
        )
        ccs_id = self.ccs_id(number, representative)
        fresh = enrolled(customer, ccs_id, representative, found, self.now, self.policy)
        profile = replace(fresh, **changes)  # type: ignore[arg-type]  # a case names the fields it changes
        await self.store.run(lambda act: act.profiles.save(profile))
        return profile

    async def profile(self, number: str = NUMBER, representative: str = "") -> AccessProfile | None:
        ccs_id = self.ccs_id(number, representative)
        return await self.store.read(lambda query: query.profiles.find(ccs_id))

    async def known(self, number: str = NUMBER, representative: str = "") -> AccessProfile:
        profile = await self.profile(number, representative)
        assert profile is not None
        return profile

    async def give_token(self, status: TokenStatus, number: str = NUMBER) -> None:
        token = Token("ST-1", "soft", "suite", "sealed", status, number)
        await self.store.run(lambda act: act.tokens.save(token))

    async def notices(self) -> tuple[Notice, ...]:
        return await self.store.read(lambda query: query.notices.due(self.now, 10))

    async def validate(self, token: str, number: str = NUMBER, grant: str = "2") -> None:
        await self.soft_tokens.validate_jwt(self.call(), ValidateVendorToken(token, number, grant))

    async def unlock(
        self,
        token: str,
        customer: str = NUMBER,
        grant: str | None = None,
        representative: str | None = None,
    ) -> Call:
        call = self.call("unlock_access")
        await self.unlocking.unlock(call, Unlock(token, grant, Secret(customer), representative))
        return call


async def refused(act: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value


def live(handle: str = "handle") -> LiveSession:
    return LiveSession(handle, NOW)


NAME = CustomerName(NUMBER)
