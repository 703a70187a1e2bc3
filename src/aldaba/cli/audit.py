"""Commands on the audit: is the chain whole, and where does it stand."""

from collections.abc import Callable
from pathlib import Path

import click

from aldaba.cli.audit_keeping import export, purge
from aldaba.cli.audit_proofs import check_proof, prove
from aldaba.cli.audit_reading import search, show
from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.cli.progress import counting
from aldaba.crypto import jose
from aldaba.service.key_supply import CHECKPOINT
from aldaba.store.sql.audit_verification import Anchor, AuditReport
from aldaba.wiring import House


@click.group()
def audit() -> None:
    """The tamper-evident record of what happened."""


for command in (export, purge, search, show, prove, check_proof):
    audit.add_command(command)


@audit.command()
@click.option(
    "--anchor",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `audit anchor` printed earlier.",
)
@at_the_desk
def verify(desk: Desk, file: Path | None) -> None:
    """Check every row and the chain that links them."""
    signed = None if file is None else file.read_text(encoding="utf-8", errors="replace").strip()
    with counting("rows checked") as told:
        report = desk.with_house(lambda house: _verified(house, signed, told))
    desk.answer(_summary(report), f"{report.rows} rows, {report.linked} linked, {report.unsealed} not yet")
    for damage in report.damages:
        click.echo(f"row {damage.row}: {damage.what}" if damage.row else damage.what, err=True)
    if not report.intact:
        raise Failed(f"the audit is damaged in {report.found} places")


@audit.command()
@at_the_desk
def anchor(desk: Desk) -> None:
    """Print a signed checkpoint to keep elsewhere: only it shows that a whole older file was put back."""
    text = desk.with_house(lambda house: house.audit.anchor())
    desk.answer({"anchor": text}, text)


async def _verified(house: House, signed: str | None, told: Callable[[int], None]) -> AuditReport:
    kept = None if signed is None else _anchor(house, signed)
    return await house.audit.verify(kept, told)


def _anchor(house: House, signed: str) -> Anchor:
    try:
        claims = jose.verify(signed, house.supply.root_jwks(), algorithms=("ES256",), typ=CHECKPOINT)
    except jose.InvalidToken as invalid:
        raise Failed(f"the anchor is not one this house signed ({invalid.reason})") from None
    count, link = claims.get("count"), claims.get("link")
    if not isinstance(count, int) or not isinstance(link, str):
        raise Failed("the anchor says nothing of the chain")
    return Anchor(count, bytes.fromhex(link))


def _summary(report: AuditReport) -> dict[str, object]:
    return {
        "intact": report.intact,
        "rows": report.rows,
        "purged": report.purged,
        "linked": report.linked,
        "unsealed": report.unsealed,
        "found": report.found,
        "damages": [{"row": damage.row, "what": damage.what} for damage in report.damages],
    }
