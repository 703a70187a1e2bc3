"""Receipts, and which message each belongs to: early, late, repeated, and by ids written two ways.

A receipt is a text nobody standardised (SMPP 3.4, appendix B shows "an example"), or optional parameters, or
both. SMSCs name a message in hexadecimal in one place and in decimal in the other, and send a receipt before
the answer to the message itself.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from aldaba.backends.delivery.provider import MAX_ID_LENGTH, Fate, Ticks
from aldaba.backends.delivery.smpp_pdu import Delivery, Tag
from aldaba.backends.delivery.smpp_text import text_of

AWAITED = 10_000
"""Accepted messages whose receipt is awaited, at most; the oldest is given up."""
EARLY = 1_000
"""Receipts waiting for the answer to their message, at most, and how long."""
EARLY_SECONDS = 60.0

_RECEIPT_TYPES = {0x04, 0x20}
"""Of ``esm_class``: SMSC delivery receipt, intermediate notification (5.2.12)."""

_ID = re.compile(r"\bid:\s*([!-~]+)", re.IGNORECASE)
_STATE = re.compile(r"\bstat(?:us)?:\s*([a-z]+)", re.IGNORECASE)
_TEXT = re.compile(r"\btext:", re.IGNORECASE)

_BY_WORD = {
    "ENROUTE": Fate.EN_ROUTE,
    "DELIVRD": Fate.DELIVERED,
    "EXPIRED": Fate.EXPIRED,
    "DELETED": Fate.DELETED,
    "UNDELIV": Fate.UNDELIVERABLE,
    "ACCEPTD": Fate.ACCEPTED,
    "UNKNOWN": Fate.UNKNOWN,
    "REJECTD": Fate.REJECTED,
}
_WHOLE_WORDS = {"DELIVER": Fate.DELIVERED, "REJECTE": Fate.REJECTED, "ACCEPTE": Fate.ACCEPTED}
"""Some SMSCs write the word out; these differ from the standard's within its seven letters."""
_BY_NUMBER = dict(enumerate(_BY_WORD.values(), 1))
"""``message_state`` (5.2.28) counts in the same order."""

_MORE_TO_COME = {Fate.EN_ROUTE, Fate.ACCEPTED}


class Reading(StrEnum):
    """How the id of the answer and that of the receipt go together."""

    SAME = "same"
    HEX_THEN_DECIMAL = "hex then decimal"
    DECIMAL_THEN_HEX = "decimal then hex"


@dataclass(frozen=True, slots=True)
class Word:
    """A receipt as it came."""

    message_id: str
    fate: Fate
    phones: tuple[str, str] = field(repr=False)


def receipt(delivery: Delivery) -> Word | None:
    """The receipt in a deliver_sm; None where it is something else or names no message.

    A receipt may quote the message's first characters after ``text:``, the code among them; these are
    dropped here.
    """
    named = delivery.tags.get(Tag.RECEIPTED_MESSAGE_ID)
    if delivery.esm_class & 0x3C not in _RECEIPT_TYPES and named is None:
        return None
    text = _TEXT.split(text_of(delivery.data_coding, delivery.message))[0]
    written = _ID.search(text)
    message_id = named.rstrip(b"\0").decode("latin-1") if named else written[1] if written else ""
    if not message_id or len(message_id) > MAX_ID_LENGTH:
        return None
    return Word(message_id, _fate(delivery, text), (delivery.source, delivery.destination))


def _fate(delivery: Delivery, text: str) -> Fate:
    number = delivery.tags.get(Tag.MESSAGE_STATE, b"")
    if number and number[0] in _BY_NUMBER:
        return _BY_NUMBER[number[0]]
    written = _STATE.search(text)
    word = written[1].upper()[:7] if written else ""
    return (_BY_WORD | _WHOLE_WORDS).get(word, Fate.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class _Awaited:
    message_id: str
    to: str = field(repr=False)


class ReceiptBook:
    """Brings receipts and messages together, whichever comes first."""

    def __init__(self, ticks: Ticks) -> None:
        self._ticks = ticks
        self._awaited = dict[_Awaited, None]()
        self._by_key = dict[tuple[Reading, str | int], _Awaited]()
        self._early = dict[int, tuple[float, Word]]()
        self._count = 0
        self._seen = Counter[Reading]()

    def awaits(self, message_id: str, to: str) -> list[Fate]:
        """Note an accepted message; answers the receipts that came before, oldest first."""
        entry = _Awaited(message_id, to)
        self._awaited[entry] = None
        self._by_key |= dict.fromkeys(_keys_of_answer(message_id), entry)
        if len(self._awaited) > AWAITED:
            self._forget(next(iter(self._awaited)))
        return list(self._come_early(entry))

    def arrived(self, word: Word) -> str | None:
        """The id, as answered, of the message a receipt is about; None while nobody knows it."""
        entry = self._meant(word)
        if entry is None:
            self._keep(word)
            return None
        if word.fate not in _MORE_TO_COME:
            self._forget(entry)
        return entry.message_id

    def _meant(self, word: Word) -> _Awaited | None:
        keys = _keys_of_receipt(word.message_id)
        found = [(key[0], self._by_key[key]) for key in keys if key in self._by_key]
        # The phone tells two readings of one id apart; without it only the plain one is believed.
        likely = [pair for pair in found if _same_phone(pair[1].to, word.phones)]
        if not likely:
            return next((entry for reading, entry in found if reading is Reading.SAME), None)
        if len(likely) == 1:
            self._seen[likely[0][0]] += 1
        return max(likely, key=lambda pair: self._seen[pair[0]])[1]

    def _keep(self, word: Word) -> None:
        self._count += 1
        self._early[self._count] = (self._ticks(), word)
        if len(self._early) > EARLY:
            del self._early[next(iter(self._early))]

    def _come_early(self, entry: _Awaited) -> Iterator[Fate]:
        oldest = self._ticks() - EARLY_SECONDS
        for number, (at, word) in list(self._early.items()):
            if at < oldest:
                del self._early[number]
            elif self._meant(word) is entry:
                del self._early[number]
                yield word.fate
                if word.fate not in _MORE_TO_COME:
                    self._forget(entry)

    def _forget(self, entry: _Awaited) -> None:
        self._awaited.pop(entry, None)
        for key in _keys_of_answer(entry.message_id):
            # A later message may bear the same id by now.
            if self._by_key.get(key) is entry:
                del self._by_key[key]


def _keys_of_answer(message_id: str) -> list[tuple[Reading, str | int]]:
    return [
        (Reading.SAME, _plain(message_id)),
        *_numbers(Reading.HEX_THEN_DECIMAL, message_id, 16),
        *_numbers(Reading.DECIMAL_THEN_HEX, message_id, 10),
    ]


def _keys_of_receipt(message_id: str) -> list[tuple[Reading, str | int]]:
    return [
        (Reading.SAME, _plain(message_id)),
        *_numbers(Reading.HEX_THEN_DECIMAL, message_id, 10),
        *_numbers(Reading.DECIMAL_THEN_HEX, message_id, 16),
    ]


def _plain(message_id: str) -> str:
    return message_id.casefold().lstrip("0")


def _numbers(reading: Reading, message_id: str, base: int) -> list[tuple[Reading, str | int]]:
    digits = "0123456789abcdef"[:base]
    if not message_id.casefold().strip(digits):
        return [(reading, int(message_id, base))]
    return []


def _same_phone(to: str, phones: tuple[str, str]) -> bool:
    """Whether one of the receipt's two numbers is the message's, with or without its country code."""
    plain = (phone.lstrip("+0") for phone in phones)
    return any(len(digits) >= 7 and to.endswith(digits) for digits in plain)
