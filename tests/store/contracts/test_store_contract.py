"""What every store promises of acts and queries."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.store.houses import House, at_once, wait
from tests.store.samples import (
    APPLICATION,
    CUSTOMER,
    DEVICE,
    EVENT,
    KEY_PAIR,
    MESSAGE,
    PROFILE,
    SESSION,
    TOKEN,
    arrival,
)

from aldaba.service.ports import Transaction


class Deliberate(Exception):
    pass


def write_everything(transaction: Transaction) -> None:
    transaction.profiles.save(PROFILE)
    transaction.customers.save(CUSTOMER)
    transaction.devices.replace_all(CUSTOMER.customer_id, [DEVICE])
    transaction.tokens.save(TOKEN)
    transaction.applications.save(APPLICATION)
    transaction.key_pairs.save(KEY_PAIR)
    transaction.house.put("name", "value")
    transaction.messages.add(MESSAGE)
    transaction.audit.record(EVENT)


def everything(transaction: Transaction) -> list[object]:
    return [
        transaction.profiles.find(PROFILE.ccs_id),
        transaction.customers.find(CUSTOMER.customer_id),
        transaction.customers.by_card((CUSTOMER.cards[0].digest,)),
        transaction.devices.of(CUSTOMER.customer_id),
        transaction.tokens.find(TOKEN.serial),
        transaction.applications.all(),
        transaction.key_pairs.all(KEY_PAIR.purpose),
        transaction.house.get("name"),
        transaction.messages.to(MESSAGE.to),
    ]


def test_an_act_answers_what_it_returns(house: House) -> None:
    assert house.do(lambda _transaction: 42) == 42


def test_an_act_sees_what_it_wrote_and_so_does_a_query_after_it(house: House) -> None:
    def act(transaction: Transaction) -> list[object]:
        write_everything(transaction)
        return everything(transaction)

    inside = house.do(act)
    assert all(inside)
    assert house.look(everything) == inside


def test_an_exception_reaches_the_caller_and_nothing_of_the_act_remains(house: House) -> None:
    def act(transaction: Transaction) -> None:
        write_everything(transaction)
        transaction.quotas.count("q", house.clock.now.replace(year=2030), house.clock.now)
        transaction.replays.claim("jti", "x", house.clock.now.replace(year=2030), house.clock.now)
        raise Deliberate

    before = house.look(everything)
    with pytest.raises(Deliberate):
        house.do(act)
    assert house.look(everything) == before
    assert not any(before)
    now, later = house.clock.now, house.clock.now.replace(year=2030)
    assert house.look(lambda transaction: transaction.quotas.figure("q", now)) == 0
    assert house.do(lambda transaction: transaction.replays.claim("jti", "x", later, now))


def test_an_exception_brings_back_what_the_act_overwrote(house: House) -> None:
    def act(transaction: Transaction) -> None:
        transaction.profiles.save(replace(PROFILE, failures=99))
        transaction.customers.remove(CUSTOMER.customer_id)
        raise Deliberate

    house.do(write_everything)
    before = house.look(everything)
    with pytest.raises(Deliberate):
        house.do(act)
    assert house.look(everything) == before


def test_a_query_cannot_write(house: House) -> None:
    with pytest.raises(PermissionError):
        house.look(lambda transaction: transaction.house.put("name", "value"))
    assert house.look(lambda transaction: transaction.house.get("name")) is None


def test_acts_at_once_do_not_lose_each_others_changes(house: House) -> None:
    def act(transaction: Transaction) -> int:
        figure = int(transaction.house.get("figure") or "0") + 1
        transaction.house.put("figure", str(figure))
        return figure

    figures = at_once(*(house.store.run(act) for _ in range(100)))
    assert sorted(figures) == list(range(1, 101))


def test_acts_at_once_on_a_row_that_is_not_there_yet_do_not_lose_each_others_changes(house: House) -> None:
    def act(transaction: Transaction) -> None:
        found = transaction.profiles.find(PROFILE.ccs_id) or replace(PROFILE, failures=0)
        transaction.profiles.save(replace(found, failures=found.failures + 1))

    at_once(*(house.store.run(act) for _ in range(40)))
    found = house.look(lambda transaction: transaction.profiles.find(PROFILE.ccs_id))
    assert found is not None
    assert found.failures == 40


def test_a_caller_that_is_cancelled_comes_after_its_act(house: House) -> None:
    async def cancelled() -> str | None:
        running = asyncio.create_task(house.store.run(lambda act: act.house.put("name", "first")))
        await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return await house.store.run(lambda act: act.house.get("name"))

    assert wait(cancelled()) == "first"


def test_so_does_a_caller_whose_act_asks_for_a_session(house: House) -> None:
    """Whenever it is cancelled: its act is done by then, or never."""
    wait(house.sessions.arrive(arrival(0, opens=SESSION), house.clock.now))

    async def cancelled(name: str, moments: int) -> tuple[str | None, str | None]:
        begun, loop = asyncio.Event(), asyncio.get_running_loop()

        def act(transaction: Transaction) -> None:
            loop.call_soon_threadsafe(begun.set)
            session = transaction.sessions.find(SESSION.handle)
            transaction.house.put(name, "done")
            assert session is not None
            transaction.sessions.place(replace(session, channel=name))

        def looked_at(transaction: Transaction) -> str | None:
            assert transaction.sessions.find(SESSION.handle) is not None
            return transaction.house.get(name)

        running = asyncio.create_task(house.store.run(act))
        await begun.wait()
        for _ in range(moments):
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        # The one comes next, the other after whatever has the session.
        return await house.store.run(lambda act: act.house.get(name)), await house.store.run(looked_at)

    for moments in range(60):
        next_, at_last = wait(cancelled(f"name {moments}", moments))
        assert next_ == at_last, moments
