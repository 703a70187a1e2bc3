"""One client for every call to the bank's own systems: mutual TLS, one time budget, strict JSON.

Requests go straight to httpx's transport. Its client would write every address into a log, and with it the
customer's number; a transport also follows no redirect, keeps no cookie and takes no proxy from outside.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from aldaba.crypto import strict_json
from aldaba.domain.refusals import BackendFailed
from aldaba.service.watching import Unwatched, Watch

MAX_ANSWER_BYTES = 64 * 1024
KEEP_ALIVE_SECONDS = 15.0
CORRELATION = "X-Correlation-Id"

NOT_FOUND = "not-found"
COMMUNICATION_FAILURE = "communication-failure"
"""What a backend's ``status`` says of these two; docs/backends.md."""
_COMMUNICATION_STATUSES = frozenset({502, 504})
_NOT_FOUND_STATUS = 404
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a backend is and how long it is waited for; https, or http to a loopback address.

    ``budget_seconds`` is for one call as a whole: waiting for a free connection, retries and all.
    """

    base_url: str
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    connect_seconds: float = 1.0
    read_seconds: float = 2.5
    budget_seconds: float = 3.0
    retries: int = 1
    connections: int = 64

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        safe = address.scheme == "https" or (address.scheme == "http" and _loopback(address.hostname or ""))
        if not safe or not address.hostname or address.query or address.fragment or "@" in address.netloc:
            raise ValueError(
                "base_url is https, or http to a loopback address, without user, query or fragment"
            )
        if (self.client_cert is None) is not (self.client_key is None):
            raise ValueError("client_cert and client_key go together")
        if min(self.connect_seconds, self.read_seconds, self.budget_seconds) <= 0:
            raise ValueError("times are positive")
        if self.retries < 0 or self.connections < 1:
            raise ValueError("retries are not negative, connections at least one")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call failed, for the log: this house's words and numbers, never a piece of what was sent."""

    backend: str
    why: str
    correlation: str | None


def unobserved(_: Failure) -> None:
    """For a house that keeps no log of failures."""


def uncorrelated() -> str | None:
    """For calls that serve no request."""
    return None


class BackendClient:
    """Asks one backend and hands out the JSON objects it answers; to be closed when the house closes."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        correlation: Callable[[], str | None] = uncorrelated,
        observe: Callable[[Failure], None] = unobserved,
        watch: Watch | None = None,
    ) -> None:
        """Raises ``ValueError`` for a certificate or key that cannot be used."""
        self._name = name
        self._endpoint = endpoint
        self._correlation = correlation
        self._observe = observe
        self._watch = watch or Unwatched()
        limits = httpx.Limits(
            max_connections=endpoint.connections,
            max_keepalive_connections=endpoint.connections,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )
        self._transport = httpx.AsyncHTTPTransport(
            verify=client_context(endpoint), limits=limits, trust_env=False
        )
        self._places = asyncio.Semaphore(endpoint.connections)

    async def ask(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        idempotent: bool,
    ) -> dict[str, Any] | None:
        """The object answered, an empty one for 204; None for the documented "not found".

        Only an idempotent call is tried again, and only when its connection failed: a slow backend is not
        helped by being asked twice. Raises ``BackendFailed`` and nothing else.
        """
        began, outcome = time.perf_counter(), "failed"
        try:
            answer = await self._answer(self._request(method, path, body), idempotent=idempotent)
            outcome = "ok" if answer is not None else "not found"
        finally:
            self._watch.called(self._name, outcome, time.perf_counter() - began)
        return answer

    async def _answer(self, request: httpx.Request, *, idempotent: bool) -> dict[str, Any] | None:
        # Causes are cut off: they carry the request, and with it card numbers and PINs.
        try:
            async with asyncio.timeout(self._endpoint.budget_seconds), self._places:
                status, content = await self._tried(request, self._endpoint.retries if idempotent else 0)
        except (TimeoutError, httpx.TimeoutException):
            raise self.failed("slow") from None
        except (httpx.HTTPError, OSError) as trouble:
            # With TLS 1.3 the other side judges our certificate after the handshake; that comes as it is.
            raise self.failed(_told(trouble)) from None
        return self._judged(status, content)

    def failed(self, why: str, *, communication: bool = False) -> BackendFailed:
        """The failure to be raised, noted; ``why`` holds nothing of what was sent or answered."""
        self._observe(Failure(self._name, why, self._correlation()))
        return BackendFailed(self._name, communication=communication)

    async def close(self) -> None:
        await self._transport.aclose()

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> httpx.Request:
        # Unpacking is the peer's way around the size cap.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "aldaba"}
        correlation = self._correlation()
        if correlation and correlation.isascii() and correlation.isprintable():
            headers[CORRELATION] = correlation
        headers.update(self._watch.carried())
        if body is not None:
            headers["Content-Type"] = "application/json"
        times = self._endpoint
        timeout = httpx.Timeout(times.read_seconds, connect=times.connect_seconds, pool=times.budget_seconds)
        return httpx.Request(
            method,
            times.base_url.rstrip("/") + path,
            headers=headers,
            content=None if body is None else strict_json.dumps(body),
            extensions={"timeout": timeout.as_dict()},
        )

    async def _tried(self, request: httpx.Request, retries: int) -> tuple[int, bytes]:
        for _ in range(retries):
            try:
                return await self._once(request)
            except (httpx.NetworkError, httpx.RemoteProtocolError) as trouble:
                if _told(trouble) == "TLS":
                    raise
        return await self._once(request)

    async def _once(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._transport.handle_async_request(request)
        try:
            return response.status_code, await self._content(response)
        finally:
            await response.aclose()

    async def _content(self, response: httpx.Response) -> bytes:
        content = bytearray()
        async for piece in response.aiter_raw():
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise self.failed("answer too long")
        return bytes(content)

    def _judged(self, status: int, content: bytes) -> dict[str, Any] | None:
        answer = _object(content)
        said = None if answer is None else answer.get("status")
        if status in _COMMUNICATION_STATUSES or said == COMMUNICATION_FAILURE:
            raise self.failed("communication failure", communication=True)
        if status == _NOT_FOUND_STATUS and said == NOT_FOUND:
            return None
        if not 200 <= status < 300:
            # Also a 404 that is not the backend's own: a wrong path must not make every customer unknown.
            raise self.failed(f"status {status}")
        if status == _NO_CONTENT:
            return {}
        if answer is None:
            raise self.failed("answer is no JSON object")
        return answer


def client_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Certificate and host name verified, TLS 1.2 or newer, our own certificate shown where there is one.

    Against the machine's authorities, or those in the file alone. Raises ``ValueError``.
    """
    try:
        context = ssl.create_default_context(cafile=endpoint.ca_file)
    except (OSError, ValueError) as trouble:
        raise ValueError(f"ca_file {endpoint.ca_file} cannot be used") from trouble
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if endpoint.client_cert is not None and endpoint.client_key is not None:
        try:
            # Without a password of ours, OpenSSL would ask for that of an encrypted key at the terminal.
            context.load_cert_chain(endpoint.client_cert, endpoint.client_key, password="")
        except (OSError, ValueError) as trouble:
            both = f"{endpoint.client_cert} and {endpoint.client_key}"
            raise ValueError(f"client_cert and client_key ({both}) cannot be used") from trouble
    return context


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = strict_json.loads(content)
    except strict_json.NotStrictJson:
        return None
    return value if isinstance(value, dict) else None


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
    return "down" if isinstance(trouble, httpx.ConnectError) else "connection lost"
