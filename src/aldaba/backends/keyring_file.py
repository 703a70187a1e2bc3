"""The key vault as a file: JSON that only the server may read, read again when it changes."""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aldaba.crypto.keyring import KEY_BYTES, Key, KeyName, Keyring, MalformedKeyring
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


class KeyringFile:
    """Implements ``KeyVault`` over a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: _Read | None = None

    def keyring(self) -> Keyring:
        """The ring as the file holds it now. Raises ``HouseUnavailable`` (``keys``)."""
        try:
            stamp = self._stamp()
            if self._read is None or self._read.stamp != stamp:
                self._read = _Read(stamp, Keyring.from_json(self._path.read_bytes()))
        except (OSError, MalformedKeyring) as error:
            # What was read before must not outlive the file: taking it away is how keys are taken away.
            self._read = None
            raise HouseUnavailable("keys") from error
        return self._read.ring

    def rotate(self, name: KeyName, random_bytes: RandomBytes, now: datetime) -> str:
        """Put a fresh key of the name in front; the earlier ones go on opening what they sealed.

        Answers the fresh key's id. Raises ``HouseUnavailable`` (``keys``).
        """
        key = Key(f"{now:%Y%m%d}-{random_bytes(3).hex()}", random_bytes(KEY_BYTES))
        content = self.keyring().rotated(name, key).to_json()
        beside = self._path.with_name(f".{self._path.name}.{random_bytes(8).hex()}")
        try:
            _write_private(beside, content)
            beside.replace(self._path)
            _make_durable(self._path.parent)
        except OSError as error:
            raise HouseUnavailable("keys") from error
        return key.id

    def _stamp(self) -> tuple[int, int, int]:
        # Asked several times a request; `Path.stat` costs twice as much.
        status = os.stat(self._path)  # noqa: PTH116 - as said above
        if status.st_mode & 0o077:
            self._read = None
            raise ExposedKeyring(self._path, stat.S_IMODE(status.st_mode))
        return status.st_mtime_ns, status.st_ino, status.st_size


def create_if_missing(path: Path, random_bytes: RandomBytes, now: datetime, made_for: str = "") -> bool:
    """Make a ring with one fresh key of every name unless the file is there; whether it was made.

    Raises ``HouseUnavailable`` (``keys``).
    """
    if path.exists():
        return False
    first = f"{now:%Y%m%d}-{random_bytes(3).hex()}"
    ring = Keyring.generate(KeyName, random_bytes, now_id=first, made_for=made_for)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _write_new(path, ring.to_json(), random_bytes(8).hex())
    except OSError as error:
        raise HouseUnavailable("keys") from error


def _write_new(path: Path, content: bytes, suffix: str) -> bool:
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
