"""Telling customers what happened to their access: the outbox emptied by SMS or e-mail, at least once each.

A notice is taken with a lease before anything is sent: two servers do not tell it twice, and one that brings
the server down uses up its attempts like any other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from aldaba.crypto.digests import Secret
from aldaba.crypto.sealing import CannotOpen
from aldaba.domain.customer import Customer, Phone
from aldaba.domain.policy import Policy
from aldaba.domain.recovery import certified_phone, in_hold
from aldaba.domain.refusals import BackendFailed, HouseUnavailable
from aldaba.service.ports import Delivery, Directory, KeyVault, Notice, Store, Transaction
from aldaba.service.records import open_phone

AT_ONCE = 20
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
ATTEMPTS = 14
"""Doubling from a minute to a day, the last one comes on the fourth day."""
REMEMBERED = timedelta(days=30)

SUBJECT = "subject"
"""Among the texts, what an e-mail is headed by."""
LANGUAGES = ("es", "en")

Texts = Mapping[str, Mapping[str, str]]
"""Kind of notice, then language; ``{date}`` and ``{time}`` are filled in as the bank's calendar has them."""


class Email(Protocol):
    """Brings a text to an address. Raises ``BackendFailed`` when it was not accepted."""

    async def send(self, to: str, subject: str, text: Secret) -> None: ...


class Outcome(StrEnum):
    TOLD = "told"
    POSTPONED = "postponed"
    GIVEN_UP = "given up"
    UNREACHABLE = "no way to reach the customer"
    WORDLESS = "no text of this kind"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a notice at one attempt, for the log; the customer stays out of it."""

    notice_id: str
    kind: str
    attempt: int
    outcome: Outcome


Observe = Callable[[Report], None]
_Way = Callable[[Secret], Awaitable[object]]


class Notices:
    """Works on the outbox; to be called again and again."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        delivery: Delivery,
        email: Email | None,
        vault: KeyVault,
        policy: Policy,
        texts: Texts,
        observe: Observe,
    ) -> None:
        """Raises ``KeyError`` for a text that is missing in a language or has a blank nobody fills."""
        self._store = store
        self._directory = directory
        self._delivery = delivery
        self._email = email
        self._vault = vault
        self._policy = policy
        self._texts = texts
        self._observe = observe
        for kind in {SUBJECT, *texts}:
            for language in LANGUAGES:
                texts[kind][language].format(date="", time="")

    async def work_once(self, now: datetime) -> int:
        """Try what is due; how many were told. Raises ``HouseUnavailable`` and leaves the rest for later."""
        if not await self._store.read(lambda query: query.notices.due(now, 1)):
            return 0
        taken = await self._store.run(lambda act: _take(act, now))
        settling = asyncio.gather(*(self._settle(notice, now) for notice in taken), return_exceptions=True)
        try:
            outcomes = await asyncio.shield(settling)
        except asyncio.CancelledError:
            # The server ends: what is on its way is marked as told, or the next one would tell it again.
            await settling
            raise
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return outcomes.count(Outcome.TOLD)

    async def _settle(self, notice: Notice, now: datetime) -> Outcome:
        try:
            outcome = Outcome.GIVEN_UP if notice.attempts > ATTEMPTS else await self._tell(notice, now)
        except BackendFailed:
            outcome = Outcome.POSTPONED
        except HouseUnavailable:
            # Our own fault is no attempt, or an hour without keys would use them all up.
            again = replace(notice, attempts=notice.attempts - 1)
            await self._store.run(lambda act: act.notices.postpone(again, now + FIRST_WAIT))
            raise
        if outcome is Outcome.POSTPONED and notice.attempts >= ATTEMPTS:
            outcome = Outcome.GIVEN_UP
        await self._store.run(lambda act: _mark(act, notice, outcome, now))
        self._observe(Report(notice.id, notice.kind, notice.attempts, outcome))
        return outcome

    async def _tell(self, notice: Notice, now: datetime) -> Outcome:
        text = self._text(notice)
        if text is None:
            return Outcome.WORDLESS
        customer = await self._directory.by_number(notice.customer_id)
        ways = [] if customer is None else self._ways(customer, notice, now)
        for way in ways:
            try:
                await way(text)
            except BackendFailed:
                continue
            return Outcome.TOLD
        return Outcome.POSTPONED if ways else Outcome.UNREACHABLE

    def _text(self, notice: Notice) -> Secret | None:
        if notice.kind == SUBJECT or notice.kind not in self._texts:
            return None
        at = notice.at.astimezone(self._policy.zone)
        words = self._texts[notice.kind][_language(notice)]
        return Secret(words.format(date=f"{at:%d/%m/%Y}", time=f"{at:%H:%M}"))

    def _ways(self, customer: Customer, notice: Notice, now: datetime) -> list[_Way]:
        """How the customer can be told, the best way first."""
        phone = certified_phone(customer)
        by_phone = None if phone is None else self._by_phone(phone)
        by_email = self._by_email(customer, notice)
        ways = [by_phone, by_email]
        if phone is not None and in_hold(phone, now, self._policy.phone.hold_hours):
            # A phone certified just now may be a thief's; the customer reads e-mail.
            ways.reverse()
        return [way for way in ways if way is not None]

    def _by_phone(self, phone: Phone) -> _Way | None:
        try:
            number = f"{phone.country_code}{open_phone(self._vault.keyring(), phone.sealed)}"
        except CannotOpen:
            return None
        if not self._delivery.routes(number, "sms"):
            return None
        return lambda text: self._delivery.send(number, "sms", text)

    def _by_email(self, customer: Customer, notice: Notice) -> _Way | None:
        email, address = self._email, customer.email
        if email is None or address is None:
            return None
        subject = self._texts[SUBJECT][_language(notice)]
        return lambda text: email.send(address, subject, text)


def _language(notice: Notice) -> str:
    return notice.language if notice.language in LANGUAGES else LANGUAGES[0]


def _take(act: Transaction, now: datetime) -> tuple[Notice, ...]:
    """Due notices with this attempt counted; nobody else sees them until the lease ends."""
    taken = tuple(replace(notice, attempts=notice.attempts + 1) for notice in act.notices.due(now, AT_ONCE))
    for notice in taken:
        act.notices.postpone(notice, now + LEASE)
    return taken


def _mark(act: Transaction, notice: Notice, outcome: Outcome, now: datetime) -> None:
    if outcome is Outcome.POSTPONED:
        act.notices.postpone(notice, now + wait_after(notice.attempts))
    else:
        act.notices.sent(notice.id, now + REMEMBERED)


def wait_after(attempts: int) -> timedelta:
    """How long after the so-manieth failed attempt the next one comes."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, ATTEMPTS)
    return min(doubled, LONGEST_WAIT)
