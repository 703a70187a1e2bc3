"""Commands on operators: invite, list, roles, disable, enable, reset the second factor."""

import click

from aldaba.cli.desk import Desk, actor, at_the_desk
from aldaba.cli.glass import break_glass
from aldaba.domain.operators import Act, Role, roles_of
from aldaba.service.operator_accounts import Invited, OperatorView
from aldaba.wiring import House

role = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([each.value for each in Role]),
    help="May be given several times.",
)
reason = click.option("--reason", default="", help="Why; kept in the audit.")


@click.group()
def operators() -> None:
    """The bank's own people."""


@operators.command()
@click.argument("name")
@role
@reason
@at_the_desk
def invite(desk: Desk, name: str, roles: tuple[str, ...], reason: str) -> None:
    """Make NAME an operator and print the one-time link that sets password and second factor."""

    async def work(house: House) -> Invited:
        await break_glass(house, Act.OPERATOR_INVITE, name)
        return await house.operators.accounts.invite(name, roles_of(roles), reason, actor())

    _print_link(desk, desk.with_house(work))


@operators.command(name="list")
@at_the_desk
def list_all(desk: Desk) -> None:
    """List every operator with roles and state."""
    found = desk.with_house(lambda house: house.operators.accounts.list())
    desk.answer(found, "\n".join(map(_line, found)) or "No operator yet: `aldaba operators invite`.")


@operators.command()
@click.argument("name")
@role
@reason
@at_the_desk
def roles(desk: Desk, name: str, roles: tuple[str, ...], reason: str) -> None:
    """Give NAME these roles and no others; sessions end."""

    async def work(house: House) -> OperatorView:
        await break_glass(house, Act.OPERATOR_SET_ROLES, name)
        return await house.operators.accounts.set_roles(name, roles_of(roles), reason, actor())

    _told(desk, desk.with_house(work))


@operators.command()
@click.argument("name")
@reason
@at_the_desk
def disable(desk: Desk, name: str, reason: str) -> None:
    """Let NAME in no more; sessions end at once."""
    _told(desk, desk.with_house(lambda house: house.operators.accounts.disable(name, reason, actor())))


@operators.command()
@click.argument("name")
@reason
@at_the_desk
def enable(desk: Desk, name: str, reason: str) -> None:
    """Let NAME in again, and lift a lock that failures brought about."""

    async def work(house: House) -> OperatorView:
        await break_glass(house, Act.OPERATOR_ENABLE, name)
        return await house.operators.accounts.enable(name, reason, actor())

    _told(desk, desk.with_house(work))


@operators.command(name="reset-second-factor")
@click.argument("name")
@reason
@at_the_desk
def reset_second_factor(desk: Desk, name: str, reason: str) -> None:
    """End what NAME signs in with and print a one-time link that sets both anew."""

    async def work(house: House) -> Invited:
        await break_glass(house, Act.OPERATOR_RESET_SECOND_FACTOR, name)
        return await house.operators.accounts.reset_second_factor(name, reason, actor())

    _print_link(desk, desk.with_house(work))


def _print_link(desk: Desk, invited: Invited) -> None:
    link = f"{desk.settings().admin.public_url}/admin/invitation/{invited.token.reveal()}"
    told = {
        "name": invited.name,
        "token": invited.token.reveal(),
        "link": link,
        "expires_at": invited.expires_at,
    }
    desk.answer(told, f"{link}\nGood once, until {invited.expires_at:%Y-%m-%d %H:%M} UTC.")


def _told(desk: Desk, view: OperatorView) -> None:
    desk.answer(view, _line(view))


def _line(view: OperatorView) -> str:
    last = "never" if view.last_sign_in is None else f"{view.last_sign_in:%Y-%m-%d %H:%M} UTC"
    return f"{view.name}  {view.state}  {', '.join(view.roles)}  last sign-in {last}"
