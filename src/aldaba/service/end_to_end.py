"""End-to-end encryption between front end and server: the key front ends encrypt to, and sealed fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from aldaba.crypto import envelope, rsa_transport
from aldaba.crypto.digests import Secret
from aldaba.crypto.envelope import Binding
from aldaba.crypto.rendering import Rendering
from aldaba.crypto.session_keys import CannotDecrypt, Profile, SessionKeys, digits_match, parse_key_material
from aldaba.domain.application import usable_keys
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import ExchangedKeys, Session, Stage, spend_random, with_keys, with_random
from aldaba.service.arrivals import handle_of
from aldaba.service.audit import EventType, KeysExchanged
from aldaba.service.calls import Call
from aldaba.service.key_supply import KeySupply, PublicKey
from aldaba.service.ports import KeyVault, RandomBytes, Sessions, Store, Transaction
from aldaba.service.records import open_registered_keys

Diagnose = Callable[[str, str], None]
"""Told the request id and the step behind a refused value; only a sandbox listens."""


def nobody_listens(request_id: str, step: str) -> None:
    """Outside a sandbox the step behind a refused value is told to nobody."""


NO_RANDOM = "0" * 32


@dataclass(frozen=True, slots=True)
class ExchangeKeys:
    """A front end's fresh keys, RSA-encrypted; ``algorithm`` names the profile."""

    algorithm: str | None
    key_id: str | None
    encrypted_payload: str
    enc_check_digit: str
    hmac_check_digit: str


@dataclass(frozen=True, slots=True)
class SealedField:
    """A request value to open: its place in the body, its name, its portal kind."""

    path: str
    name: str
    kind: str
    value: str


class EndToEnd:
    """Key supply, key exchange, and opening and sealing of fields, in the profile of the session."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        vault: KeyVault,
        supply: KeySupply,
        policy: Policy,
        profiles: frozenset[Profile],
        random_bytes: RandomBytes,
        diagnose: Diagnose,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._vault = vault
        self._supply = supply
        self._policy = policy
        self._profiles = profiles
        self._random_bytes = random_bytes
        self._diagnose = diagnose

    async def retrieve_public_key(self, call: Call) -> PublicKey:
        """The key this session encrypts to: the same answer throughout the session."""
        session = call.the_session
        shown = await self._supply.find(session.key_id) if session.key_id else None
        if shown is not None:
            return shown
        current = await self._supply.current()
        await self._sessions.change(session.handle, lambda kept: _shown(kept, current.key_id))
        return current

    async def exchange_keys(self, call: Call, command: ExchangeKeys) -> timedelta:
        """Take over the front end's keys; answers how long they may live.

        Raises ``Refused``: unknown algorithm, unknown key, session too far on, undecryptable, digits differ.
        """
        profile = self._profile(command.algorithm)
        session = call.the_session
        if session.stage > Stage.KEYED:
            raise Refused(Reason.RULE_BROKEN, "sid")
        key_id = command.key_id or session.key_id or (await self._supply.current()).key_id
        private = await self._supply.private(key_id, shown=session.key_id)
        if private is None:
            raise Refused(Reason.NOT_FOUND, "keyId")
        keys = self._transported(call, profile, command, private)
        kept = ExchangedKeys(profile.value, keys.ek, keys.iv, keys.hk)
        event = call.event(EventType.KEYS_EXCHANGED, KeysExchanged(profile.value, key_id))

        def act(transaction: Transaction) -> Session | None:
            found = transaction.sessions.find(session.handle)
            changed = None if found is None else with_keys(found, kept)
            if changed is not None:
                transaction.sessions.place(changed)
                transaction.audit.record(event)
            return changed

        changed = await self._store.run(act)
        if changed is None:
            raise Refused(Reason.RULE_BROKEN, "sid")
        return changed.expires_at - call.now

    def _profile(self, algorithm: str | None) -> Profile:
        named = {"bound-1": Profile.BOUND, "AES": Profile.PORTAL, None: Profile.PORTAL}.get(algorithm)
        if named is None or named not in self._profiles:
            raise Refused(Reason.INVALID_REQUEST, "algorithm")
        return named

    def _transported(
        self, call: Call, profile: Profile, command: ExchangeKeys, private: RSAPrivateKey
    ) -> SessionKeys:
        try:
            material = rsa_transport.open_transport(private, command.encrypted_payload, profile)
            keys = parse_key_material(material, profile)
        except CannotDecrypt as failure:
            self._diagnose(call.request_id, f"key exchange: {failure.step}")
            raise Refused(Reason.CANNOT_DECRYPT, "encryptedPayload") from None
        if not digits_match(keys, command.enc_check_digit, command.hmac_check_digit):
            self._diagnose(call.request_id, "key exchange: check digits")
            # In `portal` a different answer here would tell right padding from wrong: a padding oracle.
            portal = profile is Profile.PORTAL
            reason = Reason.CANNOT_DECRYPT if portal else Reason.CHECK_DIGITS_DIFFER
            raise Refused(reason, "encryptedPayload" if portal else "encKeyCheckDigit")
        return keys

    async def open_fields(
        self, call: Call, fields: list[SealedField]
    ) -> tuple[Mapping[str, Secret], SessionKeys]:
        """The clear texts by place, and the keys that opened them, which the answer is sealed with.

        Any failure at all is one refusal; its step goes to the diagnosis.
        """
        opened: dict[str, Secret] = {}
        spent: set[str] = set()
        keyrings = self._keys(call)
        for field in fields:
            try:
                text, random, used = self._open(call, field, keyrings)
            except CannotDecrypt as failure:
                self._diagnose(call.request_id, f"{field.path}: {failure.step}")
                raise Refused(Reason.CANNOT_DECRYPT, field.path) from None
            keyrings = [used]
            opened[field.path] = Secret(text)
            spent |= {random} if random else set()
        for random in spent:
            await self._spend(call, random, fields[0].path)
        return opened, keyrings[0]

    async def _spend(self, call: Call, random: str, place: str) -> None:
        handle = call.the_session.handle
        if await self._sessions.change(handle, lambda session: spend_random(session, random)) is None:
            self._diagnose(call.request_id, f"{place}: random")
            raise Refused(Reason.CANNOT_DECRYPT, place)

    def _open(
        self, call: Call, field: SealedField, keyrings: list[SessionKeys]
    ) -> tuple[str, str | None, SessionKeys]:
        if not keyrings:
            raise CannotDecrypt("keys")
        failure = CannotDecrypt("keys")
        for keys in keyrings:
            try:
                if keys.profile is Profile.PORTAL:
                    randoms = call.the_session.randoms
                    return *envelope.open_portal(keys, field.value, field.kind, randoms), keys
                binding = _binding(call, "request", field.name)
                return envelope.open_bound(keys, field.value, binding), None, keys
            except CannotDecrypt as refused:
                failure = refused
        raise failure

    def _keys(self, call: Call) -> list[SessionKeys]:
        """The session's keys; without a sid the application's registered ones, newest first."""
        if call.sid:
            keys = call.session.keys if call.session is not None else None
            return [] if keys is None else [SessionKeys(keys.ek, keys.iv, keys.hk, Profile(keys.profile))]
        if not self._fresh(call):
            return []
        keyring = self._vault.keyring()
        generations = usable_keys(call.application, call.now)
        return [
            open_registered_keys(keyring, registered, call.application.client_id)
            for registered in generations
        ]

    def _fresh(self, call: Call) -> bool:
        """RFC 9562 version 7 with a time near ours, so that the memory of spent ids stays bounded."""
        uuid = UUID(call.request_id)
        if uuid.version != 7:
            return False
        made = datetime.fromtimestamp((uuid.int >> 80) / 1000, tz=call.now.tzinfo)
        return abs(made - call.now) <= timedelta(seconds=self._policy.e2e.sessionless_skew_seconds)

    def seal_field(self, call: Call, keys: SessionKeys, name: str, text: str, rendering: str) -> str:
        """An answer's value, sealed with the keys that opened the request's."""
        drawn = self._random_bytes(16)
        if keys.profile is Profile.PORTAL:
            cr = drawn.hex().upper()
            return envelope.seal_portal(keys, text, "c", cr, NO_RANDOM, Rendering(rendering))
        return envelope.seal_bound(keys, text, _binding(call, "response", name), drawn, Rendering(rendering))

    async def event_id(self, call: Call, sid: str) -> str | None:
        """A fresh server random for a session with ``portal`` keys, as its ``eventId`` header; else None.

        ``sid`` is the handle the call's session has by now.
        """
        if not self._may_hold_portal_keys(call):
            return None
        return await self._fresh_event(sid)

    async def event_id_of_refused(
        self, client_id: str, sid: str, channel: str | None, now: datetime
    ) -> str | None:
        """The same for a request refused before it became a call: it says itself whose session it is in.

        None also where the session is not this application's on this channel, has ended, or was replaced.
        """
        if Profile.PORTAL not in self._profiles:
            return None
        session = await self._sessions.find(handle_of(sid), now)
        if session is None or session.application_id != client_id or session.successor is not None:
            return None
        return await self._fresh_event(sid) if channel in (None, session.channel) else None

    async def _fresh_event(self, sid: str) -> str | None:
        random = self._random_bytes(16).hex().upper()
        changed = await self._sessions.change(handle_of(sid), lambda session: _issued(session, random))
        if changed is None or changed.keys is None:
            return None
        keys = changed.keys
        return envelope.seal_event_id(SessionKeys(keys.ek, keys.iv, keys.hk, Profile(keys.profile)), random)

    def _may_hold_portal_keys(self, call: Call) -> bool:
        """Known without asking the store: only the exchange brings keys, everything else keeps them."""
        if Profile.PORTAL not in self._profiles:
            return False
        held = call.session.keys if call.session is not None else None
        portal = held is not None and held.profile == Profile.PORTAL.value
        return portal or call.operation == "exchange_keys"


def _binding(call: Call, direction: str, field: str) -> Binding:
    return Binding(direction, call.path, call.sid, call.request_id, field)


def _shown(session: Session, key_id: str) -> Session:
    return session if session.key_id else replace(session, key_id=key_id)


def _issued(session: Session, random: str) -> Session | None:
    portal = session.keys is not None and session.keys.profile == Profile.PORTAL.value
    return with_random(session, random) if portal else None
