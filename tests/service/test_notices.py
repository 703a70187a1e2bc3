"""Customers are told what happened to their access: at least once, in their language, with no secret."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from tests.service.importing import NOW, NUMBER, House, Vault, phone, record
from tests.store.houses import sqlite_store

from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import Keyring
from aldaba.domain.policy import CLASSIC
from aldaba.domain.refusals import BackendFailed, HouseUnavailable
from aldaba.sandbox.faults import Faults, FaultyDirectory
from aldaba.service.notices import (
    ATTEMPTS,
    LEASE,
    LONGEST_WAIT,
    REMEMBERED,
    Email,
    Notices,
    Outcome,
    Report,
    wait_after,
)
from aldaba.service.ports import Notice, Store, Transaction
from aldaba.store.memory import MemoryStore
from aldaba.store.sql.values import milliseconds

T = TypeVar("T")

TEXTS = {
    "subject": {"es": "Aviso de seguridad", "en": "Security notice"},
    "locked": {"es": "Acceso bloqueado el {date} a las {time}.", "en": "Locked on {date} at {time}."},
    "token-locked": {"es": "Token bloqueado.", "en": "Token locked."},
    "new-device": {"es": "Nuevo dispositivo.", "en": "New device."},
}
LOCKED = Notice("lock-1", "locked", NUMBER, "es", NOW)
TEXT = "Acceso bloqueado el 10/03/2026 a las 12:30."
PHONE = "+525556093218"
ADDRESS = "arturo@example.com"


class Post:
    """Implements ``Delivery`` and ``Email``: keeps what was sent, or fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.down = set[str]()
        self.unserved = ""
        self.breaks: BaseException | None = None

    def routes(self, to: str, channel: str) -> bool:
        return channel == "sms" and not (self.unserved and to.startswith(self.unserved))

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:
        assert otp is None
        if self.breaks is not None:
            raise self.breaks
        self._take(to, channel, text)
        return "post"

    def _take(self, to: str, head: str, text: Secret) -> None:
        if ("email" if "@" in to else "sms") in self.down:
            raise BackendFailed("post")
        self.sent.append((to, head, text.reveal()))


class Mail:
    """Implements ``Email`` over the post."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def send(self, to: str, subject: str, text: Secret) -> None:
        self._post._take(to, subject, text)


class Lost(Vault):
    """A vault whose keys may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    def keyring(self) -> Keyring:
        if self.away:
            raise HouseUnavailable("keys")
        return super().keyring()


class Office:
    """A house with customers, an outbox and somebody who works on it."""

    def __init__(self, store: Store | None = None) -> None:
        self.now = NOW
        self.house = House(store=store if isinstance(store, MemoryStore) else None)
        self.store: Store = store or self.house.store
        self.post, self.vault = Post(), Lost()
        self.house.vault.ring = self.vault.ring
        self.reports: list[Report] = []
        self.faults = Faults()

    def notices(self, *, email: bool = True) -> Notices:
        mail: Email | None = Mail(self.post) if email else None
        embedded = EmbeddedDirectory(self.house.store, self.vault.keyring)
        directory = FaultyDirectory(embedded, self.faults)
        return Notices(
            self.store, directory, self.post, mail, self.vault, CLASSIC, TEXTS, self.reports.append
        )

    async def customer(self, **changes: object) -> None:
        report = await self.house.take(record(**changes))
        assert report.accepted == 1, report

    async def add(self, *notices: Notice) -> None:
        def act(transaction: Transaction) -> None:
            for notice in notices:
                transaction.notices.add(notice)

        await self.store.run(act)

    async def due(self, now: datetime) -> tuple[Notice, ...]:
        return await self.store.read(lambda query: query.notices.due(now, 10))

    async def work(self, later: timedelta = timedelta(), *, email: bool = True) -> int:
        self.now += later
        return await self.notices(email=email).work_once(self.now)

    def outcomes(self) -> list[Outcome]:
        return [report.outcome for report in self.reports]


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """The outbox in each kind of store."""
    if request.param == "memory":
        yield Office()
        return
    store = sqlite_store(tmp_path / "aldaba.db")
    yield Office(store)
    store.close()


def tell(office: Office, story: Callable[[], Awaitable[T]]) -> T:
    async def told() -> T:
        await office.customer(email=ADDRESS)
        return await story()

    return asyncio.run(told())


def test_a_customer_is_told_once_however_often_the_event_is_noted(office: Office) -> None:
    async def story() -> None:
        await office.add(LOCKED)
        assert await office.work() == 1
        await office.add(LOCKED)
        assert await office.work(timedelta(days=20)) == 0

    tell(office, story)
    assert office.post.sent == [(PHONE, "sms", TEXT)]
    assert office.reports == [Report("lock-1", "locked", 1, Outcome.TOLD)]


def test_nothing_due_is_nothing_done(office: Office) -> None:
    async def story() -> None:
        assert await office.work() == 0
        await office.add(replace(LOCKED, at=NOW + timedelta(seconds=1)))
        assert await office.work() == 0
        assert await office.work(timedelta(seconds=1)) == 1

    tell(office, story)


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", TEXT), ("en", "Locked on 10/03/2026 at 12:30."), ("fr", TEXT)],
)
def test_it_is_said_in_the_customers_language(language: str, text: str) -> None:
    office = Office()

    async def story() -> None:
        await office.add(replace(LOCKED, language=language))
        await office.work()

    tell(office, story)
    assert office.post.sent == [(PHONE, "sms", text)]


def test_many_are_told_in_one_round_and_the_rest_in_the_next(office: Office) -> None:
    async def story() -> tuple[int, int]:
        await office.add(*(replace(LOCKED, id=f"lock-{number}") for number in range(25)))
        return await office.work(), await office.work()

    assert tell(office, story) == (20, 5)
    assert len(office.post.sent) == 25


class TestWays:
    def told(self, *, mail: bool = True, unserved: str = "", **customer: object) -> tuple[Office, int]:
        office = Office()
        office.post.unserved = unserved

        async def story() -> int:
            await office.customer(**customer)
            await office.add(LOCKED)
            return await office.work(email=mail)

        return office, asyncio.run(story())

    def test_the_best_phone_comes_first(self) -> None:
        phones = [phone(number="5511111111", best=False), phone(number="5522222222")]
        office, told = self.told(phones=phones, email=ADDRESS)
        assert told == 1
        assert office.post.sent == [("+525522222222", "sms", TEXT)]

    def test_another_certified_one_serves_too(self) -> None:
        phones = [phone(number="5511111111", certified=False), phone(number="5522222222", best=False)]
        office, _ = self.told(phones=phones)
        assert office.post.sent == [("+525522222222", "sms", TEXT)]

    @pytest.mark.parametrize("phones", [[], [phone(certified=False)]])
    def test_without_a_certified_phone_an_email_is_sent(self, phones: list[object]) -> None:
        office, told = self.told(phones=phones, email=ADDRESS)
        assert told == 1
        assert office.post.sent == [(ADDRESS, "Aviso de seguridad", TEXT)]

    def test_so_it_is_where_no_provider_serves_the_phone(self) -> None:
        office, _ = self.told(unserved="+52", email=ADDRESS)
        assert office.post.sent == [(ADDRESS, "Aviso de seguridad", TEXT)]

    def test_and_where_the_phone_is_new(self) -> None:
        fresh = phone(certifiedAt=(NOW - timedelta(hours=1)).isoformat())
        office, _ = self.told(phones=[fresh], email=ADDRESS)
        assert office.post.sent == [(ADDRESS, "Aviso de seguridad", TEXT)]
        alone, told = self.told(phones=[fresh])
        assert told == 1
        assert alone.post.sent == [(PHONE, "sms", TEXT)]

    @pytest.mark.parametrize("address", [None, ADDRESS])
    def test_who_cannot_be_reached_is_remembered_and_not_tried_again(self, address: str | None) -> None:
        office, told = self.told(mail=address is None, phones=[], email=address)
        assert told == 0
        assert office.outcomes() == [Outcome.UNREACHABLE]
        assert asyncio.run(office.due(NOW + timedelta(days=9))) == ()


def test_a_customer_that_is_no_more_is_not_told() -> None:
    office = Office()

    async def story() -> None:
        await office.add(replace(LOCKED, customer_id="15000099"))
        assert await office.work() == 0
        assert await office.due(NOW + timedelta(days=9)) == ()

    tell(office, story)
    assert office.outcomes() == [Outcome.UNREACHABLE]


@pytest.mark.parametrize("kind", ["subject", "birthday"])
def test_what_nobody_worded_is_not_told(kind: str) -> None:
    office = Office()

    async def story() -> None:
        await office.add(replace(LOCKED, kind=kind))
        assert await office.work() == 0
        assert await office.due(NOW + timedelta(days=9)) == ()

    tell(office, story)
    assert office.outcomes() == [Outcome.WORDLESS]


def test_where_the_sms_fails_the_email_goes() -> None:
    office = Office()
    office.post.down = {"sms"}

    async def story() -> None:
        await office.add(LOCKED)
        assert await office.work() == 1

    tell(office, story)
    assert office.post.sent == [(ADDRESS, "Aviso de seguridad", TEXT)]


def test_a_failed_attempt_is_repeated_later_and_later_and_given_up_in_the_end(office: Office) -> None:
    office.post.down = {"sms", "email"}

    async def story() -> None:
        await office.add(LOCKED)
        for attempt in range(1, ATTEMPTS + 1):
            assert await office.work() == 0
            assert office.reports[-1].attempt == attempt
            assert await office.work(wait_after(attempt) - timedelta(seconds=1)) == 0
            assert len(office.reports) == attempt
            office.now += timedelta(seconds=1)
        assert await office.due(office.now + LONGEST_WAIT) == ()

    tell(office, story)
    assert office.outcomes() == [*[Outcome.POSTPONED] * (ATTEMPTS - 1), Outcome.GIVEN_UP]


def test_waits_double_from_a_minute_to_a_day() -> None:
    minutes = [wait_after(attempt) // timedelta(minutes=1) for attempt in range(1, ATTEMPTS)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]
    assert wait_after(10_000) == LONGEST_WAIT


def test_a_directory_that_is_away_costs_an_attempt_and_no_notice(office: Office) -> None:
    async def story() -> None:
        await office.add(LOCKED)
        office.faults.switch("directory", "down")
        assert await office.work() == 0
        office.faults.switch("directory", "ok")
        assert await office.work(timedelta(minutes=1)) == 1

    tell(office, story)
    assert [report.attempt for report in office.reports] == [1, 2]


def test_a_server_that_dies_between_sending_and_noting_it_tells_again(office: Office) -> None:
    class Died(BaseException):
        pass

    async def story() -> None:
        await office.add(LOCKED)
        office.post.breaks = Died()
        with pytest.raises(Died):
            await office.work()
        office.post.breaks = None
        assert await office.work(LEASE - timedelta(seconds=1)) == 0
        assert await office.work(timedelta(seconds=1)) == 1

    tell(office, story)
    assert [report.attempt for report in office.reports] == [2]


def test_a_notice_that_always_brings_the_work_down_is_given_up_too() -> None:
    office = Office()
    office.post.breaks = RuntimeError()

    async def story() -> None:
        await office.add(LOCKED, replace(LOCKED, id="other", kind="birthday"))
        for _ in range(ATTEMPTS):
            with pytest.raises(RuntimeError):
                await office.work(LEASE)
        assert await office.work(LEASE) == 0
        assert await office.due(office.now + LONGEST_WAIT) == ()

    tell(office, story)
    assert office.outcomes() == [Outcome.WORDLESS, Outcome.GIVEN_UP]


def test_two_servers_at_once_tell_a_notice_once(office: Office) -> None:
    async def story() -> list[int]:
        await office.add(*(replace(LOCKED, id=f"lock-{number}") for number in range(5)))
        return await asyncio.gather(*(office.work() for _ in range(4)))

    assert sum(tell(office, story)) == 5
    assert len(office.post.sent) == 5


def test_without_keys_nothing_is_told_and_no_attempt_used_up(office: Office) -> None:
    async def story() -> None:
        await office.add(LOCKED)
        for _ in range(ATTEMPTS + 1):
            office.vault.away = True
            with pytest.raises(HouseUnavailable):
                await office.work(timedelta(minutes=1))
        office.vault.away = False
        assert await office.work(timedelta(minutes=1)) == 1

    tell(office, story)
    assert office.reports == [Report("lock-1", "locked", 1, Outcome.TOLD)]


def test_a_phone_sealed_under_keys_that_are_gone_is_no_phone() -> None:
    office = Office()

    async def story() -> None:
        await office.add(LOCKED)
        office.vault.ring = Vault().ring
        assert await office.work() == 1

    tell(office, story)
    assert office.post.sent == [(ADDRESS, "Aviso de seguridad", TEXT)]


@pytest.mark.parametrize(
    "texts",
    [
        {"locked": TEXTS["locked"]},
        {**TEXTS, "locked": {"es": "Bloqueado."}},
        {**TEXTS, "locked": {"es": "Bloqueado: {pin}", "en": "Locked."}},
    ],
)
def test_a_text_that_is_missing_or_asks_for_more_stops_the_start(texts: dict[str, dict[str, str]]) -> None:
    office = Office()
    directory = EmbeddedDirectory(office.house.store, office.vault.keyring)
    with pytest.raises(KeyError):
        Notices(
            office.store, directory, office.post, None, office.vault, CLASSIC, texts, office.reports.append
        )


def test_what_was_told_is_remembered_for_a_month(tmp_path: Path) -> None:
    file = tmp_path / "aldaba.db"
    store = sqlite_store(file)
    office = Office(store)

    async def story() -> None:
        await office.add(LOCKED)
        await office.work()

    tell(office, story)
    store.close()
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT id, due_at, expires_at FROM notices").fetchall()
    assert rows == [("lock-1", None, milliseconds(NOW + REMEMBERED))]
