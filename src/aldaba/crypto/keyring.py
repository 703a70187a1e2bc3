"""Answers for the server's own keys: which seals now, which still open old data, and their file format."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from aldaba.crypto import base64text, strict_json

KEY_BYTES = 32
FORMAT_VERSION = 1
MADE_FOR = "madeFor"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class KeyName(StrEnum):
    """The names of the keys a server holds."""

    STORAGE = "storage"
    PEPPER = "pepper"
    IDENTITY = "identity"
    OTP = "otp"
    AUDIT = "audit"


class UnknownKey(LookupError):
    """The ring has no key of that name and id."""


class MalformedKeyring(ValueError):
    """The file is no key ring; `place` says where, as in `keys.storage[0].secret`."""

    def __init__(self, place: str) -> None:
        super().__init__(f"malformed key ring at {place}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Key:
    """A 32-byte key and the id sealed data carries. Raises `ValueError` for another length or alphabet."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.id):
            raise ValueError("a key id is 1 to 64 letters, digits, dots, dashes or underscores")
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by name, the newest first: the first one seals, all of them open.

    `made_for` is the mode of the house it was made for; empty in a ring that does not say.
    """

    keys: Mapping[str, tuple[Key, ...]]
    made_for: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))

    @classmethod
    def generate(
        cls,
        names: Iterable[str],
        random_bytes: Callable[[int], bytes],
        *,
        now_id: str,
        made_for: str = "",
    ) -> Self:
        """One fresh key for each name, all with the id `now_id`."""
        return cls({str(name): (Key(now_id, random_bytes(KEY_BYTES)),) for name in names}, made_for)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The ring that `to_json` wrote. Raises `MalformedKeyring` with the place."""
        try:
            document = strict_json.loads(data)
        except strict_json.NotStrictJson as error:
            raise MalformedKeyring("document") from error
        members = _members(document, {"version", "keys"}, "document", frozenset({MADE_FOR}))
        if type(members["version"]) is not int or members["version"] != FORMAT_VERSION:
            raise MalformedKeyring("version")
        names = members["keys"]
        if not isinstance(names, dict):
            raise MalformedKeyring("keys")
        made_for = members.get(MADE_FOR, "")
        if not isinstance(made_for, str):
            raise MalformedKeyring(MADE_FOR)
        return cls({_name(name): _read_keys(rows, f"keys.{name}") for name, rows in names.items()}, made_for)

    def to_json(self) -> bytes:
        """`{"version": 1, "madeFor"?, "keys": {name: [{"id", "secret": base64url}, …]}}`, newest first.

        The bytes hold the secrets in the clear; they belong in a file only the server reads.
        """
        rows = {
            name: [{"id": key.id, "secret": base64text.encode_url(key.secret)} for key in keys]
            for name, keys in self.keys.items()
        }
        mark = {MADE_FOR: self.made_for} if self.made_for else {}
        return strict_json.dumps({"version": FORMAT_VERSION, **mark, "keys": rows})

    def all(self, name: str) -> tuple[Key, ...]:
        """Every key of the name, newest first. Raises `UnknownKey`."""
        try:
            return self.keys[name]
        except KeyError:
            raise UnknownKey(name) from None

    def current(self, name: str) -> Key:
        """The key that seals now. Raises `UnknownKey`."""
        return self.all(name)[0]

    def by_id(self, name: str, key_id: str) -> Key:
        """The key that carries the id. Raises `UnknownKey`."""
        for key in self.all(name):
            if key.id == key_id:
                return key
        raise UnknownKey(f"{name}/{key_id}")

    def rotated(self, name: str, key: Key) -> "Keyring":
        """A ring in which `key` is the current one of the name. Raises `ValueError` for an id it has."""
        held = self.keys.get(name, ())
        if any(other.id == key.id for other in held):
            raise ValueError(f"{name} already has a key {key.id}")
        return replace(self, keys={**self.keys, name: (key, *held)})

    def without(self, name: str, key_id: str) -> "Keyring":
        """A ring that no longer holds the key. Raises `UnknownKey`, and `ValueError` for the only one."""
        retired = self.by_id(name, key_id)
        kept = tuple(key for key in self.all(name) if key is not retired)
        if not kept:
            raise ValueError(f"{key_id} is the only key of {name}")
        return replace(self, keys={**self.keys, name: kept})


def _members(
    value: object, names: set[str], place: str, optional: frozenset[str] = frozenset()
) -> dict[str, object]:
    if not isinstance(value, dict) or set(value) - optional != names:
        raise MalformedKeyring(place)
    return value


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise MalformedKeyring("keys")
    return name


def _read_keys(rows: object, place: str) -> tuple[Key, ...]:
    if not isinstance(rows, list) or not rows:
        raise MalformedKeyring(place)
    keys = tuple(_read_key(row, f"{place}[{index}]") for index, row in enumerate(rows))
    if len({key.id for key in keys}) != len(keys):
        raise MalformedKeyring(place)
    return keys


def _read_key(row: object, place: str) -> Key:
    members = _members(row, {"id", "secret"}, place)
    key_id, secret = members["id"], members["secret"]
    if not isinstance(key_id, str) or not _NAME.fullmatch(key_id):
        raise MalformedKeyring(f"{place}.id")
    try:
        return Key(key_id, base64text.decode_url(secret if isinstance(secret, str) else ""))
    except ValueError:
        # The cause would carry the secret into a traceback.
        raise MalformedKeyring(f"{place}.secret") from None
