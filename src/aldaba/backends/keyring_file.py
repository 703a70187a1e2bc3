"""The key vault as a file: JSON that only the server may read, read again when it changes."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from aldaba.crypto.keyring import KeyName, Keyring, MalformedKeyring
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.ports import RandomBytes

MODE = 0o600


class ExposedKeyring(HouseUnavailable):
    """Others may read the file, so its keys may no longer be secret; nothing is done with them."""

    def __init__(self, path: Path, mode: int) -> None:
        super().__init__("keys")
        self.path = path
        self.mode = mode

    def __str__(self) -> str:
        return f"keys: {self.path} may be read by others (mode {self.mode:04o}); run: chmod 600 {self.path}"


@dataclass(frozen=True, slots=True)
class _Read:
    stamp: tuple[int, int, int]
    ring: Keyring


class Wrapping(Protocol):
    """How the ring's JSON stands in the file. Both raise ``HouseUnavailable`` (``keys``)."""

    def wrap(self, content: bytes) -> bytes: ...
    def unwrap(self, stored: bytes) -> bytes: ...


class InClear:
    """The JSON as it is; the file's mode alone keeps it."""

    def wrap(self, content: bytes) -> bytes:
        return content

    def unwrap(self, stored: bytes) -> bytes:
        return stored


class KeyringFile:
    """Implements ``KeyChest`` over a file."""

    def __init__(self, path: Path, wrapping: Wrapping | None = None) -> None:
        self._path = path
        self._wrapping = wrapping or InClear()
        self._read: _Read | None = None

    def keyring(self) -> Keyring:
        """The ring as the file holds it now. Raises ``HouseUnavailable`` (``keys``)."""
        try:
            stamp = self._stamp()
            if self._read is None or self._read.stamp != stamp:
                self._read = _Read(stamp, self._opened())
        except (OSError, MalformedKeyring) as error:
            # What was read before must not outlive the file: taking it away is how keys are taken away.
            self._read = None
            raise HouseUnavailable("keys") from error
        return self._read.ring

    def change(self, rule: Callable[[Keyring], Keyring]) -> None:
        """Replace the ring by what the rule makes of it. Raises ``HouseUnavailable`` (``keys``)."""
        self._replace(lambda: rule(self.keyring()))

    def put(self, ring: Keyring) -> None:
        """Replace whatever the file holds by this ring. Raises ``HouseUnavailable`` (``keys``)."""
        self._replace(lambda: ring)

    def _replace(self, made: Callable[[], Keyring]) -> None:
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            with _alone(self._path):
                content = self._wrapping.wrap(made().to_json())
                beside.unlink(missing_ok=True)  # left by a change that a crash cut short
                _write_private(beside, content)
                beside.replace(self._path)
                _make_durable(self._path.parent)
        except OSError as error:
            raise HouseUnavailable("keys") from error

    def create_if_missing(self, random_bytes: RandomBytes, now: datetime, made_for: str = "") -> bool:
        """Make a ring with one fresh key of every name unless the file is there; whether it was made.

        Raises ``HouseUnavailable`` (``keys``).
        """
        if self._path.exists():
            return False
        first = f"{now:%Y%m%d}-{random_bytes(3).hex()}"
        ring = Keyring.generate(KeyName, random_bytes, now_id=first, made_for=made_for)
        return self.create(ring, random_bytes)

    def create(self, ring: Keyring, random_bytes: RandomBytes) -> bool:
        """Make the file with this ring unless it is there; whether it was made.

        Raises ``HouseUnavailable`` (``keys``).
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _write_new(self._path, self._wrapping.wrap(ring.to_json()), random_bytes(8).hex())
        except OSError as error:
            raise HouseUnavailable("keys") from error

    def _opened(self) -> Keyring:
        return Keyring.from_json(self._wrapping.unwrap(self._path.read_bytes()))

    def _stamp(self) -> tuple[int, int, int]:
        # Asked several times a request; `Path.stat` costs twice as much.
        status = os.stat(self._path)  # noqa: PTH116 - as said above
        if status.st_mode & 0o077:
            self._read = None
            raise ExposedKeyring(self._path, stat.S_IMODE(status.st_mode))
        return status.st_mtime_ns, status.st_ino, status.st_size


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One change at a time: two that began from the same ring would lose the key of one."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_new(path: Path, content: bytes, suffix: str) -> bool:
    """Make the file, mode 0600, unless it is there; whether it was made. ``suffix``: of a file beside it."""
    beside = path.with_name(f".{path.name}.{suffix}")
    _write_private(beside, content)
    try:
        # Unlike a rename, a link never replaces a ring that somebody else made in this moment.
        os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    _make_durable(path.parent)
    return True


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
