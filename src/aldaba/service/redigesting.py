"""Digests made anew: what was kept under an earlier pepper, with all that hangs on it, under the current."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from aldaba.crypto.keyring import Keyring
from aldaba.crypto.sealing import CannotOpen
from aldaba.domain.customer import Card, Customer, Phone
from aldaba.domain.recovery import guards_by_name
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.lookup_digests import is_current, phone_digests, tail_digests
from aldaba.service.ports import KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import ccs_id_of, open_card_pin, open_phone, seal_card_pin

WAITING_AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Anew:
    """What a card's digests become: of its number, and of the end of it; a ``tail`` of None stays."""

    digest: bytes
    tail: bytes | None = None


FoundEarlier = Callable[[str, bytes, Anew], None]
"""Told of a customer's card that was found by an earlier digest, and of what becomes of it."""


def with_cards_anew(
    customer: Customer, anew: Mapping[bytes, Anew], keyring: Keyring, random_bytes: RandomBytes
) -> Customer:
    """The customer with the cards of these earlier digests under fresh ones, NIPs sealed to them."""
    cards = tuple(_card(card, anew.get(card.digest), keyring, random_bytes) for card in customer.cards)
    return replace(customer, cards=cards)


def with_phones_anew(customer: Customer, keyring: Keyring) -> Customer:
    """The customer with every phone that can be opened under the current pepper."""
    return replace(customer, phones=tuple(_phone(phone, keyring) for phone in customer.phones))


def rename_guards(
    transaction: Transaction, customer: Customer, anew: Mapping[bytes, Anew], keyring: Keyring
) -> None:
    """Let tries and locks of the customer's card PINs stand under the fresh digests."""
    pairs = [(before, fresh.digest) for before, fresh in anew.items()]
    for person in ("", *(one.id for one in customer.representatives)):
        profile = transaction.profiles.find(ccs_id_of(keyring, customer.customer_id, person))
        if profile is not None and (guards := guards_by_name(profile.cards, (), pairs)) != profile.cards:
            transaction.profiles.save(replace(profile, cards=guards))


class CardsFoundEarlier:
    """Cards that were found under an earlier pepper, to be digested anew by a background task.

    Not by the request that found them: it would take longer than one whose card nobody has.
    """

    def __init__(self, store: Store, vault: KeyVault, random_bytes: RandomBytes) -> None:
        self._store, self._vault, self._random_bytes = store, vault, random_bytes
        self._waiting: dict[tuple[str, bytes], Anew] = {}

    def add(self, customer_id: str, digest: bytes, anew: Anew) -> None:
        """Beyond a thousand that wait none is taken: whoever comes again is found again."""
        if len(self._waiting) < WAITING_AT_MOST:
            self._waiting[customer_id, digest] = anew

    async def work_once(self) -> int:
        """Digest anew what waits; answers how many cards."""
        done = 0
        while self._waiting:
            place, anew = self._waiting.popitem()
            try:
                done += await self._store.run(partial(self._digest, *place, anew))
            except HouseUnavailable:
                self._waiting[place] = anew
                raise
        return done

    def _digest(self, customer_id: str, digest: bytes, fresh: Anew, transaction: Transaction) -> bool:
        keyring = self._vault.keyring()
        stored = transaction.customers.find(customer_id)
        # The pepper may have been rotated since; then the card is found under an earlier one once more.
        if stored is None or not is_current(fresh.digest, keyring):
            return False
        anew = with_cards_anew(stored, {digest: fresh}, keyring, self._random_bytes)
        if anew != stored:
            transaction.customers.save(anew)
            rename_guards(transaction, anew, {digest: fresh}, keyring)
        return anew != stored


def _card(card: Card, anew: Anew | None, keyring: Keyring, random_bytes: RandomBytes) -> Card:
    if anew is None:
        return card
    nip = card.nip
    if nip is not None:
        try:
            phc = open_card_pin(keyring, nip, card.digest)
        except CannotOpen:
            return card  # it stays where it is and is counted there
        nip = seal_card_pin(keyring, phc, anew.digest, random_bytes)
    return replace(card, digest=anew.digest, tail_digest=anew.tail or card.tail_digest, nip=nip)


def _phone(phone: Phone, keyring: Keyring) -> Phone:
    if is_current(phone.digest, keyring) and is_current(phone.tail_digest, keyring):
        return phone
    try:
        number = open_phone(keyring, phone.sealed)
    except CannotOpen:
        return phone
    digests, tails = phone_digests(keyring, phone.country_code, number), tail_digests(keyring, number)
    return replace(phone, digest=digests.current, tail_digest=tails.current)
