"""The file a backup is: a tar of the database, a manifest of what it holds, sealed keys if wished."""

import hashlib
import io
import tarfile
from pathlib import Path

import msgspec

FORMAT = 1
MANIFEST, DATABASE, KEYS = "manifest.json", "aldaba.sqlite3", "keyring.sealed"
KEYS_CONTEXT = "backup/keyring"
_MOST_MANIFEST_BYTES = 1024 * 1024
_MOST_KEYS_BYTES = 1024 * 1024
_PIECE = 1024 * 1024


class NoBackup(Exception):
    """The file is none that ``aldaba backup`` wrote, or it is damaged; the text says which."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself. ``keys_needed``: ids of the key ring's keys by name."""

    format: int
    made_at: str
    version: str
    store: str
    schema: str
    sha256: str
    bytes: int
    rows: dict[str, int]
    audit_count: int
    audit_link: str
    keys_needed: dict[str, list[str]]
    with_keys: bool


def digest_of_file(path: Path) -> str:
    """SHA-256, HEX."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_archive(target: Path, manifest: Manifest, database: Path, sealed_keys: bytes | None) -> None:
    """Make the file, mode 0600. Raises ``FileExistsError``."""
    target.touch(mode=0o600, exist_ok=False)
    with tarfile.open(target, "w") as archive:
        _add(archive, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        if sealed_keys is not None:
            _add(archive, KEYS, sealed_keys)
        archive.add(database, DATABASE, filter=_anonymous)


def read_archive(source: Path, folder: Path) -> tuple[Manifest, Path, bytes | None]:
    """Manifest, the database unpacked into ``folder``, and the sealed keys. Raises ``NoBackup``."""
    try:
        with tarfile.open(source, "r:") as archive:
            manifest = _manifest(_content(archive, MANIFEST, _MOST_MANIFEST_BYTES))
            sealed = _content(archive, KEYS, _MOST_KEYS_BYTES) if manifest.with_keys else None
            database = folder / DATABASE
            _unpack(archive, manifest.bytes, database)
    except (tarfile.TarError, OSError, EOFError) as trouble:
        raise NoBackup(f"{source} cannot be read as a backup ({trouble})") from None
    if digest_of_file(database) != manifest.sha256:
        raise NoBackup(f"{source} is damaged: its database is not the one its manifest tells of")
    return manifest, database, sealed


def _manifest(content: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as wrong:
        raise NoBackup(f"the backup's manifest cannot be read ({wrong})") from None
    if manifest.format != FORMAT:
        raise NoBackup(f"the backup is of format {manifest.format}; this release reads {FORMAT}")
    return manifest


def _content(archive: tarfile.TarFile, name: str, most: int) -> bytes:
    file = _file(archive, name)
    content = file.read(most + 1)
    if len(content) > most:
        raise NoBackup(f"the backup's {name} is too long")
    return content


def _unpack(archive: tarfile.TarFile, size: int, target: Path) -> None:
    # By name and size, never by what the archive says of paths, links or modes.
    file, left = _file(archive, DATABASE), size
    target.touch(mode=0o600, exist_ok=False)
    with target.open("wb") as unpacked:
        while left and (piece := file.read(min(left, _PIECE))):
            unpacked.write(piece)
            left -= len(piece)
        if left or file.read(1):
            raise NoBackup("the backup's database is shorter or longer than its manifest says")


def _file(archive: tarfile.TarFile, name: str) -> io.BufferedIOBase:
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise NoBackup(f"the backup holds no {name}")
    return file  # type: ignore[return-value]  # a buffered reader, which typeshed calls IO[bytes]


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
