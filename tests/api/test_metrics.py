"""What Prometheus reads: journeys through the door, and the figures they leave behind."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.types import Message
from tests.conftest import Bank, OpenBank
from tests.crash.served import free_port
from tests.databases import database_settings
from tests.front_end import TYPES
from tests.house.tree import ROOT
from tests.recovery_front_end import identified

from aldaba.backends.hashing import ThreadedHasher
from aldaba.cli.doctor_house import inside
from aldaba.crypto.digests import Secret
from aldaba.crypto.passwords import HashParameters
from aldaba.observability.audit_counts import MOST_APPLICATIONS, AuditCounts
from aldaba.observability.figures import HouseGauges, Sources
from aldaba.observability.metrics import Metrics
from aldaba.observability.traffic import InFlight
from aldaba.sandbox.bank import PASSWORD
from aldaba.service.audit import Event, EventType, LoggedIn
from aldaba.service.ports import Transaction
from aldaba.service.watching import Figures

CUSTOMER = "15000010"

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def scraped(bank: Bank) -> Samples:
    app = Starlette(routes=bank.house.watched.routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://admin") as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def test_a_login_leaves_its_figures(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await front.prelogin(CUSTOMER)
            hashes = value(await scraped(bank), "aldaba_hash_seconds_count")
            assert (await front.login(CUSTOMER, "wrongPass99")).status_code == 401
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            samples = await scraped(bank)
        assert value(samples, "aldaba_requests_total", operation="login", status="200", code="") == 1
        assert value(samples, "aldaba_requests_total", operation="login", status="401", code="6666") == 1
        assert value(samples, "aldaba_request_seconds_count", operation="login") == 2
        assert value(samples, "aldaba_logins_total", factor="password", outcome="succeeded") == 1
        assert value(samples, "aldaba_logins_total", factor="password", outcome="bad credentials") == 1
        ours = {"application": front.client_id, "outcome": "succeeded"}
        assert value(samples, "aldaba_application_logins_total", **ours) == 1
        assert value(samples, "aldaba_hash_seconds_count") == hashes + 2
        assert value(samples, "aldaba_store_commit_seconds_count") >= 4
        assert value(samples, "aldaba_sessions_live") == 1
        assert value(samples, "aldaba_store_up") == 1
        assert value(samples, "aldaba_audit_events_total", type="login:succeeded") == 1
        assert value(samples, "aldaba_audit_unsealed_rows") >= 3

    asyncio.run(story())


def test_sessions_beside_the_database_are_not_said_to_be_none(
    open_bank: OpenBank, request: pytest.FixtureRequest
) -> None:
    async def story(database: dict[str, str]) -> None:
        async with open_bank(**database) as bank:
            front = await bank.ready()
            await front.prelogin(CUSTOMER)
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            samples = await scraped(bank)
            (seen,) = [check for check in await inside(bank.house.settings) if check.name == "sessions"]
        assert value(samples, "aldaba_store_up") == 1
        assert "aldaba_sessions_live" not in {name for name, _ in samples}
        assert (seen.ok, seen.found) == (True, "readable, on the server of redis.url")

    with database_settings("postgres+valkey", request) as database:
        asyncio.run(story(database))


def test_a_lock_and_an_unopened_field_are_counted(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.lockout.failures": "1"}) as bank:
            front = await bank.ready()
            await front.prelogin(CUSTOMER)
            await front.login(CUSTOMER, "wrongPass99")
            credentials = {
                "userId": CUSTOMER,
                "credentialType": TYPES["password"],
                "encryptedCredential": "AAAA" * 40,
            }
            await front.call("login", {"customerCredentials": credentials})
            samples = await scraped(bank)
        failures = [count for (name, _), count in samples.items() if name == "aldaba_decrypt_failures_total"]
        assert failures == [1.0]
        locks = {labels: count for (name, labels), count in samples.items() if name == "aldaba_locks_total"}
        assert locks == {frozenset({("cause", "login D")}): 1.0}

    asyncio.run(story())


def test_what_a_rolled_back_act_recorded_is_not_counted(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            event = Event(
                EventType.LOGIN_SUCCEEDED, bank.house.clock(), LoggedIn("pin", "NONE", False, (), False)
            )

            def act(transaction: Transaction) -> None:
                transaction.audit.record(event)
                raise LookupError

            with pytest.raises(LookupError):
                await bank.house.store.run(act)
            assert value(await scraped(bank), "aldaba_logins_total", factor="pin", outcome="succeeded") == 0
            await bank.house.store.run(lambda transaction: transaction.audit.record(event))
            assert value(await scraped(bank), "aldaba_logins_total", factor="pin", outcome="succeeded") == 1

    asyncio.run(story())


def test_a_store_that_is_away_is_told_and_the_rest_stays_readable(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.ready()
            bank.house.store.close()
            samples = await scraped(bank)
        assert value(samples, "aldaba_store_up") == 0
        assert value(samples, "aldaba_requests_total", operation="exchange_keys", status="200", code="") == 1

    asyncio.run(story())


def test_applications_beyond_the_cap_are_counted_together() -> None:
    registry = CollectorRegistry()
    counts = AuditCounts(registry)
    for number in range(MOST_APPLICATIONS + 5):
        counts.count(login_of(f"app-{number}"))
    counts.count(login_of("app-0"))
    total = "aldaba_application_logins_total"
    assert registry.get_sample_value(total, {"application": "other", "outcome": "succeeded"}) == 5
    assert registry.get_sample_value(total, {"application": "app-0", "outcome": "succeeded"}) == 2


def login_of(application: str) -> Event:
    payload = LoggedIn("password", "NONE", step_up=False, risk=(), replaced=False)
    return Event(EventType.LOGIN_SUCCEEDED, datetime.now(UTC), payload, application_id=application)


def test_no_label_can_hold_a_customer_a_request_or_a_phone() -> None:
    labels = {
        label
        for collector in all_metrics().registry._collector_to_names
        for label in getattr(collector, "_labelnames", ())
    }
    assert labels == {
        "operation", "status", "code", "step", "backend", "outcome", "provider", "kind", "version", "python",
        "type", "factor", "application", "cause", "by", "purpose", "means",
    }  # fmt: skip


def all_metrics() -> Metrics:
    async def nothing(_: datetime) -> Figures:
        raise LookupError

    metrics = Metrics("0")
    InFlight(Starlette(), metrics.in_flight)
    now = datetime.now(UTC)
    HouseGauges(metrics.registry, Sources(lambda: now, nothing, int, int, Path(), certificate_expires=now))
    return metrics


def test_the_page_names_every_metric_and_no_other() -> None:
    named = {
        f"{name}_total" if isinstance(collector, Counter) else name
        for collector, names in all_metrics().registry._collector_to_names.items()
        for name in names[:1]
        if name.startswith("aldaba_")
    }
    page = set(
        re.findall(r"^\| `(aldaba_\w+)`", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.MULTILINE)
    )
    assert page == named


def test_requests_under_way_are_counted_while_they_are(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            let_go, seen = asyncio.Event(), list[float]()

            async def slow(*_: object) -> None:
                await let_go.wait()

            async def receive() -> Message:
                raise LookupError

            async def send(_: Message) -> None:
                raise LookupError

            door = bank.house.watched.round_the_door(slow)

            async def request() -> None:
                await door({"type": "http"}, receive, send)

            going = [asyncio.create_task(request()) for _ in range(3)]
            await asyncio.sleep(0)
            seen.append(value(await scraped(bank), "aldaba_requests_in_flight"))
            let_go.set()
            await asyncio.gather(*going)
            seen.append(value(await scraped(bank), "aldaba_requests_in_flight"))
            assert seen == [3, 0]

    asyncio.run(story())


def test_a_backend_that_is_down_is_counted(open_bank: OpenBank) -> None:
    async def story() -> None:
        engine = {"risk.engine": "http", "risk.base_url": f"http://127.0.0.1:{free_port()}"}
        async with open_bank(**engine) as bank:
            front = await bank.ready()
            await front.prelogin(CUSTOMER)
            await front.login(CUSTOMER, PASSWORD)
            samples = await scraped(bank)
        assert value(samples, "aldaba_backend_calls_total", backend="risk", outcome="failed") == 1
        assert value(samples, "aldaba_backend_seconds_count", backend="risk") == 1

    asyncio.run(story())


def test_a_card_that_locks_is_one_lock_however_often_it_is_tried(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank, "15000031")
            for _ in range(5):
                assert (await front.card("0000")).status_code != 204
            samples = await scraped(bank)
        assert value(samples, "aldaba_locks_total", cause="card") == 1

    asyncio.run(story())


def test_a_code_is_counted_by_purpose_means_outcome_and_provider(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            sent = await front.generate_rao("5556093218")
            assert sent.status_code in {200, 204}, sent.text
            await front.validate_rao("00000000", "5556093218")
            samples = await scraped(bank)
        counted = {name for name, _ in samples}
        assert "aldaba_codes_sent_total" in counted
        sent_by = {
            "purpose": "phone certification",
            "means": "sms",
            "outcome": "sent",
            "provider": "sandbox",
        }
        assert value(samples, "aldaba_codes_sent_total", **sent_by) == 1
        told = [dict(labels) for name, labels in samples if name == "aldaba_codes_tried_total"]
        assert [(one["outcome"], one["provider"]) for one in told] == [("wrong", "sandbox")]

    asyncio.run(story())


def test_hashes_without_a_thread_wait() -> None:
    async def story() -> None:
        metrics = Metrics("0")
        hasher = ThreadedHasher(HashParameters(8, 1), threads=1, watch=metrics)
        going = [asyncio.create_task(hasher.hash(Secret("secreto"))) for _ in range(4)]
        await asyncio.sleep(0)
        assert hasher.waiting == 3
        await asyncio.gather(*going)
        assert hasher.waiting == 0
        hasher.close()
        assert metrics.registry.get_sample_value("aldaba_hash_wait_seconds_count") == 4

    asyncio.run(story())
