"""What the doctor is told of the server that keeps the sessions."""

from collections.abc import Iterator

import pytest
from tests.valkey_server import Valkey

from aldaba.store.redis.check import check


@pytest.fixture
def server() -> Iterator[Valkey]:
    server = Valkey()
    yield server
    server.close()


def test_a_server_that_evicts_nothing_is_well(server: Valkey) -> None:
    assert check(server.url) == []


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "volatile-lfu"])
def test_a_server_that_evicts_is_reported(server: Valkey, policy: str) -> None:
    server.client.config_set("maxmemory-policy", policy)
    (finding,) = check(server.url)
    assert (finding.found, finding.expected) == (f"maxmemory-policy {policy}", "noeviction")


def test_a_replica_is_reported(server: Valkey) -> None:
    server.client.replicaof("127.0.0.1", "1")
    assert [finding.found for finding in check(server.url)] == ["a replica"]


def test_a_node_of_a_cluster_is_reported(clustered: Valkey) -> None:
    assert [finding.found for finding in check(clustered.url)] == ["a cluster"]


def test_a_server_that_is_away_is_reported_without_its_password(server: Valkey) -> None:
    server.kill()
    (finding,) = check(server.url.replace("redis://", "redis://:planted@"))
    assert finding.found.startswith("no answer")
    assert "planted" not in str(finding)
