"""What happens to cards and phones when the pepper is rotated: found, unique, and brought anew."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.service.importing import CARD, NUMBER, OTHER_CARD, House, PlainHasher, card, record

from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import Key, KeyName
from aldaba.crypto.passwords import verify_password
from aldaba.domain.customer import Card, CardStatus, Customer
from aldaba.domain.lockout import Guard
from aldaba.domain.profile import AccessProfile
from aldaba.domain.recovery import cards_meant, guards_by_name
from aldaba.service.lookup_digests import card_digests, is_current, phone_digests
from aldaba.service.records import open_card_pin
from aldaba.service.redigesting import Anew, CardsFoundEarlier

OTHER = "15000028"


def rotate(house: House, key_id: str = "k2") -> None:
    house.vault.ring = house.vault.ring.rotated(KeyName.PEPPER, Key(key_id, os.urandom(32)))


def told(story: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        house = House()
        await house.take(record(cards=[card(nip="1234")]))
        rotate(house)
        await story(house)

    asyncio.run(run())


async def found(house: House, number: str = CARD) -> Customer | None:
    return await EmbeddedDirectory(house.store, house.vault.keyring).by_card(number)


def all_current(house: House, customer: Customer) -> bool:
    kept = [*(one.digest for one in customer.cards), *(one.digest for one in customer.phones)]
    kept += [*(one.tail_digest for one in customer.cards), *(one.tail_digest for one in customer.phones)]
    return all(is_current(digest, house.vault.ring) for digest in kept)


async def guarded(house: House, digest: bytes) -> None:
    """A profile in which the card has missed twice."""
    now = house.clock()
    profile = AccessProfile(house.ccs_id(), NUMBER, "", now, now, cards={digest.hex(): Guard(failures=2)})
    await house.save(profile)


def test_a_card_is_found_before_and_after_it_is_imported_again() -> None:
    async def story(house: House) -> None:
        assert await found(house) == await house.known()
        assert not all_current(house, await house.known())
        await house.take(record())
        house.vault.ring = house.vault.ring.without(KeyName.PEPPER, "k1")
        assert await found(house) == await house.known()
        assert all_current(house, await house.known())

    told(story)


def test_an_import_keeps_what_hung_on_the_earlier_digest() -> None:
    async def story(house: House) -> None:
        before = await house.known()
        await guarded(house, before.cards[0].digest)
        without_nip = {name: value for name, value in card().items() if name != "nip"}
        await house.take(record(cards=[without_nip]))
        after, ring = await house.known(), house.vault.ring
        (kept,) = after.cards
        assert verify_password(open_card_pin(ring, kept.nip or "", kept.digest), "1234")
        assert after.phones[0].certified_at == before.phones[0].certified_at
        profile = await house.profile()
        assert profile is not None
        assert profile.cards == {kept.digest.hex(): Guard(failures=2)}

    told(story)


def test_an_import_without_cards_brings_the_phones_anew_and_leaves_the_cards() -> None:
    async def story(house: House) -> None:
        before = await house.known()
        await house.take(record(cards=..., phones=...))
        after = await house.known()
        assert after.cards == before.cards
        assert is_current(after.phones[0].digest, house.vault.ring)

    told(story)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_card_under_an_earlier_pepper_is_nobody_elses(dry_run: bool) -> None:
    async def story(house: House) -> None:
        report = await house.take(record(customerId=OTHER), dry_run=dry_run)
        assert [one.reason for one in report.refused] == ["cards[0].number: belongs to another customer"]
        assert await found(house) == await house.known()

    told(story)


def test_an_import_under_way_when_the_pepper_is_rotated_is_sealed_again() -> None:
    """Else another customer could be given the same card under the other pepper, unseen."""

    async def run() -> None:
        plain, rotated = PlainHasher(), False

        class Hasher:
            """Implements ``Hasher``; the pepper is rotated while the lines are hashed."""

            async def verify(self, phc: str | None, secret: Secret) -> bool:
                return phc is not None and verify_password(phc, secret.reveal())

            async def hash(self, secret: Secret) -> str:
                nonlocal rotated
                if not rotated:
                    rotated = True
                    rotate(house)
                return await plain.hash(secret)

            def needs_rehash(self, phc: str) -> bool:
                raise NotImplementedError(phc)

        house = House(hashing=Hasher())
        report = await house.take(record(cards=[card(nip="1234")]))
        assert (report.accepted, rotated) == (1, True)
        assert all_current(house, await house.known())

    asyncio.run(run())


def test_a_card_shown_is_digested_anew_in_the_background_with_all_that_hangs_on_it() -> None:
    async def story(house: House) -> None:
        earlier = CardsFoundEarlier(house.store, house.vault, os.urandom)
        directory = EmbeddedDirectory(house.store, house.vault.keyring, earlier.add)
        await guarded(house, (await house.known()).cards[0].digest)
        assert await directory.by_card(OTHER_CARD) is None
        assert await earlier.work_once() == 0
        shown = await directory.by_card(CARD)
        assert shown == await house.known()
        assert await earlier.work_once() == 1
        (kept,) = (await house.known()).cards
        assert kept.digest == card_digests(house.vault.ring, CARD).current
        assert is_current(kept.tail_digest, house.vault.ring)
        assert verify_password(open_card_pin(house.vault.ring, kept.nip or "", kept.digest), "1234")
        profile = await house.profile()
        assert profile is not None
        assert list(profile.cards) == [kept.digest.hex()]
        assert await directory.by_card(CARD) == await house.known()
        assert await earlier.work_once() == 0

    told(story)


def test_what_waits_is_dropped_when_the_pepper_was_rotated_once_more() -> None:
    async def story(house: House) -> None:
        earlier = CardsFoundEarlier(house.store, house.vault, os.urandom)
        await EmbeddedDirectory(house.store, house.vault.keyring, earlier.add).by_card(CARD)
        rotate(house, "k3")
        before = await house.known()
        assert await earlier.work_once() == 0
        assert await house.known() == before

    told(story)


def test_a_customer_gone_meanwhile_is_passed_over() -> None:
    async def story(house: House) -> None:
        earlier = CardsFoundEarlier(house.store, house.vault, os.urandom)
        earlier.add(OTHER, b"x" * 32, Anew(card_digests(house.vault.ring, CARD).current))
        assert await earlier.work_once() == 0

    told(story)


def test_a_session_named_by_a_card_knows_it_under_either_pepper_and_by_expiry_when_both_are_others() -> None:
    async def story(house: House) -> None:
        named_by = card_digests(house.vault.ring, CARD).all
        before = await house.known()
        expires = before.cards[0].expires
        assert cards_meant(before, named_by, expires) == before.cards
        await house.take(record())
        after = await house.known()
        assert cards_meant(after, named_by, expires) == after.cards
        rotate(house, "k3")
        await house.take(record())
        later = await house.known()
        assert cards_meant(later, named_by, expires) == later.cards
        assert cards_meant(later, named_by, "0101") == ()

    told(story)


def test_phones_are_found_under_every_pepper() -> None:
    async def story(house: House) -> None:
        digests = phone_digests(house.vault.ring, "+52", "5556093218").all
        customers: Any = await house.store.read(lambda query: query.customers.by_phone(digests, 9))
        assert [one.customer_id for one in customers] == [NUMBER]

    told(story)


def test_tries_at_a_card_go_with_it_and_of_two_counts_the_stricter_stays() -> None:
    old, new = b"o" * 32, b"n" * 32
    shown = Card(new, b"", "9992", "0530", CardStatus.ACTIVE, earlier=(old,))
    missed, fewer = Guard(failures=2), Guard(failures=1)
    assert guards_by_name({old.hex(): missed}, (shown,)) == {new.hex(): missed}
    assert guards_by_name({old.hex(): missed, new.hex(): fewer}, (shown,)) == {new.hex(): missed}
    assert guards_by_name({"none of 1": fewer}, (shown,)) == {"none of 1": fewer}
    assert guards_by_name({new.hex(): missed}, (replace(shown, earlier=(new,)),)) == {new.hex(): missed}
