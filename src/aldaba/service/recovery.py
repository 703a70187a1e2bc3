"""Recovery, the first steps: the card proved by its NIP, the phone recognised. Facts of the session alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aldaba.crypto.digests import Secret
from aldaba.domain.customer import Card, Phone
from aldaba.domain.decoy import outlasting
from aldaba.domain.lockout import (
    Guard,
    Lock,
    LockCause,
    LockKind,
    Reserved,
    Settlement,
    refresh,
    reserve,
    settle,
)
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, ceiling_in_sight, ceiling_reached
from aldaba.domain.quotas import bank_day
from aldaba.domain.recovery import (
    RecoveryFacts,
    begun_anew,
    cards_meant,
    every_card,
    guards_by_name,
    in_date,
    phone_proved,
    usable,
    with_phone_try,
    without_phone_try,
)
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session
from aldaba.service.audit import CardTried, EventType, PhoneTried
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.day_limits import DayLimits
from aldaba.service.lookup_digests import phone_digests
from aldaba.service.patience import until_free
from aldaba.service.ports import CardHost, KeyVault, Pause, RandomBytes, Sessions, Store, Transaction
from aldaba.service.subjects import Found, Subjects

CARD_DAY = "card"
PHONE_DAY = "phone"
MEXICO = "+52"


@dataclass(frozen=True, slots=True)
class ProveCard:
    """``expires`` is MMYY as printed on the card."""

    ccs_id: str
    nip: Secret
    expires: str


@dataclass(frozen=True, slots=True)
class ProvePhone:
    """``number``: ten national digits."""

    ccs_id: str
    number: str
    first_time: bool


@dataclass(frozen=True, slots=True)
class _CardAttempt:
    """Reserved tries at the cards that may be meant; ``locked`` where none was left."""

    id: str
    cards: tuple[Card, ...]
    locked: bool
    waits: bool = False
    """Locked only by tries of others that are still unfinished."""


class Recovery:
    """Proves card and phone of the customer the session identified."""

    def __init__(
        self,
        store: Store,
        subjects: Subjects,
        limits: DayLimits,
        cards: CardHost,
        vault: KeyVault,
        policy: Policy,
        pause: Pause,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._subjects = subjects
        self._limits = limits
        self._cards = cards
        self._vault = vault
        self._policy = policy
        self._pause = pause
        self._random_bytes = random_bytes
        # A card's own rule: three consecutive failures lock its NIP for the day.
        self._rules = replace(policy.lockout, failures=policy.card.tries)

    async def prove_card(self, call: Call, command: ProveCard) -> None:
        """Step 1: the card is the customer's, in date, and the NIP its own.

        Raises ``Refused``: not this session's customer, a session that is over, tries used up, wrong,
        card cancelled or locked (told only after the NIP proved right).
        Raises ``BackendFailed``, and charges nothing then.
        """
        await self._subjects.of_session(self._store, call)
        if command.ccs_id != call.subject.ccs_id:
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        found = await self._subjects.again(call.subject)
        async with Charges() as charges:
            attempt = await until_free(
                lambda: charges.made(
                    self._store.run(self._reserving_card(call, found, command.expires)),
                    lambda attempt: self._withdraw_card(call, found, attempt),
                ),
                lambda attempt: attempt.waits,
                self._pause,
                self._policy.lockout.wait_seconds,
            )
            proved = None if attempt.locked else await self._matching(attempt.cards, command.nip)
            if attempt.locked or not attempt.cards:
                await self._cards.verify(None, command.nip)
            kept = await charges.settled(
                self._store.run(lambda act: self._judged_card(act, call, found, attempt, proved))
            )
        if attempt.locked:
            raise Refused(Reason.RULE_BROKEN, "encryptedCredentialAccess")
        if proved is None:
            raise Refused(Reason.CREDENTIAL_REFUSED)
        if not usable(proved):
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        if not kept:
            raise Refused(Reason.RULE_BROKEN, "ccsId")

    async def _matching(self, cards: tuple[Card, ...], nip: Secret) -> Card | None:
        """The card whose NIP it is; every card that may be meant is verified, so that order tells nothing."""
        matches = [card for card in cards if await self._cards.verify(card, nip)]
        return next(iter(matches), None)

    def _reserving_card(
        self, call: Call, found: Found, expires: str
    ) -> Callable[[Transaction], _CardAttempt]:
        # Drawn once, outside: an act may be run again, and is given back by the id that it answers.
        attempt_id = self._random_bytes(9).hex()
        return lambda act: self._reserve_card(act, call, found, expires, attempt_id)

    async def _withdraw_card(self, call: Call, found: Found, attempt: _CardAttempt) -> None:
        if not attempt.locked:
            await self._store.run(lambda act: self._settle_card(act, call, found, attempt, right=None))

    def _reserve_card(
        self, act: Transaction, call: Call, found: Found, expires: str, attempt_id: str
    ) -> _CardAttempt:
        profile = self._subjects.judging_profile(act, found, call.application.client_id, call.now)
        meant: tuple[Card, ...] = ()
        if found.customer is not None and in_date(expires, call.now.astimezone(self._policy.zone)):
            meant = cards_meant(found.customer, found.subject.card_digests, expires)
        every = every_card(profile.ccs_id)
        guards = self._fresh_guards(guards_by_name(profile.cards, meant), every, call)
        profile = replace(profile, cards=guards)
        # Every try is charged to them all: what a wrong expiry date uses up, a right one does too.
        reserved = {
            name: reserve(guards.get(name, Guard()), attempt_id, call.now, self._rules, self._policy.zone)
            for name in (every, *(card.digest.hex() for card in meant))
        }
        answers = {answer for _, answer in reserved.values()}
        barred = any(guard.locked(call.now) for guard in guards.values()) or Reserved.LOCKED in answers
        if ceiling_reached(profile, self._policy) or barred:
            return _CardAttempt(attempt_id, (), locked=True)
        if Reserved.WAIT in answers or ceiling_in_sight(profile, self._policy):
            return _CardAttempt(attempt_id, (), locked=True, waits=True)
        limit = self._policy.card.tries_per_customer_and_day
        if not self._limits.reserve(act, CARD_DAY, profile.ccs_id, limit, call.now):
            return _CardAttempt(attempt_id, (), locked=True)
        guarded = {name: guard for name, (guard, _) in reserved.items()}
        self._keep(act, replace(profile, cards={**guards, **guarded}), call)
        return _CardAttempt(attempt_id, meant, locked=False)

    def _judged_card(
        self, act: Transaction, call: Call, found: Found, attempt: _CardAttempt, proved: Card | None
    ) -> bool:
        """Whether the session remembers a usable card whose NIP proved right."""
        self._settle_card(act, call, found, attempt, right=proved is not None)
        if attempt.locked or proved is None or not usable(proved):
            return False
        return facts_changed(act, call, lambda facts: replace(facts, card_proved=True))

    def _fresh_guards(self, before: Mapping[str, Guard], every: str, call: Call) -> dict[str, Guard]:
        fresh = {name: self._fresh(guard, call.now) for name, guard in before.items()}
        opened = every in fresh and before[every].lock is not None and fresh[every].lock is None
        return begun_anew(fresh) if opened else fresh

    def _fresh(self, guard: Guard, now: datetime) -> Guard:
        """Time's own work; what a crash left failed when its time was up, and locks for that day."""
        patience = timedelta(seconds=self._rules.reservation_seconds)
        due = sorted(entry.at + patience for entry in guard.pending if entry.at + patience <= now)
        for moment in (*due, now):
            guard = self._for_the_day(guard, refresh(guard, moment, self._rules, self._policy.zone))
        return guard

    def _settle_card(
        self, act: Transaction, call: Call, found: Found, attempt: _CardAttempt, *, right: bool | None
    ) -> None:
        """``right`` None: the fault was ours, nothing is charged that this attempt still holds."""
        profile = self._subjects.judging_profile(act, found, call.application.client_id, call.now)
        pending = [entry.id for guard in profile.cards.values() for entry in guard.pending]
        if right is None and attempt.id not in pending:
            return
        settlement = {True: Settlement.RIGHT, False: Settlement.WRONG, None: Settlement.WITHDRAWN}[right]
        wrong, newly = right is False and not attempt.locked, False
        if not attempt.locked:
            cards = {
                name: self._settled(guard, attempt, settlement, call) for name, guard in profile.cards.items()
            }
            if right:
                cards = begun_anew(cards)
            self._keep(act, replace(profile, cards=cards, failures=profile.failures + int(wrong)), call)
            newly = any(cards[name].lock not in (None, guard.lock) for name, guard in profile.cards.items())
            if newly and found.customer is not None:
                act.notices.add(call.notice("card-locked", found.customer.customer_id))
            if not wrong:
                self._limits.give_back(act, CARD_DAY, profile.ccs_id, call.now)
        if right is not None:
            payload = CardTried(right=bool(right), locked=attempt.locked, locked_now=newly)
            act.audit.record(call.event(EventType.CARD_TRIED, payload))

    def _settled(self, guard: Guard, attempt: _CardAttempt, settlement: Settlement, call: Call) -> Guard:
        after = settle(guard, attempt.id, settlement, call.now, self._rules, self._policy.zone)
        return self._for_the_day(guard, after)

    def _for_the_day(self, before: Guard, after: Guard) -> Guard:
        """A lock just brought about lasts for the bank day, however many there were before."""
        if after.lock is None or after.lock == before.lock:
            return after
        since = after.lock.since
        midnight = bank_day("", "", since, self._policy.zone).ends_at
        return replace(
            after, lock=Lock(LockKind.DAY, since, LockCause.FAILURES, until=midnight), day_locks=()
        )

    def _keep(self, act: Transaction, profile: AccessProfile, call: Call) -> None:
        act.profiles.save(outlasting(profile, call.now, self._policy))

    async def prove_phone(self, call: Call, command: ProvePhone) -> bool:
        """Step 2: the phone is a certified one of the customer's; whether it is the best one.

        Raises ``Refused``: not this session's customer, a session that is over, a flow that contradicts
        the profile, tries used up in this session or today, not theirs.
        Raises ``BackendFailed``, and charges nothing then.
        """
        profile = await self._subjects.of_session(self._store, call)
        if command.ccs_id != call.subject.ccs_id:
            raise Refused(Reason.CUSTOMER_UNKNOWN, "ccsId")
        found = await self._subjects.again(call.subject)
        check_flow(profile, first_time=command.first_time)
        # Nothing is told of the look before the tries are durable: one act charges, looks, and gives back.
        told = await self._store.run(lambda act: self._judged_phone(act, call, command, found))
        if isinstance(told, Reason):
            raise Refused(told)
        return told.best

    def _judged_phone(
        self, act: Transaction, call: Call, command: ProvePhone, found: Found
    ) -> Phone | Reason:
        """Charge session and day; what proves to be theirs is remembered, and charged nothing."""
        tries = self._policy.phone.tries_per_session
        if not facts_changed(act, call, lambda facts: with_phone_try(facts, tries)):
            return Reason.SESSION_LIMIT
        phone = self._recognised(found, command.number)
        if not self._settle_phone(act, call, found, phone):
            return Reason.DAY_LIMIT
        if phone is None:
            return Reason.CREDENTIAL_REFUSED
        number = f"{phone.country_code}{command.number}"
        facts_changed(
            act,
            call,
            lambda facts: phone_proved(
                without_phone_try(facts), number, phone, first_time=command.first_time
            ),
        )
        return phone

    def _recognised(self, found: Found, number: str) -> Phone | None:
        given = phone_digests(self._vault.keyring(), MEXICO, number)
        phones = found.customer.phones if found.customer is not None else ()
        matches = [phone for phone in phones if given.names(phone.digest) and phone.certified]
        return matches[0] if matches else None

    def _settle_phone(self, act: Transaction, call: Call, found: Found, phone: Phone | None) -> bool:
        profile = self._subjects.judging_profile(act, found, call.application.client_id, call.now)
        limit = self._policy.phone.tries_per_day
        allowed = not ceiling_reached(profile, self._policy) and self._limits.reserve(
            act, PHONE_DAY, profile.ccs_id, limit, call.now
        )
        if allowed and phone is not None:
            self._limits.give_back(act, PHONE_DAY, profile.ccs_id, call.now)
        elif allowed:
            self._keep(act, replace(profile, failures=profile.failures + 1), call)
        payload = PhoneTried(right=allowed and phone is not None, limit_reached=not allowed)
        act.audit.record(call.event(EventType.PHONE_TRIED, payload))
        return allowed


def check_flow(profile: AccessProfile, *, first_time: bool) -> None:
    """A first time needs a profile without a password, a forgotten password one with. Raises ``Refused``."""
    if first_time is (profile.password.sealed is not None):
        raise Refused(Reason.RULE_BROKEN, "isFirstTime")


Rule = Callable[[RecoveryFacts], RecoveryFacts | None]


async def change_facts(sessions: Sessions, call: Call, rule: Rule) -> bool:
    """Change a session's recovery facts atomically.

    False, and nothing changed, when the rule says no or the session was identified anew meanwhile: what one
    customer proved must not serve another.
    """
    changed = await sessions.change(call.the_session.handle, lambda session: _with_facts(session, call, rule))
    return changed is not None


def facts_changed(act: Transaction, call: Call, rule: Rule) -> bool:
    """As ``change_facts``, inside an act."""
    session = act.sessions.find(call.the_session.handle)
    changed = None if session is None else _with_facts(session, call, rule)
    if changed is None:
        return False
    act.sessions.place(changed)
    return True


def _with_facts(session: Session, call: Call, rule: Rule) -> Session | None:
    if session.subject != call.subject:
        return None
    facts = rule(session.recovery)
    return None if facts is None else replace(session, recovery=facts)
