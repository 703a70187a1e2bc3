"""The command line: its commands, and how failures become an exit code and one line on stderr."""

from collections.abc import Sequence
from pathlib import Path

import click

from aldaba.cli.applications import applications
from aldaba.cli.audit import audit
from aldaba.cli.backup import backup, restore
from aldaba.cli.configuration import config, policy
from aldaba.cli.conform import conform
from aldaba.cli.customers import customers
from aldaba.cli.database import init, migrate
from aldaba.cli.desk import CONFIG_HELP, Desk
from aldaba.cli.doctor import doctor
from aldaba.cli.keys import keys
from aldaba.cli.moving import database
from aldaba.cli.operators import operators
from aldaba.cli.sandbox import sandbox
from aldaba.cli.serve import serve
from aldaba.cli.tokens import tokens
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Refused
from aldaba.settings import SettingsError
from aldaba.store.sql.upgrading import CannotMigrate

DONE, FAILED, WRONG_USAGE = 0, 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "file", type=click.Path(path_type=Path), metavar="FILE", help=CONFIG_HELP)
@click.option("--json", "json_wanted", is_flag=True, help="Answer in JSON.")
@click.version_option(package_name="aldaba")
@click.pass_context
def cli(context: click.Context, file: Path | None, json_wanted: bool) -> None:
    """A bank's customer-security server."""
    context.obj = Desk(file, json_wanted)


for command in (
    serve,
    init,
    migrate,
    database,
    doctor,
    applications,
    customers,
    config,
    policy,
    audit,
    keys,
    operators,
    tokens,
    sandbox,
    conform,
    backup,
    restore,
):
    cli.add_command(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused or failed with a reason on stderr, 2 wrong usage."""
    try:
        code = cli.main(args=None if argv is None else list(argv), prog_name="aldaba", standalone_mode=False)
    except click.UsageError as wrong:
        wrong.show()
        return WRONG_USAGE
    except click.ClickException as failed:
        failed.show()
        return FAILED
    except (click.Abort, Refused, BackendFailed, HouseUnavailable, SettingsError, CannotMigrate) as failed:
        click.echo(f"aldaba: {_told(failed)}", err=True)
        return FAILED
    return code if isinstance(code, int) else DONE


def _told(failure: Exception) -> str:
    match failure:
        case Refused():
            return _refusal(failure)
        case BackendFailed():
            return f"{failure.backend} did not do its work; nothing was changed"
        case HouseUnavailable():
            return f"not available: {failure}; `aldaba doctor` says more"
        case click.Abort():
            return "interrupted"
        case _:
            return str(failure)


def _refusal(refused: Refused) -> str:
    """``customer unknown (customerId)``, and what is known of the cause."""
    told = refused.reason.value
    if refused.location:
        told += f" ({refused.location})"
    return f"{told}: {refused.more}" if refused.more else told
