"""Every provider beside the local server it is tested with: a new provider adds itself to ``KINDS``."""

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from tests.backends.delivery.gateway import SILENCE, Gateway, Received, Reply, gateway
from tests.backends.delivery.samples import SECRET, SENDER, USER, Machine
from tests.backends.delivery.stub_smsc import Connection, Smsc, Submitted, smsc

from aldaba.backends.delivery.catalog import provider_from, template_named
from aldaba.backends.delivery.generic_http import HttpProviderConfig
from aldaba.backends.delivery.http_template import HttpTemplate, Sign
from aldaba.backends.delivery.provider import Channel, Coverage, Provider
from aldaba.backends.delivery.smpp import SmppConfig
from aldaba.crypto.digests import Secret


class Mood(StrEnum):
    ACCEPTING = "accepting"
    REFUSING = "refusing"
    THROTTLING = "throttling"
    SLOW = "slow"
    TALKING_GARBAGE = "talking garbage"
    HANGING_UP = "hanging up"


MESSAGE_ID = "1a2b3c"


@dataclass
class Counterpart:
    """The server on the other side; its mood may change under way."""

    mood: Mood
    port: int = 0
    texts: Callable[[], list[str]] = field(default=list)
    """What it understood of the messages it got."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    channel: Channel
    counterpart: Callable[[Mood, ssl.SSLContext | None], AbstractAsyncContextManager[Counterpart]]
    provider: Callable[..., Provider]
    """From port, ``ca_file`` (None: without TLS), host and time-out."""


GARBAGE = Reply(200, b"<html>" + b"x" * 500)


@dataclass(frozen=True, slots=True)
class Dialect:
    template: HttpTemplate
    accepting: Reply
    refusing: Reply
    throttling: Reply
    text: Callable[[Received], str]

    def reply(self, mood: Mood) -> Reply | None:
        return {
            Mood.ACCEPTING: self.accepting,
            Mood.REFUSING: self.refusing,
            Mood.THROTTLING: self.throttling,
            Mood.SLOW: SILENCE,
            Mood.TALKING_GARBAGE: GARBAGE,
            Mood.HANGING_UP: Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Le"),
        }[mood]


def http(name: str, channel: Channel, dialect: Dialect) -> Kind:
    @asynccontextmanager
    async def counterpart(mood: Mood, tls: ssl.SSLContext | None) -> AsyncIterator[Counterpart]:
        told = Counterpart(mood)
        async with gateway(lambda _: dialect.reply(told.mood), tls) as opened:
            told.port = opened.port
            told.texts = lambda: _texts(opened, dialect)
            yield told

    def provider(
        port: int, *, ca_file: str | None = None, host: str = "127.0.0.1", timeout: float = 5.0
    ) -> Provider:
        scheme = "http" if ca_file is None else "https"
        config = HttpProviderConfig(
            name=name,
            base_url=f"{scheme}://{host}:{port}",
            template=dialect.template,
            user=USER,
            secret=Secret(SECRET),
            sender=SENDER,
            coverage=Coverage(frozenset({channel})),
            timeout_seconds=timeout,
            ca_file=ca_file or None,
        )
        return provider_from(config, Machine().tools())

    return Kind(name, channel, counterpart, provider)


def _texts(opened: Gateway, dialect: Dialect) -> list[str]:
    return [dialect.text(received) for received in opened.received]


def _form(received: Received, name: str) -> str:
    return parse_qs(received.body.decode())[name][0]


def _json(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value).encode())


def _infobip(group: str, name: str) -> Reply:
    return _json(200, {"messages": [{"messageId": MESSAGE_ID, "status": {"groupName": group, "name": name}}]})


def _spoken(received: Received) -> str:
    return ET.fromstring(_form(received, "Twiml"))[0].text or ""  # noqa: S314 - our own request


QUERY = HttpTemplate(
    path="/send",
    method="GET",
    query={"user": "{user}", "password": "{secret}", "to": "{to:bare}", "text": "{text}", "code": "{otp}"},
    id_pattern=r"OK (\S+)$",
    refused=(Sign(starts="ERR 13"),),
    throttled=(Sign(starts="ERR 88"),),
)
"""As many an old gateway has it: everything in the address, plain answers."""

_INFOBIP_ACCEPTS = _infobip("PENDING", "PENDING_ACCEPTED")
_INFOBIP_REFUSES = _infobip("REJECTED", "REJECTED_DESTINATION_NOT_REGISTERED")
_INFOBIP_THROTTLES = _infobip("REJECTED", "REJECTED_FLOODING_FILTER")

DIALECTS = {
    "twilio-sms": Dialect(
        template_named("twilio-sms"),
        _json(201, {"sid": MESSAGE_ID, "error_code": None}),
        _json(400, {"code": 21211, "message": "The 'To' number is not valid", "status": 400}),
        _json(429, {"code": 20429, "message": "Too Many Requests", "status": 429}),
        lambda received: _form(received, "Body"),
    ),
    "infobip-sms": Dialect(
        template_named("infobip-sms"),
        _INFOBIP_ACCEPTS,
        _INFOBIP_REFUSES,
        _INFOBIP_THROTTLES,
        lambda received: str(json.loads(received.body)["messages"][0]["text"]),
    ),
    "query-sms": Dialect(
        QUERY,
        Reply(200, f"OK {MESSAGE_ID}\r\n".encode()),
        Reply(200, b"ERR 13 no such number"),
        Reply(200, b"ERR 88 slow down"),
        lambda received: parse_qs(urlsplit(received.target).query)["text"][0],
    ),
    "twilio-voice": Dialect(
        template_named("twilio-voice"),
        _json(201, {"sid": MESSAGE_ID, "status": "queued"}),
        _json(400, {"code": 21217, "message": "Phone number does not appear to be valid"}),
        _json(429, {"code": 20429, "message": "Too Many Requests"}),
        _spoken,
    ),
    "infobip-voice": Dialect(
        template_named("infobip-voice"),
        _INFOBIP_ACCEPTS,
        _INFOBIP_REFUSES,
        _INFOBIP_THROTTLES,
        lambda received: str(json.loads(received.body)["text"]),
    ),
}


@asynccontextmanager
async def _smsc(mood: Mood, tls: ssl.SSLContext | None) -> AsyncIterator[Counterpart]:
    told = Counterpart(mood)

    async def behave(connection: Connection, submitted: Submitted) -> None:
        match told.mood:
            case Mood.ACCEPTING:
                connection.accept(submitted, MESSAGE_ID)
            case Mood.REFUSING:
                connection.refuse(submitted, 0x0B)
            case Mood.THROTTLING:
                connection.refuse(submitted, 0x58)
            case Mood.TALKING_GARBAGE:
                connection.writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            case Mood.HANGING_UP:
                connection.writer.write(b"\0\0\0")
                connection.writer.transport.close()
            case Mood.SLOW:
                pass

    async with smsc(behave, tls) as opened:
        told.port = opened.port
        told.texts = lambda: _segments(opened)
        yield told


def _segments(opened: Smsc) -> list[str]:
    return [submitted.octets.decode("utf-16-be") for submitted in opened.submitted]


def smpp_config(
    port: int, *, ca_file: str | None = None, host: str = "127.0.0.1", timeout: float = 5.0, window: int = 10
) -> SmppConfig:
    return SmppConfig(
        name="carrier",
        host=host,
        port=port,
        system_id=USER,
        password=Secret(SECRET),
        sender=SENDER,
        tls=ca_file is not None,
        ca_file=ca_file or None,
        window=window,
        timeout_seconds=timeout,
    )


def _smpp(
    port: int, *, ca_file: str | None = None, host: str = "127.0.0.1", timeout: float = 5.0
) -> Provider:
    config = smpp_config(port, ca_file=ca_file, host=host, timeout=timeout)
    return provider_from(config, Machine().tools())


KINDS = (
    *(
        http(name, Channel.VOICE if "voice" in name else Channel.SMS, dialect)
        for name, dialect in DIALECTS.items()
    ),
    Kind("carrier", Channel.SMS, _smsc, _smpp),
)
