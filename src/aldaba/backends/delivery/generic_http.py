"""Any gateway that takes messages by HTTP, as its template describes it.

Requests go straight to httpx's transport: its client writes every address into a log, and the address of a
gateway with a query holds the code; nor does a transport follow redirects or keep cookies.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from aldaba.backends.delivery.http_template import (
    Answer,
    HttpTemplate,
    basic,
    encode_body,
    encode_query,
    fill,
    fill_path,
    found_id,
)
from aldaba.backends.delivery.provider import Accepted, Channel, Coverage, Outgoing, ProviderFailed, Rejected
from aldaba.crypto.digests import Secret

MAX_ANSWER_BYTES = 65_536
MAX_CONNECTIONS = 50


@dataclass(frozen=True, slots=True)
class HttpProviderConfig:
    """An account at a gateway. ``base_url`` is https, or http to a loopback address."""

    name: str
    base_url: str
    template: HttpTemplate
    user: str
    secret: Secret
    sender: str
    coverage: Coverage = field(default_factory=Coverage)
    timeout_seconds: float = 3.0
    ca_file: str | None = None

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        safe = address.scheme == "https" or (address.scheme == "http" and _loopback(address.hostname or ""))
        if not safe or not address.hostname or address.query or address.fragment:
            raise ValueError(f"{self.name}: base_url is https, or http to a loopback address")
        if self.timeout_seconds <= 0:
            raise ValueError(f"{self.name}: timeout_seconds is positive")
        # A header takes nothing else, and the library's complaint would quote it.
        if not all(word.isascii() and word.isprintable() for word in (self.user, self.secret.reveal())):
            raise ValueError(f"{self.name}: user and secret are printable ASCII")


class HttpProvider:
    """Implements ``Provider``."""

    def __init__(self, config: HttpProviderConfig, tls: ssl.SSLContext) -> None:
        self._config = config
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=10)
        self._transport = httpx.AsyncHTTPTransport(verify=tls, limits=limits, trust_env=False)

    @property
    def name(self) -> str:
        return self._config.name

    def serves(self, to: str, channel: Channel) -> bool:
        return self._config.coverage.includes(to, channel)

    async def open(self) -> None:
        """Nothing is kept: connections are made when needed."""

    async def close(self) -> None:
        await self._transport.aclose()

    async def deliver(self, message: Outgoing) -> Accepted:
        return self._judged(await self._asked(self._request(message)))

    def _request(self, message: Outgoing) -> httpx.Request:
        template, values = self._config.template, self._values(message)
        url = self._config.base_url.rstrip("/") + fill_path(template.path, values)
        if template.query:
            url += "?" + encode_query(template.query, values)
        headers = {name: fill(value, values) for name, value in template.headers.items()}
        # Unpacking is the peer's way around the size cap.
        headers["Accept-Encoding"] = "identity"
        content = b""
        if template.method != "GET":
            headers["Content-Type"], content = encode_body(template, values)
        timeout = httpx.Timeout(self._config.timeout_seconds).as_dict()
        return httpx.Request(
            template.method, url, headers=headers, content=content, extensions={"timeout": timeout}
        )

    def _values(self, message: Outgoing) -> Mapping[str, str]:
        config = self._config
        secret = config.secret.reveal()
        return {
            "to": message.to,
            "text": message.text.reveal(),
            "otp": message.otp.reveal() if message.otp else "",
            "from": config.sender,
            "language": config.template.languages[message.language],
            "user": config.user,
            "secret": secret,
            "basic": basic(config.user, secret),
        }

    async def _asked(self, request: httpx.Request) -> Answer:
        # Causes are cut off: they carry the request, and with it the code.
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                response = await self._transport.handle_async_request(request)
                try:
                    return Answer.read(response.status_code, await self._body(response))
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderFailed(self.name, "slow") from None
        except (httpx.HTTPError, OSError) as trouble:
            raise ProviderFailed(self.name, _told(trouble)) from None

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise ProviderFailed(self.name, "answer too long")
        return bytes(body)

    def _judged(self, answer: Answer) -> Accepted:
        template = self._config.template
        if any(sign.shows(answer) for sign in template.throttled):
            raise ProviderFailed(self.name, "throttled")
        if any(sign.shows(answer) for sign in template.refused):
            raise Rejected(self.name, f"refused with status {answer.status}")
        if answer.status not in template.accepted:
            raise ProviderFailed(self.name, f"status {answer.status}")
        message_id = found_id(template, answer)
        if message_id is None:
            raise ProviderFailed(self.name, "garbage: no message id")
        return Accepted(self.name, message_id)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _told(trouble: BaseException) -> str:
    """Our word for a failed exchange."""
    cause: BaseException | None = trouble
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "TLS"
        cause = cause.__cause__ or cause.__context__
    match trouble:
        case httpx.ProtocolError():
            return "garbage"
        case httpx.ConnectError():
            return "down"
        case _:
            return "connection lost"
