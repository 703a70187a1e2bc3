"""Commands on applications: register, list, new secret, keys, disable."""

import json
from pathlib import Path

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import ECKey, OKPKey, RSAKey

from aldaba import contract
from aldaba.cli.desk import Desk, Failed, actor, as_json, at_the_desk
from aldaba.cli.glass import break_glass
from aldaba.domain.application import Application, Enumeration, Right
from aldaba.domain.operators import Act
from aldaba.service.registration import GivenKeys, Grant, Registered
from aldaba.wiring import House


@click.group()
def applications() -> None:
    """Front ends registered to use the server."""


@applications.command()
@click.argument("client_id", metavar="ID")
@click.option(
    "--public-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM or JWK."
)
@click.option("--channel", "channels", multiple=True, help="Default: all of them.")
@click.option("--country", "countries", multiple=True, default=("MX",), show_default=True)
@click.option("--business", "businesses", multiple=True, default=("GCB",), show_default=True)
@click.option("--operation", "operations", multiple=True, help="Default: all of them.")
@click.option("--right", "rights", multiple=True, type=click.Choice([right.value for right in Right]))
@click.option("--cors-origin", "origins", multiple=True, help="An origin that may call from a browser.")
@click.option("--enumeration", type=click.Choice([answer.value for answer in Enumeration]))
@click.option("--faces-customers", is_flag=True, help="Its peer address is an end user's.")
@at_the_desk
def create(
    desk: Desk,
    client_id: str,
    public_key: Path | None,
    channels: tuple[str, ...],
    countries: tuple[str, ...],
    businesses: tuple[str, ...],
    operations: tuple[str, ...],
    rights: tuple[str, ...],
    origins: tuple[str, ...],
    enumeration: str | None,
    faces_customers: bool,
) -> None:
    """Register application ID and print its secret, once."""
    _demand_known(operations)
    jwk = None if public_key is None else _jwk(public_key)
    grant = Grant(
        channels=frozenset(channels) or None,
        countries=frozenset(countries),
        businesses=frozenset(businesses),
        operations=frozenset(operations) or None,
        rights=frozenset(map(Right, rights)),
        enumeration=None if enumeration is None else Enumeration(enumeration),
        cors_origins=frozenset(origins),
        faces_customers=faces_customers,
    )

    async def work(house: House) -> Registered:
        await break_glass(house, Act.APPLICATION_CREATE, client_id)
        return await house.administration.registration.create(client_id, grant, actor(), jwk)

    registered = desk.with_house(work)
    _print_secret(desk, registered)


@applications.command(name="list")
@at_the_desk
def list_all(desk: Desk) -> None:
    """List every application and what it may do."""
    found = desk.with_house(lambda house: house.administration.registration.list())
    rows = [_row(application) for application in found]
    desk.answer(rows, "\n".join(_line(application) for application in found) or "No application yet.")


@applications.command(name="rotate-secret")
@click.argument("client_id", metavar="ID")
@at_the_desk
def rotate_secret(desk: Desk, client_id: str) -> None:
    """Give a new secret and print it, once; the earlier one stops at once."""

    async def work(house: House) -> Registered:
        await break_glass(house, Act.APPLICATION_ROTATE_SECRET, client_id)
        return await house.administration.registration.rotate_secret(client_id, actor())

    _print_secret(desk, desk.with_house(work))


@applications.command()
@click.argument("client_id", metavar="ID")
@at_the_desk
def disable(desk: Desk, client_id: str) -> None:
    """Let the application in no more."""
    desk.with_house(lambda house: house.administration.registration.disable(client_id, actor()))
    desk.answer({"client_id": client_id, "enabled": False}, f"{client_id} is disabled.")


@applications.command(name="register-keys")
@click.argument("client_id", metavar="ID")
@at_the_desk
def register_keys(desk: Desk, client_id: str) -> None:
    """Give end-to-end keys for calls without a session and print them, once."""

    async def work(house: House) -> GivenKeys:
        await break_glass(house, Act.APPLICATION_REGISTER_KEYS, client_id)
        return await house.administration.registration.register_keys(client_id, actor())

    given = desk.with_house(work)
    click.echo(as_json({"key_id": given.key_id, "ek": given.ek.reveal(), "hk": given.hk.reveal()}))


def _print_secret(desk: Desk, registered: Registered) -> None:
    client_id, secret = registered.application.client_id, registered.secret.reveal()
    told = {"client_id": client_id, "client_secret": secret}
    desk.answer(told, f"client_id:     {client_id}\nclient_secret: {secret}\nThe secret is not shown again.")


def _demand_known(operations: tuple[str, ...]) -> None:
    unknown = sorted(set(operations) - set(contract.load().operations))
    if unknown:
        raise click.BadParameter(f"unknown operation {', '.join(unknown)}", param_hint="--operation")


def _jwk(file: Path) -> dict[str, object]:
    content = file.read_bytes()
    try:
        if not content.lstrip().startswith(b"{"):
            return _jwk_of_pem(content)
        document = json.loads(content)
    except (ValueError, UnsupportedAlgorithm):
        raise Failed(f"{file} is no public key in PEM or JWK form") from None
    return {str(name): value for name, value in document.items()}


def _jwk_of_pem(pem: bytes) -> dict[str, object]:
    match load_pem_public_key(pem):
        case ec.EllipticCurvePublicKey() as key:
            return {**ECKey.import_key(key).as_dict(private=False)}
        case rsa.RSAPublicKey() as key:
            return {**RSAKey.import_key(key).as_dict(private=False)}
        case ed25519.Ed25519PublicKey() as key:
            return {**OKPKey.import_key(key).as_dict(private=False)}
        case _:
            raise ValueError("no EC, RSA or Ed25519 key")


def _row(application: Application) -> dict[str, object]:
    return {
        "client_id": application.client_id,
        "enabled": application.enabled,
        "created_at": application.created_at,
        "channels": _sorted(application.channels),
        "countries": _sorted(application.countries),
        "businesses": _sorted(application.businesses),
        "operations": _sorted(application.operations),
        "rights": _sorted(application.rights),
        "enumeration": application.enumeration,
        "cors_origins": _sorted(application.cors_origins),
        "faces_customers": application.faces_customers,
        "public_jwks": [dict(jwk) for jwk in application.public_jwks],
        "registered_keys": [
            {"key_id": keys.key_id, "expires_at": keys.expires_at} for keys in application.registered_keys
        ],
    }


def _sorted(values: frozenset[str] | frozenset[Right] | None) -> list[str] | None:
    return None if values is None else sorted(map(str, values))


def _line(application: Application) -> str:
    standing = "enabled" if application.enabled else "disabled"
    granted = {
        "channels": _sorted(application.channels),
        "countries": _sorted(application.countries),
        "businesses": _sorted(application.businesses),
        "operations": _sorted(application.operations),
        "rights": _sorted(application.rights),
    }
    parts = (f"{name} {'all' if some is None else ','.join(some) or '-'}" for name, some in granted.items())
    return f"{application.client_id}  {standing}  {'  '.join(parts)}"
