"""Where every door brings what an operator asks for: permission, four eyes, the act itself, its record."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import msgspec

from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Act, Actor, may, needs_four_eyes
from aldaba.domain.policy import OperatorPolicy
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.service.approvals import Approvals, GrantView, Hindered
from aldaba.service.audit import Event, EventType, OperatorActed
from aldaba.service.customer_file import Found
from aldaba.service.operator_commands import Command, DecideGrant, ListGrants, ShowGrant, WithdrawGrant
from aldaba.service.ports import Clock, KeyVault, Store
from aldaba.service.records import grant_digest

C = TypeVar("C", bound=Command)
Handler = Callable[[Actor, Any], Awaitable[object]]
Handlers = Mapping[type[Command], Handler]

MAX_REASON = 200
LONGEST_NAME = 64
UNAVAILABLE = "unavailable"
_TARGETS = ("customer_id", "serial", "client_id", "grant_id", "name")


class Forbidden(Exception):
    """None of the operator's roles may do this."""

    def __init__(self, act: Act) -> None:
        super().__init__(act.value)
        self.act = act


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Nothing was done: a second operator has to approve the request first."""

    request: GrantView


class OperatorDesk:
    """The one way to an operator's use cases; every door takes it.

    ``rooms`` say which handler serves which command; each answers with that handler's view.
    """

    def __init__(
        self,
        store: Store,
        vault: KeyVault,
        approvals: Approvals,
        rules: OperatorPolicy,
        clock: Clock,
        *rooms: Handlers,
    ) -> None:
        self._store = store
        self._vault = vault
        self._approvals = approvals
        self._rules = rules
        self._clock = clock
        self._handlers: dict[type[Command], Handler] = {
            ListGrants: self._grants,
            ShowGrant: self._grant,
            DecideGrant: self._decide,
            WithdrawGrant: self._withdraw,
        }
        for room in rooms:
            self._handlers.update(room)

    def takes_four_eyes(self, act: str) -> bool:
        """Raises ``ValueError`` for an act there is not."""
        return needs_four_eyes(Act(act), self._rules)

    async def perform(self, actor: Actor, command: Command, grant_id: str | None = None) -> object:
        """The act done and its view; ``Awaiting`` where it takes four eyes and no ``grant_id`` is brought.

        Raises ``Forbidden``; ``Hindered`` where the grant does not serve; ``Refused``, ``BackendFailed`` and
        ``HouseUnavailable`` as the act does.
        """
        if not may(actor.roles, command.act):
            await self._record(actor, command, "forbidden", None)
            raise Forbidden(command.act)
        _demand_reason(command)
        if needs_four_eyes(command.act, self._rules):
            return await self._with_four_eyes(actor, command, grant_id)
        return await self._done(actor, command, None)

    async def _with_four_eyes(self, actor: Actor, command: Command, grant_id: str | None) -> object:
        # Of the secrets too: one grant, one exact act.
        digest = grant_digest(self._vault.keyring(), _encoded(command, opened=True)).hex()
        if grant_id is None:
            reason = getattr(command, "reason", "")
            try:
                request = await self._approvals.request(actor, command.act, digest, shown(command), reason)
            except Refused as refused:
                await self._record(actor, command, refused.reason.value, None)
                raise
            await self._record(actor, command, "four eyes", request.id)
            return Awaiting(request)
        try:
            await self._approvals.spend(actor, grant_id, command.act, digest)
        except Hindered as hindered:
            await self._record(actor, command, hindered.hindrance.value, grant_id[:LONGEST_NAME])
            raise
        return await self._done(actor, command, grant_id)

    async def _done(self, actor: Actor, command: Command, grant_id: str | None) -> object:
        try:
            view = await self._handlers[type(command)](actor, command)
        except Refused as refused:
            # Refused, nothing was done; a part that failed may have done it, and one approval is one act.
            if grant_id is not None:
                await self._approvals.give_back(actor, grant_id)
            await self._record(actor, command, refused.reason.value, grant_id)
            raise
        except HouseUnavailable:
            with suppress(HouseUnavailable):
                await self._record(actor, command, UNAVAILABLE, grant_id)
            raise
        except BackendFailed:
            await self._record(actor, command, Reason.BACKEND_FAILED.value, grant_id)
            raise
        except Hindered as hindered:
            await self._record(actor, command, hindered.hindrance.value, grant_id)
            raise
        if command.recorded:
            await self._record(actor, command, "done", grant_id, found_in(view))
        return view

    async def _record(
        self,
        actor: Actor,
        command: Command,
        outcome: str,
        grant_id: str | None,
        found: tuple[str, ...] = (),
    ) -> None:
        named = (str(getattr(command, name))[:LONGEST_NAME] for name in _TARGETS if hasattr(command, name))
        target = next(named, ", ".join(found) or None)
        payload = OperatorActed(
            command.act.value,
            tuple(sorted(actor.roles)),
            outcome,
            getattr(command, "reason", "")[:MAX_REASON],
            grant_id,
            target,
        )
        event = Event(
            EventType.OPERATOR_ACTED,
            self._clock(),
            payload,
            customer_id=_named(command, "customer_id") or (found[0] if len(found) == 1 else None),
            application_id=_named(command, "client_id"),
            actor=actor.name,
            address=actor.address,
        )
        await self._store.run(lambda transaction: transaction.audit.record(event))

    async def _grants(self, actor: Actor, _: ListGrants) -> object:
        return await self._approvals.list(actor)

    async def _grant(self, actor: Actor, command: ShowGrant) -> object:
        return await self._approvals.show(actor, command.grant_id)

    async def _decide(self, actor: Actor, command: DecideGrant) -> object:
        return await self._approvals.decide(actor, command.grant_id, command.reason, approve=command.approve)

    async def _withdraw(self, actor: Actor, command: WithdrawGrant) -> object:
        return await self._approvals.withdraw(actor, command.grant_id)


def shown(command: Command) -> str:
    """The parameters as an approver reads them, secrets as stars."""
    return _encoded(command, opened=False).decode()


def found_in(view: object) -> tuple[str, ...]:
    """Whom a search showed, by number; what was looked for is told nobody."""
    views = view if isinstance(view, tuple) else ()
    return tuple(one.customer_id for one in views if isinstance(one, Found))


def _encoded(command: Command, *, opened: bool) -> bytes:
    def plain(value: object) -> object:
        if isinstance(value, Secret):
            return value.reveal() if opened else str(value)
        raise TypeError(type(value).__name__)

    values = {each.name: getattr(command, each.name) for each in fields(command)}  # type: ignore[arg-type]  # every command is a dataclass
    return msgspec.json.encode({"act": command.act, **values}, enc_hook=plain, order="sorted")


def _named(command: Command, field: str) -> str | None:
    value = getattr(command, field, None)
    return None if value is None else str(value)[:LONGEST_NAME]


def _demand_reason(command: Command) -> None:
    reason = getattr(command, "reason", None)
    if reason is not None and (not reason.strip() or len(reason) > MAX_REASON):
        told = f"a reason of 1 to {MAX_REASON} characters is demanded"
        raise Refused(Reason.INVALID_REQUEST, "reason", told)
