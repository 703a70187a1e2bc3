"""Commands on keys: which there are, the public halves of those that have one, a fresh one of each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import click

from aldaba.backends.keyring_file import KeyringFile
from aldaba.cli.desk import Desk, actor, at_the_desk
from aldaba.cli.glass import break_glass
from aldaba.crypto.jwk import SigningKey
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.rsa_transport import load_private, public_numbers_base64url
from aldaba.crypto.sealing import open_text
from aldaba.domain.operators import Act
from aldaba.service.audit import Event, EventType, KeyRotated
from aldaba.service.key_supply import Purpose
from aldaba.service.ports import KeyPair
from aldaba.wiring import House


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key; ``publicJwk`` is None for a symmetric one."""

    name: str
    keyId: str  # noqa: N815 - as the interface spells it
    state: str
    createdAt: datetime | None  # noqa: N815 - likewise
    publicJwk: Mapping[str, str] | None  # noqa: N815 - likewise


@click.group()
def keys() -> None:
    """The house's own keys."""


@keys.command(name="list")
@at_the_desk
def list_all(desk: Desk) -> None:
    """List every key; with --json the public halves too."""
    rows = desk.with_house(_rows)
    desk.answer(rows, "\n".join(f"{row.name:<10}  {row.state:<8}  {row.keyId}" for row in rows))


@keys.command()
@click.argument("name", type=click.Choice([*(purpose.value for purpose in Purpose), KeyName.STORAGE.value]))
@at_the_desk
def rotate(desk: Desk, name: str) -> None:
    """Bring in a fresh key NAME; what the earlier ones sealed or signed stays good.

    Front ends pin the public half of e2e-root: give them the new one first.
    """
    key_id = desk.with_house(lambda house: _rotated(house, name))
    desk.answer({"name": name, "keyId": key_id}, f"{name}: {key_id} is current now")


async def _rotated(house: House, name: str) -> str:
    await break_glass(house, Act.KEY_ROTATE, name)
    if name != KeyName.STORAGE:
        return await house.supply.rotate(Purpose(name))
    now = house.clock()
    key_id = KeyringFile(house.settings.keys.file).rotate(KeyName.STORAGE, os.urandom, now)
    event = Event(EventType.KEY_ROTATED, now, KeyRotated(name, key_id), actor=actor())
    await house.store.run(lambda act: act.audit.record(event))
    return key_id


async def _rows(house: House) -> list[KeyRow]:
    ring = house.vault.keyring()
    pairs = await house.store.read(
        lambda transaction: [pair for purpose in Purpose for pair in transaction.key_pairs.all(purpose)]
    )
    return [*(_pair_row(pair, ring) for pair in pairs), *_symmetric_rows(ring)]


def _pair_row(pair: KeyPair, ring: Keyring) -> KeyRow:
    pem = open_text(ring, KeyName.STORAGE, pair.sealed_private, f"key pair/{pair.key_id}").encode("ascii")
    return KeyRow(pair.purpose, pair.key_id, pair.state.value, pair.created_at, _public_jwk(pair, pem))


def _public_jwk(pair: KeyPair, pem: bytes) -> dict[str, str]:
    if pair.purpose != Purpose.E2E:
        return SigningKey(pair.key_id, pem).public_jwk()
    n, e = public_numbers_base64url(load_private(pem))
    return {"kty": "RSA", "n": n, "e": e, "kid": pair.key_id, "use": "enc"}


def _symmetric_rows(ring: Keyring) -> list[KeyRow]:
    return [
        KeyRow(name, key.id, "retired" if position else "current", None, None)
        for name, held in ring.keys.items()
        for position, key in enumerate(held)
    ]
