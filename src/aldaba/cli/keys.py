"""Commands on keys: which there are, the public halves of those that have one, a fresh one of each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import click

from aldaba.backends.keyring_file import KeyringFile
from aldaba.cli.desk import Desk, Failed, actor, at_the_desk
from aldaba.cli.glass import break_glass
from aldaba.cli.progress import fraction
from aldaba.crypto.jwk import SigningKey
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.rsa_transport import load_private, public_numbers_base64url
from aldaba.crypto.sealing import open_text
from aldaba.domain.operators import Act
from aldaba.domain.refusals import Refused
from aldaba.service.key_administration import LASTING, ROTATED, SeveralKeys, UnknownKeyId, needed
from aldaba.service.key_ports import Holding
from aldaba.service.key_supply import Purpose
from aldaba.service.ports import KeyPair
from aldaba.service.records import key_pair_place
from aldaba.wiring import House
from aldaba.wiring.keys import create_keys, key_chest


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key; ``publicJwk`` is None for a symmetric one."""

    name: str
    keyId: str  # noqa: N815 - as the interface spells it
    state: str
    createdAt: datetime | None  # noqa: N815 - likewise
    publicJwk: Mapping[str, str] | None  # noqa: N815 - likewise


@dataclass(frozen=True, slots=True)
class Resealed:
    """What a round did, and how many values each key holds after it."""

    name: str
    current: str
    changed: int
    values: Mapping[str, int]
    remaining: tuple[str, ...]
    """What is still under an earlier key, each with what brings it away."""


_RESEALED = (KeyName.STORAGE.value, KeyName.PEPPER.value)


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
@click.argument("name", type=click.Choice([*ROTATED, *LASTING]))
@at_the_desk
def rotate(desk: Desk, name: str) -> None:
    """Bring in a fresh key NAME; what the earlier ones sealed or signed stays good.

    Front ends pin the public half of e2e-root: give them the new one first.
    """
    if name not in ROTATED:
        raise click.UsageError(f"{name} is never rotated: {LASTING[KeyName(name)]}")

    async def work(house: House) -> str:
        await break_glass(house, Act.KEY_ROTATE, name)
        return await house.keys.rotate(name, actor())

    try:
        key_id = desk.with_house(work)
    except Refused as refused:
        raise Failed(refused.more or refused.reason.value) from None
    desk.answer({"name": name, "keyId": key_id}, f"{name}: {key_id} is current now")


@keys.command()
@click.argument("name", type=click.Choice(_RESEALED), default=KeyName.STORAGE.value)
@click.option(
    "--forget-sims",
    is_flag=True,
    help="Of the pepper: forget which SIM a customer had who has not logged in since it was rotated.",
)
@at_the_desk
def reseal(desk: Desk, name: str, *, forget_sims: bool) -> None:
    """Bring every stored row under the current key NAME, beside a running server.

    storage: what is sealed. pepper: the digests of phones; those of cards need `customers import`, as no card
    number is kept. May be stopped and run again. At the end every value is counted by its key.
    """
    if forget_sims and name != KeyName.PEPPER:
        raise click.UsageError("--forget-sims goes with pepper")

    async def work(house: House) -> Resealed:
        if name == KeyName.PEPPER:
            with fraction("rows looked at", await house.redigester.rows()) as told:
                changed = await house.redigester.redigest(told, forget_sims=forget_sims)
        else:
            with fraction("rows looked at", await house.resealer.rows()) as told:
                changed = await house.resealer.reseal(told)
        with fraction("rows counted", await house.resealer.rows()) as told:
            return _resealed(house, name, changed, await house.resealer.holdings(told))

    done = desk.with_house(work)
    counts = [f"  {key_id or 'unreadable':<24} {count:>10}" for key_id, count in done.values.items()]
    desk.answer(done, "\n".join([f"{done.changed} rows brought anew; values by key of {name}:", *counts]))
    if done.remaining:
        raise Failed("still under an earlier key:\n  " + "\n  ".join(done.remaining))


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--name", help="Needed only where keys of several names have the id.")
@at_the_desk
def retire(desk: Desk, key_id: str, name: str | None) -> None:
    """Take the key ID away for good; refused while anything still needs it."""

    async def work(house: House) -> tuple[str, ...]:
        with fraction("rows counted", await house.resealer.rows()) as told:
            return await house.keys.retire(key_id, actor(), name=name, progress=told)

    try:
        reasons = desk.with_house(work)
    except UnknownKeyId:
        raise Failed(f"no key of this house has the id {key_id}: `aldaba keys list` tells them") from None
    except SeveralKeys as several:
        raise Failed(f"{key_id} is a key of {', '.join(several.names)}: say which by --name") from None
    desk.answer(
        {"keyId": key_id, "retired": not reasons, "neededBy": reasons}, "" if reasons else f"{key_id} is gone"
    )
    if reasons:
        raise Failed(f"{key_id} is still needed:\n  " + "\n  ".join(reasons))


@keys.command()
@at_the_desk
def wrap(desk: Desk) -> None:
    """Wrap a key ring that lies in clear by the token of keys.provider = "pkcs11"."""
    settings = desk.settings()
    if settings.keys.provider != "pkcs11":
        raise Failed(
            'keys.provider: found file, expected pkcs11. Set keys.provider = "pkcs11" and its token.'
        )
    ring = KeyringFile(settings.keys.file).keyring()
    create_keys(settings)
    key_chest(settings).put(ring)
    told = f"{settings.keys.file} is wrapped now. Destroy every copy of it in clear, backups included."
    desk.answer({"keyring": str(settings.keys.file), "wrapped": True}, told)


def _resealed(house: House, name: str, changed: int, held: Holding) -> Resealed:
    current = house.vault.keyring().current(name).id
    of_name = {(key_id, place): count for (held_by, key_id, place), count in held.items() if held_by == name}
    values: Counter[str] = Counter()
    for (key_id, _), count in of_name.items():
        values[key_id] += count
    remaining = tuple(
        needed(name, place, count) for (key_id, place), count in sorted(of_name.items()) if key_id != current
    )
    return Resealed(name, current, changed, dict(values), remaining)


async def _rows(house: House) -> list[KeyRow]:
    ring = house.vault.keyring()
    pairs = await house.store.read(
        lambda transaction: [pair for purpose in Purpose for pair in transaction.key_pairs.all(purpose)]
    )
    return [*(_pair_row(pair, ring) for pair in pairs), *_symmetric_rows(ring)]


def _pair_row(pair: KeyPair, ring: Keyring) -> KeyRow:
    pem = open_text(ring, KeyName.STORAGE, pair.sealed_private, key_pair_place(pair.key_id)).encode("ascii")
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
