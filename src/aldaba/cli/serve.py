"""``aldaba serve``: starts the server, and in a sandbox the ready-made bank with its applications."""

from pathlib import Path

import click
import uvloop

from aldaba.cli.database import prepare
from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.cli.listening import serve_here
from aldaba.cli.sandbox_applications import credentials_of, ready_applications
from aldaba.cli.workers import Workers
from aldaba.observability import set_up
from aldaba.settings import Mode, Settings, unsafe
from aldaba.store.sql.upgrading import schema_of
from aldaba.wiring import House
from aldaba.wiring.made_for import demand_own


@click.command()
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", help="Port to listen on; default 8080.")
@click.option("--workers", help="Processes; SQLite and a sandbox take one.")
@click.option("--tls-cert", type=click.Path(), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(), help="Its private key, PEM.")
@click.option("--sandbox", is_flag=True, help="Serve the ready-made bank. Never with real customers.")
@at_the_desk
def serve(
    desk: Desk,
    host: str | None,
    port: str | None,
    workers: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    *,
    sandbox: bool,
) -> None:
    """Run the server until Ctrl-C or SIGTERM; requests in flight finish."""
    given = {
        "server.host": host,
        "server.port": port,
        "server.workers": workers,
        "server.tls_cert": tls_cert,
        "server.tls_key": tls_key,
    }
    settings = _settings(desk, {name: value for name, value in given.items() if value is not None}, sandbox)
    _refuse_unsafe(settings)
    demand_own(settings)
    if settings.mode is Mode.SANDBOX:
        prepare(settings)
    elif not schema_of(settings.database.url).fits or not settings.keys.file.exists():
        raise Failed("the database or the key ring is not ready: run `aldaba init`, then `aldaba serve`")
    _run(settings)


def _settings(desk: Desk, overrides: dict[str, str], sandbox: bool) -> Settings:
    settings = desk.settings(**overrides)
    if not sandbox:
        return settings
    chosen = settings.origins["mode"]
    if settings.mode is Mode.PRODUCTION and chosen != "default":
        raise Failed(
            f"--sandbox is refused: mode is production ({chosen}). Use another configuration for trying."
        )
    return desk.settings(**overrides, mode=Mode.SANDBOX.value)


def _refuse_unsafe(settings: Settings) -> None:
    fatal = []
    for thing in unsafe(settings):
        said = f"{thing.setting}: found {thing.found}, expected {thing.expected}. {thing.cure}"
        if thing.fatal:
            fatal.append(said)
        else:
            click.echo(f"aldaba: warning: {said}", err=True)
    if settings.server.workers > 1 and settings.mode is Mode.SANDBOX:
        fatal.append("server.workers: a sandbox serves from one process only. Set server.workers = 1.")
        fatal.append("server.workers: SQLite serves from one process only. Set server.workers = 1.")
    if fatal:
        raise Failed("refusing to start:\n  " + "\n  ".join(fatal))


def _run(settings: Settings) -> None:
    if settings.server.workers > 1:
        Workers(settings, lambda said: click.echo(f"aldaba: {said}", err=True)).serve(
            lambda: _greet(settings, None)
        )
        return
    set_up(level=settings.log.level)
    made: list[Path] = []

    async def sandbox_applications(house: House) -> None:
        if settings.mode is Mode.SANDBOX:
            made.append(await ready_applications(house))

    uvloop.run(
        serve_here(
            settings,
            prepare=sandbox_applications,
            started=lambda _end: _greet(settings, made[0] if made else None),
        )
    )


def _greet(settings: Settings, credentials: Path | None) -> None:
    address = settings.server.public_url
    click.echo(f"aldaba serves on {address} ({settings.mode.value}); stop it with Ctrl-C.")
    click.echo(f"  operators     {settings.admin.public_url}/admin")
    if credentials is None:
        return
    application = credentials_of(credentials)
    click.echo(f"  portal        {address}/docs")
    click.echo(f"  sandbox       {address}/sandbox")
    click.echo(
        f"  application   {application.client_id} / {application.client_secret}   (kept in {credentials})"
    )
    click.echo("  a first call:")
    click.echo(
        f"    curl -s -u '{application.client_id}:{application.client_secret}' "
        f"-d grant_type=client_credentials {address}/api/v1/oauth/token"
    )
