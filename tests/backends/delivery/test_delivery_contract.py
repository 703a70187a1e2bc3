"""What every provider promises, each against a local server in every mood."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.backends.delivery.certificates import Certificates
from tests.backends.delivery.kinds import KINDS, MESSAGE_ID, Counterpart, Kind, Mood
from tests.backends.delivery.samples import TEXT, message
from tests.backends.delivery.serving import closed_port, serving, until

from aldaba.backends.delivery.provider import Accepted, Channel, Outgoing, Provider, ProviderFailed, Rejected

pytestmark = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

PATIENT, HASTY = 5.0, 0.15


@asynccontextmanager
async def met(
    kind: Kind, mood: Mood, *, within: float = PATIENT
) -> AsyncIterator[tuple[Provider, Counterpart]]:
    async with kind.counterpart(mood, None) as counterpart:
        provider = kind.provider(counterpart.port, timeout=within)
        try:
            yield provider, counterpart
        finally:
            await provider.close()


async def delivered(provider: Provider, outgoing: Outgoing) -> Accepted:
    try:
        return await provider.deliver(outgoing)
    finally:
        await provider.close()


def failure(kind: Kind, mood: Mood, *, within: float = PATIENT) -> ProviderFailed:
    async def story() -> None:
        async with met(kind, mood, within=within) as (provider, _):
            await provider.deliver(message(channel=kind.channel))

    with pytest.raises(ProviderFailed) as caught:
        asyncio.run(story())
    assert caught.value.provider == kind.name
    return caught.value


def test_an_accepted_message_arrives_whole_and_has_an_id(kind: Kind) -> None:
    async def story() -> tuple[Accepted, list[str]]:
        async with met(kind, Mood.ACCEPTING) as (provider, counterpart):
            accepted = await provider.deliver(message(channel=kind.channel))
            return accepted, counterpart.texts()

    assert asyncio.run(story()) == (Accepted(kind.name, MESSAGE_ID), [TEXT])


def test_an_accepted_message_arrives_by_tls_too(kind: Kind, certificates: Certificates) -> None:
    async def story() -> tuple[Accepted, list[str]]:
        async with kind.counterpart(Mood.ACCEPTING, certificates.server()) as counterpart:
            provider = kind.provider(counterpart.port, ca_file=str(certificates.authority))
            accepted = await delivered(provider, message(channel=kind.channel))
            return accepted, counterpart.texts()

    assert asyncio.run(story()) == (Accepted(kind.name, MESSAGE_ID), [TEXT])


def test_a_refused_number_is_no_fault_of_the_provider(kind: Kind) -> None:
    async def story() -> None:
        async with met(kind, Mood.REFUSING) as (provider, _):
            await provider.deliver(message(channel=kind.channel))

    with pytest.raises(Rejected) as caught:
        asyncio.run(story())
    assert caught.value.provider == kind.name


def test_throttling_is_a_failure_of_the_provider(kind: Kind) -> None:
    assert failure(kind, Mood.THROTTLING).why == "throttled"


def test_a_slow_provider_fails_within_its_time_out(kind: Kind) -> None:
    began = time.monotonic()
    assert failure(kind, Mood.SLOW, within=HASTY).why == "slow"
    assert time.monotonic() - began < 10 * HASTY


def test_garbage_is_a_failure(kind: Kind) -> None:
    assert failure(kind, Mood.TALKING_GARBAGE).why.startswith("garbage")


def test_a_connection_cut_in_the_middle_is_a_failure(kind: Kind) -> None:
    # To an HTTP library an answer cut off is a broken one.
    assert failure(kind, Mood.HANGING_UP).why in {"connection lost", "garbage"}


def test_nobody_listening_is_a_failure(kind: Kind) -> None:
    with pytest.raises(ProviderFailed) as caught:
        asyncio.run(delivered(kind.provider(closed_port()), message(channel=kind.channel)))
    assert caught.value.why == "down"


def broken_tls(kind: Kind, server: ssl.SSLContext | None, ca_file: str, host: str) -> str:
    async def story() -> list[str]:
        async with kind.counterpart(Mood.ACCEPTING, server) as counterpart:
            provider = kind.provider(counterpart.port, ca_file=ca_file, host=host)
            try:
                await delivered(provider, message(channel=kind.channel))
            finally:
                assert counterpart.texts() == []
            return counterpart.texts()

    with pytest.raises(ProviderFailed) as caught:
        asyncio.run(story())
    return caught.value.why


def test_a_certificate_of_an_unknown_authority_is_a_failure(kind: Kind, certificates: Certificates) -> None:
    # No file named: the machine's own authorities, none of which signed it.
    assert broken_tls(kind, certificates.server(), "", "127.0.0.1") == "TLS"


def test_a_certificate_of_another_host_is_a_failure(kind: Kind, certificates: Certificates) -> None:
    assert broken_tls(kind, certificates.server(), str(certificates.authority), "localhost") == "TLS"


def test_a_provider_without_tls_where_tls_is_wanted_is_a_failure(
    kind: Kind, certificates: Certificates
) -> None:
    async def plain() -> str:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(b"220 welcome\r\n" * 10)
            await writer.drain()

        async with serving(talk) as port:
            provider = kind.provider(port, ca_file=str(certificates.authority))
            try:
                await delivered(provider, message(channel=kind.channel))
            except ProviderFailed as caught:
                return caught.why
        return "accepted"

    assert asyncio.run(plain()) == "TLS"


def test_a_provider_works_again_after_it_failed(kind: Kind) -> None:
    async def story() -> Accepted:
        async with met(kind, Mood.THROTTLING) as (provider, counterpart):
            with pytest.raises(ProviderFailed):
                await provider.deliver(message(channel=kind.channel))
            counterpart.mood = Mood.ACCEPTING
            return await provider.deliver(message(channel=kind.channel))

    assert asyncio.run(story()).message_id == MESSAGE_ID


def test_a_caller_who_goes_away_leaves_the_provider_working(kind: Kind) -> None:
    async def story() -> Accepted:
        async with met(kind, Mood.SLOW) as (provider, counterpart):
            gone = asyncio.create_task(provider.deliver(message(channel=kind.channel)))
            await until(lambda: bool(counterpart.texts()))
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
            counterpart.mood = Mood.ACCEPTING
            return await provider.deliver(message(channel=kind.channel))

    assert asyncio.run(story()).message_id == MESSAGE_ID


def test_many_messages_at_once_all_arrive(kind: Kind) -> None:
    async def story() -> int:
        async with met(kind, Mood.ACCEPTING) as (provider, counterpart):
            await asyncio.gather(*(provider.deliver(message(channel=kind.channel)) for _ in range(40)))
            return len(counterpart.texts())

    assert asyncio.run(story()) == 40


def test_a_provider_serves_the_channel_it_is_for(kind: Kind) -> None:
    other = Channel.SMS if kind.channel is Channel.VOICE else Channel.VOICE

    async def story() -> tuple[bool, bool]:
        provider = kind.provider(closed_port())
        await provider.open()
        answers = provider.serves("+525556093218", kind.channel), provider.serves("+525556093218", other)
        await provider.close()
        return answers

    assert asyncio.run(story()) == (True, False)
