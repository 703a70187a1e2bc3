"""Two people for one act: asked for, decided by another, executed once, exactly, in time."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.admin.operated import API, PASSWORD, RULES, Operated, code_of, seed_in
from tests.service.importing import NUMBER, record

from aldaba.domain.lockout import LockKind
from aldaba.domain.operators import Act, Role
from aldaba.domain.refusals import Refused
from aldaba.service.approvals import LISTED, MOST_A_DAY, MOST_OPEN
from aldaba.service.audit import EventType, GrantChanged, OperatorActed, OperatorChanged
from aldaba.service.operator_colleagues import OperatorColleagues
from aldaba.service.operator_commands import EnableOperator, ResetSecondFactor, SetRoles

LIFT = f"{API}/customers/{NUMBER}/lift-preventive-lock"
BODY = {"reason": "cleared by the fraud team"}


class Pair:
    """A locked customer, somebody who asks and somebody who decides."""

    def __init__(self, bank: Operated, asker: httpx.AsyncClient, decider: httpx.AsyncClient) -> None:
        self.bank, self.asker, self.decider = bank, asker, decider

    @classmethod
    async def ready(cls) -> "Pair":
        bank = Operated()
        await bank.house.take(record())
        await bank.house.administration.lock(NUMBER, LockKind.PREVENTIVE, "odd transfers", "ana")
        asker = await bank.as_role(Role.FRAUD, name="fabian")
        return cls(bank, asker, await bank.as_role(Role.SECURITY_OFFICER, name="sofia"))

    async def ask(self, body: dict[str, Any] | None = None) -> str:
        answer = await self.asker.post(LIFT, json=body or BODY)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["request"]["id"])

    async def decide(
        self, grant: str, *, approve: bool = True, by: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        body = {"approve": approve, "reason": "looked at it"}
        return await (by or self.decider).post(f"{API}/grants/{grant}/decide", json=body)

    async def execute(
        self,
        grant: str,
        body: dict[str, Any] | None = None,
        path: str = LIFT,
        by: httpx.AsyncClient | None = None,
    ) -> httpx.Response:
        return await (by or self.asker).post(path, json=body or BODY, headers={"Four-Eyes-Grant": grant})

    async def locked(self) -> bool:
        profile = await self.bank.house.profile()
        assert profile is not None
        return profile.lock is not None


def test_asked_approved_done_once_and_recorded() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        grant = await pair.ask()
        assert await pair.locked()
        (listed,) = (await pair.decider.get(f"{API}/grants")).json()
        assert listed["may_decide"]
        assert NUMBER in listed["parameters"]
        assert not (await pair.asker.get(f"{API}/grants")).json()[0]["may_decide"]
        waiting = await pair.execute(grant)
        assert (waiting.status_code, code_of(waiting)) == (409, "grant_waiting")
        assert (await pair.decide(grant)).json()["state"] == "approved"
        done = await pair.execute(grant)
        assert done.status_code == 200
        assert [lock["kind"] for lock in done.json()["lifted"]] == ["I"]
        assert not await pair.locked()
        again = await pair.execute(grant)
        assert (again.status_code, code_of(again)) == (409, "grant_spent")
        told = [(event.actor, event.payload.action) for event in pair.bank.events(EventType.GRANT_CHANGED)
                if isinstance(event.payload, GrantChanged)]  # fmt: skip
        assert told == [("fabian", "requested"), ("sofia", "approved"), ("fabian", "executed")]

    asyncio.run(story())


def test_nobody_decides_his_own_nor_what_his_roles_may_not() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        grant = await pair.ask()
        own = await pair.decide(grant, by=pair.asker)
        assert (own.status_code, code_of(own)) == (403, "grant_own")
        administrator = await pair.bank.as_role(Role.ADMINISTRATOR, name="adan")
        foreign = await pair.decide(grant, by=administrator)
        assert (foreign.status_code, code_of(foreign)) == (403, "grant_forbidden")
        assert (await pair.bank.grant(grant)).state == "waiting"
        assert (await pair.decide(grant)).status_code == 200
        twice = await pair.decide(grant, approve=False)
        assert (twice.status_code, code_of(twice)) == (409, "grant_decided")

    asyncio.run(story())


def test_a_grant_is_for_one_person_one_act_and_one_set_of_parameters() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        await pair.bank.house.take(record(customerId="15000011", cards=[], devices=[], token=None))
        grant = await pair.ask()
        await pair.decide(grant)
        colleague = await pair.bank.as_role(Role.SECURITY_OFFICER, name="saul")
        tries = [
            await pair.execute(grant, {"reason": "another reason"}),
            await pair.execute(grant, {**BODY, "representative": "1"}),
            await pair.execute(grant, path=LIFT.replace(NUMBER, "15000011")),
            await pair.execute(grant, by=colleague),
            await pair.execute("no such grant"),
        ]
        assert [code_of(one) for one in tries] == ["grant_differs"] * 3 + ["grant_unknown"] * 2
        assert await pair.locked()
        # Whoever tries another's grant is seen.
        acted = [event.payload for event in pair.bank.events(EventType.OPERATOR_ACTED)]
        outcomes = [payload.outcome for payload in acted if isinstance(payload, OperatorActed)]
        assert outcomes.count("grant is for another act or other parameters") == 3
        assert outcomes.count("grant unknown") == 2
        assert (await pair.execute(grant)).status_code == 200

    asyncio.run(story())


def test_requests_and_approvals_expire() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        grant = await pair.ask()
        approved = await pair.ask()
        await pair.decide(approved)
        pair.bank.house.later(minutes=RULES.grant_minutes)
        # Idle sessions ended meanwhile.
        pair.asker = await pair.bank.as_role(Role.FRAUD, name="fabian")
        late = await pair.execute(approved)
        assert (late.status_code, code_of(late)) == (409, "grant_expired")
        pair.bank.house.later(minutes=RULES.request_minutes)
        pair.decider = await pair.bank.as_role(Role.SECURITY_OFFICER, name="sofia")
        later = await pair.decide(grant)
        assert (later.status_code, code_of(later)) == (409, "grant_expired")
        assert {one["state"] for one in (await pair.decider.get(f"{API}/grants")).json()} == {"expired"}
        assert await pair.locked()

    asyncio.run(story())


def test_refused_and_withdrawn_requests_do_nothing() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        refused, withdrawn = await pair.ask(), await pair.ask()
        await pair.decide(refused, approve=False)
        path = f"{API}/grants/{withdrawn}/withdraw"
        assert (await pair.decider.post(path, json={})).status_code == 404
        assert (await pair.asker.post(path, json={})).json()["state"] == "withdrawn"
        assert code_of(await pair.execute(refused)) == "grant_refused"
        assert code_of(await pair.execute(withdrawn)) == "grant_withdrawn"
        assert code_of(await pair.decide(withdrawn)) == "grant_decided"
        assert await pair.locked()

    asyncio.run(story())


def test_many_executions_at_once_are_one() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        grant = await pair.ask()
        await pair.decide(grant)
        answers = await asyncio.gather(*(pair.execute(grant) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]

    asyncio.run(story())


def test_an_act_that_fails_gives_its_grant_back() -> None:
    async def story() -> None:
        bank = Operated()
        asker = await bank.as_role(Role.ADMINISTRATOR, name="adan")
        decider = await bank.as_role(Role.SECURITY_OFFICER, name="sofia")
        path, body = f"{API}/operators/nadia/enable", {"reason": "back from leave"}
        grant = (await asker.post(path, json=body)).json()["request"]["id"]
        await decider.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "fine"})
        headers = {"Four-Eyes-Grant": grant}
        assert (await asker.post(path, json=body, headers=headers)).status_code == 404
        assert (await bank.grant(grant)).state == "approved"
        await bank.session_of("nadia", [Role.AUDITOR])
        assert (await asker.post(path, json=body, headers=headers)).status_code == 200

    asyncio.run(story())


def test_who_lost_the_role_meanwhile_executes_nothing() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        grant = await pair.ask()
        await pair.decide(grant)
        demoted = await pair.bank.as_role(Role.AUDITOR, name="fabian")
        answer = await pair.execute(grant, by=demoted)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")
        assert await pair.locked()

    asyncio.run(story())


def test_an_import_of_seeds_shows_the_approver_no_seed_and_takes_in_exactly_what_was_approved() -> None:
    async def story() -> None:
        bank = Operated()
        asker = await bank.as_role(Role.SECURITY_OFFICER, name="sofia")
        decider = await bank.as_role(Role.SECURITY_OFFICER, name="saul")
        seed = "33" * 20
        body = {
            "format": "csv",
            "content": f"HT-7,hard,OCRA-1:HOTP-SHA256-8:QN08,{seed}\n",
            "reason": "the March delivery",
        }
        asked = await asker.post(f"{API}/tokens/import", json=body)
        assert asked.status_code == 202
        grant = asked.json()["request"]["id"]
        assert seed not in asked.text + (await decider.get(f"{API}/grants")).text + str(bank.store.events)
        await decider.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "seal checked"})
        headers = {"Four-Eyes-Grant": grant}
        swapped = {**body, "content": body["content"].replace("33", "44")}
        other = await asker.post(f"{API}/tokens/import", json=swapped, headers=headers)
        assert code_of(other) == "grant_differs"
        done = await asker.post(f"{API}/tokens/import", json=body, headers=headers)
        assert done.json() == {"accepted": 1, "refused": []}

    asyncio.run(story())


def test_an_invitation_by_two_people_makes_an_operator() -> None:
    async def story() -> None:
        bank = Operated()
        asker = await bank.as_role(Role.ADMINISTRATOR, name="adan")
        decider = await bank.as_role(Role.ADMINISTRATOR, name="alma")
        body = {"name": "nadia", "roles": ["help-desk"], "reason": "new at the desk"}
        grant = (await asker.post(f"{API}/operators", json=body)).json()["request"]["id"]
        await decider.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "known to me"})
        done = await asker.post(f"{API}/operators", json=body, headers={"Four-Eyes-Grant": grant})
        shown = await bank.client().post(f"{API}/invitations/open", json={"token": done.json()["token"]})
        assert (shown.json()["name"], shown.json()["roles"]) == ("nadia", ["help-desk"])
        assert done.json()["token"] not in str(bank.store.events)

    asyncio.run(story())


def test_nobody_changes_his_own_account() -> None:
    async def story() -> None:
        bank = Operated()
        http = await bank.as_role(Role.ADMINISTRATOR, name="adan")
        answer = await http.post(f"{API}/operators/adan/disable", json={"reason": "by mistake"})
        assert (answer.status_code, code_of(answer)) == (409, "rule_broken")
        actor = bank.actor("adan", Role.ADMINISTRATOR)
        for command in (
            SetRoles(name="adan", roles=(Role.FRAUD,), reason="why"),
            EnableOperator(name="adan", reason="why"),
            ResetSecondFactor(name="adan", reason="why"),
        ):
            handler = OperatorColleagues(bank.accounts).handlers[type(command)]
            with pytest.raises(Refused):
                await handler(actor, command)

    asyncio.run(story())


async def second_name(bank: Operated, asker: httpx.AsyncClient, decider: httpx.AsyncClient) -> str:
    """An invented colleague, approved in good faith, whose link the asker keeps; answers her bearer token."""
    body = {"name": "nadia", "roles": ["administrator"], "reason": "new"}
    grant = (await asker.post(f"{API}/operators", json=body)).json()["request"]["id"]
    await decider.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "fine"})
    link = (await asker.post(f"{API}/operators", json=body, headers={"Four-Eyes-Grant": grant})).json()
    return await taken_over(bank, "nadia", link["token"])


async def taken_over(bank: Operated, name: str, token: str) -> str:
    http = bank.client()
    seed = seed_in((await http.post(f"{API}/invitations/open", json={"token": token})).json()["uri"])
    body = {"token": token, "password": PASSWORD, "code": bank.code(seed)}
    assert (await http.post(f"{API}/invitations/accept", json=body)).status_code == 200
    bank.house.later(seconds=30)
    entered = {"name": name, "password": PASSWORD, "code": bank.code(seed)}
    return str((await http.post(f"{API}/sessions", json=entered)).json()["token"])


def test_nobody_is_his_own_second_pair_of_eyes_by_a_link_he_had_in_hand() -> None:
    async def story() -> None:
        bank = Operated()
        asker = await bank.as_role(Role.ADMINISTRATOR, name="adan")
        decider = await bank.as_role(Role.ADMINISTRATOR, name="alma")
        other = bank.client(await second_name(bank, asker, decider))
        for first, second in ((asker, other), (other, asker)):
            body = {"name": "pedro", "roles": ["fraud"], "reason": "new"}
            grant = (await first.post(f"{API}/operators", json=body)).json()["request"]["id"]
            (seen,) = [one for one in (await second.get(f"{API}/grants")).json() if one["id"] == grant]
            assert not seen["may_decide"]
            own = await second.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "ok"})
            assert (own.status_code, code_of(own)) == (403, "grant_own")
            good = await decider.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "ok"})
            assert good.status_code == 200
        told = [one.payload for one in bank.events(EventType.OPERATOR_CHANGED)]
        notes = [one.note for one in told if isinstance(one, OperatorChanged) and one.action == "accepted"]
        assert notes == ["link handed to adan"]

    asyncio.run(story())


def test_an_account_reset_by_a_second_name_is_the_first_ones_too() -> None:
    async def story() -> None:
        bank = Operated()
        asker = await bank.as_role(Role.ADMINISTRATOR, name="adan")
        decider = await bank.as_role(Role.ADMINISTRATOR, name="alma")
        await bank.session_of("pedro", [Role.ADMINISTRATOR])
        nadia = bank.client(await second_name(bank, asker, decider))
        path, body = f"{API}/operators/pedro/reset-second-factor", {"reason": "lost phone"}
        grant = (await nadia.post(path, json=body)).json()["request"]["id"]
        await decider.post(f"{API}/grants/{grant}/decide", json={"approve": True, "reason": "fine"})
        link = (await nadia.post(path, json=body, headers={"Four-Eyes-Grant": grant})).json()["token"]
        pedro = bank.client(await taken_over(bank, "pedro", link))
        invite = {"name": "luis", "roles": ["fraud"], "reason": "new"}
        asked = (await asker.post(f"{API}/operators", json=invite)).json()["request"]["id"]
        own = await pedro.post(f"{API}/grants/{asked}/decide", json={"approve": True, "reason": "ok"})
        assert (own.status_code, code_of(own)) == (403, "grant_own")

    asyncio.run(story())


def test_nobody_pushes_an_open_request_out_of_sight() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        first = await pair.ask()
        for number in range(LISTED):
            pair.bank.house.later(seconds=1)
            flooder = pair.bank.actor(f"f{number // MOST_A_DAY}", Role.FRAUD)
            view = await pair.bank.approvals.request(flooder, Act.KEY_ROTATE, "d", "{}", "why")
            await pair.bank.approvals.withdraw(flooder, view.id)
        listed = (await pair.decider.get(f"{API}/grants")).json()
        assert len(listed) == LISTED + 1
        assert (listed[0]["id"], listed[0]["may_decide"]) == (first, True)
        one = (await pair.decider.get(f"{API}/grants/{first}")).json()
        assert one == listed[0]
        none = await pair.decider.get(f"{API}/grants/none")
        assert (none.status_code, code_of(none)) == (404, "grant_unknown")

    asyncio.run(story())


def test_one_requester_has_so_many_open_and_so_many_a_day() -> None:
    async def story() -> None:
        pair = await Pair.ready()
        grants = [await pair.ask() for _ in range(MOST_OPEN)]
        over = await pair.asker.post(LIFT, json=BODY)
        assert (over.status_code, code_of(over)) == (409, "rule_broken")
        assert str(MOST_OPEN) in over.json()["error"]["message"]
        await pair.asker.post(f"{API}/grants/{grants.pop()}/withdraw", json={})
        grants.append(await pair.ask())
        # A second's requests are his own.
        other = await pair.bank.as_role(Role.FRAUD, name="fernanda")
        assert (await other.post(LIFT, json=BODY)).status_code == 202
        actor = pair.bank.actor("fabian", Role.FRAUD)
        for _ in range(MOST_A_DAY - MOST_OPEN - 2):
            await pair.bank.approvals.withdraw(actor, grants.pop())
            grants.append(await pair.ask())
        assert (await pair.asker.post(LIFT, json=BODY)).status_code == 429
        pair.bank.house.later(days=1)
        pair.asker = await pair.bank.as_role(Role.FRAUD, name="fabian")
        await pair.ask()

    asyncio.run(story())
