"""Two nodes that start, rotate and serve at once have the same keys, one current of each purpose."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.store.houses import SetClock, postgres_store, ring, wait

from aldaba.domain.policy import CLASSIC, Policy
from aldaba.service.key_supply import KeySupply, Purpose
from aldaba.service.ports import KeyPair, KeyPairState
from aldaba.store.sql.postgres.engine import PostgresStore

RULES = replace(CLASSIC, e2e=replace(CLASSIC.e2e, rsa_bits=2048, rotation_hours=24))


class Vault:
    def keyring(self) -> object:
        return ring()


@dataclass(slots=True)
class Node:
    store: PostgresStore
    supply: KeySupply


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def nodes(postgres_url: str, clock: SetClock) -> Iterator[list[Node]]:
    nodes = [_node(postgres_url, RULES, clock) for _ in range(2)]
    yield nodes
    for node in nodes:
        node.store.close()


def _node(url: str, policy: Policy, clock: SetClock) -> Node:
    store = postgres_store(url, clock)
    return Node(store, KeySupply(store, Vault(), policy, clock, os.urandom))  # type: ignore[arg-type]  # the little of a vault that is asked


def pairs(node: Node, purpose: Purpose, state: KeyPairState) -> list[KeyPair]:
    known = node.store.read_blocking(lambda query: query.key_pairs.all(purpose))
    return [pair for pair in known if pair.state is state]


async def on_all(nodes: list[Node], step: str) -> None:
    await asyncio.gather(*(getattr(node.supply, step)() for node in nodes))


async def rotated(nodes: list[Node], purpose: Purpose) -> None:
    await asyncio.gather(*(node.supply.rotate(purpose, known=nobody_waits) for node in nodes))


async def nobody_waits() -> None:
    """No node has to know a key before another uses it."""


def test_nodes_that_start_at_once_make_one_key_of_each_purpose(nodes: list[Node]) -> None:
    wait(on_all(nodes, "prepare"))
    for purpose in Purpose:
        (pair,) = pairs(nodes[0], purpose, KeyPairState.CURRENT)
        assert pair.purpose == purpose
    first, second = (wait(node.supply.current()) for node in nodes)
    assert first.key_id == second.key_id
    assert nodes[0].supply.root_jwk() == nodes[1].supply.root_jwk()


def test_nodes_that_rotate_at_once_bring_in_one_key(nodes: list[Node], clock: SetClock) -> None:
    wait(on_all(nodes, "prepare"))
    before = wait(nodes[0].supply.current()).key_id
    clock.now += timedelta(hours=23, minutes=30)
    wait(on_all(nodes, "rotate_if_due"))
    (upcoming,) = pairs(nodes[0], Purpose.E2E, KeyPairState.NEXT)
    clock.now += timedelta(hours=1)
    wait(on_all(nodes, "rotate_if_due"))
    (current,) = pairs(nodes[1], Purpose.E2E, KeyPairState.CURRENT)
    (retired,) = pairs(nodes[1], Purpose.E2E, KeyPairState.RETIRED)
    assert (current.key_id, retired.key_id) == (upcoming.key_id, before)
    assert not pairs(nodes[0], Purpose.E2E, KeyPairState.NEXT)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_two_rotations_by_hand_leave_one_current_key(nodes: list[Node], purpose: Purpose) -> None:
    wait(on_all(nodes, "prepare"))
    wait(rotated(nodes, purpose))
    assert len(pairs(nodes[0], purpose, KeyPairState.CURRENT)) == 1
    assert len(pairs(nodes[0], purpose, KeyPairState.RETIRED)) == 2
    assert not pairs(nodes[0], purpose, KeyPairState.NEXT)


def test_a_session_that_one_node_opened_under_a_fresh_key_is_served_by_another_at_once(
    nodes: list[Node],
) -> None:
    wait(on_all(nodes, "prepare"))
    fresh = wait(nodes[0].supply.rotate(Purpose.E2E, known=nobody_waits))
    assert wait(nodes[1].supply.private(fresh, shown=None)) is None
    assert wait(nodes[1].supply.private(fresh, shown=fresh)) is not None
    assert wait(nodes[1].supply.find(fresh)) is not None
