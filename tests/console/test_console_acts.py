"""Every role at every act by the console's forms: offered is what is permitted; forged, it is refused."""

import asyncio
import json
from typing import Any

import pytest
from tests.admin.operated import RULES
from tests.admin.test_roles_at_the_door import SEED, SUITE, prepared
from tests.console.consoled import Consoled, hidden_of, links_of, text_of
from tests.service.importing import NUMBER, record

from aldaba.console.asking import FORMS
from aldaba.crypto.digests import Secret
from aldaba.crypto.jwk import generate_signing_key, thumbprint
from aldaba.domain.lockout import LockKind
from aldaba.domain.operators import Act, Role, may, needs_four_eyes
from aldaba.domain.refusals import Refused
from aldaba.service.audit import EventType, OperatorActed

REASON = "asked by the customer"
PLANTED = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'"

FORM: dict[Act, dict[str, Any]] = {
    Act.CUSTOMER_LOCK: {"customer_id": NUMBER, "kind": "I"},
    Act.DEVICE_REVOKE: {"customer_id": NUMBER, "device_id": "f96dd4b2dc083008"},
    Act.TOKEN_IMPORT: {"format": "csv", "kind": "hard", "content": f"HT-9,hard,{SUITE},{SEED}\n"},
    Act.TOKEN_ASSIGN: {"serial": "HT-2", "customer_id": "15000011"},
    Act.TOKEN_RESYNCHRONISE: {"serial": "HT-0001", "first": "1", "second": "2"},
    Act.TOKEN_UNLOCK: {"serial": "HT-0001"},
    Act.TOKEN_REVOKE: {"serial": "HT-0001"},
    Act.APPLICATION_CREATE: {"client_id": "another", "countries": "MX", "businesses": "GCB"},
    Act.KEY_ROTATE: {"name": "signing"},
    Act.OPERATOR_INVITE: {"name": "maria", "roles": ["auditor", "fraud"]},
    Act.OPERATOR_SET_ROLES: {"name": "pedro", "roles": ["auditor"]},
}


def form_for(act: Act, grant_id: str) -> dict[str, Any]:
    subject = act.value.partition(".")[0]
    usual = {
        "customer": {"customer_id": NUMBER},
        "application": {"client_id": "app"},
        "operator": {"name": "pedro"},
        "grant": {"grant_id": grant_id, "approve": "true"},
    }
    return {"reason": REASON, **FORM.get(act, usual.get(subject, {}))}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", FORMS)
def test_the_table_holds_at_every_form(act: Act, role: Role) -> None:
    async def story() -> None:
        bank = Consoled()
        named = await prepared(bank, role)
        browser = await bank.browser(role)
        before = len(bank.store.events)
        shown = await browser.get(f"/admin/acts/{act}")
        answer = await browser.act(act, form_for(act, named["grant_id"]))
        acted = [e.payload for e in bank.store.events[before:] if e.type is EventType.OPERATOR_ACTED]
        if not may({role}, act):
            assert (shown.status_code, answer.status_code) == (403, 403)
            assert "Your role does not permit it" in text_of(answer)
            (payload,) = acted
            assert isinstance(payload, OperatorActed)
            assert (payload.act, payload.outcome) == (act, "forbidden")
            return
        assert shown.status_code == 200
        if act is Act.TOKEN_RESYNCHRONISE:
            assert answer.status_code == 409
        elif needs_four_eyes(act, RULES):
            assert answer.status_code == 202, text_of(answer)
            assert "awaits approval" in text_of(answer)
        else:
            assert answer.status_code == 200, text_of(answer)
            assert "done" in text_of(answer)
        assert not bank.crashes

    asyncio.run(story())


def test_every_act_that_changes_something_has_a_form() -> None:
    assert {act for act in Act if act.value.partition(".")[2] != "read"} == set(FORMS)


@pytest.mark.parametrize("role", [role for role in Role if may({role}, Act.CUSTOMER_READ)])
def test_a_file_offers_what_the_role_may_and_nothing_else(role: Role) -> None:
    async def story() -> None:
        bank = Consoled()
        await bank.house.take(record())
        await bank.house.administration.lock(NUMBER, LockKind.PREVENTIVE, "odd transfers", "ana")
        page = await (await bank.browser(role)).get(f"/admin/customers/{NUMBER}")
        offered = {
            link.partition("?")[0].rpartition("/")[2] for link in links_of(page) if "/admin/acts/" in link
        }
        assert offered <= {act.value for act in Act if may({role}, act)}
        assert (Act.CUSTOMER_LIFT_PREVENTIVE in offered) is may({role}, Act.CUSTOMER_LIFT_PREVENTIVE)
        text = text_of(page)
        assert "Preventive lock (I)" in text
        assert "odd transfers" in text
        assert "By ana" in text
        assert ("not yours to lift" in text) is not may({role}, Act.CUSTOMER_LIFT_PREVENTIVE)

    asyncio.run(story())


@pytest.mark.parametrize("role", Role)
def test_the_menu_leads_only_where_the_role_may_go(role: Role) -> None:
    async def story() -> None:
        bank = Consoled()
        browser = await bank.browser(role)
        pages = ("customers", "grants", "tokens", "applications", "audit", "policy", "operators")
        offered = links_of(await browser.get("/admin"))
        for page in pages:
            status = (await browser.get(f"/admin/{page}")).status_code
            assert status == (200 if f"/admin/{page}" in offered else 403), page

    asyncio.run(story())


class TestSteps:
    def test_what_will_happen_is_said_before_it_happens(self) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record())
            browser = await bank.browser(Role.HELP_DESK)
            form = {"customer_id": NUMBER, "kind": "I", "reason": REASON}
            look = await browser.post("/admin/acts/customer.lock", form)
            assert look.status_code == 200
            assert "a live session ends at once" in text_of(look)
            assert REASON in text_of(look)
            profile = await bank.house.profile()
            assert profile is None or profile.lock is None
            done = await browser.post("/admin/acts/customer.lock", hidden_of(look))
            assert "done" in text_of(done)
            profile = await bank.house.profile()
            assert profile is not None
            assert profile.lock is not None
            assert (profile.lock.note, profile.lock.by) == (REASON, "help-desk")

        asyncio.run(story())

    @pytest.mark.parametrize(
        "wrong",
        [{"reason": ""}, {"reason": " "}, {"reason": "x" * 201}, {"kind": "X"}, {"kind": ""},
         {"customer_id": ""}],
    )  # fmt: skip
    def test_a_form_that_lacks_something_comes_back_with_what_was_typed(self, wrong: dict[str, str]) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record())
            browser = await bank.browser(Role.HELP_DESK)
            form = {"customer_id": NUMBER, "kind": "I", "reason": REASON, **wrong}
            answer = await browser.act("customer.lock", form)
            assert answer.status_code == 400
            assert "A value is missing" in text_of(answer)
            profile = await bank.house.profile()
            assert profile is None or profile.lock is None

        asyncio.run(story())

    def test_secrets_are_asked_for_in_one_step_and_never_written_back(self) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record())
            browser = await bank.browser(Role.SECURITY_OFFICER)
            form = form_for(Act.TOKEN_IMPORT, "")
            unsure = await browser.post("/admin/acts/token.import", {**form, "passphrase": "planted phrase"})
            assert unsure.status_code == 400
            assert "The confirmation is missing" in text_of(unsure)
            wrong = await browser.act(
                "token.import", {**form, "format": "none", "passphrase": "planted phrase"}
            )
            for answer in (unsure, wrong):
                assert SEED not in answer.text
                assert "planted phrase" not in answer.text

        asyncio.run(story())


class TestFourEyes:
    def test_asked_for_approved_by_another_and_carried_out_exactly(self) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record())
            await bank.house.administration.lock(NUMBER, LockKind.PREVENTIVE, "odd transfers", "ana")
            asker = await bank.browser(Role.FRAUD, name="fabian")
            decider = await bank.browser(Role.SECURITY_OFFICER, name="sofia")
            await asker.act("customer.lift-preventive", {"customer_id": NUMBER, "reason": "cleared"})
            (grant,) = await bank.approvals.list(bank.actor("fabian", Role.FRAUD))
            assert "cleared" in text_of(await decider.get("/admin"))
            own = await asker.get("/admin/grants")
            assert "approve=true" not in own.text
            decide = {"grant_id": grant.id, "approve": "true", "reason": "looked at it"}
            forged = await asker.act("grant.decide", decide)
            assert forged.status_code == 403
            early = await asker.act(
                "customer.lift-preventive", {"customer_id": NUMBER, "reason": "cleared", "grant": grant.id}
            )
            assert (early.status_code, "still waits" in text_of(early)) == (409, True)
            page = await decider.get("/admin/grants")
            assert f"/admin/acts/grant.decide?grant_id={grant.id}&approve=true" in links_of(page)
            assert (await decider.act("grant.decide", decide)).status_code == 200
            ready = await asker.get(f"/admin/acts/customer.lift-preventive?grant={grant.id}")
            carried = hidden_of(ready)
            assert (carried["reason"], carried["grant"]) == ("cleared", grant.id)
            other = await asker.act("customer.lift-preventive", {**carried, "reason": "another"})
            assert (other.status_code, "something else" in text_of(other)) == (409, True)
            done = await asker.act("customer.lift-preventive", carried)
            assert done.status_code == 200, text_of(done)
            assert "preventive lock (I)" in text_of(done)
            profile = await bank.house.profile()
            assert profile is not None
            assert profile.lock is None
            again = await asker.act("customer.lift-preventive", carried)
            assert again.status_code == 409
            assert not bank.crashes

        asyncio.run(story())

    @pytest.mark.parametrize("act", [act for act in FORMS if needs_four_eyes(act, RULES)])
    def test_every_such_act_comes_to_its_end_by_its_own_forms(self, act: Act) -> None:
        async def story() -> None:
            bank = Consoled()
            role = next(role for role in (Role.ADMINISTRATOR, Role.SECURITY_OFFICER) if may({role}, act))
            await prepared(bank, Role.AUDITOR)
            await bank.supply.prepare()
            if act is Act.OPERATOR_ENABLE:
                await bank.accounts.disable("pedro", "left", "cli:ana")
            asker = await bank.browser(role, name="asker")
            decider = await bank.browser(Role.SECURITY_OFFICER, Role.ADMINISTRATOR, name="decider")
            form = form_for(act, "")
            assert (await asker.act(act, form)).status_code == 202
            (grant,) = [
                one
                for one in await bank.approvals.list(bank.actor("asker", role))
                if one.requested_by == "asker"
            ]
            decide = {"grant_id": grant.id, "approve": "true", "reason": "looked at it"}
            assert (await decider.act("grant.decide", decide)).status_code == 200
            ready = await asker.get(f"/admin/acts/{act}?grant={grant.id}")
            assert ready.status_code == 200
            secret = {"content": form["content"]} if "content" in form else {}
            known = {name: form[name] for name in form if name not in hidden_of(ready)}
            done = await asker.act(act, {**known, **hidden_of(ready), **secret})
            assert done.status_code == 200, text_of(done)
            assert "done" in text_of(done)
            assert not bank.crashes

        asyncio.run(story())

    def test_one_withdraws_ones_own(self) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record())
            asker = await bank.browser(Role.FRAUD, name="fabian")
            await asker.act("customer.lift-preventive", {"customer_id": NUMBER, "reason": "cleared"})
            (grant,) = await bank.approvals.list(bank.actor("fabian", Role.FRAUD))
            other = await bank.browser(Role.SECURITY_OFFICER)
            assert (await other.post(f"/admin/grants/{grant.id}/withdraw", {})).status_code == 404
            assert (await asker.post(f"/admin/grants/{grant.id}/withdraw", {})).status_code == 303
            assert "withdrawn" in text_of(await asker.get("/admin/grants"))
            strange = await other.get(f"/admin/acts/customer.lift-preventive?grant={grant.id}")
            assert strange.status_code == 404

        asyncio.run(story())


class TestMarkup:
    def test_what_people_typed_is_never_taken_for_a_page(self) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record(name=PLANTED[:60]))
            await bank.house.administration.lock(NUMBER, LockKind.PREVENTIVE, PLANTED, "ana<b>")
            browser = await bank.browser(*Role)
            await browser.act("customer.lift-preventive", {"customer_id": NUMBER, "reason": PLANTED})
            await browser.act("application.create", {"client_id": PLANTED[:40], "reason": PLANTED})
            await browser.act("customer.unlock", {"customer_id": PLANTED, "reason": PLANTED})
            pages = [
                await browser.get(f"/admin/customers/{NUMBER}"),
                await browser.get("/admin/grants"),
                await browser.get("/admin"),
                await browser.get("/admin/audit"),
                await browser.get("/admin/audit", **{"HX-Request": "true"}),
                await browser.client.get("/admin/audit", params={"customer_id": PLANTED, "since": PLANTED}),
                await browser.client.get("/admin/acts/customer.unlock", params={"customer_id": PLANTED}),
                await browser.post("/admin/acts/customer.unlock", {"customer_id": NUMBER, "reason": PLANTED}),
                await browser.post("/admin/customers", {"by": PLANTED, "value": PLANTED}),
                await browser.client.get("/admin/" + PLANTED.replace("/", "")),
            ]
            for page in pages:
                assert "<script>alert" not in page.text
                assert "<img src=x" not in page.text
                assert "<b>" not in page.text
            assert "&lt;script&gt;" in pages[0].text
            assert not bank.crashes

        asyncio.run(story())


def test_an_approver_reads_all_that_he_approves_also_what_stands_unsaid() -> None:
    async def story() -> None:
        bank = Consoled()
        asker = await bank.browser(Role.ADMINISTRATOR, name="adan")
        jwk = generate_signing_key().public_jwk()
        form = {"client_id": "another", "reason": "new", "public_jwk": json.dumps(jwk), "operations": "login"}
        assert (await asker.act("application.create", form)).status_code == 202
        page = await (await bank.browser(Role.SECURITY_OFFICER)).get("/admin/grants")
        text = text_of(page)
        assert "Channels all, without restriction" in text
        assert "Operations login" in text
        assert thumbprint(jwk) in text
        assert str(jwk["x"]) in text

    asyncio.run(story())


def test_a_locked_colleague_can_be_let_in_from_the_console_and_nobody_changes_himself() -> None:
    async def story() -> None:
        bank = Consoled()
        await bank.enrolled("ana", Role.FRAUD)
        for _ in range(RULES.failures):
            with pytest.raises(Refused):
                await bank.sign_in.sign_in("ana", Secret("wrong"), Secret("0"), None)
        browser = await bank.browser(Role.ADMINISTRATOR, name="adan")
        page = await browser.get("/admin/operators")
        offered = {link for link in links_of(page) if "/acts/operator." in link and "name=" in link}
        acts = {link.partition("?")[0].rpartition("/")[2] for link in offered}
        assert acts == {
            f"operator.{act}" for act in ("enable", "disable", "set-roles", "reset-second-factor")
        }
        assert not [link for link in offered if "name=adan" in link]
        officer = await (await bank.browser(Role.SECURITY_OFFICER)).get("/admin/operators")
        assert not [link for link in links_of(officer) if "/acts/operator.enable" in link]

    asyncio.run(story())
