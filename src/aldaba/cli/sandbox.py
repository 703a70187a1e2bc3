"""Commands of the sandbox: what the customer's token or soft-token app would show."""

import click

from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.sandbox.opening import Sandbox
from aldaba.wiring import House


@click.group()
def sandbox() -> None:
    """Only for the ready-made bank; refused in production."""


@sandbox.command(name="token-response")
@click.argument("customer")
@click.argument("challenge")
@at_the_desk
def token_response(desk: Desk, customer: str, challenge: str) -> None:
    """What CUSTOMER's token answers to CHALLENGE."""

    async def ask(house: House) -> str | None:
        return await _sandbox(house).token_response(customer, challenge)

    response = desk.with_house(ask)
    if response is None:
        raise Failed("the customer has no token, or the challenge is none for its suite")
    desk.answer({"response": response}, response)


@sandbox.command(name="vendor-jwt")
@click.argument("customer")
@click.option("--grant", required=True, metavar="N", help="Functional id, 1 to 7.")
@click.option("--representative", metavar="ID", help="A company's legal representative.")
@at_the_desk
def vendor_jwt(desk: Desk, customer: str, grant: str, representative: str | None) -> None:
    """What the soft-token vendor signs for CUSTOMER."""

    async def ask(house: House) -> str:
        return _sandbox(house).vendor_jwt(customer, grant, representative)

    token = desk.with_house(ask)
    desk.answer({"jwt": token}, token)


def _sandbox(house: House) -> Sandbox:
    if house.sandbox is None:
        raise Failed("sandbox commands are refused in production")
    return house.sandbox
