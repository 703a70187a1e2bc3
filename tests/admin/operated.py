"""A bank in memory with operators: use cases behind the desk, the listener over it, signed-in clients."""

import base64
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from tests.service.importing import House, PlainHasher
from tests.service.test_key_administration import Chest, Users

from aldaba.admin.entrance import Entrance
from aldaba.admin.gate import Gate
from aldaba.admin.listener import AdminListener
from aldaba.admin.rest import AdministrationApi
from aldaba.backends.blocklist import common_secrets
from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.crypto.digests import Secret, handle_digest, new_handle
from aldaba.crypto.totp import step_of, totp
from aldaba.domain.four_eyes import Grant
from aldaba.domain.operators import Actor, Operator, OperatorSession, Role
from aldaba.domain.policy import CLASSIC
from aldaba.service.approvals import Approvals
from aldaba.service.audit import Event, EventType
from aldaba.service.key_administration import KeyAdministration
from aldaba.service.key_supply import KeySupply
from aldaba.service.operator_accounts import OperatorAccounts
from aldaba.service.operator_applications import OperatorApplications
from aldaba.service.operator_colleagues import OperatorColleagues
from aldaba.service.operator_customers import OperatorCustomers
from aldaba.service.operator_desk import OperatorDesk
from aldaba.service.operator_figures import Counted, OperatorFigures
from aldaba.service.operator_inspection import OperatorInspection
from aldaba.service.operator_sign_in import OperatorSignIn
from aldaba.service.operator_tokens import OperatorTokens
from aldaba.service.ports import Transaction
from aldaba.service.token_administration import TokenAdministration
from aldaba.store.memory import MemoryStore
from aldaba.wiring.operators import read_tokens

POLICY = replace(CLASSIC, e2e=replace(CLASSIC.e2e, rsa_bits=2048))
RULES = POLICY.operators
PASSWORD = "verde lluvia 47 canto"
URL = "http://127.0.0.1:8081"
API = "/admin/api"


class CountingHasher(PlainHasher):
    """Counts what is verified: each costs the same, whether there is something to verify or not."""

    def __init__(self) -> None:
        self.verified = 0

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        self.verified += 1
        return await super().verify(phc, secret)


class Operated:
    """The house of the service tests, and its operators' part on the same store and clock."""

    def __init__(
        self, *, secure: bool = False, address_header: str | None = None, store: MemoryStore | None = None
    ) -> None:
        self.house = House(store=store)
        house, clock = self.house, self.house.clock
        store, vault, hasher = house.store, house.vault, CountingHasher()
        self.store, self.hasher = store, hasher
        self.supply = KeySupply(store, vault, POLICY, clock, os.urandom)
        self.chest = Chest(vault.ring)
        self.keys = KeyAdministration(
            store,
            self.chest,
            self.supply,
            Users(),
            POLICY,
            clock,
            os.urandom,
            known=self.supply.refresh,
        )
        self.tokens = TokenAdministration(store, vault, POLICY, clock, os.urandom)
        self.sign_in = OperatorSignIn(store, vault, hasher, RULES, clock, os.urandom, clock)
        self.accounts = OperatorAccounts(
            store, vault, hasher, POLICY, clock, os.urandom, common_secrets(), self.sign_in
        )
        self.counts: dict[str, list[Counted]] = {}
        self.approvals = Approvals(store, RULES, clock, os.urandom)
        directory = EmbeddedDirectory(store, vault.keyring)
        self.desk = OperatorDesk(
            store,
            vault,
            self.approvals,
            RULES,
            clock,
            OperatorCustomers(store, directory, vault, POLICY, clock, house.administration).handlers,
            OperatorTokens(self.tokens, read_tokens).handlers,
            OperatorApplications(house.administration.registration, self.keys, frozenset({"login"})).handlers,
            OperatorInspection(store, lambda: {"policy.pin.length": (8, "default")}).handlers,
            OperatorColleagues(self.accounts).handlers,
            OperatorFigures(store, clock, lambda: self.counts).handlers,
        )
        self.crashes: list[BaseException] = []
        self.gate = Gate(self.sign_in, secure=secure, address_header=address_header)
        self.api = AdministrationApi(
            self.gate,
            Entrance(self.gate, self.sign_in, self.accounts),
            self.desk,
            lambda _, trouble: self.crashes.append(trouble),
        )
        self.listener = AdminListener(self.api.routes(), frozenset({"bank.example"}), secure=secure)

    def client(self, token: str | None = None, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """Somebody at the listener, by bearer token where there is one."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(self.listener, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=URL, headers=headers)

    async def as_role(self, *roles: Role, name: str | None = None) -> httpx.AsyncClient:
        """An operator of these roles, signed in without going through the door."""
        who = name or roles[0].value
        token = await self.session_of(who, roles)
        return self.client(token)

    async def session_of(self, name: str, roles: Iterable[Role]) -> str:
        token, now = new_handle(os.urandom), self.house.now
        until = now + timedelta(seconds=RULES.absolute_seconds)
        session = OperatorSession(handle_digest(token).hex(), name, now, now, until)

        def act(transaction: Transaction) -> None:
            transaction.operators.save(Operator(name, frozenset(roles), now, password="sealed"))
            transaction.operators.place_session(session)

        await self.store.run(act)
        return token

    def actor(self, name: str, *roles: Role) -> Actor:
        return Actor(name, frozenset(roles), "handle", "127.0.0.1")

    async def enrolled(self, name: str, *roles: Role) -> bytes:
        """An operator who accepted his invitation; answers the seed of his second factor."""
        invited = await self.accounts.invite(name, frozenset(roles), "new", "cli:ana")
        seed = seed_in((await self.accounts.open_invitation(invited.token, None)).uri.reveal())
        await self.accounts.accept(invited.token, Secret(PASSWORD), Secret(self.code(seed)), None)
        # The step the enrolment used up is over.
        self.house.later(seconds=30)
        return seed

    def code(self, seed: bytes, steps: int = 0) -> str:
        return totp(seed, step_of(self.house.now.timestamp()) + steps)

    async def operator(self, name: str) -> Operator:
        found = await self.store.read(lambda query: query.operators.find(name))
        assert found is not None
        return found

    async def grant(self, grant_id: str) -> Grant:
        found = await self.store.read(lambda query: query.operators.grant(grant_id))
        assert found is not None
        return found

    def events(self, kind: EventType) -> list[Event]:
        return [event for event in self.store.events if event.type is kind]


def seed_in(uri: str) -> bytes:
    """The seed in an ``otpauth://`` address, as an app reads it."""
    (text,) = parse_qs(urlsplit(uri).query)["secret"]
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code_of(answer: httpx.Response) -> str:
    """The code of an error in its stable form."""
    body: dict[str, Any] = answer.json()
    assert set(body) == {"error"}, body
    assert set(body["error"]) == {"code", "message", "field"}
    return str(body["error"]["code"])
