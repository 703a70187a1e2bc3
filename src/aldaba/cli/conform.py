"""`aldaba conform`: plays the contract against a server and says row by row what it keeps."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx

from aldaba import contract
from aldaba.cli.desk import SANDBOX_MARK, Desk, Failed, at_the_desk
from aldaba.cli.progress import working
from aldaba.conformance.front import Application
from aldaba.conformance.link import PATIENCE_SECONDS, Link, Pace
from aldaba.conformance.plan import checks
from aldaba.conformance.report import as_data, as_html, as_junit, as_text, in_one_line
from aldaba.conformance.running import run
from aldaba.conformance.target import Target, Unfit, staged
from aldaba.conformance.verdicts import Outcome, Result
from aldaba.contract import Contract

PROFILES = {"both": ("bound-1", "portal"), "bound-1": ("bound-1",), "portal": ("portal",)}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("url")
@click.option("--application", metavar="ID", help="Default: the sandbox's own (sandbox-application.json).")
@click.option("--secret-file", type=_FILE, help="Holds the application's secret.")
@click.option("--documented", metavar="ID", help="An application that is told of unknown customers.")
@click.option("--documented-secret-file", type=_FILE, help="Holds that application's secret.")
@click.option("--root-key", metavar="FILE|URL", help="The pinned root key. Default: what the server says.")
@click.option("--profile", type=click.Choice(tuple(PROFILES)), default="both", show_default=True)
@click.option("--sandbox", is_flag=True, help="Use the server's /sandbox, which is reset: all rows.")
@click.option("--customers", type=_FILE, help="Test customers, as `customers import` takes them.")
@click.option("--channel", default="MOVIL", show_default=True, help="The channel to call from.")
@click.option("--only", multiple=True, metavar="OPERATION", help="Only this operation; may be repeated.")
@click.option(
    "--rate", type=click.FloatRange(0), default=50, show_default=True, help="Requests a second; 0: any."
)
@click.option(
    "--within", type=click.FloatRange(1), default=900, show_default=True, help="Seconds for the run."
)
@click.option("--allow-http", is_flag=True, help="Send the secret in clear to another machine.")
@click.option("--junit", type=_NEW_FILE, help="Write JUnit XML.")
@click.option("--html", type=_NEW_FILE, help="Write a page to read.")
@at_the_desk
def conform(
    desk: Desk,
    url: str,
    application: str | None,
    secret_file: Path | None,
    documented: str | None,
    documented_secret_file: Path | None,
    root_key: str | None,
    profile: str,
    sandbox: bool,
    customers: Path | None,
    channel: str,
    only: tuple[str, ...],
    rate: float,
    within: float,
    allow_http: bool,
    junit: Path | None,
    html: Path | None,
) -> int:
    """Play sessions against the server at URL; report what it keeps, what not, what was not provoked."""
    wire = contract.load()
    _check_usage(wire, url, only, allow_http=allow_http)
    applications = {
        "main": _credentials("--application", application, secret_file),
        "documented": _credentials("--documented", documented, documented_secret_file),
    }
    if applications["main"] is None:
        applications = _sandbox_applications(desk)
    known = {name: found for name, found in applications.items() if found is not None}
    target = Target(known, root_key, customers, sandbox, channel)
    with httpx.Client(base_url=url.rstrip("/"), timeout=PATIENCE_SECONDS) as http:
        results = _played(Link(http, Pace(rate, within)), wire, target, only, PROFILES[profile])
    _write(wire, url, results, junit, html)
    desk.answer(as_data(wire, url, results), as_text(wire, results))
    if any(result.outcome is Outcome.FAIL for result in results):
        raise Failed(in_one_line(wire, results))
    return 0


def _check_usage(wire: Contract, url: str, only: tuple[str, ...], *, allow_http: bool) -> None:
    unknown = sorted(set(only) - set(wire.operations))
    if unknown:
        raise click.UsageError(
            f"--only: no operation {', '.join(unknown)}; there are {', '.join(wire.operations)}"
        )
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise click.UsageError(f"URL: found {url!r}, expected an address such as http://127.0.0.1:8080")
    if address.scheme == "http" and address.hostname not in _LOOPBACK and not allow_http:
        raise click.UsageError(f"{url}: the secret would travel in clear; use https, or --allow-http")


def _credentials(option: str, client_id: str | None, file: Path | None) -> Application | None:
    if client_id is None and file is None:
        return None
    if client_id is None or file is None:
        raise click.UsageError(f"{option} needs its secret file, and the other way round")
    return Application(client_id, file.read_text("utf-8").strip())


def _sandbox_applications(desk: Desk) -> dict[str, Application | None]:
    """Those that `make serve` made, kept in the data folder."""
    file = desk.settings().data / SANDBOX_MARK
    if not file.exists():
        raise click.UsageError(f"--application and --secret-file are needed: {file} is not there")
    told = json.loads(file.read_text("utf-8"))
    return {
        "main": Application(told["client_id"], told["client_secret"]),
        "documented": Application(told["documented"]["client_id"], told["documented"]["client_secret"]),
    }


def _played(
    link: Link, wire: Contract, target: Target, only: tuple[str, ...], profiles: tuple[str, ...]
) -> list[Result]:
    try:
        stage = staged(link, wire, target)
    except Unfit as trouble:
        raise Failed(f"{link.http.base_url}: {trouble}") from None
    plan = checks(wire, frozenset(only))
    try:
        with working(len(plan) * len(profiles)) as step:
            return run(stage, plan, profiles, lambda result: step(f"{result.profile} {result.operation}"))
    finally:
        stage.leave()


def _write(wire: Contract, url: str, results: list[Result], junit: Path | None, html: Path | None) -> None:
    if junit is not None:
        junit.write_bytes(as_junit(url, results))
    if html is not None:
        html.write_text(as_html(wire, url, results), "utf-8")
