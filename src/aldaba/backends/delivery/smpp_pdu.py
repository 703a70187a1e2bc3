"""Protocol data units of SMPP 3.4: the few a sender of short texts needs, written and read.

Section numbers are those of "Short Message Peer to Peer Protocol Specification v3.4", issue 1.2. Reading is
lenient where SMSCs are sloppy (texts without their final zero, parameters that are cut off).
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from aldaba.backends.delivery.smpp_text import Segment

HEADER_BYTES = 16
MAX_PDU_BYTES = 70_000
"""The largest body is a ``message_payload`` of 64 KiB (5.3.2.32)."""
MAX_SEQUENCE = 0x7FFFFFFF
INTERFACE_VERSION = 0x34

FINAL_RECEIPT = 0x01
"""``registered_delivery``: a receipt of success or failure is wanted (5.2.17)."""


class Command(IntEnum):
    """The kinds of PDU (5.1.2.1)."""

    GENERIC_NACK = 0x80000000
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    BIND_TRANSCEIVER = 0x00000009
    ENQUIRE_LINK = 0x00000015
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM_RESP = 0x80000005
    UNBIND_RESP = 0x80000006
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK_RESP = 0x80000015


RESPONSE = 0x80000000
"""The bit that tells a response from a request."""


class Status(IntEnum):
    """Outcomes (5.1.3), as far as they are told apart here."""

    OK = 0x00000000
    INVALID_MESSAGE_LENGTH = 0x00000001
    INVALID_COMMAND = 0x00000003
    INVALID_DESTINATION = 0x0000000B
    QUEUE_FULL = 0x00000014
    INVALID_DESTINATION_TON = 0x00000050
    INVALID_DESTINATION_NPI = 0x00000051
    THROTTLED = 0x00000058
    REJECTED_BY_RECEIVER = 0x00000066


class Tag(IntEnum):
    """Optional parameters (5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Malformed(Exception):
    """What came is no SMPP."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """Header and undigested body (3.2); the body may hold the code."""

    command: int
    sequence: int
    status: int = 0
    body: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        length = HEADER_BYTES + len(self.body)
        return struct.pack(">IIII", length, self.command, self.status, self.sequence) + self.body


def header(octets: bytes) -> tuple[Pdu, int]:
    """A PDU without its body, and the body's length. Raises ``Malformed``."""
    length, command, status, sequence = struct.unpack(">IIII", octets)
    if not HEADER_BYTES <= length <= MAX_PDU_BYTES:
        raise Malformed
    return Pdu(command, sequence, status), length - HEADER_BYTES


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its type of number and numbering plan (5.2.5, 5.2.6)."""

    digits: str = field(repr=False)
    ton: int = 0
    npi: int = 0

    def encode(self) -> bytes:
        return bytes([self.ton, self.npi]) + cstring(self.digits)


def phone(to: str) -> Address:
    """An international number (TON 1) of the telephone plan (NPI 1), without its plus sign."""
    return Address(to.removeprefix("+"), 1, 1)


def sender(name: str) -> Address:
    """Who the message is from: an international number, a short code (TON 3) or a word (TON 5)."""
    if name.startswith("+"):
        return phone(name)
    return Address(name, 3, 1) if name.isdecimal() else Address(name, 5, 0)


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """A bind_transceiver (4.1.5) for version 3.4, without an address range of its own."""
    version_and_range = bytes([INTERFACE_VERSION, 0, 0]) + cstring("")
    return cstring(system_id) + cstring(password) + cstring(system_type) + version_and_range


def submit_body(source: Address, destination: Address, content: Segment, validity: str) -> bytes:
    """A submit_sm (4.4.1): a plain message with a receipt wanted at its end."""
    return b"".join(
        (
            cstring(""),  # service_type
            source.encode(),
            destination.encode(),
            bytes(3),  # esm_class, protocol_id, priority_flag
            cstring(""),  # schedule_delivery_time: at once
            cstring(validity),
            bytes([FINAL_RECEIPT, 0, content.data_coding, 0, len(content.octets)]),
            content.octets,
        )
    )


def relative_time(seconds: int) -> str:
    """So long from now, up to a day (7.1.1.2)."""
    hours, rest = divmod(seconds, 3600)
    return f"000000{hours:02}{rest // 60:02}{rest % 60:02}000R"


def submitted_id(body: bytes) -> str:
    """``message_id`` of a submit_sm_resp (4.4.2); empty where the SMSC sent none."""
    return _Reader(body).cstring()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a deliver_sm carries that matters to a sender (4.6.1)."""

    esm_class: int
    source: str = field(repr=False)
    destination: str = field(repr=False)
    data_coding: int
    message: bytes = field(repr=False)
    tags: dict[int, bytes] = field(repr=False)


def delivery(body: bytes) -> Delivery:
    """Raises ``Malformed``."""
    reader = _Reader(body)
    reader.cstring()
    source, destination = reader.address(), reader.address()
    esm_class, _, _ = reader.octet(), reader.octet(), reader.octet()
    reader.cstring()
    reader.cstring()
    _, _, data_coding, _ = (reader.octet() for _ in range(4))
    message = reader.octets(reader.octet())
    tags = reader.tags()
    return Delivery(
        esm_class, source, destination, data_coding, message or tags.get(Tag.MESSAGE_PAYLOAD, b""), tags
    )


def cstring(text: str) -> bytes:
    """An octet string with its final zero (3.1). Raises ``ValueError`` for what isn't printable ASCII."""
    if not text.isascii() or not (text.isprintable() or not text):
        raise ValueError("SMPP's own fields are printable ASCII")
    return text.encode("ascii") + b"\0"


class _Reader:
    """Takes a body apart from left to right."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def octet(self) -> int:
        if self._at >= len(self._body):
            raise Malformed
        self._at += 1
        return self._body[self._at - 1]

    def octets(self, count: int) -> bytes:
        if self._at + count > len(self._body):
            raise Malformed
        self._at += count
        return self._body[self._at - count : self._at]

    def cstring(self) -> str:
        end = self._body.find(b"\0", self._at)
        end = len(self._body) if end < 0 else end
        found = self._body[self._at : end].decode("latin-1")
        self._at = end + 1
        return found

    def address(self) -> str:
        self.octets(2)
        return self.cstring()

    def tags(self) -> dict[int, bytes]:
        """Optional parameters (5.3.1), as many as are whole."""
        found = dict[int, bytes]()
        while self._at + 4 <= len(self._body):
            tag, length = struct.unpack(">HH", self.octets(4))
            if self._at + length > len(self._body):
                break
            found[tag] = self.octets(length)
        return found
