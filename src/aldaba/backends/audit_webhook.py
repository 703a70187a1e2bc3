"""The receiver of the audit: one signed POST a row (Standard Webhooks), over https or to loopback."""

import asyncio
import base64
import hashlib
import hmac
import re
from pathlib import Path

import httpx
import msgspec

from aldaba.backends.http import Endpoint, client_context
from aldaba.crypto.digests import Secret
from aldaba.service.audit_outbox import Outgoing
from aldaba.service.ports import Clock

BUDGET_SECONDS = 10.0
_TIMEOUTS = {"connect": 3.0, "read": 8.0, "write": 5.0, "pool": 1.0}
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]+={0,2})")


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the Base64 of HMAC-SHA-256 over ``id.timestamp.body`` (Standard Webhooks 1.0)."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def secret_bytes(text: str) -> bytes:
    """The key of a ``whsec_…`` secret. Raises ``ValueError`` for another form."""
    match = _SECRET.fullmatch(text)
    if match is None:
        raise ValueError("the secret is whsec_ and Base64")
    return base64.b64decode(match[1], validate=True)


class AuditWebhook:
    """Posts rows; raises ``ValueError`` for an address or a secret that is not to be used."""

    def __init__(self, url: str, secret: Secret, clock: Clock, ca_file: Path | None = None) -> None:
        endpoint = Endpoint(url, ca_file)
        self._url, self._secret, self._clock = url, secret_bytes(secret.reveal()), clock
        self._transport = httpx.AsyncHTTPTransport(verify=client_context(endpoint), retries=0)

    async def send(self, row: Outgoing) -> str | None:
        """Why the receiver did not take it, else None; it has to answer 2xx within ten seconds."""
        request = self._request(row)
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                response = await self._transport.handle_async_request(request)
                await response.aclose()
        except TimeoutError:
            return "no answer in time"
        except (httpx.HTTPError, OSError) as error:
            return type(error).__name__
        return None if response.is_success else f"status {response.status_code}"

    async def close(self) -> None:
        await self._transport.aclose()

    def _request(self, row: Outgoing) -> httpx.Request:
        message_id, timestamp = f"audit-{row.id}", int(self._clock().timestamp())
        body = msgspec.json.encode(
            {"type": f"audit.{row.type}", "timestamp": row.at.isoformat(), "data": msgspec.Raw(row.line)}
        )
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, message_id, timestamp, body),
        }
        return httpx.Request(
            "POST", self._url, headers=headers, content=body, extensions={"timeout": _TIMEOUTS}
        )
