"""What an operator's act leaves behind where a part of the house goes away in the middle of it."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest
from tests.admin.operated import POLICY, RULES, Operated

from aldaba.domain.operators import Actor, Role
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.domain.token import BadToken, TokenRecord
from aldaba.service.audit import EventType, OperatorActed
from aldaba.service.operator_commands import RotateKey
from aldaba.service.operator_desk import Awaiting, OperatorDesk
from aldaba.service.token_administration import NOT_TAKEN, TokenAdministration

SUITE = "OCRA-1:HOTP-SHA256-8:QN08"
COMMAND = RotateKey(name="signing", reason="yearly")


class Leaving:
    """A store that goes away after so many acts."""

    def __init__(self, store: Any, acts: int) -> None:
        self._store, self._left = store, acts

    async def run(self, act: Callable[[Any], Any]) -> Any:
        if self._left == 0:
            raise HouseUnavailable("database")
        self._left -= 1
        return await self._store.run(act)


def importing(bank: Operated, acts: int) -> TokenAdministration:
    store: Any = Leaving(bank.store, acts)
    return TokenAdministration(store, bank.house.vault, POLICY, bank.house.clock, os.urandom)


def test_a_delivery_broken_off_tells_which_tokens_were_taken() -> None:
    async def story() -> None:
        bank = Operated()
        records = [TokenRecord(f"HT-{number}", "hard", SUITE, b"k" * 20) for number in range(4)]
        bad = BadToken("HT-9", "no seed")
        done = await importing(bank, 2).import_tokens([*records, bad], "sofia")
        assert done.accepted == 2
        assert done.refused == (BadToken("HT-2", NOT_TAKEN), BadToken("HT-3", NOT_TAKEN), bad)
        kept = await bank.store.read(lambda query: [query.tokens.find(one.serial) for one in records])
        assert [one is not None for one in kept] == [True, True, False, False]
        again = await bank.tokens.import_tokens(records, "sofia")
        assert again.accepted == 2
        with pytest.raises(HouseUnavailable):
            await importing(bank, 0).import_tokens(records, "sofia")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("trouble", "outcome", "state"),
    [
        (Refused(Reason.RULE_BROKEN), "business rule broken", "approved"),
        (HouseUnavailable("keys"), "unavailable", "spent"),
        (BackendFailed("core"), "backend failed", "spent"),
    ],
)
def test_an_approval_comes_back_only_where_nothing_was_done_and_each_end_is_recorded(
    trouble: Exception, outcome: str, state: str
) -> None:
    async def story() -> None:
        bank = Operated()

        async def rotate(_: Actor, __: RotateKey) -> object:
            raise trouble

        desk = OperatorDesk(
            bank.store, bank.house.vault, bank.approvals, RULES, bank.house.clock, {RotateKey: rotate}
        )
        actor = bank.actor("sofia", Role.SECURITY_OFFICER)
        asked = await desk.perform(actor, COMMAND)
        assert isinstance(asked, Awaiting)
        grant = asked.request.id
        other = bank.actor("saul", Role.SECURITY_OFFICER)
        await bank.approvals.decide(other, grant, "fine", approve=True)
        with pytest.raises(type(trouble)):
            await desk.perform(actor, COMMAND, grant)
        assert (await bank.grant(grant)).state == state
        told = [one.payload for one in bank.events(EventType.OPERATOR_ACTED)]
        assert [one.outcome for one in told if isinstance(one, OperatorActed)] == ["four eyes", outcome]

    asyncio.run(story())
