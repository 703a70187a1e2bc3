"""What the audit keeps of a search: who was found, not what was asked."""

import asyncio

from tests.admin.operated import API, Operated
from tests.service.importing import CARD, NUMBER, record

from aldaba.domain.operators import Role
from aldaba.service.audit import EventType, OperatorActed


def test_a_search_records_whom_it_showed_and_never_what_was_looked_for() -> None:
    async def story() -> None:
        bank = Operated()
        await bank.house.take(record())
        await bank.house.take(record(customerId="15000011", cards=[], devices=[], token=None))
        http = await bank.as_role(Role.HELP_DESK)
        for by, value in (("card", CARD), ("phone", "+52 5556093218"), ("number", "99999999")):
            answer = await http.post(f"{API}/customers/search", json={"by": by, "value": value})
            assert answer.status_code == 200, answer.text
        acted = bank.events(EventType.OPERATOR_ACTED)
        told = [(one.customer_id, one.payload.target) for one in acted
                if isinstance(one.payload, OperatorActed)]  # fmt: skip
        assert told == [(NUMBER, NUMBER), (None, f"{NUMBER}, 15000011"), (None, None)]
        for value in (CARD, "5556093218", "99999999"):
            assert value not in str(acted)

    asyncio.run(story())
