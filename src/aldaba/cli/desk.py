"""What every command stands on: its settings, the house opened for it, and how it answers."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
import msgspec

from aldaba.sandbox.page_token import APPLICATION_FILE
from aldaba.settings import Mode, Settings, load
from aldaba.wiring import House, open_house

P = ParamSpec("P")
T = TypeVar("T")

CONFIG_HELP = "Default: aldaba.toml if present."
SANDBOX_MARK = APPLICATION_FILE


class Failed(click.ClickException):
    """The command was understood, and did not do all it was asked to; exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(f"aldaba: {self.message}", err=True, file=file)


@dataclass(frozen=True, slots=True)
class Desk:
    """The two options every command takes."""

    config: Path | None = None
    as_json: bool = False

    def settings(self, **overrides: str) -> Settings:
        """The configuration; where nobody names a mode, the bank that ``make serve`` made is a sandbox."""
        settings = load(self.config, os.environ, overrides=overrides)
        mark = settings.data / SANDBOX_MARK
        if settings.origins["mode"] != "default" or not mark.exists():
            return settings
        sandbox = load(self.config, os.environ, overrides={**overrides, "mode": Mode.SANDBOX.value})
        return replace(sandbox, origins=MappingProxyType({**sandbox.origins, "mode": f"{mark} is there"}))

    def with_house(self, work: Callable[[House], Awaitable[T]], *, as_owner: bool = False) -> T:
        """Open the house, do the work in it, close it; ``as_owner``: as the user that owns the tables."""
        settings = self.settings()
        owner = settings.database.owner_url
        if as_owner and owner is not None:
            settings = replace(settings, database=replace(settings.database, url=owner))

        async def visit() -> T:
            async with open_house(settings) as house:
                return await work(house)

        return asyncio.run(visit())

    def answer(self, value: Any, text: str) -> None:
        """The value with ``--json``, else the text, on stdout."""
        click.echo(as_json(value) if self.as_json else text)


def as_json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def actor() -> str:
    """Who the audit names: the operating system's user at this command line."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:uid {os.getuid()}"


def at_the_desk(command: Callable[Concatenate[Desk, P], T]) -> Callable[..., T]:
    """Give a command ``--config`` and ``--json``, also when they stand before its name, as its desk."""

    @click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help=CONFIG_HELP)
    @click.option("--json", "json_wanted", is_flag=True, help="Answer in JSON.")
    @click.pass_context
    def wrapped(
        context: click.Context, /, *args: Any, config: Path | None, json_wanted: bool, **named: Any
    ) -> T:
        outer = context.find_object(Desk) or Desk()
        desk = Desk(config or outer.config, json_wanted or outer.as_json)
        return command(desk, *args, **named)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    return wrapped
