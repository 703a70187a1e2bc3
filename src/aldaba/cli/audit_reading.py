"""Commands that find audit rows, and show everything of one request."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from aldaba.cli.audit_keeping import DAYS
from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.service.audit import AuditEntry, AuditQuery
from aldaba.wiring import House


@click.command()
@click.option("--customer", metavar="NUMBER")
@click.option("--request", metavar="UUID")
@click.option("--type", "kind", metavar="TYPE", help="As login:refused, or login:* for all of them.")
@click.option("--application", metavar="ID")
@click.option("--actor", metavar="NAME", help="Who acted at a desk, as cli:root.")
@click.option("--since", type=click.DateTime(DAYS), help="In the bank's time zone.")
@click.option("--until", type=click.DateTime(DAYS), help="In the bank's time zone; that moment is left out.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@at_the_desk
def search(
    desk: Desk,
    customer: str | None,
    request: str | None,
    kind: str | None,
    application: str | None,
    actor: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> None:
    """Find rows, the newest first."""
    zone = desk.settings().policy.zone
    start, end = (None if day is None else day.replace(tzinfo=zone) for day in (since, until))
    wanted = AuditQuery(
        customer_id=customer,
        request_id=request,
        type=kind,
        application_id=application,
        actor=actor,
        since=start,
        until=end,
    )
    found = desk.with_house(lambda house: house.audit.search(wanted, limit))
    _answer(desk, found, zone)


@click.command()
@click.argument("uuid")
@at_the_desk
def show(desk: Desk, uuid: str) -> None:
    """Show everything that the request UUID brought about, in order."""

    async def work(house: House) -> Sequence[AuditEntry]:
        return await house.audit.of_request(uuid) or await house.audit.of_request(uuid.lower())

    found = desk.with_house(work)
    if not found:
        raise Failed(f"the audit knows no request {uuid}")
    _answer(desk, found, desk.settings().policy.zone)


def _answer(desk: Desk, found: Sequence[AuditEntry], zone: ZoneInfo) -> None:
    desk.answer([_as_json(row) for row in found], "\n".join(_as_text(row, zone) for row in found))


def _as_json(row: AuditEntry) -> dict[str, object]:
    return {"id": row.id, "kind": type(row.event.payload).__name__, "event": asdict(row.event)}


def _as_text(row: AuditEntry, zone: ZoneInfo) -> str:
    event = row.event
    who = [
        f"{name} {value}"
        for name, value in (
            ("customer", event.customer_id),
            ("by", event.actor or event.application_id),
            ("channel", event.channel),
            ("from", event.address),
            ("request", event.request_id),
        )
        if value
    ]
    facts = [f"{name}={_plain(value)}" for name, value in asdict(event.payload).items() if value is not None]
    when = event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")
    return f"{row.id:>8}  {when}  {event.type}  {' '.join(facts)}\n          {', '.join(who)}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
