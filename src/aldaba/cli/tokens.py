"""Commands on hard and soft tokens: import, assign, enrol, resynchronise, unlock, revoke."""

from pathlib import Path

import click
import segno

from aldaba.backends.pskc import BadFile, Passphrase, PreSharedKey, read_csv, read_pskc
from aldaba.cli.desk import Desk, Failed, actor, at_the_desk
from aldaba.cli.glass import break_glass
from aldaba.crypto.digests import Secret
from aldaba.domain.lockout import Lifter
from aldaba.domain.operators import Act
from aldaba.domain.token import Token, TokenAct
from aldaba.service.token_administration import TokensImported
from aldaba.wiring import House


@click.group()
def tokens() -> None:
    """Hard and soft tokens (OCRA, RFC 6287)."""


@tokens.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", metavar="HEX", help="Pre-shared key of an encrypted PSKC file.")
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["hard", "soft"]), default="hard", show_default=True)
@at_the_desk
def import_file(desk: Desk, file: Path, key: str | None, passphrase_file: Path | None, kind: str) -> None:
    """Import FILE: PSKC (RFC 6030), or CSV ``serial,kind,suite,secretHex[,counter]`` if it ends in .csv."""
    unlocking = _unlocking(key, passphrase_file)
    with file.open("rb") as stream:
        records = read_csv(stream) if file.suffix == ".csv" else read_pskc(stream, unlocking, kind=kind)

        async def work(house: House) -> TokensImported:
            await break_glass(house, Act.TOKEN_IMPORT, file.name)
            return await house.tokens.import_tokens(records, actor())

        try:
            report = desk.with_house(work)
        except BadFile as bad:
            raise Failed(f"{file}: {bad}") from None
    for refused in report.refused:
        click.echo(f"{refused.place}: {refused.reason}", err=True)
    told = {
        "accepted": report.accepted,
        "refused": [vars_of(refused.place, refused.reason) for refused in report.refused],
    }
    desk.answer(told, f"{report.accepted} imported, {len(report.refused)} refused")
    if report.refused:
        raise Failed(f"{len(report.refused)} tokens were refused")


def vars_of(place: str, reason: str) -> dict[str, str]:
    return {"place": place, "reason": reason}


def _unlocking(key: str | None, passphrase_file: Path | None) -> PreSharedKey | Passphrase | None:
    if key is not None and passphrase_file is not None:
        raise click.UsageError("give --key or --passphrase-file, not both")
    if key is not None:
        try:
            return PreSharedKey(bytes.fromhex(key))
        except ValueError:
            raise click.UsageError("--key is not HEX") from None
    if passphrase_file is not None:
        return Passphrase(passphrase_file.read_text(encoding="utf-8").rstrip("\n"))
    return None


@tokens.command()
@click.argument("serial")
@click.argument("customer")
@at_the_desk
def assign(desk: Desk, serial: str, customer: str) -> None:
    """Give the token SERIAL to CUSTOMER."""
    _told(desk, desk.with_house(lambda house: house.tokens.assign(serial, customer, actor())))


@tokens.command()
@click.argument("serial")
@at_the_desk
def enrol(desk: Desk, serial: str) -> None:
    """Show the pre-assigned soft token SERIAL once, as a QR code for the customer's app."""
    enrolment = desk.with_house(lambda house: house.tokens.enrol(serial, actor()))
    uri = enrolment.uri().reveal()
    if desk.as_json:
        desk.answer({"serial": serial, "suite": enrolment.suite, "uri": uri}, "")
    else:
        segno.make(uri, micro=False).terminal(compact=True)
        click.echo(f"Scan it with the customer's app, then `aldaba tokens activate {serial}`.")


@tokens.command()
@click.argument("serial")
@at_the_desk
def activate(desk: Desk, serial: str) -> None:
    """Let the enrolled soft token SERIAL answer challenges."""
    _told(desk, desk.with_house(lambda house: house.tokens.act(serial, TokenAct.ACTIVATE, actor())))


@tokens.command()
@click.argument("serial")
@click.argument("otp1")
@click.argument("otp2")
@at_the_desk
def resync(desk: Desk, serial: str, otp1: str, otp2: str) -> None:
    """Bring the token SERIAL back into step by two consecutive codes it shows."""
    _told(
        desk,
        desk.with_house(
            lambda house: house.tokens.resynchronise(serial, Secret(otp1), Secret(otp2), actor())
        ),
    )


@tokens.command()
@click.argument("serial")
@at_the_desk
def unlock(desk: Desk, serial: str) -> None:
    """Lift the lock of the token SERIAL."""
    lifter = Lifter.SECURITY_OFFICER
    _told(desk, desk.with_house(lambda house: house.tokens.unlock(serial, lifter, actor())))


@tokens.command()
@click.argument("serial")
@at_the_desk
def revoke(desk: Desk, serial: str) -> None:
    """Take the token SERIAL away from its customer."""
    _told(desk, desk.with_house(lambda house: house.tokens.revoke(serial, actor())))


def _told(desk: Desk, token: Token) -> None:
    told = {
        "serial": token.serial,
        "kind": token.kind,
        "status": token.status.value,
        "customer": token.customer_id,
    }
    desk.answer(
        told,
        f"{token.serial}  {token.kind}  status {token.status.value}  customer {token.customer_id or '-'}",
    )
