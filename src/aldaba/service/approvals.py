"""Four eyes: requests for one exact act, decided by a second operator, executed once by the first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aldaba.domain.four_eyes import (
    Grant,
    GrantState,
    Hand,
    Hindrance,
    decided,
    given_back,
    is_open,
    one_hand,
    spent,
    withdrawn,
)
from aldaba.domain.operators import Act, Actor, may_approve
from aldaba.domain.policy import OperatorPolicy
from aldaba.domain.quotas import stretch
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import Event, EventType, GrantChanged
from aldaba.service.ports import Clock, RandomBytes, Store, Transaction

KEPT_DAYS = 90
"""So long a request can be read; what became of it stays in the audit."""
LISTED = 200
"""Of those that are over; what is open is listed whole."""
MOST_OPEN = 20
MOST_A_DAY = 100
"""Of one requester: more than anybody's work asks for, and so few that all that is open can be read."""
DAY_SECONDS = 86_400


class Hindered(Exception):
    """The grant cannot be decided or executed, for this cause."""

    def __init__(self, hindrance: Hindrance) -> None:
        super().__init__(hindrance.value)
        self.hindrance = hindrance


@dataclass(frozen=True, slots=True)
class GrantView:
    """``may_decide`` is whether the operator who looks may approve or refuse it now."""

    id: str
    act: str
    parameters: str
    """As JSON; secrets in it are stars."""
    digest: str
    state: str
    """``waiting``, ``approved``, ``refused``, ``withdrawn``, ``spent`` or ``expired``."""
    requested_by: str
    reason: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool


Hands = Mapping[str, Hand]


class Approvals:
    """Every change is recorded in the audit in the same act."""

    def __init__(self, store: Store, rules: OperatorPolicy, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._random_bytes = random_bytes

    async def request(self, actor: Actor, act: Act, digest: str, shown: str, reason: str) -> GrantView:
        """Raises ``Refused`` who has as many open, or made as many today, as one may."""
        now = self._clock()
        until = now + timedelta(minutes=self._rules.request_minutes)
        grant = Grant(self._random_bytes(12).hex(), act, digest, shown, actor.name, reason, now, until)

        def make(transaction: Transaction) -> Reason | None:
            # Counted first: that row is held, and what else this operator asks for at once comes after.
            window = stretch("four eyes", actor.name, now, DAY_SECONDS)
            if transaction.quotas.count(window.name, window.ends_at, now) > MOST_A_DAY:
                return Reason.DAY_LIMIT
            mine = [one for one in self._open(transaction, now) if one.requested_by == actor.name]
            if len(mine) >= MOST_OPEN:
                return Reason.RULE_BROKEN
            self._keep(transaction, grant, "requested", reason, actor)
            return None

        if (no := await self._store.run(make)) is not None:
            raise Refused(no, more=f"{MOST_OPEN} requests open, {MOST_A_DAY} a day at most: withdraw or wait")
        return self._view(grant, actor, {})

    async def list(self, actor: Actor) -> tuple[GrantView, ...]:
        """All that are open, then the newest of those that are over; each newest first."""
        now = self._clock()

        def query(transaction: Transaction) -> tuple[GrantView, ...]:
            hands = {one.name: one.hand for one in transaction.operators.all()}
            over = [one for one in transaction.operators.grants(LISTED) if not is_open(one, now)]
            found = (*self._open(transaction, now), *over)
            return tuple(self._view(grant, actor, hands) for grant in found)

        return await self._store.read(query)

    async def show(self, actor: Actor, grant_id: str) -> GrantView:
        """Raises ``Hindered`` where there is none."""

        def query(transaction: Transaction) -> GrantView | None:
            found = transaction.operators.grant(grant_id)
            hands = {} if found is None else _hands(transaction, found.requested_by, actor.name)
            return None if found is None else self._view(found, actor, hands)

        view = await self._store.read(query)
        if view is None:
            raise Hindered(Hindrance.UNKNOWN)
        return view

    def _open(self, transaction: Transaction, now: datetime) -> tuple[Grant, ...]:
        # None that was requested earlier lives, approved in its last minute.
        longest = timedelta(minutes=self._rules.request_minutes + self._rules.grant_minutes)
        return tuple(one for one in transaction.operators.grants_since(now - longest) if is_open(one, now))

    async def decide(self, actor: Actor, grant_id: str, reason: str, *, approve: bool) -> GrantView:
        """Raises ``Hindered``; nobody decides his own, nor what an account asked that can be his."""

        def rule(transaction: Transaction, grant: Grant, now: datetime) -> Grant | Hindrance:
            hands = _hands(transaction, grant.requested_by, actor.name)
            asker, by = hands[grant.requested_by], hands[actor.name]
            return decided(grant, asker, by, actor.roles, reason, now, self._rules, approve=approve)

        return await self._change(actor, grant_id, "approved" if approve else "refused", reason, rule)

    async def withdraw(self, actor: Actor, grant_id: str) -> GrantView:
        """Raises ``Hindered``."""
        return await self._change(
            actor, grant_id, "withdrawn", "", lambda _, grant, __: withdrawn(grant, actor.name)
        )

    async def spend(self, actor: Actor, grant_id: str, act: Act, digest: str) -> GrantView:
        """Use an approved grant up, for this act with these parameters alone. Raises ``Hindered``."""
        return await self._change(
            actor,
            grant_id,
            "executed",
            "",
            lambda _, grant, now: spent(grant, actor.name, act, digest, now),
        )

    async def give_back(self, actor: Actor, grant_id: str) -> None:
        """The act was refused: the grant is good for what is left of its life."""
        await self._change(actor, grant_id, "given back", "", lambda _, grant, __: given_back(grant))

    async def _change(
        self,
        actor: Actor,
        grant_id: str,
        action: str,
        reason: str,
        rule: Callable[[Transaction, Grant, datetime], Grant | Hindrance],
    ) -> GrantView:
        def act(transaction: Transaction) -> Grant | Hindrance:
            found = transaction.operators.grant(grant_id)
            changed = Hindrance.UNKNOWN if found is None else rule(transaction, found, self._clock())
            if isinstance(changed, Grant):
                self._keep(transaction, changed, action, reason, actor)
            return changed

        changed = await self._store.run(act)
        if isinstance(changed, Hindrance):
            raise Hindered(changed)
        return self._view(changed, actor, {})

    def _keep(self, transaction: Transaction, grant: Grant, action: str, reason: str, actor: Actor) -> None:
        transaction.operators.save_grant(grant, grant.requested_at + timedelta(days=KEPT_DAYS))
        payload = GrantChanged(grant.id, grant.act.value, action, grant.requested_by, reason, grant.digest)
        transaction.audit.record(
            Event(EventType.GRANT_CHANGED, self._clock(), payload, actor=actor.name, address=actor.address)
        )

    def _view(self, grant: Grant, actor: Actor, hands: Hands) -> GrantView:
        undecided = grant.state in (GrantState.WAITING, GrantState.APPROVED)
        expired = undecided and not is_open(grant, self._clock())
        asker = hands.get(grant.requested_by, (grant.requested_by,))
        foreign = not one_hand(asker, hands.get(actor.name, (actor.name,)))
        waits = grant.state is GrantState.WAITING and not expired
        return GrantView(
            id=grant.id,
            act=grant.act.value,
            parameters=grant.shown,
            digest=grant.digest,
            state="expired" if expired else grant.state.value,
            requested_by=grant.requested_by,
            reason=grant.reason,
            requested_at=grant.requested_at,
            expires_at=grant.expires_at,
            decided_by=grant.decided_by,
            decided_at=grant.decided_at,
            decision_reason=grant.decision_reason,
            may_decide=waits and foreign and may_approve(actor.roles, grant.act),
        )


def _hands(transaction: Transaction, *names: str) -> Hands:
    # In one order everywhere: two who decide each other's requests do not wait for each other.
    found = {name: transaction.operators.find(name) for name in sorted(set(names))}
    return {name: (name,) if one is None else one.hand for name, one in found.items()}
