"""Commands that take the audit elsewhere, and then take away what was exported and is old enough."""

import hashlib
from datetime import datetime
from pathlib import Path

import click
import msgspec

from aldaba.cli.desk import Desk, Failed, actor, at_the_desk
from aldaba.cli.progress import counting
from aldaba.service.audit_ocsf import as_ocsf
from aldaba.store.sql.audit_export import Exported, as_row
from aldaba.store.sql.audit_manifest import NotPurged
from aldaba.store.sql.audit_rows import event_of
from aldaba.store.sql.values import Row
from aldaba.wiring import House

DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
FILE = click.Path(dir_okay=False, path_type=Path)
KEPT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def as_ocsf_line(row: Row) -> bytes:
    """A row as one OCSF event."""
    return msgspec.json.encode(as_ocsf(row[0], event_of(row[1])))


class _Digesting:
    """Prints lines and keeps the digest of all of them."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def take(self, line: bytes) -> None:
        click.echo(line)
        self._digest.update(line + b"\n")

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


@click.command()
@click.option("--since", type=click.DateTime(DAYS), help="In the bank's time zone; else all.")
@click.option("--format", "form", type=click.Choice(["rows", "ocsf"]), default="rows", help="Default: rows.")
@click.option("--manifest", type=FILE, help="Also write a signed manifest there; `audit purge` wants it.")
@at_the_desk
def export(desk: Desk, since: datetime | None, form: str, manifest: Path | None) -> None:
    """Print every event as one JSON object a line, oldest first."""
    if manifest is not None and form != "rows":
        raise click.UsageError("--manifest goes with --format rows: only whole rows may be purged later")

    async def work(house: House) -> str:
        start = None if since is None else since.replace(tzinfo=house.settings.policy.zone)
        lines = _Digesting()
        exported: Exported = await house.audit.export(
            start,
            lines.take,
            told,
            render=as_row if form == "rows" else as_ocsf_line,
            linked_only=manifest is not None,
        )
        return house.audit.manifest(exported, lines.sha256)

    with counting("rows exported") as told:
        signed = desk.with_house(work)
    if manifest is not None:
        manifest.write_text(f"{signed}\n", encoding="utf-8")


@click.command()
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), required=True, help="In the bank's time zone.")
@click.option("--manifest", type=KEPT_FILE, required=True, help="What `audit export --manifest` wrote.")
@click.option("--export", "exported", type=KEPT_FILE, required=True, help="The export itself, whole.")
@at_the_desk
def purge(desk: Desk, before: datetime, manifest: Path, exported: Path) -> None:
    """Take away exported rows older than a day; what stays is still provable."""
    signed = manifest.read_text(encoding="utf-8", errors="replace").strip()
    with exported.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()

    async def work(house: House) -> int | NotPurged:
        day = before.replace(tzinfo=house.settings.policy.zone)
        return await house.audit.purge(signed, digest, day, actor(), told)

    with counting("rows purged") as told:
        # Who serves can add to the audit and remove nothing.
        answer = desk.with_house(work, as_owner=True)
    if isinstance(answer, NotPurged):
        raise Failed(f"nothing was purged: {answer.why}")
    desk.answer({"purged": answer}, f"{answer} rows purged")
