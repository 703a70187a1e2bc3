"""On each database phones go under the current pepper, and what each pepper still holds is counted."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.houses import NOON, RotatingRing, SetClock, wait
from tests.store.samples import CUSTOMER, OPERATOR, PROFILE

from aldaba.crypto.keyring import KeyName
from aldaba.domain.customer import Card, CardStatus, Customer, Phone
from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind, Reservation
from aldaba.domain.profile import AccessProfile
from aldaba.service.lookup_digests import (
    card_digests,
    phone_digests,
    recovery_digests,
    sim_digests,
    tail_digests,
)
from aldaba.service.records import seal_phone
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.redigesting import Redigester
from aldaba.store.sql.resealing import Resealer
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.transaction import SqlTransaction

CUSTOMERS = 450
"""More than two slices."""
LOST, OWN = "4111111111111111", "5204164299999992"


@pytest.fixture
def keys() -> RotatingRing:
    return RotatingRing(KeyName.PEPPER)


def number(index: int) -> str:
    return f"55{index:08d}"


def customer(keys: RotatingRing, index: int) -> Customer:
    phone = Phone(
        "+52",
        seal_phone(keys(), number(index), os.urandom),
        phone_digests(keys(), "+52", number(index)).current,
        tail_digests(keys(), number(index)).current,
        certified=True,
        best=True,
    )
    return replace(CUSTOMER, customer_id=f"{index:08d}", phones=(phone,), cards=())


def profile(keys: RotatingRing, **cards: Guard) -> AccessProfile:
    """Of the first customer; tries at the card it has and at one nobody knows any more."""
    named = {card_digests(keys(), digits[1:]).current.hex(): guard for digits, guard in cards.items()}
    sim = sim_digests(keys(), PROFILE.ccs_id, "8952").current
    return replace(PROFILE, customer_id="00000000", cards=named, last_sim_digest=sim)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def filled(fresh_url: str, keys: RotatingRing, clock: SetClock) -> Iterator[SqlStore]:
    """Customers with phones, one with a card, a profile with tries, and a pepper that came after."""
    store = open_store(fresh_url, keys, clock, os.urandom, connections=2)
    digests = card_digests(keys(), OWN)
    card = Card(digests.current, tail_digests(keys(), OWN).current, OWN[-4:], "0530", CardStatus.ACTIVE)

    def fill(act: SqlTransaction) -> None:
        for index in range(CUSTOMERS):
            act.customers.save(customer(keys, index))
        act.customers.save(replace(customer(keys, 0), cards=(card,)))
        locked = Guard(3, lock=Lock(LockKind.DAY, NOON, LockCause.FAILURES, NOON + timedelta(hours=1)))
        act.profiles.save(profile(keys, **{f"n{OWN}": Guard(failures=1), f"n{LOST}": locked}))
        old = recovery_digests(keys(), OPERATOR.name, "abcd")[1]
        act.operators.save(replace(OPERATOR, recovery=(old,)))

    store.run_blocking(fill)
    keys.rotate()
    yield store
    store.close()


def held(store: SqlStore, keys: RotatingRing) -> dict[tuple[str, str], int]:
    counted = wait(Resealer(store, keys, os.urandom).holdings())
    return {(key, what): count for (name, key, what), count in counted.items() if name == KeyName.PEPPER}


def test_phones_go_under_the_current_pepper_and_are_found_by_it_alone(
    filled: SqlStore, keys: RotatingRing, clock: SetClock
) -> None:
    redigester, looked = Redigester(filled, keys, clock), list[int]()
    assert held(filled, keys)["k1", "phones"] == CUSTOMERS
    assert wait(redigester.redigest(looked.append)) == CUSTOMERS
    assert looked[-1] == wait(redigester.rows()) == CUSTOMERS + 1
    assert wait(redigester.redigest()) == 0
    assert held(filled, keys) == {
        ("k2", "phones"): CUSTOMERS,
        ("k1", "cards"): 1,
        ("k1", "card tries"): 2,
        ("k1", "SIMs"): 1,
        ("k1", "recovery codes"): 1,
    }
    keys.keys = keys().without(KeyName.PEPPER, "k1")
    digests = phone_digests(keys(), "+52", number(449)).all
    (found,) = filled.read_blocking(lambda query: query.customers.by_phone(digests, 9))
    assert found.customer_id == "00000449"


def test_tries_at_a_card_nobody_has_are_forgotten_when_their_lock_has_ended(
    filled: SqlStore, keys: RotatingRing, clock: SetClock
) -> None:
    own = card_digests(keys(), OWN).earlier[0].hex()
    clock.forward(7200)
    wait(Redigester(filled, keys, clock).redigest())
    kept = filled.read_blocking(lambda query: query.profiles.find(PROFILE.ccs_id))
    assert kept is not None
    assert kept.cards == {own: Guard(failures=1)}
    assert kept.last_sim_digest is not None


def test_an_unfinished_try_keeps_its_place(filled: SqlStore, keys: RotatingRing, clock: SetClock) -> None:
    trying = Guard(pending=(Reservation("r", NOON),))
    name = card_digests(keys(), LOST).earlier[0].hex()
    filled.run_blocking(lambda act: act.profiles.save(replace(PROFILE, cards={name: trying})))
    wait(Redigester(filled, keys, clock).redigest())
    kept = filled.read_blocking(lambda query: query.profiles.find(PROFILE.ccs_id))
    assert kept is not None
    assert kept.cards == {name: trying}


def test_a_sim_is_forgotten_only_when_asked(filled: SqlStore, keys: RotatingRing, clock: SetClock) -> None:
    wait(Redigester(filled, keys, clock).redigest(forget_sims=True))
    kept = filled.read_blocking(lambda query: query.profiles.find(PROFILE.ccs_id))
    assert kept is not None
    assert kept.last_sim_digest is None
    assert ("k1", "SIMs") not in held(filled, keys)


def test_what_an_act_changes_meanwhile_is_kept(filled: SqlStore, keys: RotatingRing, clock: SetClock) -> None:
    looked: list[int] = []

    def between(count: int) -> None:
        if not looked:
            filled.run_blocking(
                lambda act: act.customers.save(replace(customer(keys, 300), name="CHANGED", phones=()))
            )
        looked.append(count)

    wait(Redigester(filled, keys, clock).redigest(between))
    kept = filled.read_blocking(lambda query: query.customers.find("00000300"))
    assert kept is not None
    assert (kept.name, kept.phones) == ("CHANGED", ())
