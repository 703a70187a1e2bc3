"""What an identified session has proved on its way to new access; facts of one session and one customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aldaba.domain.customer import Card, CardStatus, Customer, Phone
from aldaba.domain.lockout import Guard
from aldaba.domain.otp import OneTimeCode, expired


@dataclass(frozen=True, slots=True)
class ProvedPhone:
    """The phone proved in this session: digits with country code, and whether it is the best one."""

    number: str
    best: bool


@dataclass(frozen=True, slots=True)
class RecoveryFacts:
    """Card proved, phone proved, code sent; the flow's kind stays what the first step said."""

    first_time: bool | None = None
    card_proved: bool = False
    phone: ProvedPhone | None = None
    phone_tries: int = 0
    code: OneTimeCode | None = None


def begun_again(recovery: RecoveryFacts) -> RecoveryFacts:
    """Nothing proved any more; tries and sends used in this session stay used."""
    spent = None if recovery.code is None else expired(recovery.code)
    return RecoveryFacts(phone_tries=recovery.phone_tries, code=spent)


def phone_proved(recovery: RecoveryFacts, number: str, phone: Phone, *, first_time: bool) -> RecoveryFacts:
    return replace(recovery, phone=ProvedPhone(number, phone.best), first_time=first_time)


def with_phone_try(recovery: RecoveryFacts, limit: int) -> RecoveryFacts | None:
    """Reserve a try at a phone; None when the session has none left."""
    if recovery.phone_tries >= limit:
        return None
    return replace(recovery, phone_tries=recovery.phone_tries + 1)


def without_phone_try(recovery: RecoveryFacts) -> RecoveryFacts:
    return replace(recovery, phone_tries=max(recovery.phone_tries - 1, 0))


def ready_for_code(recovery: RecoveryFacts, customer: Customer) -> bool:
    """Whether phone and, where the customer has a card at all, card have been proved."""
    return recovery.phone is not None and (recovery.card_proved or not customer.cards)


def in_hold(phone: Phone, now: datetime, hours: int) -> bool:
    """A phone certified a short while ago gets no recovery code: it may be a swapped SIM's."""
    return phone.certified_at is not None and now < phone.certified_at + timedelta(hours=hours)


def best_phone(customer: Customer) -> Phone | None:
    return next((phone for phone in customer.phones if phone.certified and phone.best), None)


def certified_phone(customer: Customer) -> Phone | None:
    """The certified phone a code goes to: the best one, else the first."""
    return best_phone(customer) or next((phone for phone in customer.phones if phone.certified), None)


def cards_meant(customer: Customer, named_by: tuple[bytes, ...], expires: str) -> tuple[Card, ...]:
    """The cards a NIP may belong to: the one used to identify, else any of the customer's, by expiry.

    One whose digest was made anew under a pepper that came after ``named_by`` is any of theirs too.
    """
    named = tuple(card for card in customer.cards if card.digest in named_by)
    return tuple(card for card in named or customer.cards if card.expires == expires)


def guards_by_name(
    guards: Mapping[str, Guard], cards: Iterable[Card], earlier: Iterable[tuple[bytes, bytes]] = ()
) -> dict[str, Guard]:
    """The guards of card PINs, those kept under an earlier digest of one of the cards under its present one.

    ``earlier``: pairs of an earlier and a present digest, besides those that the cards themselves tell.
    """
    pairs = [*earlier, *((before, card.digest) for card in cards for before in card.earlier)]
    kept = dict(guards)
    for before, present in pairs:
        guard = kept.pop(before.hex(), None) if before != present else None
        if guard is not None:
            kept[present.hex()] = _both(guard, kept.get(present.hex(), Guard()))
    return kept


def every_card(ccs_id: str) -> str:
    """The name of the guard before all cards of a customer, those that there are not among them."""
    return f"none of {ccs_id}"


def begun_anew(guards: Mapping[str, Guard]) -> dict[str, Guard]:
    """The guards that are not locked without their failures: of cards all, or none.

    Did one that stood behind begin anew by itself, another would lock sooner, and tell which card was meant.
    """
    return {
        name: replace(guard, failures=0) if guard.lock is None else guard for name, guard in guards.items()
    }


def _both(one: Guard, other: Guard) -> Guard:
    stricter = max(one, other, key=lambda guard: (guard.lock is not None, guard.failures))
    return replace(stricter, pending=(*one.pending, *other.pending))


def in_date(expires: str, now: datetime) -> bool:
    """Whether a card that expires in MMYY is good at this moment of the bank's calendar."""
    month, year = int(expires[:2]), 2000 + int(expires[2:])
    return (now.year, now.month) <= (year, month)


def usable(card: Card) -> bool:
    return card.status is CardStatus.ACTIVE
