"""Every role at every operation over REST: permitted as the one table says, else 403 and nothing done."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.admin.operated import API, RULES, Operated, code_of
from tests.service.importing import NUMBER, record

from aldaba.admin.operations import OPERATIONS, Operation
from aldaba.domain.operators import PERMITTED, Act, Role, may, needs_four_eyes
from aldaba.domain.token import TokenRecord
from aldaba.service.audit import EventType, OperatorActed
from aldaba.service.registration import Grant

REASON = {"reason": "asked by the customer"}
SEED = "32" * 20
SUITE = "OCRA-1:HOTP-SHA256-8:QN08"

BODIES: dict[str, dict[str, Any]] = {
    "findCustomers": {"by": "number", "value": NUMBER},
    "lockCustomer": {"kind": "I", **REASON},
    "importTokens": {"format": "csv", "content": f"HT-9,hard,{SUITE},{SEED}\n", **REASON},
    "assignToken": {"customer_id": "15000011", **REASON},
    "createApplication": {"client_id": "another", **REASON},
    "inviteOperator": {"name": "maria", "roles": ["auditor"], **REASON},
    "setRoles": {"roles": ["auditor"], **REASON},
    "decideGrant": {"approve": True, **REASON},
    "withdrawGrant": {},
}
"""What is sent with each ``POST``; the others bring a reason alone."""

NOT_ALONE = {"resynchroniseToken", "withdrawGrant"}
"""What needs more than a role: codes that a token shows, a request of one's own. Judged apart, below."""


async def prepared(bank: Operated, role: Role) -> dict[str, str]:
    """A bank where each act has something to act on; answers what stands in the paths."""
    await bank.house.take(
        record(), record(customerId="15000011", cards=[], phones=[], devices=[], token=None)
    )
    await bank.house.administration.registration.create("app", Grant(), "cli:ana")
    await bank.session_of("pedro", [Role.AUDITOR])
    await bank.tokens.import_tokens([TokenRecord("HT-2", "hard", SUITE, b"2" * 20)], "cli:ana")
    act = Act.OPERATOR_INVITE if role is Role.ADMINISTRATOR else Act.CUSTOMER_LIFT_PREVENTIVE
    waiting = await bank.approvals.request(bank.actor("juan", role), act, "digest", "{}", "because")
    return {
        "customer_id": NUMBER,
        "device_id": "f96dd4b2dc083008",
        "serial": "HT-0001",
        "client_id": "app",
        "grant_id": waiting.id,
    }


def path_of(operation: Operation, named: dict[str, str]) -> str:
    name = "signing" if operation.id == "rotateKey" else "pedro"
    serial = "HT-2" if operation.id == "assignToken" else named["serial"]
    return API + operation.path.format_map({**named, "name": name, "serial": serial})


async def asked(http: httpx.AsyncClient, operation: Operation, named: dict[str, str]) -> httpx.Response:
    """The operation, with the body that it takes."""
    if operation.method == "GET":
        return await http.get(path_of(operation, named))
    body = BODIES.get(operation.id, REASON)
    if operation.id == "resynchroniseToken":
        body = {"first": "1", "second": "2", **REASON}
    return await http.post(path_of(operation, named), json=body)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_table_holds_at_the_door(operation: Operation, role: Role) -> None:
    async def story() -> None:
        bank = Operated()
        named = await prepared(bank, role)
        before = len(bank.store.events)
        answer = await asked(await bank.as_role(role), operation, named)
        act = operation.command.act
        recorded = bank.store.events[before:]
        if not may({role}, act):
            assert (answer.status_code, code_of(answer)) == (403, "forbidden")
            (event,) = recorded
            assert isinstance(event.payload, OperatorActed)
            assert (event.payload.outcome, event.payload.act) == ("forbidden", act)
        elif operation.id in NOT_ALONE:
            assert (answer.status_code, code_of(answer)) in {(409, "rule_broken"), (404, "grant_unknown")}
        elif needs_four_eyes(act, RULES):
            assert answer.status_code == 202, answer.text
            assert answer.json()["request"]["state"] == "waiting"
            assert {event.type for event in recorded} == {EventType.GRANT_CHANGED, EventType.OPERATOR_ACTED}
        else:
            assert answer.status_code == 200, answer.text
        assert not bank.crashes

    asyncio.run(story())


def test_every_act_of_the_table_has_an_operation_and_somebody_who_may() -> None:
    assert {operation.command.act for operation in OPERATIONS} == set(Act) == set(PERMITTED)
    assert all(PERMITTED.values())


def test_several_roles_may_what_any_of_them_may() -> None:
    async def story() -> None:
        bank = Operated()
        await bank.house.take(record())
        http = await bank.as_role(Role.AUDITOR, Role.HELP_DESK)
        assert (await http.get(f"{API}/audit")).status_code == 200
        answer = await http.post(f"{API}/customers/{NUMBER}/lock", json=BODIES["lockCustomer"])
        assert answer.status_code == 200
        assert (await http.get(f"{API}/operators")).status_code == 200
        assert (await http.post(f"{API}/operators/pedro/disable", json=REASON)).status_code == 403

    asyncio.run(story())
