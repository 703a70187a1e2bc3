"""Sessions on Valkey, beyond what every store promises: nothing readable, nothing for ever, fences."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from redis.exceptions import ResponseError
from tests.store.houses import NOON, RULES, House, at_once, beside_valkey, memory_house, wait
from tests.store.samples import SESSION, arrival
from tests.valkey_server import Valkey

from aldaba.crypto.digests import new_handle
from aldaba.domain.refusals import HouseUnavailable
from aldaba.domain.session import Session, with_random
from aldaba.service.arrivals import handle_of
from aldaba.service.ports import Store, Transaction

T = TypeVar("T")

FRESH = replace(SESSION, handle="ef" * 32)


class Interrupted:
    """A durable store during whose commit something happens."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.meanwhile: Callable[[], object] = lambda: None

    async def run(self, act: Callable[[Transaction], T]) -> T:
        answer = await self._store.run(act)
        self.meanwhile()
        return answer

    async def read(self, query: Callable[[Transaction], T]) -> T:
        return await self._store.read(query)


@pytest.fixture
def durable() -> House:
    house = memory_house()
    return replace(house, store=Interrupted(house.store))


@pytest.fixture
def house(clustered: Valkey, durable: House) -> Iterator[House]:
    clustered.flush()
    house, server = beside_valkey(durable, clustered.url)
    yield house
    wait(server.close())


def opened(house: House, session: Session = SESSION, number: int = 0) -> None:
    wait(house.sessions.arrive(arrival(number, opens=session), NOON))


def alive(house: House, session: Session = SESSION) -> bool:
    return wait(house.sessions.find(session.handle, NOON)) is not None


def drop_locks(server: Valkey) -> Callable[[], object]:
    return lambda: [server.client.delete(key) for key in server.client.keys("*:lock:*")]


def test_the_cluster_of_these_tests_refuses_keys_that_lie_apart(clustered: Valkey) -> None:
    with pytest.raises(ResponseError, match="slot"):
        clustered.client.eval("return 1", 2, "{a}", "{b}")


def test_nothing_readable_stands_in_the_server_and_nothing_for_ever(house: House, clustered: Valkey) -> None:
    sid = new_handle(lambda size: b"\x5a" * size)
    mine = replace(SESSION, handle=handle_of(sid))
    opened(house, mine)
    tombstone = replace(mine, successor=FRESH.handle, expires_at=NOON + timedelta(seconds=60))
    house.do(lambda act: act.sessions.place(tombstone))
    house.do(lambda act: act.sessions.place(FRESH))
    keys = clustered.keys()
    written = b"".join(keys) + b"".join(clustered.contents(key) for key in keys)
    assert SESSION.keys is not None
    assert SESSION.subject is not None
    planted = [SESSION.keys.ek, SESSION.keys.hk, b64encode(SESSION.keys.ek), sid.encode()]
    planted += [SESSION.subject.customer_id.encode(), b'"r1","r2"']
    assert [secret for secret in planted if secret in written] == []
    longest = (RULES.absolute_seconds + 600) * 1000
    lives = {key: clustered.client.pttl(key) for key in keys}
    assert len(lives) == 4, lives
    assert all(600_000 < life <= longest for life in lives.values()), lives


@pytest.mark.parametrize("field", ["body", "application", "expires"])
def test_a_session_that_somebody_changed_is_no_session(house: House, clustered: Valkey, field: str) -> None:
    opened(house)
    (key,) = clustered.client.keys("*:session:*")
    moment = NOON + timedelta(seconds=RULES.absolute_seconds) if field == "expires" else NOON
    forged = {"body": b"\0" * 200, "application": b"client-2", "expires": b"%d" % 2**50}[field]
    clustered.client.hset(key, field, forged)
    clustered.client.hset(key, "touched", int(moment.timestamp() * 1000))
    named = replace(
        arrival(1, SESSION.handle), application_id="client-2" if field == "application" else "client-1"
    )
    assert wait(house.sessions.arrive(named, moment)).session is None


def test_scripts_that_the_server_forgot_are_sent_again(house: House, clustered: Valkey) -> None:
    opened(house)
    clustered.client.script_flush()
    assert wait(house.sessions.arrive(arrival(1, SESSION.handle), NOON)).session == SESSION


def test_an_act_that_lost_its_lock_places_nothing(house: House, durable: House, clustered: Valkey) -> None:
    opened(house)
    assert isinstance(durable.store, Interrupted)
    durable.store.meanwhile = drop_locks(clustered)
    with pytest.raises(HouseUnavailable):
        house.do(lambda act: act.sessions.place(FRESH))
    assert not alive(house, FRESH)


def test_an_act_that_lost_its_lock_lets_nobody_back_in(
    house: House, durable: House, clustered: Valkey
) -> None:
    opened(house)
    assert isinstance(durable.store, Interrupted)
    durable.store.meanwhile = drop_locks(clustered)
    with pytest.raises(HouseUnavailable):
        house.do(lambda act: act.sessions.end(SESSION.handle))
    durable.store.meanwhile = lambda: None
    assert not alive(house)
    assert house.do(lambda act: act.sessions.find(SESSION.handle)) is None
    assert not alive(house)


def test_an_act_that_fails_leaves_the_session_it_would_have_ended(house: House) -> None:
    opened(house)
    turns: list[int] = []

    def act(transaction: Transaction) -> None:
        transaction.sessions.end(SESSION.handle)
        turns.append(len(turns))
        if len(turns) > 1:
            raise LookupError

    with pytest.raises(LookupError):
        house.do(act)
    assert alive(house)
    house.do(lambda transaction: transaction.sessions.end(SESSION.handle))
    assert not alive(house)


def test_acts_at_once_on_two_sessions_in_either_order_all_end(house: House) -> None:
    opened(house)
    opened(house, FRESH, 1)

    def adding(first: str, second: str) -> Callable[[Transaction], None]:
        def act(transaction: Transaction) -> None:
            for handle in (first, second):
                session = transaction.sessions.find(handle)
                assert session is not None
                transaction.sessions.place(replace(session, randoms=(*session.randoms, "r")))

        return act

    pair = (SESSION.handle, FRESH.handle)
    orders = [pair if number % 2 else pair[::-1] for number in range(20)]
    at_once(*(house.store.run(adding(*order)) for order in orders))
    for session in (SESSION, FRESH):
        found = wait(house.sessions.find(session.handle, NOON))
        assert found is not None
        assert found.randoms.count("r") == 20


def test_changes_and_acts_at_once_lose_nothing_of_each_other(house: House) -> None:
    plain = replace(SESSION, randoms=())
    opened(house, plain)

    def act(transaction: Transaction) -> None:
        session = transaction.sessions.find(SESSION.handle)
        assert session is not None
        transaction.sessions.place(replace(session, instance_id=f"{session.instance_id}+"))

    async def changed() -> None:
        await house.sessions.change(SESSION.handle, lambda session: with_random(session, "r"))

    at_once(*(house.store.run(act) for _ in range(10)), *(changed() for _ in range(4)))
    found = wait(house.sessions.find(SESSION.handle, NOON))
    assert found == replace(plain, randoms=("r",) * 4, instance_id=f"{plain.instance_id}{'+' * 10}")


def test_an_act_whose_caller_is_gone_is_carried_out_to_its_end(house: House) -> None:
    opened(house)

    async def cancelled() -> None:
        task = asyncio.ensure_future(house.store.run(lambda act: act.sessions.place(FRESH)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await house.store.settle()  # type: ignore[attr-defined]  # what the house does when it closes

    wait(cancelled())
    assert alive(house, FRESH)
