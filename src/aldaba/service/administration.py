"""Operators' use cases on customers: show, lock, unlock, issue a temporary PIN, remove."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import Keyring
from aldaba.domain.credentials import judge_pin
from aldaba.domain.customer import Customer, Phone, initial_access
from aldaba.domain.decoy import inheriting
from aldaba.domain.lockout import Barrier, Lifter, LockCause, LockKind, may_lift
from aldaba.domain.policy import Policy
from aldaba.domain.profile import (
    AccessProfile,
    counters_reset,
    enrolled,
    lift_locks,
    locked,
    with_temporary_pin,
)
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session_epochs import sessions_ended
from aldaba.domain.standing import LockOn, locks_on
from aldaba.service.audit import CustomerChanged, Event, EventType
from aldaba.service.customer_views import CustomerView, cards_by_digest, masked_phone, view_of
from aldaba.service.day_limits import DayLimits
from aldaba.service.personal import personal_data
from aldaba.service.ports import (
    Clock,
    Delivery,
    Directory,
    Hasher,
    KeyVault,
    Notice,
    RandomBytes,
    Store,
    Transaction,
)
from aldaba.service.records import ccs_id_of, open_phone, seal_phc
from aldaba.service.recovery import CARD_DAY
from aldaba.service.registration import Registration

T = TypeVar("T")

MAX_REASON = 200
TEXT = "Su PIN temporal es {pin}. Vence en {hours} horas y sirve para un solo acceso. No lo comparta."


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What was lifted, and what still stands because this lifter may not lift it."""

    lifted: tuple[LockOn, ...]
    standing: tuple[LockOn, ...]


@dataclass(frozen=True, slots=True)
class TemporaryPinSent:
    """Where the PIN went (masked) and until when it serves; never the PIN."""

    phone: str
    expires_at: datetime


class Administration:
    """Operators' use cases; ``registration`` is the same for applications."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        vault: KeyVault,
        hasher: Hasher,
        delivery: Delivery,
        policy: Policy,
        clock: Clock,
        random_bytes: RandomBytes,
        blocklist: frozenset[str],
        text: str = TEXT,
    ) -> None:
        self._store = store
        self._directory = directory
        self._vault = vault
        self._hasher = hasher
        self._delivery = delivery
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes
        self._blocklist = blocklist
        self._text = text
        self._limits = DayLimits(policy)
        self.registration = Registration(store, vault, policy, clock, random_bytes)

    async def show(self, customer_id: str) -> CustomerView:
        """Raises ``Refused`` for an unknown customer, like every method here."""
        keyring, now = self._vault.keyring(), self._clock()
        customer = _known(await self._directory.by_number(customer_id))

        def query(transaction: Transaction) -> CustomerView:
            profiles = self.profiles_of(transaction, keyring, customer, now)
            devices, token = transaction.devices.of(customer_id), transaction.tokens.of(customer_id)
            return view_of(customer, devices, token, profiles, keyring, now, self._policy)

        return await self._store.read(query)

    async def lock(
        self, customer_id: str, kind: LockKind, reason: str, actor: str, representative: str | None = None
    ) -> None:
        """Lock the customer's profiles, or one representative's, and end what session they have."""
        _demand_reason(reason)
        now = self._clock()

        def rule(profile: AccessProfile) -> AccessProfile:
            shut = locked(profile, kind, LockCause.OPERATOR, now, self._policy, reason, actor)
            # Who is only identified is told of the lock at the login.
            return replace(shut, live_session=None)

        await self._change(customer_id, representative, rule, f"lock {kind}", reason, actor, "locked")

    async def unlock(
        self,
        customer_id: str,
        reason: str,
        actor: str,
        lifter: Lifter = Lifter.SECURITY_OFFICER,
        representative: str | None = None,
    ) -> Unlocked:
        """Lift every lock this lifter may lift (the unlock matrix), and start the counts anew.

        That of the day's tries at card NIPs too: it would keep a card shut that is told to be open.
        """
        _demand_reason(reason)
        now = self._clock()

        def rule(profile: AccessProfile) -> AccessProfile:
            return lift_locks(profile, lifter, now).profile

        begun = (CARD_DAY,) if may_lift(lifter, Barrier.CARD_PIN) else ()
        customer, changes = await self._change(
            customer_id, representative, rule, "unlock", reason, actor, "unlocked", begun
        )
        cards = cards_by_digest(customer)
        stood = [
            tuple(locks_on(profile, cards, now, self._policy) for profile in change) for change in changes
        ]
        return Unlocked(
            tuple(lock for before, after in stood for lock in before if lock not in after),
            tuple(lock for _, after in stood for lock in after),
        )

    async def reset_counters(
        self, customer_id: str, reason: str, actor: str, representative: str | None = None
    ) -> None:
        """Begin every count of failures anew, the ceiling's and the day's of card NIPs too.

        A lock that stands goes on standing.
        """
        _demand_reason(reason)
        await self._change(
            customer_id,
            representative,
            counters_reset,
            "reset counters",
            reason,
            actor,
            begun_anew=(CARD_DAY,),
        )

    async def end_sessions(
        self, customer_id: str, reason: str, actor: str, representative: str | None = None
    ) -> None:
        """End what sessions the customer has, those that are only identified too."""
        _demand_reason(reason)
        await self._change(customer_id, representative, sessions_ended, "end sessions", reason, actor)

    async def revoke_device(self, customer_id: str, device_id: str, reason: str, actor: str) -> None:
        """Block the customer's device of that id, either of its two; its key is forgotten."""
        _demand_reason(reason)
        now = self._clock()

        def act(transaction: Transaction) -> bool:
            mine = transaction.devices.of(customer_id)
            if not any(device_id in (one.vasco_id, one.application_id) for one in mine):
                return False
            kept = [
                replace(one, public_jwk=None, blocked=True)
                if device_id in (one.vasco_id, one.application_id)
                else one
                for one in mine
            ]
            transaction.devices.replace_all(customer_id, kept)
            transaction.audit.record(_event(now, "revoke device", reason, actor, customer_id, None))
            return True

        if not await self._store.run(act):
            raise Refused(Reason.NOT_FOUND, "deviceId", "no device of that id is this customer's")

    async def temporary_pin(
        self, customer_id: str, reason: str, actor: str, representative: str | None = None
    ) -> TemporaryPinSent:
        """Send a fresh temporary PIN to the certified best phone; it expires the PIN and password there were.

        Raises ``BackendFailed`` when nobody took the message; then nothing was changed.
        """
        _demand_reason(reason)
        customer = _known(await self._directory.by_number(customer_id))
        person = _the_one(customer, representative)
        phone = _best_phone(customer, self._clock(), self._policy)
        pin = self._new_pin(customer, person)
        phc = await self._hasher.hash(Secret(pin))
        await self._send(phone, pin)
        now = self._clock()
        keyring = self._vault.keyring()
        ccs_id = ccs_id_of(keyring, customer_id, person)
        sealed = seal_phc(keyring, phc, ccs_id, "temporary-pin", self._random_bytes)

        def rule(profile: AccessProfile) -> AccessProfile:
            # Who is only identified may log in with it.
            return replace(with_temporary_pin(profile, sealed, now, self._policy), live_session=None)

        await self._change(customer_id, person, rule, "temporary PIN", reason, actor)
        expires = now + timedelta(hours=self._policy.temporary_pin.life_hours)
        return TemporaryPinSent(masked_phone(phone, keyring), expires)

    async def remove(self, customer_id: str, reason: str, actor: str) -> None:
        """Remove the customer with profiles and devices; a token goes back to stock. The audit stays."""
        _demand_reason(reason)
        keyring, now = self._vault.keyring(), self._clock()

        def act(transaction: Transaction) -> None:
            customer = _known(transaction.customers.find(customer_id))
            for profile in tuple(_existing(transaction, keyring, customer)):
                transaction.profiles.remove(profile.ccs_id)
                _end_session(transaction, profile)
            transaction.devices.replace_all(customer_id, ())
            transaction.tokens.release(customer_id)
            transaction.customers.remove(customer_id)
            transaction.audit.record(_event(now, "remove", reason, actor, customer_id, None))

        await self._store.run(act)

    async def _change(
        self,
        customer_id: str,
        representative: str | None,
        rule: Callable[[AccessProfile], AccessProfile],
        action: str,
        note: str,
        actor: str,
        notice: str | None = None,
        begun_anew: tuple[str, ...] = (),
    ) -> tuple[Customer, list[tuple[AccessProfile, AccessProfile]]]:
        """Every profile meant, before and after; one that does not exist yet is made from the record.

        The session of a profile that the rule leaves without one ends with the act.

        ``notice`` is the kind of word the customer gets of it, ``begun_anew`` what of the day is forgotten.
        """
        keyring, now = self._vault.keyring(), self._clock()
        customer = _known(await self._directory.by_number(customer_id))
        people = _people(customer, representative)
        if not people:
            raise Refused(Reason.CUSTOMER_UNKNOWN, "customerId")
        told = Notice(f"{actor}:{action}:{self._random_bytes(9).hex()}", notice or "", customer_id, "es", now)

        def act(transaction: Transaction) -> list[tuple[AccessProfile, AccessProfile]]:
            changes = []
            for person in people:
                before = self._profile(transaction, keyring, customer, person, now)
                after = rule(before)
                changes.append((before, after))
                transaction.profiles.save(after)
                for kind in begun_anew:
                    self._limits.begin_anew(transaction, kind, before.ccs_id, now)
                if after.live_session is None:
                    _end_session(transaction, before)
                event = _event(now, action, note, actor, customer_id, before.ccs_id)
                transaction.audit.record(event)
            if notice is not None and changes:
                transaction.notices.add(told)
            return changes

        return customer, await self._store.run(act)

    def profiles_of(
        self, transaction: Transaction, keyring: Keyring, customer: Customer, now: datetime
    ) -> tuple[AccessProfile, ...]:
        """Every profile there is, and those the record's access will become when somebody first comes.

        A lock that came with the import keeps out from the first login on: whoever looks has to see it.
        """
        people = {"": None, **dict.fromkeys(one.id for one in customer.representatives)}
        found = [(person, self._profile(transaction, keyring, customer, person, now)) for person in people]
        return tuple(
            profile
            for person, profile in found
            if initial_access(customer, person) is not None or _kept(transaction, profile)
        )

    def _profile(
        self, transaction: Transaction, keyring: Keyring, customer: Customer, person: str, now: datetime
    ) -> AccessProfile:
        ccs_id = ccs_id_of(keyring, customer.customer_id, person)
        profile = transaction.profiles.find(ccs_id)
        if profile is not None and not profile.decoy:
            return profile
        fresh = enrolled(customer, ccs_id, person, initial_access(customer, person), now, self._policy)
        return fresh if profile is None else inheriting(fresh, profile)

    def _new_pin(self, customer: Customer, person: str) -> str:
        personal = personal_data(self._vault.keyring(), customer, person)
        lowest = 10 ** (self._policy.pin.length - 1)
        while True:
            # 128 bits over at most twelve digits: what the remainder favours is beyond anybody's reach.
            drawn = int.from_bytes(self._random_bytes(16), "big")
            pin = str(lowest + drawn % (9 * lowest))
            if judge_pin(pin, self._policy, personal, self._blocklist) is None:
                return pin

    async def _send(self, phone: Phone, pin: str) -> None:
        to = f"{phone.country_code}{open_phone(self._vault.keyring(), phone.sealed)}"
        text = self._text.format(pin=pin, hours=self._policy.temporary_pin.life_hours)
        await self._delivery.send(to, "sms", Secret(text), Secret(pin))


def _end_session(act: Transaction, profile: AccessProfile) -> None:
    if profile.live_session is not None:
        act.sessions.end(profile.live_session.handle)


def _known(found: T | None) -> T:
    if found is None:
        raise Refused(Reason.CUSTOMER_UNKNOWN, "customerId")
    return found


def _demand_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Refused(
            Reason.INVALID_REQUEST, "reason", f"a reason of 1 to {MAX_REASON} characters is demanded"
        )


def _people(customer: Customer, representative: str | None) -> tuple[str, ...]:
    """Representatives whose profiles are meant; the empty name is the customer's own profile."""
    if representative is not None:
        return (representative,) if representative in _people(customer, None) else ()
    ids = tuple(person.id for person in customer.representatives)
    if not customer.is_company:
        return ("",)
    # A company named without one of its several representatives is judged by a profile of its own.
    return ids if len(ids) == 1 else (*ids, "")


def _the_one(customer: Customer, representative: str | None) -> str:
    people = _people(customer, representative)
    if not people:
        raise Refused(Reason.CUSTOMER_UNKNOWN, "representative")
    if len(people) > 1:
        raise Refused(Reason.RULE_BROKEN, "representative", "the company has several: name one")
    return people[0]


def _best_phone(customer: Customer, now: datetime, policy: Policy) -> Phone:
    best = next((phone for phone in customer.phones if phone.best and phone.certified), None)
    if best is None:
        raise Refused(Reason.RULE_BROKEN, "phones", "the customer has no certified best phone")
    held = timedelta(hours=policy.phone.hold_hours)
    # Whoever just took over a number (SIM swap) must not be handed a PIN for it.
    if best.certified_at is not None and now < best.certified_at + held:
        raise Refused(Reason.RULE_BROKEN, "phones", f"certified less than {policy.phone.hold_hours} h ago")
    return best


def _existing(transaction: Transaction, keyring: Keyring, customer: Customer) -> Iterable[AccessProfile]:
    for person in {"": None, **dict.fromkeys(one.id for one in customer.representatives)}:
        profile = transaction.profiles.find(ccs_id_of(keyring, customer.customer_id, person))
        if profile is not None and not profile.decoy:
            yield profile


def _kept(transaction: Transaction, profile: AccessProfile) -> bool:
    found = transaction.profiles.find(profile.ccs_id)
    return found is not None and not found.decoy


def _event(now: datetime, action: str, note: str, actor: str, customer_id: str, ccs_id: str | None) -> Event:
    payload = CustomerChanged(action, note)
    return Event(
        EventType.CUSTOMER_CHANGED, now, payload, ccs_id=ccs_id, customer_id=customer_id, actor=actor
    )
