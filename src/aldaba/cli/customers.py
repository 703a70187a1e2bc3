"""Commands on customers: import, and the help desk's work."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from aldaba.cli.desk import Desk, Failed, actor, at_the_desk
from aldaba.cli.glass import break_glass
from aldaba.cli.progress import reading
from aldaba.domain.lockout import LockKind
from aldaba.domain.operators import Act
from aldaba.domain.standing import LockOn
from aldaba.service.administration import Unlocked
from aldaba.service.customer_import import ImportReport, Progress
from aldaba.service.customer_views import CredentialView, CustomerView, ProfileView
from aldaba.service.import_reading import MAX_LINE_BYTES
from aldaba.wiring import House

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

reason = click.option("--reason", required=True, help="Why; kept in the audit.")
optional_reason = click.option(
    "--reason", default="not told", show_default=True, help="Why; kept in the audit."
)
representative = click.option(
    "--representative", metavar="ID", help="Only this legal representative's access."
)


@click.group()
def customers() -> None:
    """People and companies, and their access."""


@customers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line and change nothing.")
@click.option("--no-policy", is_flag=True, help="Also take clear secrets that the policy would refuse.")
@at_the_desk
def import_file(desk: Desk, file: Path, dry_run: bool, no_policy: bool) -> None:
    """Import FILE, one JSON object a line; bad lines are reported, good ones are kept."""
    with file.open("rb") as stream, reading(file.stat().st_size) as told:

        def on_progress(progress: Progress) -> None:
            told(stream.tell(), f"{progress.accepted:,} in, {progress.refused:,} refused")

        report = desk.with_house(
            lambda house: house.customer_import.import_lines(
                capped_lines(stream),
                dry_run=dry_run,
                enforce_policy=not no_policy,
                on_progress=on_progress,
                actor=actor(),
            )
        )
    _tell(desk, report, dry_run=dry_run)


def capped_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The file's lines, of an overlong one just enough to see that it is, so that memory stays bounded."""
    first = True
    while line := stream.readline(MAX_LINE_BYTES + 2):
        rest = line
        while not rest.endswith(b"\n") and (rest := stream.readline(MAX_LINE_BYTES)):
            pass
        line = line.removeprefix(BYTE_ORDER_MARK) if first else line
        yield line.rstrip(b"\r\n")
        first = False


def _tell(desk: Desk, report: ImportReport, *, dry_run: bool) -> None:
    refused = [{"line": refusal.line, "reason": refusal.reason} for refusal in report.refused]
    told = {
        "accepted": report.accepted,
        "refused": report.refused_count,
        "refusals": refused,
        "dry_run": dry_run,
    }
    verb = "would be imported" if dry_run else "imported"
    desk.answer(told, f"{report.accepted} {verb}, {report.refused_count} refused")
    for refusal in report.refused:
        click.echo(f"line {refusal.line}: {refusal.reason}", err=True)
    untold = report.refused_count - len(report.refused)
    if untold:
        click.echo(f"… and {untold} more", err=True)
    if report.refused_count:
        raise Failed(f"{report.refused_count} lines were refused")


@customers.command()
@click.argument("customer_id", metavar="ID")
@at_the_desk
def show(desk: Desk, customer_id: str) -> None:
    """Show everything but the secrets."""
    view = desk.with_house(lambda house: house.administration.show(customer_id))
    desk.answer(view, "\n".join(_lines(view)))


@customers.command()
@click.argument("customer_id", metavar="ID")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in LockKind]),
    default=LockKind.PREVENTIVE.value,
    show_default=True,
    help="D one day, S until unlocked, I preventive.",
)
@reason
@representative
@at_the_desk
def lock(desk: Desk, customer_id: str, kind: str, reason: str, representative: str | None) -> None:
    """Lock the customer's access and end a session that lives."""
    desk.with_house(
        lambda house: house.administration.lock(customer_id, LockKind(kind), reason, actor(), representative)
    )
    desk.answer({"customer_id": customer_id, "locked": kind}, f"{customer_id} is locked ({kind}).")


@customers.command()
@click.argument("customer_id", metavar="ID")
@reason
@representative
@at_the_desk
def unlock(desk: Desk, customer_id: str, reason: str, representative: str | None) -> None:
    """Lift every lock, as a security officer may."""

    async def work(house: House) -> Unlocked:
        view = await house.administration.show(customer_id)
        if any(lock.kind == LockKind.PREVENTIVE for profile in view.profiles for lock in profile.locks):
            await break_glass(house, Act.CUSTOMER_LIFT_PREVENTIVE, customer_id)
        return await house.administration.unlock(customer_id, reason, actor(), representative=representative)

    done = desk.with_house(work)
    kinds = {"lifted": _kinds(done.lifted), "standing": _kinds(done.standing)}
    told = f"Lifted: {', '.join(kinds['lifted'])}." if done.lifted else "No lock stood; counts start anew."
    desk.answer({"customer_id": customer_id, **kinds}, told)
    if done.standing:
        raise Failed(f"still locked: {', '.join(kinds['standing'])}")


@customers.command(name="temporary-pin")
@click.argument("customer_id", metavar="ID")
@optional_reason
@representative
@at_the_desk
def temporary_pin(desk: Desk, customer_id: str, reason: str, representative: str | None) -> None:
    """Send a temporary PIN to the customer's certified best phone."""
    sent = desk.with_house(
        lambda house: house.administration.temporary_pin(customer_id, reason, actor(), representative)
    )
    desk.answer(sent, f"Sent to {sent.phone}; serves until {_time(sent.expires_at)}.")


@customers.command()
@click.argument("customer_id", metavar="ID")
@optional_reason
@at_the_desk
def remove(desk: Desk, customer_id: str, reason: str) -> None:
    """Remove the customer with its access and devices; the audit stays."""
    desk.with_house(lambda house: house.administration.remove(customer_id, reason, actor()))
    desk.answer({"customer_id": customer_id, "removed": True}, f"{customer_id} is removed.")


@customers.command(name="reset-counters")
@click.argument("customer_id", metavar="ID")
@reason
@representative
@at_the_desk
def reset_counters(desk: Desk, customer_id: str, reason: str, representative: str | None) -> None:
    """Begin every count of failures anew; a lock that stands goes on standing."""
    desk.with_house(
        lambda house: house.administration.reset_counters(customer_id, reason, actor(), representative)
    )
    desk.answer({"customer_id": customer_id, "counters": "reset"}, f"{customer_id}: counts start anew.")


@customers.command(name="end-sessions")
@click.argument("customer_id", metavar="ID")
@reason
@representative
@at_the_desk
def end_sessions(desk: Desk, customer_id: str, reason: str, representative: str | None) -> None:
    """End the sessions the customer has."""
    desk.with_house(
        lambda house: house.administration.end_sessions(customer_id, reason, actor(), representative)
    )
    desk.answer({"customer_id": customer_id, "sessions": "ended"}, f"{customer_id} has no session any more.")


@customers.command(name="revoke-device")
@click.argument("customer_id", metavar="ID")
@click.argument("device_id", metavar="DEVICE")
@reason
@at_the_desk
def revoke_device(desk: Desk, customer_id: str, device_id: str, reason: str) -> None:
    """Block DEVICE, named by either of its two ids, and forget its key."""
    desk.with_house(lambda house: house.administration.revoke_device(customer_id, device_id, reason, actor()))
    told = f"{device_id} of {customer_id} is blocked."
    desk.answer({"customer_id": customer_id, "device": device_id, "blocked": True}, told)


def _kinds(locks: tuple[LockOn, ...]) -> list[str]:
    """The letters of what stands on the access, and which cards."""
    return sorted({lock.on if "card" in lock.on else lock.kind.value for lock in locks})


def _lines(view: CustomerView) -> Iterator[str]:
    yield f"{view.customer_id}  {view.name}  type {view.type}"
    standing = "black-listed, " if view.black_listed else ""
    yield f"electronic banking {view.electronic_banking}, {standing}registration {view.registration_status}"
    for person, name in view.representatives.items():
        yield f"representative {person}: {name}"
    for phone in view.phones:
        yield f"phone {phone.number}{' certified' if phone.certified else ''}{' best' if phone.best else ''}"
    for card in view.cards:
        yield f"card …{card.last4}  expires {card.expires}  {card.status}"
    for device in view.devices:
        yield f"device {device.vasco_id or device.application_id}{' blocked' if device.blocked else ''}"
    if view.token:
        yield f"token {view.token.serial}  {view.token.kind}  status {view.token.status}"
    for profile in view.profiles:
        yield from _profile_lines(profile)


def _profile_lines(profile: ProfileView) -> Iterator[str]:
    whose = f" of representative {profile.representative}" if profile.representative else ""
    states = f"PIN {_state(profile.pin)}, password {_state(profile.password)}"
    yield f"access{whose}: next {profile.next_action}, {states}"
    for lock in profile.locks:
        since = f" since {_time(lock.since)}" if lock.since else ""
        until = f" until {_time(lock.until)}" if lock.until else ""
        yield f"  {lock.on} locked ({lock.kind}, {lock.cause}){since}{until} {lock.note}".rstrip()
    if profile.temporary_pin_until:
        yield f"  temporary PIN until {_time(profile.temporary_pin_until)}"
    if profile.last_login:
        yield f"  last login {_time(profile.last_login)}"


def _state(credential: CredentialView) -> str:
    if credential.state is None:
        return "never set"
    return f"{credential.state}, expired by {credential.expired}" if credential.expired else credential.state


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
