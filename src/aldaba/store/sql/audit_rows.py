"""What an audit row, its MAC, a link and the head are made of."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args, get_type_hints

import msgspec

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, open_sealed, seal
from aldaba.service.audit import Event, Payload
from aldaba.service.ports import RandomBytes
from aldaba.store.sql.values import Value, body_of

GENESIS = bytes(32)
"""What the first link follows."""

HEAD_PLACE = "audit/head"
"""The context of the sealed head."""
_HINTS = get_type_hints(Event)
_PAYLOADS = {each.__name__: each for each in get_args(Payload)}


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link, kept apart and sealed, so that a chain cut short is told from a short one."""

    count: int
    last_event_id: int
    link: bytes
    at: datetime


_READ_HEAD = msgspec.json.Decoder(Head)


def event_body(event: Event) -> bytes:
    """The event as JSON, its payload tagged with the name of its kind."""
    return body_of({"kind": type(event.payload).__name__, "event": event})


def event_of(body: bytes) -> Event:
    document = msgspec.json.decode(body)
    kinds: dict[str, Any] = {**_HINTS, "payload": _PAYLOADS[document["kind"]]}
    return Event(**{name: msgspec.convert(value, kinds[name]) for name, value in document["event"].items()})


def row_mac(secret: bytes, row: Sequence[Value]) -> bytes:
    """HMAC-SHA-256 over id, columns, body and key id; JSON keeps apart where one ends and the next begins."""
    return hmac.digest(secret, body_of(row), "sha256")


def next_link(secret: bytes, previous: bytes, event_id: int, mac: bytes) -> bytes:
    return hmac.digest(secret, previous + event_id.to_bytes(8, "big", signed=True) + mac, "sha256")


def sealed_head(keyring: Keyring, head: Head, random_bytes: RandomBytes) -> bytes:
    key = keyring.current(KeyName.STORAGE)
    return seal(key, body_of(head), HEAD_PLACE, random_bytes(NONCE_BYTES))


def opened_head(keyring: Keyring, sealed: bytes) -> Head:
    """Raises ``CannotOpen`` when it is not what this house sealed."""
    return _READ_HEAD.decode(open_sealed(keyring, KeyName.STORAGE, sealed, HEAD_PLACE))
