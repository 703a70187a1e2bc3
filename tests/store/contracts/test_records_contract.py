"""What every store promises of profiles, customers, devices, tokens, applications, keys and messages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.houses import NOON, House, wait
from tests.store.samples import APPLICATION, CARD, CUSTOMER, DEVICE, KEY_PAIR, MESSAGE, PROFILE, TOKEN

from aldaba.domain.customer import Customer
from aldaba.service.ports import Taken, Transaction

OTHER = replace(CUSTOMER, customer_id="999999999999", cards=())


def test_what_is_not_there_is_not_found(house: House) -> None:
    queries: list[Callable[[Transaction], object]] = [
        lambda transaction: transaction.profiles.find("x"),
        lambda transaction: transaction.customers.find("x"),
        lambda transaction: transaction.customers.by_card((b"x",)),
        lambda transaction: transaction.devices.by_vasco_id("x"),
        lambda transaction: transaction.devices.by_application_id("x"),
        lambda transaction: transaction.tokens.find("x"),
        lambda transaction: transaction.tokens.of("x"),
        lambda transaction: transaction.applications.find("x"),
        lambda transaction: transaction.house.get("x"),
    ]
    assert [house.look(query) for query in queries] == [None] * len(queries)


def test_removing_what_is_not_there_does_nothing(house: House) -> None:
    def act(transaction: Transaction) -> None:
        transaction.profiles.remove("x")
        transaction.customers.remove("x")
        transaction.key_pairs.remove("x")
        transaction.tokens.release("x")
        transaction.messages.clear()

    house.do(act)


def test_a_profile_comes_back_as_it_was_saved_last(house: House) -> None:
    later = replace(PROFILE, failures=12, lock=None)
    house.do(lambda transaction: transaction.profiles.save(PROFILE))
    assert house.look(lambda transaction: transaction.profiles.find("ccs-1")) == PROFILE
    house.do(lambda transaction: transaction.profiles.save(later))
    assert house.look(lambda transaction: transaction.profiles.find("ccs-1")) == later


def test_a_removed_profile_is_gone(house: House) -> None:
    house.do(lambda transaction: transaction.profiles.save(PROFILE))
    house.do(lambda transaction: transaction.profiles.remove("ccs-1"))
    assert house.look(lambda transaction: transaction.profiles.find("ccs-1")) is None


def test_a_decoy_is_found_until_it_expires_and_the_sweep_takes_only_it(house: House) -> None:
    decoy = replace(PROFILE, ccs_id="decoy", decoy=True, expires_at=NOON + timedelta(hours=1))

    def act(transaction: Transaction) -> None:
        transaction.profiles.save(PROFILE)
        transaction.profiles.save(decoy)

    house.do(act)
    house.clock.forward(3599)
    assert house.look(lambda transaction: transaction.profiles.find("decoy")) == decoy
    now = house.clock.forward(1)
    assert house.look(lambda transaction: transaction.profiles.find("decoy")) is None
    house.do(lambda transaction: transaction.profiles.save(replace(decoy, expires_at=now)))
    wait(house.sessions.sweep(now))
    house.clock.now = NOON
    assert house.look(lambda transaction: transaction.profiles.find("decoy")) is None
    assert house.look(lambda transaction: transaction.profiles.find("ccs-1")) == PROFILE


def test_a_customer_is_found_by_number_and_by_each_card(house: House) -> None:
    house.do(lambda transaction: transaction.customers.save(CUSTOMER))
    assert house.look(lambda transaction: transaction.customers.find(CUSTOMER.customer_id)) == CUSTOMER
    assert house.look(lambda transaction: transaction.customers.by_card((b"c" * 32,))) == CUSTOMER
    assert house.look(lambda transaction: transaction.customers.by_card((b"d" * 32,))) == CUSTOMER


def test_a_card_is_found_by_whichever_of_its_digests_is_kept(house: House) -> None:
    house.do(lambda transaction: transaction.customers.save(CUSTOMER))
    kept, other = b"c" * 32, [bytes([each]) * 40 for each in range(3)]
    for digests in ((kept, *other), (*other, kept), (other[0], kept), (kept, b"d" * 32)):
        assert by_card(house, digests) == CUSTOMER
    assert by_card(house, other) is None


def by_card(house: House, digests: Sequence[bytes]) -> Customer | None:
    return house.look(lambda transaction: transaction.customers.by_card(digests))


def test_the_card_index_follows_the_customer(house: House) -> None:
    house.do(lambda transaction: transaction.customers.save(CUSTOMER))
    house.do(lambda transaction: transaction.customers.save(replace(CUSTOMER, cards=(CARD,))))
    assert house.look(lambda transaction: transaction.customers.by_card((b"d" * 32,))) is None
    assert house.look(lambda transaction: transaction.customers.by_card((b"c" * 32,))) is not None
    house.do(lambda transaction: transaction.customers.remove(CUSTOMER.customer_id))
    assert house.look(lambda transaction: transaction.customers.by_card((b"c" * 32,))) is None
    house.do(lambda transaction: transaction.customers.save(replace(OTHER, cards=(CARD,))))


def test_another_customers_card_is_taken(house: House) -> None:
    house.do(lambda transaction: transaction.customers.save(CUSTOMER))
    with pytest.raises(Taken):
        house.do(lambda transaction: transaction.customers.save(replace(OTHER, cards=(CARD,))))
    assert house.look(lambda transaction: transaction.customers.find(OTHER.customer_id)) is None


def test_customers_are_counted_once_each(house: House) -> None:
    def act(transaction: Transaction) -> None:
        for customer in (CUSTOMER, OTHER, CUSTOMER):
            transaction.customers.save(customer)

    house.do(act)
    assert house.look(lambda transaction: transaction.customers.count()) == 2


def test_devices_are_found_by_either_id_and_keep_their_order(house: House) -> None:
    second = replace(DEVICE, vasco_id=None, application_id="app-2")
    third = replace(DEVICE, vasco_id="vasco-0", application_id=None, public_jwk=None)
    devices = (DEVICE, second, third)
    house.do(lambda transaction: transaction.devices.replace_all(DEVICE.customer_id, devices))
    assert house.look(lambda transaction: transaction.devices.of(DEVICE.customer_id)) == devices
    assert house.look(lambda transaction: transaction.devices.by_vasco_id("vasco-0")) == third
    assert house.look(lambda transaction: transaction.devices.by_application_id("app-2")) == second


def test_replacing_devices_frees_the_ids_of_those_left_out(house: House) -> None:
    house.do(lambda transaction: transaction.devices.replace_all(DEVICE.customer_id, [DEVICE]))
    house.do(lambda transaction: transaction.devices.replace_all(DEVICE.customer_id, [DEVICE]))
    house.do(lambda transaction: transaction.devices.replace_all(DEVICE.customer_id, []))
    assert house.look(lambda transaction: transaction.devices.by_vasco_id("vasco-1")) is None
    theirs = replace(DEVICE, customer_id="other")
    house.do(lambda transaction: transaction.devices.replace_all("other", [theirs]))
    assert house.look(lambda transaction: transaction.devices.of("other")) == (theirs,)


@pytest.mark.parametrize("ids", [("vasco-1", "new"), ("new", "app-1"), ("vasco-1", None)])
def test_another_customers_device_id_is_taken_and_nothing_changes(
    house: House, ids: tuple[str | None, str | None]
) -> None:
    mine = replace(DEVICE, customer_id="other", vasco_id="mine", application_id="mine")
    house.do(lambda transaction: transaction.devices.replace_all(DEVICE.customer_id, [DEVICE]))
    house.do(lambda transaction: transaction.devices.replace_all("other", [mine]))
    wanted = replace(mine, vasco_id=ids[0], application_id=ids[1])
    with pytest.raises(Taken):
        house.do(lambda transaction: transaction.devices.replace_all("other", [wanted]))
    assert house.look(lambda transaction: transaction.devices.of("other")) == (mine,)


def test_a_token_is_its_customers_until_it_is_released(house: House) -> None:
    theirs = replace(TOKEN, serial="SN-0", customer_id="other")
    house.do(lambda transaction: transaction.tokens.save(TOKEN))
    house.do(lambda transaction: transaction.tokens.save(theirs))
    assert house.look(lambda transaction: transaction.tokens.of(TOKEN.customer_id or "")) == TOKEN
    house.do(lambda transaction: transaction.tokens.release(TOKEN.customer_id or ""))
    assert house.look(lambda transaction: transaction.tokens.of(TOKEN.customer_id or "")) is None
    assert house.look(lambda transaction: transaction.tokens.find("SN-1")) == replace(TOKEN, customer_id=None)
    assert house.look(lambda transaction: transaction.tokens.of("other")) == theirs


def test_applications_come_back_as_saved_in_the_order_of_their_ids(house: House) -> None:
    first = replace(APPLICATION, client_id="a", channels=None, operations=None, secret_digest=None)
    house.do(lambda transaction: transaction.applications.save(APPLICATION))
    house.do(lambda transaction: transaction.applications.save(first))
    assert house.look(lambda transaction: transaction.applications.all()) == (first, APPLICATION)
    assert house.look(lambda transaction: transaction.applications.find("client-1")) == APPLICATION


def test_key_pairs_of_a_purpose_come_newest_first(house: House) -> None:
    newer = replace(KEY_PAIR, key_id="kp-0", created_at=NOON + timedelta(seconds=1), retired_at=None)
    other = replace(KEY_PAIR, key_id="kp-2", purpose="signing")

    def act(transaction: Transaction) -> None:
        for pair in (newer, KEY_PAIR, other):
            transaction.key_pairs.save(pair)

    house.do(act)
    assert house.look(lambda transaction: transaction.key_pairs.all("e2e")) == (newer, KEY_PAIR)
    house.do(lambda transaction: transaction.key_pairs.remove("kp-0"))
    assert house.look(lambda transaction: transaction.key_pairs.all("e2e")) == (KEY_PAIR,)


def test_a_named_value_is_the_one_put_last(house: House) -> None:
    house.do(lambda transaction: transaction.house.put("clock", "1"))
    house.do(lambda transaction: transaction.house.put("clock", "2"))
    assert house.look(lambda transaction: transaction.house.get("clock")) == "2"


def test_messages_to_a_phone_come_newest_first_until_cleared(house: House) -> None:
    newer = replace(MESSAGE, at=NOON + timedelta(seconds=1), otp=None)

    def act(transaction: Transaction) -> None:
        for message in (MESSAGE, replace(MESSAGE, to="52000"), newer):
            transaction.messages.add(message)

    house.do(act)
    assert house.look(lambda transaction: transaction.messages.to(MESSAGE.to)) == (newer, MESSAGE)
    house.do(lambda transaction: transaction.messages.clear())
    assert house.look(lambda transaction: transaction.messages.to(MESSAGE.to)) == ()
