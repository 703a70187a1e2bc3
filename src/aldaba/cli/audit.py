"""Commands on the audit: is the chain whole, and where does it stand."""

from pathlib import Path

import click

from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.cli.progress import counting


@click.group()
def audit() -> None:
    """The tamper-evident record of what happened."""


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
    anchored = None if file is None else file.read_text(encoding="utf-8").strip()
    with counting("rows checked") as told:
        report = desk.with_house(lambda house: house.audit.verify(anchored, told))
    summary = {
        "intact": report.intact,
        "rows": report.rows,
        "linked": report.linked,
        "unsealed": report.unsealed,
        "found": report.found,
        "damages": [{"row": damage.row, "what": damage.what} for damage in report.damages],
    }
    desk.answer(summary, f"{report.rows} rows, {report.linked} linked, {report.unsealed} not linked yet")
    for damage in report.damages:
        click.echo(f"row {damage.row}: {damage.what}" if damage.row else damage.what, err=True)
    if not report.intact:
        raise Failed(f"the audit is damaged in {report.found} places")


@audit.command()
@at_the_desk
def anchor(desk: Desk) -> None:
    """Print a signed checkpoint, to be kept elsewhere: only it shows that a whole older file was put back."""
    text = desk.with_house(lambda house: house.audit.anchor())
    desk.answer({"anchor": text}, text)
