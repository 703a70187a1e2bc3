"""The audit's webhook: signed as Standard Webhooks says, in order, at least once, by one server at a time."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import OpenBank
from tests.store.houses import SetClock, ring, sqlite_store
from tests.store.samples import EVENT

from aldaba.backends.audit_webhook import AuditWebhook, secret_bytes, signature
from aldaba.crypto.digests import Secret
from aldaba.service.audit_outbox import LONGEST_PAUSE, NOTED_EVERY, AuditOutbox, Outgoing
from aldaba.settings import SettingsError, load
from aldaba.store.sql.audit_outbox import SqlOutboxCursor
from aldaba.store.sql.audit_sealing import AuditSealer
from aldaba.store.sql.sqlite.engine import SqliteStore

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Receiver:
    """A server on loopback that keeps what it is told, and answers as a test says."""

    port: int = 0
    status: int = 204
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/audit"

    @property
    def ids(self) -> list[int]:
        return [json.loads(body)["data"]["id"] for body in self.bodies]

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                assert line.startswith(b"POST /audit HTTP/1.1")
                head: dict[str, str] = {}
                while row := (await reader.readline()).decode().strip():
                    name, _, value = row.partition(": ")
                    head[name.lower()] = value
                body = await reader.readexactly(int(head["content-length"]))
                if self.status < 300:
                    self.heads.append(head)
                    self.bodies.append(body)
                writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.hear, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def outbox(store: SqliteStore, hook: AuditWebhook, clock: SetClock, holder: str = "one") -> AuditOutbox:
    return AuditOutbox(SqlOutboxCursor(store), hook.send, clock, holder, lambda _why, _times: None)


async def record(store: SqliteStore, count: int) -> None:
    for _ in range(count):
        await store.run(lambda act: act.audit.record(EVENT))
    await AuditSealer(store, ring, SetClock(), os.urandom).seal_events()


def test_the_signature_is_the_one_of_the_published_example() -> None:
    body = b'{"test": 2432232314}'
    made = signature(secret_bytes(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "url",
    ["http://example.com/x", "ftp://127.0.0.1/", "https://user@example.com/", "https://example.com/?a=b", ""],
)
def test_only_https_or_loopback_is_an_address(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        AuditWebhook(url, Secret(SECRET), SetClock())


def test_a_url_without_a_secret_is_told_at_the_start(open_bank: OpenBank) -> None:
    async def story() -> None:
        with pytest.raises(SettingsError, match=r"audit\.webhook\.secret"):
            async with open_bank(**{"audit.webhook.url": "https://example.com/audit"}):
                pass

    asyncio.run(story())


def test_a_secret_of_another_form_is_refused() -> None:
    with pytest.raises(SettingsError, match="a value that is not shown"):
        load(None, {}, overrides={"audit.webhook.secret": "whsec_short"})


def test_rows_arrive_in_order_signed_and_once(tmp_path: Path) -> None:
    async def story() -> None:
        clock = SetClock()
        store = sqlite_store(tmp_path / "db", clock)
        async with receiving() as receiver:
            hook = AuditWebhook(receiver.url, Secret(SECRET), clock)
            await record(store, 130)
            await store.run(lambda act: act.audit.record(EVENT))  # not linked yet: not sent yet
            assert await outbox(store, hook, clock).work_once() == 130
            assert await outbox(store, hook, clock).work_once() == 0
            assert receiver.ids == list(range(1, 131))
            head, body = receiver.heads[6], receiver.bodies[6]
            assert head["webhook-id"] == "audit-7"
            assert head["webhook-timestamp"] == str(int(clock().timestamp()))
            signed = f"audit-7.{head['webhook-timestamp']}.".encode() + body
            key = base64.b64decode(SECRET.removeprefix("whsec_"))
            expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
            assert head["webhook-signature"] == f"v1,{expected}"
            told = json.loads(body)
            assert told["type"] == f"audit.{EVENT.type}"
            assert {"id", "event", "kind", "keyId", "mac"} <= told["data"].keys()
            await hook.close()
        store.close()

    asyncio.run(story())


def test_a_receiver_away_for_days_loses_nothing_and_is_left_in_peace(tmp_path: Path) -> None:
    async def story() -> None:
        clock, pauses = SetClock(), list[int]()
        store = sqlite_store(tmp_path / "db", clock)
        async with receiving() as receiver:
            hook = AuditWebhook(receiver.url, Secret(SECRET), clock)
            await record(store, 3)
            receiver.status = 503
            box = AuditOutbox(
                SqlOutboxCursor(store), hook.send, clock, "one", lambda _, many: pauses.append(many)
            )
            for _ in range(2 * 86_400 // 100):
                await box.work_once()
                clock.forward(100)
            assert receiver.ids == []
            assert pauses == list(range(1, len(pauses) + 1))
            assert len(pauses) <= 2 * 86_400 / LONGEST_PAUSE.total_seconds() + 10
            await record(store, 2)
            receiver.status = 204
            clock.forward(LONGEST_PAUSE.total_seconds())
            assert await box.work_once() == 5
            assert receiver.ids == [1, 2, 3, 4, 5]
            await hook.close()
        store.close()

    asyncio.run(story())


def test_nobody_listening_is_a_failure_like_any_other() -> None:
    async def story() -> None:
        async with receiving() as receiver:
            url = receiver.url
        hook = AuditWebhook(url, Secret(SECRET), SetClock())
        assert await hook.send(Outgoing(1, "x:y", SetClock()(), b"{}")) == "ConnectError"
        await hook.close()

    asyncio.run(story())


def test_a_redirect_is_not_followed() -> None:
    async def story() -> None:
        async with receiving() as receiver:
            receiver.status = 307
            hook = AuditWebhook(receiver.url, Secret(SECRET), SetClock())
            assert await hook.send(Outgoing(1, "x:y", SetClock()(), b"{}")) == "status 307"
            await hook.close()

    asyncio.run(story())


class TestServers:
    """Several servers over one database."""

    def test_while_one_sends_no_other_does(self, tmp_path: Path) -> None:
        async def story() -> None:
            clock = SetClock()
            store = sqlite_store(tmp_path / "db", clock)
            await record(store, 60)
            sending, most, sent = 0, 0, list[int]()

            async def send(row: Outgoing) -> None:
                nonlocal sending, most
                sending += 1
                most = max(most, sending)
                await asyncio.sleep(0)
                sent.append(row.id)
                sending -= 1

            boxes = [
                AuditOutbox(SqlOutboxCursor(store), send, clock, f"node {number}", lambda _why, _many: None)
                for number in range(5)
            ]
            taken = await asyncio.gather(*(box.work_once() for box in boxes))
            assert (sorted(taken), most) == ([0, 0, 0, 0, 60], 1)
            assert sent == list(range(1, 61))
            store.close()

        asyncio.run(story())

    def test_another_takes_over_from_one_that_died_and_sends_the_last_rows_again(
        self, tmp_path: Path
    ) -> None:
        async def story() -> None:
            clock = SetClock()
            store = sqlite_store(tmp_path / "db", clock)
            await record(store, 30)
            sent: list[int] = []

            async def dying(row: Outgoing) -> None:
                sent.append(row.id)
                if row.id == 25:
                    raise asyncio.CancelledError

            async def living(row: Outgoing) -> None:
                sent.append(row.id)

            def box(send: object, holder: str) -> AuditOutbox:
                return AuditOutbox(SqlOutboxCursor(store), send, clock, holder, lambda _w, _m: None)  # type: ignore[arg-type]  # a send that a test stops

            with pytest.raises(asyncio.CancelledError):
                await box(dying, "one").work_once()
            assert await box(living, "two").work_once() == 0
            clock.forward(timedelta(seconds=61).total_seconds())
            assert await box(living, "two").work_once() == 30 - NOTED_EVERY
            assert sent == [*range(1, 26), *range(NOTED_EVERY + 1, 31)]
            store.close()

        asyncio.run(story())

    def test_one_that_lost_its_turn_stops(self, tmp_path: Path) -> None:
        async def story() -> None:
            clock = SetClock()
            store = sqlite_store(tmp_path / "db", clock)
            await record(store, 60)
            cursor = SqlOutboxCursor(store)

            async def slow(row: Outgoing) -> None:
                if row.id == 5:
                    clock.forward(61)
                    assert await cursor.take("two", clock(), clock() + timedelta(seconds=60)) is not None

            box = AuditOutbox(cursor, slow, clock, "one", lambda _w, _m: None)
            assert await box.work_once() <= NOTED_EVERY
            clock.forward(61)
            turn = await cursor.take("three", clock(), clock())
            assert turn is not None
            assert turn.last_id == 0
            store.close()

        asyncio.run(story())


def test_a_served_house_sends_what_its_customers_do(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with receiving() as receiver:
            given = {"audit.webhook.url": receiver.url, "audit.webhook.secret": SECRET}
            async with open_bank(**given) as bank:
                front = await bank.ready()
                asked = await front.prelogin("15000024")
                async with asyncio.timeout(20):
                    while not any(b"customer:identified" in body for body in receiver.bodies):  # noqa: ASYNC110 - nothing tells when it happens
                        await asyncio.sleep(0.05)
                request_id = asked.request.headers["uuid"]
                found = await bank.house.audit.of_request(request_id)
                assert [row.event.type for row in found] == ["customer:identified"]

    asyncio.run(story())
