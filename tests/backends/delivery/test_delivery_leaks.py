"""The code, its text and the account's secret are in no log record, exception, trace or representation."""

import asyncio
import io
import logging
import traceback
from collections.abc import Iterator

import httpx
import pytest
from tests.backends.delivery.certificates import Certificates
from tests.backends.delivery.gateway import Reply, gateway
from tests.backends.delivery.kinds import KINDS, Kind, Mood, smpp_config
from tests.backends.delivery.samples import CODE, PHONE, SECRET, TEXT, Machine, message
from tests.backends.delivery.serving import until
from tests.backends.delivery.stub_smsc import Connection, Submitted, receipt_text, smsc

from aldaba.backends.delivery.catalog import provider_from
from aldaba.backends.delivery.failover import Attempt, Failover, FailoverSettings
from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed

TOLD_NOWHERE = (CODE, "c\\xc3\\xb3digo", "código", "C3%B3digo", SECRET, "compartas", PHONE[1:])


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything any library logs, down to the smallest."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def assert_silent(*texts: str) -> None:
    for text in texts:
        assert not [word for word in TOLD_NOWHERE if word in text], text


def test_the_representations_say_nothing() -> None:
    config = smpp_config(1)
    assert_silent(repr(message()), str(message()), repr(config), f"{message().text} {message().otp}")


def told(trouble: BaseException) -> str:
    """All a log could make of an exception: its text, its causes, its frames, its arguments."""
    chain = "".join(traceback.format_exception(trouble))
    return f"{trouble} {trouble!r} {trouble.args!r} {vars(trouble)!r} {chain}"


def test_the_trap_catches_what_an_http_client_logs_by_itself(logged: io.StringIO) -> None:
    async def story() -> None:
        async with gateway(lambda _: Reply()) as opened, httpx.AsyncClient() as client:
            await client.get(f"http://127.0.0.1:{opened.port}/send", params={"text": TEXT})

    asyncio.run(story())
    with pytest.raises(AssertionError):
        assert_silent(logged.getvalue())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("mood", Mood)
def test_no_mood_of_a_provider_brings_it_out(kind: Kind, mood: Mood, logged: io.StringIO) -> None:
    seen = list[Attempt]()

    async def story() -> str:
        async with kind.counterpart(mood, None) as counterpart:
            provider = kind.provider(counterpart.port, timeout=0.2)
            failover = Failover([provider], FailoverSettings(), Machine().ticks, seen.append)
            try:
                await failover.send(PHONE, kind.channel, Secret(TEXT), Secret(CODE))
            except BackendFailed as failed:
                return told(failed)
            finally:
                await failover.close()
            return repr(provider)

    assert_silent(asyncio.run(story(), debug=True), repr(seen), logged.getvalue())
    assert [attempt.provider for attempt in seen] == [kind.name]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_broken_tls_does_not_bring_it_out(
    kind: Kind, certificates: Certificates, logged: io.StringIO
) -> None:
    async def story() -> str:
        async with kind.counterpart(Mood.ACCEPTING, certificates.server()) as counterpart:
            provider = kind.provider(counterpart.port, ca_file="")
            try:
                await provider.deliver(message(channel=kind.channel))
            except Exception as failed:  # noqa: BLE001 - whatever it is
                return told(failed)
            finally:
                await provider.close()
            return "accepted"

    trouble = asyncio.run(story(), debug=True)
    assert "TLS" in trouble
    assert_silent(trouble, logged.getvalue())


def test_a_receipt_that_quotes_the_message_does_not_bring_it_out(logged: io.StringIO) -> None:
    machine = Machine()

    async def behave(connection: Connection, submitted: Submitted) -> None:
        connection.accept(submitted, "7")
        connection.receipt(receipt_text("7", quoted=f"Tu codigo es {CODE}"), PHONE[1:])
        connection.receipt(receipt_text("8", quoted=f"Tu codigo es {CODE}"), PHONE[1:])

    async def story() -> str:
        async with smsc(behave) as opened:
            provider = provider_from(smpp_config(opened.port), machine.tools())
            await provider.deliver(message())
            await until(lambda: bool(machine.receipts))
            await provider.close()
            return repr(vars(provider))

    assert_silent(asyncio.run(story(), debug=True), repr(machine.receipts), logged.getvalue())
