"""The SMS gateway of the benchmark: takes every message on loopback and keeps the code in it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CODE = re.compile(r"\b\d{8}\b", re.ASCII)
_ANSWER = b'{"sid": "SM0123456789abcdef0123456789abcdef"}'
_TAKEN = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(_ANSWER),
    _ANSWER,
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Speaks the form of the ready-made template ``twilio-sms``; the newest code by phone (E.164)."""

    port: int
    codes: dict[str, str] = field(default_factory=dict)

    def write_settings(self, folder: Path) -> dict[str, str]:
        """The house's files about this gateway, and the environment that names them."""
        secret = folder / "gateway.secret"
        secret.write_text("bench\n")
        secret.chmod(0o600)
        providers = folder / "providers.toml"
        providers.write_text(
            '[[provider]]\nkind = "http"\nname = "bench"\nsender = "+525500000000"\nuser = "bench"\n'
            f'secret_file = "{secret.name}"\ntemplate = "twilio-sms"\nbase_url = "http://127.0.0.1:{self.port}"\n'
        )
        return {"ALDABA__DELIVERY__PROVIDERS_FILE": str(providers)}

    def take(self, form: str) -> None:
        fields = parse_qs(form)
        found = _CODE.search(fields["Body"][0])
        if found is not None:
            self.codes[fields["To"][0]] = found[0]


class _Connection(asyncio.Protocol):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ended, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not ended or length is None or len(body) < int(length[1]):
            return
        self._received = b""
        self._gateway.take(body.decode("ascii"))
        self._transport.write(_TAKEN)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway that listens on a free port of loopback, in this process."""
    found: list[Gateway] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(found[0]), "127.0.0.1", 0)
    found.append(Gateway(server.sockets[0].getsockname()[1]))
    async with server:
        yield found[0]
