"""What is wrong with the server that keeps the sessions: for the doctor, in words of finding and cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to change."""

    found: str
    expected: str
    cure: str


def check(url: str) -> list[Finding]:
    """Everything wrong with the server at this address; it is asked, and nothing in it is changed."""
    client = Redis.from_url(
        url,
        socket_connect_timeout=SECONDS,
        socket_timeout=SECONDS,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with client:
            return list(_findings(client))
    except (RedisError, OSError) as error:
        cure = "Start it, or correct redis.url; without it nobody has a session."
        return [Finding(f"no answer ({type(error).__name__})", "an answer", cure)]


def _findings(client: Redis) -> Iterator[Finding]:
    policy = _answer(client, "maxmemory_policy", "memory")
    if policy != "noeviction":
        yield Finding(
            f"maxmemory-policy {policy or 'unknown'}",
            "noeviction",
            "CONFIG SET maxmemory-policy noeviction: an evicted request id could be used again.",
        )
    if _answer(client, "role", "replication") != "master":
        yield Finding("a replica", "a primary", "Let redis.url name the address that follows the primary.")
    if _answer(client, "cluster_enabled", "cluster") == "1":
        yield Finding("a cluster", "one primary", "Use a primary with replicas: one node is spoken to.")
    if not _answer(client, "run_id", "server"):
        yield Finding(
            "no run_id in INFO", "INFO allowed", "Let its user run INFO: it tells one run from another."
        )


def _answer(client: Redis, name: str, section: str) -> str:
    told: dict[str, Any] = client.info(section)
    return str(told.get(name, ""))
