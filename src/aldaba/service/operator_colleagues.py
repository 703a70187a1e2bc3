"""What operators do with operators: list, invite, give roles, disable, enable, reset the second factor."""

from aldaba.domain.operators import Act, Actor, may, sensible_on
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.operator_accounts import Invited, OperatorAccounts, OperatorView
from aldaba.service.operator_commands import (
    DisableOperator,
    EnableOperator,
    InviteOperator,
    ListOperators,
    ResetSecondFactor,
    SetRoles,
)
from aldaba.service.operator_desk import Handlers


def sensible_acts(actor: Actor, colleague: OperatorView) -> tuple[Act, ...]:
    """What the actor may ask for this colleague as he stands; of his own account nothing."""
    if colleague.name == actor.name:
        return ()
    return tuple(act for act in sensible_on(colleague.state) if may(actor.roles, act))


class OperatorColleagues:
    """``handlers`` are for the desk; nobody changes his own account by them."""

    def __init__(self, accounts: OperatorAccounts) -> None:
        self._accounts = accounts

    @property
    def handlers(self) -> Handlers:
        return {
            ListOperators: self.list,
            InviteOperator: self.invite,
            SetRoles: self.set_roles,
            DisableOperator: self.disable,
            EnableOperator: self.enable,
            ResetSecondFactor: self.reset_second_factor,
        }

    async def list(self, _: Actor, __: ListOperators) -> tuple[OperatorView, ...]:
        return await self._accounts.list()

    async def invite(self, actor: Actor, command: InviteOperator) -> Invited:
        return await self._accounts.invite(command.name, frozenset(command.roles), command.reason, actor.name)

    async def set_roles(self, actor: Actor, command: SetRoles) -> OperatorView:
        _demand_another(actor, command.name)
        return await self._accounts.set_roles(
            command.name, frozenset(command.roles), command.reason, actor.name
        )

    async def disable(self, actor: Actor, command: DisableOperator) -> OperatorView:
        _demand_another(actor, command.name)
        return await self._accounts.disable(command.name, command.reason, actor.name)

    async def enable(self, actor: Actor, command: EnableOperator) -> OperatorView:
        _demand_another(actor, command.name)
        return await self._accounts.enable(command.name, command.reason, actor.name)

    async def reset_second_factor(self, actor: Actor, command: ResetSecondFactor) -> Invited:
        _demand_another(actor, command.name)
        return await self._accounts.reset_second_factor(command.name, command.reason, actor.name)


def _demand_another(actor: Actor, name: str) -> None:
    if actor.name == name:
        raise Refused(Reason.RULE_BROKEN, "name", "nobody changes his own account")
