"""Commands for third parties: a proof of one row, and its check without this house."""

from pathlib import Path
from typing import Any

import click
import msgspec

from aldaba.cli.audit_keeping import KEPT_FILE
from aldaba.cli.desk import Desk, Failed, as_json, at_the_desk
from aldaba.service.audit_proof import BadProof
from aldaba.service.audit_proof import check_proof as checked


@click.command()
@click.argument("row", type=click.IntRange(1))
@at_the_desk
def prove(desk: Desk, row: int) -> None:
    """Print what shows anybody, without this house, that ROW is in its audit."""
    proof = desk.with_house(lambda house: house.audit.prove(row))
    if proof is None:
        raise Failed(f"the audit has no row {row} that a checkpoint covers")
    click.echo(as_json(proof))


@click.command(name="check-proof")
@click.argument("file", type=KEPT_FILE)
@click.option("--root", type=KEPT_FILE, required=True, help="The house's public root key: JWK or JWK set.")
@at_the_desk
def check_proof(desk: Desk, file: Path, root: Path) -> None:
    """Check a proof with the public root key alone: no database, no network, no configuration."""
    try:
        shown = checked(file.read_bytes(), _keys(root))
    except BadProof as bad:
        raise Failed(f"the proof does not hold: {bad}") from None
    row = shown.row
    bound = shown.checkpoint["at"]
    text = f"The proof holds: row {row['id']}, {row['type']}, bound by the checkpoint of {bound}"
    desk.answer({"holds": True, "row": row, "event": shown.event, "checkpoint": shown.checkpoint}, text)


def _keys(file: Path) -> dict[str, dict[str, Any]]:
    try:
        document = msgspec.json.decode(file.read_bytes())
        keys = document.get("keys", [document])
        return {key["kid"]: key for key in keys}
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise Failed(f"{file} holds no public key: expected a JWK with kid, or a JWK set") from None
