"""``aldaba backup``, ``backup verify`` and ``restore``: a copy beside a running server, proved to restore."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from aldaba.cli.backup_archive import (
    DATABASE,
    FORMAT,
    KEYS_CONTEXT,
    Manifest,
    NoBackup,
    digest_of_file,
    read_archive,
    write_archive,
)
from aldaba.cli.backup_proof import prove
from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.cli.progress import copying
from aldaba.crypto.keyring import Keyring, MalformedKeyring
from aldaba.crypto.passphrase import WeakPassphrase, open_under, seal_under
from aldaba.crypto.sealing import CannotOpen
from aldaba.service.ports import KeyVault
from aldaba.settings import Settings
from aldaba.store.sql.opening import is_postgres, sqlite_path
from aldaba.store.sql.sqlite.copying import copy_database, head_of, remains_of, rows_of
from aldaba.store.sql.upgrading import schema_of
from aldaba.wiring.keys import create_keys, key_chest

PASSPHRASE_HELP = "A file with the passphrase in it."
_FILE = click.Path(dir_okay=False, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _MakesByDefault(click.Group):
    """``backup TARGET`` makes one, though ``backup`` has commands of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "--help", "-h"}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_MakesByDefault)
def backup() -> None:
    """Copy the database beside a running server: ``backup DIR|FILE``; prove it: ``backup verify FILE``."""


@backup.command(hidden=True)
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="Put the key ring in too, sealed under a passphrase.")
@click.option("--passphrase-file", type=_THERE, help=PASSPHRASE_HELP)
@at_the_desk
def make(desk: Desk, target: Path, passphrase_file: Path | None, *, with_keys: bool) -> None:
    """Write a backup to FILE, or to a fresh file in DIR. The key ring is not in it, unless --with-keys."""
    if with_keys is not (passphrase_file is not None):
        raise click.UsageError("--with-keys and --passphrase-file go together")
    settings, now = desk.settings(), datetime.now(UTC)
    source = sqlite_database(settings)
    file = target / f"aldaba-{now:%Y%m%d-%H%M%S}.backup" if target.is_dir() else target
    if file.exists():
        raise Failed(f"{file} is there already, and nothing is overwritten. Name another file.")
    ring = key_chest(settings).keyring()
    sealed = None if passphrase_file is None else _sealed(ring, passphrase_file)
    with _beside(file) as folder:
        copy = folder / DATABASE
        with copying("copied") as told:
            copy_database(source, copy, told)
        manifest = _manifest(copy, ring, now, with_keys=with_keys)
        write_archive(folder / "archive", manifest, copy, sealed)
        # A link never replaces what somebody else put there meanwhile.
        os.link(folder / "archive", file)
    rows = sum(manifest.rows.values())
    desk.answer({"file": str(file), "manifest": manifest}, f"{file}: {rows} rows, schema {manifest.schema}")


@backup.command()
@click.argument("file", type=_THERE)
@click.option("--passphrase-file", type=_THERE, help=PASSPHRASE_HELP)
@at_the_desk
def verify(desk: Desk, file: Path, passphrase_file: Path | None) -> None:
    """Restore FILE into a temporary place, open the house there, and read its audit from end to end."""
    settings = desk.settings()
    with _unpacked(file) as (manifest, database, sealed, _):
        vault = _vault(settings, manifest, sealed, passphrase_file)
        found = asyncio.run(prove(settings, manifest, database, vault))
    desk.answer({"file": str(file), "manifest": manifest, **found}, _told(file, found))


@click.command()
@click.argument("file", type=_THERE)
@click.option("--passphrase-file", type=_THERE, help=PASSPHRASE_HELP)
@at_the_desk
def restore(desk: Desk, file: Path, passphrase_file: Path | None) -> None:
    """Put FILE where the configuration says the database is. What is there is never overwritten."""
    settings = desk.settings()
    target = sqlite_database(settings)
    there = remains_of(target)
    if there:
        raise Failed(f"{there[0]} is there, and nothing is overwritten. Move it away first.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _unpacked(file, beside=target) as (manifest, database, sealed, folder):
        vault = _vault(settings, manifest, sealed, passphrase_file)
        placed = folder / "placed"
        # The proof works on a database of its own: what is put in place is what the backup holds, untouched.
        copy_database(database, placed, lambda _, __: None)
        found = asyncio.run(prove(settings, manifest, database, vault))
        if isinstance(vault, _InMemory):
            _place(settings, vault.ring)
        os.link(placed, target)
    desk.answer({"database": str(target), "manifest": manifest, **found}, _told(target, found))


def sqlite_database(settings: Settings) -> Path:
    """The file to copy. Raises ``Failed`` for a database that is none."""
    if is_postgres(settings.database.url):
        raise Failed(
            "database.url names a PostgreSQL database, which `aldaba backup` does not copy. "
            "Use pg_dump and pg_restore; `aldaba audit verify --anchor` proves what was restored."
        )
    return sqlite_path(settings.database.url)


def _manifest(copy: Path, ring: Keyring, now: datetime, *, with_keys: bool) -> Manifest:
    try:
        head = head_of(copy, ring)
    except CannotOpen:
        raise Failed("keys.file is not the key ring this database was made with") from None
    return Manifest(
        format=FORMAT,
        made_at=now.isoformat(timespec="seconds"),
        version=version("aldaba"),
        store="sqlite",
        schema=schema_of(f"sqlite:///{copy}").current or "",
        sha256=digest_of_file(copy),
        bytes=copy.stat().st_size,
        rows=rows_of(copy),
        audit_count=0 if head is None else head.count,
        audit_link="" if head is None else head.link.hex(),
        keys_needed={name: [key.id for key in keys] for name, keys in ring.keys.items()},
        with_keys=with_keys,
    )


def _sealed(ring: Keyring, passphrase_file: Path) -> bytes:
    try:
        return seal_under(_passphrase(passphrase_file), ring.to_json(), KEYS_CONTEXT, os.urandom)
    except WeakPassphrase as weak:
        raise Failed(f"{passphrase_file}: {weak}") from None


def _passphrase(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace").strip()


@dataclass(frozen=True, slots=True)
class _InMemory:
    """A ring out of a backup: it stands on no disk before it is proved."""

    ring: Keyring

    def keyring(self) -> Keyring:
        return self.ring


def _vault(
    settings: Settings, manifest: Manifest, sealed: bytes | None, passphrase_file: Path | None
) -> KeyVault:
    """The keys to open the backup with: the house's own, or those sealed in the backup."""
    own = settings.keys.file
    if passphrase_file is not None and own.exists():
        raise Failed(f"keys.file {own} is there and is used; leave --passphrase-file out, or move it away.")
    vault: KeyVault
    if passphrase_file is None:
        if not own.exists():
            cure = "put it back" + (", or give --passphrase-file" if manifest.with_keys else "")
            raise Failed(f"keys.file {own} is not there, and nothing opens without it; {cure}.")
        vault = key_chest(settings)
    elif sealed is None:
        raise Failed("the backup holds no key ring (it was made without --with-keys)")
    else:
        vault = _InMemory(_opened(sealed, passphrase_file))
    _demand_keys(manifest, vault.keyring())
    return vault


def _place(settings: Settings, ring: Keyring) -> None:
    """As the settings keep it: in clear for its owner, or wrapped by the token, whose key may be new."""
    create_keys(settings)
    if not key_chest(settings).create(ring, os.urandom):
        raise Failed(f"keys.file {settings.keys.file} is there meanwhile, and nothing is overwritten.")


def _opened(sealed: bytes, passphrase_file: Path) -> Keyring:
    try:
        return Keyring.from_json(open_under(_passphrase(passphrase_file), sealed, KEYS_CONTEXT))
    except (CannotOpen, MalformedKeyring):
        raise Failed("the passphrase is not the one this backup's keys were sealed under") from None


def _demand_keys(manifest: Manifest, ring: Keyring) -> None:
    held = {(name, key.id) for name, keys in ring.keys.items() for key in keys}
    needed = {(name, key_id) for name, ids in manifest.keys_needed.items() for key_id in ids}
    missing = sorted(f"{name} {key_id}" for name, key_id in needed - held)
    if missing:
        raise Failed(f"the key ring lacks {', '.join(missing)}; use the ring that was kept with this backup.")


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A folder on the same disk, for nobody else to read, gone afterwards."""
    if not file.parent.is_dir():
        raise Failed(f"{file.parent} is no folder")
    with TemporaryDirectory(prefix=".aldaba-", dir=file.parent) as folder:
        yield Path(folder)


@contextmanager
def _unpacked(file: Path, beside: Path | None = None) -> Iterator[tuple[Manifest, Path, bytes | None, Path]]:
    with _beside(beside or file) as folder:
        try:
            manifest, database, sealed = read_archive(file, folder)
        except NoBackup as wrong:
            raise Failed(str(wrong)) from None
        yield manifest, database, sealed, folder


def _told(where: Path, found: dict[str, Any]) -> str:
    return (
        f"{where}: proved. {found['rows']} rows as the manifest counts them, {found['audit_rows']} audit "
        f"rows verified, {found['linked']} linked, {found['key_pairs']} key pairs opened."
    )
