"""The house's asymmetric keys: the E2E key front ends encrypt to, its root, and the token signing key.

Key pairs are kept sealed in the store. None is ever made on a request's path: a background task calls
``rotate_if_due`` often, and makes the next one ahead of its turn. Several nodes may do so at once: each
decides inside an act, on the pairs as they are there, and an act has the pairs of a purpose to itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from aldaba.crypto import jose, rsa_transport
from aldaba.crypto.jwk import SigningKey, generate_signing_key
from aldaba.crypto.keyring import KeyName
from aldaba.crypto.sealing import open_text, seal_text
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.audit import Event, EventType, KeyRotated
from aldaba.service.ports import Clock, KeyPair, KeyPairState, KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import key_pair_place

CHECKPOINT = "audit-checkpoint+jwt"


class Purpose(StrEnum):
    E2E = "e2e"
    E2E_ROOT = "e2e-root"
    SIGNING = "signing"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a front end is told: HEX modulus and exponent, and a JWS by the root key over them."""

    key_id: str
    modulus: str
    exponent: str
    signed: str


@dataclass(frozen=True, slots=True)
class _E2EKey:
    pair: KeyPair
    private: RSAPrivateKey
    public: PublicKey


class KeySupply:
    """Loads, hands out and rotates key pairs; ``refresh`` must have run once before anything is asked."""

    def __init__(
        self, store: Store, vault: KeyVault, policy: Policy, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes
        self._e2e: dict[str, _E2EKey] = {}
        self._signing: tuple[SigningKey, ...] = ()
        self._roots: tuple[SigningKey, ...] = ()
        self._rotating = asyncio.Lock()

    async def prepare(self) -> None:
        """Make whatever key is missing, then load them all. Run at start, before serving."""
        for purpose in Purpose:
            pairs = await self._store.read(_pairs(purpose))
            if not any(pair.state is KeyPairState.CURRENT for pair in pairs):
                await self._store.run(_save_unless_there(await self._made(purpose, KeyPairState.CURRENT)))
        await self.refresh()

    async def refresh(self) -> None:
        """Load what the store holds; sees keys that another node or the command line made."""
        self._roots = await self._by_turn(Purpose.E2E_ROOT)
        self._signing = await self._by_turn(Purpose.SIGNING)
        pairs = await self._store.read(_pairs(Purpose.E2E))
        self._e2e = {pair.key_id: self._known(pair) for pair in pairs}

    async def _by_turn(self, purpose: Purpose) -> tuple[SigningKey, ...]:
        """The current key, then the others."""
        pairs = await self._store.read(_pairs(purpose))
        by_turn = sorted(pairs, key=lambda pair: pair.state is not KeyPairState.CURRENT)
        return tuple(self._signing_key(pair) for pair in by_turn)

    async def rotate_if_due(self) -> None:
        """Make the next E2E key ahead of its turn, bring it in, erase those no session can still use."""
        async with self._rotating:
            # Another node or the command line may have rotated meanwhile.
            await self.refresh()
            now, current = self._clock(), self._current_pair()
            due = current.created_at + timedelta(hours=self._policy.e2e.rotation_hours)
            upcoming = [known.pair for known in self._e2e.values() if known.pair.state is KeyPairState.NEXT]
            if not upcoming and now >= due - timedelta(hours=1):
                await self._store.run(_save_unless_there(await self._made(Purpose.E2E, KeyPairState.NEXT)))
                await self.refresh()
                upcoming = [
                    known.pair for known in self._e2e.values() if known.pair.state is KeyPairState.NEXT
                ]
            if upcoming and now >= due:
                await self._bring_in(upcoming[0], now, instead_of=current.key_id)
            await self._erase_unusable(now)

    async def rotate(self, purpose: Purpose, *, known: Callable[[], Awaitable[None]]) -> str:
        """Make and bring in a new key now; the earlier one stays as long as it may still be needed.

        ``known`` returns once every server has loaded the new key: what one signs, the others must verify.
        """
        async with self._rotating:
            pair = await self._made(purpose, KeyPairState.NEXT)
            await self._store.run(_save(pair))
            await known()
            await self._bring_in(pair, self._clock())
            return pair.key_id

    async def current(self) -> PublicKey:
        """The key new sessions encrypt to."""
        self._vault.keyring()
        return self._e2e[self._current_pair().key_id].public

    async def find(self, key_id: str) -> PublicKey | None:
        """The key of that id, which some session was shown."""
        known = await self._shown(key_id)
        return None if known is None else known.public

    async def private(self, key_id: str, *, shown: str | None) -> RSAPrivateKey | None:
        """The private half; a retired one serves only the sessions it was shown to."""
        self._vault.keyring()
        known = await self._shown(key_id) if shown == key_id else self._e2e.get(key_id)
        if known is None or (known.pair.state is not KeyPairState.CURRENT and shown != key_id):
            return None
        return known.private

    async def _shown(self, key_id: str) -> _E2EKey | None:
        if key_id not in self._e2e:
            # Another node brought it in a moment ago, and opened the session.
            await self.refresh()
        return self._e2e.get(key_id)

    def signing_key(self) -> SigningKey:
        """The key access tokens are signed with."""
        self._vault.keyring()
        return self._signing[0]

    def verification_keys(self) -> dict[str, dict[str, str]]:
        """Public JWKs by kid: the current signing key and those whose tokens may still live."""
        return {key.kid: key.public_jwk() for key in self._signing}

    def sign_checkpoint(self, claims: dict[str, object]) -> str:
        """A JWS over a checkpoint of the audit chain, by the root key that is published."""
        return jose.sign(claims, self._root(), typ=CHECKPOINT)

    def opened_checkpoint(self, jws: str) -> dict[str, object] | None:
        """The claims of what ``sign_checkpoint`` signed, by whichever root key; None for anything else."""
        try:
            return jose.verify(jws, self.root_jwks(), algorithms=("ES256",), typ=CHECKPOINT)
        except jose.InvalidToken:
            return None

    async def check(self) -> None:
        """Raises ``HouseUnavailable`` when the key ring is away or no key is current."""
        await self.current()

    def hides_wrong_padding(self) -> bool:
        """Whether ``portal`` may be served: its PKCS#1 v1.5 is safe only with implicit rejection."""
        return rsa_transport.rejects_implicitly(self._e2e[self._current_pair().key_id].private)

    def root_jwk(self) -> dict[str, str]:
        """The public half of the E2E root key, to be pinned in front ends."""
        return self._root().public_jwk()

    def root_jwks(self) -> dict[str, dict[str, str]]:
        """Public JWKs by kid of every root key there has been: earlier ones signed anchors that are kept."""
        return {key.kid: key.public_jwk() for key in self._roots}

    def _root(self) -> SigningKey:
        if not self._roots:
            raise HouseUnavailable("keys")
        return self._roots[0]

    def _current_pair(self) -> KeyPair:
        pairs = (known.pair for known in self._e2e.values())
        current = next((pair for pair in pairs if pair.state is KeyPairState.CURRENT), None)
        if current is None:
            raise HouseUnavailable("keys")
        return current

    def _known(self, pair: KeyPair) -> _E2EKey:
        known = self._e2e.get(pair.key_id)
        if known is not None and known.pair.created_at == pair.created_at:
            # Signed anew it would be another answer to the sessions it was shown to.
            return replace(known, pair=pair)
        private = rsa_transport.load_private(self._opened(pair))
        modulus, exponent = rsa_transport.public_numbers(private)
        n, e = rsa_transport.public_numbers_base64url(private)
        life = timedelta(hours=self._policy.e2e.rotation_hours) + self._policy.session_life
        claims = {"kid": pair.key_id, "n": n, "e": e, "exp": int((pair.created_at + life).timestamp())}
        signed = jose.sign(claims, self._root(), typ="e2e-key+jwt")
        return _E2EKey(pair, private, PublicKey(pair.key_id, modulus, exponent, signed))

    async def _made(self, purpose: Purpose, state: KeyPairState) -> KeyPair:
        now = self._clock()
        if purpose is Purpose.E2E:
            pem = await asyncio.to_thread(rsa_transport.generate_rsa, self._policy.e2e.rsa_bits)
            key_id = f"e2e-{now:%Y%m%d}-{self._random_bytes(4).hex()}"
        else:
            signing = await asyncio.to_thread(generate_signing_key)
            pem, key_id = signing.private_pem, signing.kid
        key = self._vault.keyring().current(KeyName.STORAGE)
        sealed = seal_text(key, pem.decode("ascii"), key_pair_place(key_id), self._random_bytes(12))
        return KeyPair(purpose.value, key_id, sealed, state, now)

    async def _bring_in(self, upcoming: KeyPair, now: datetime, *, instead_of: str | None = None) -> None:
        await self._store.run(_put_first(upcoming, now, instead_of))
        await self.refresh()

    async def _erase_unusable(self, now: datetime) -> None:
        limit = now - self._policy.session_life
        for key_id, known in list(self._e2e.items()):
            retired = known.pair.retired_at
            if retired is not None and retired < limit:
                await self._store.run(_erase(key_id))
                del self._e2e[key_id]

    def _opened(self, pair: KeyPair) -> bytes:
        text = open_text(
            self._vault.keyring(), KeyName.STORAGE, pair.sealed_private, key_pair_place(pair.key_id)
        )
        return text.encode("ascii")

    def _signing_key(self, pair: KeyPair) -> SigningKey:
        return SigningKey(pair.key_id, self._opened(pair))


def _pairs(purpose: Purpose) -> Callable[[Transaction], tuple[KeyPair, ...]]:
    return lambda transaction: transaction.key_pairs.all(purpose.value)


def _save(pair: KeyPair) -> Callable[[Transaction], None]:
    def act(transaction: Transaction) -> None:
        transaction.key_pairs.save(pair)
        made = KeyRotated(pair.purpose, pair.key_id)
        transaction.audit.record(Event(EventType.KEY_ROTATED, pair.created_at, made))

    return act


def _save_unless_there(pair: KeyPair) -> Callable[[Transaction], None]:
    """Nothing is saved where another node was faster: one of this purpose is in that state already."""

    def act(transaction: Transaction) -> None:
        if all(known.state is not pair.state for known in transaction.key_pairs.all(pair.purpose)):
            _save(pair)(transaction)

    return act


def _put_first(upcoming: KeyPair, now: datetime, instead_of: str | None) -> Callable[[Transaction], None]:
    """Make it current and retire the current one; nothing where that is another than ``instead_of``."""

    def act(transaction: Transaction) -> None:
        pairs = transaction.key_pairs.all(upcoming.purpose)
        current = [pair for pair in pairs if pair.state is KeyPairState.CURRENT]
        if instead_of is not None and instead_of not in {pair.key_id for pair in current}:
            return
        for pair in current:
            transaction.key_pairs.save(replace(pair, state=KeyPairState.RETIRED, retired_at=now))
        # Its day begins when it comes in, not when it was made ahead of its turn.
        transaction.key_pairs.save(replace(upcoming, state=KeyPairState.CURRENT, created_at=now))

    return act


def _erase(key_id: str) -> Callable[[Transaction], None]:
    return lambda transaction: transaction.key_pairs.remove(key_id)
