"""The help desk's day over REST: customers found, seen with every reason, acted on, all of it audited."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.admin.operated import API, Operated, code_of
from tests.service.importing import CARD, HASH, NUMBER, PASSWORD, PIN, card, company, record

from aldaba.crypto import ocra
from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind
from aldaba.domain.operators import Role
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import AccessProfile, LiveSession
from aldaba.domain.session import open_session
from aldaba.domain.token import TokenRecord
from aldaba.service.audit import Event, EventType, SessionEnded

CUSTOMER = f"{API}/customers/{NUMBER}"


async def found(bank: Operated, by: str, value: str) -> list[str]:
    http = await bank.as_role(Role.HELP_DESK)
    answer = await http.post(f"{API}/customers/search", json={"by": by, "value": value})
    assert answer.status_code == 200, answer.text
    return [one["customer_id"] for one in answer.json()]


async def with_profile(bank: Operated) -> AccessProfile:
    """The example's access profile; it is made when somebody first comes to it."""
    await bank.house.take(record())
    await bank.house.administration.unlock(NUMBER, "to have a profile", "cli:ana")
    profile = await bank.house.profile()
    assert profile is not None
    return profile


class TestFinding:
    @pytest.mark.parametrize(
        ("by", "value"),
        [("number", NUMBER), ("number", f"{NUMBER}-1"), ("card", CARD), ("phone", "+525556093218"),
         ("phone", "+52 5556093218")],
    )  # fmt: skip
    def test_a_customer_is_found_by_anything_known_of_him(self, by: str, value: str) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            assert await found(bank, by, value) == [NUMBER]

        asyncio.run(story())

    def test_a_phone_may_be_several_peoples(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record(), record(customerId="15000011", cards=[], devices=[], token=None))
            assert await found(bank, "phone", "+525556093218") == [NUMBER, "15000011"]

        asyncio.run(story())

    def test_by_ccs_id_with_a_profile_and_before_there_is_one(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record(access=None))
            ccs_id = bank.house.ccs_id()
            assert await found(bank, "ccs-id", ccs_id) == []
            event = Event(
                EventType.SESSION_ENDED, bank.house.now, SessionEnded("x"), ccs_id=ccs_id, customer_id=NUMBER
            )
            await bank.store.run(lambda act: act.audit.record(event))
            assert await found(bank, "ccs-id", ccs_id) == [NUMBER]
            await bank.house.administration.lock(NUMBER, LockKind.DAY, "why", "ana")
            assert await found(bank, "ccs-id", ccs_id) == [NUMBER]

        asyncio.run(story())

    def test_nobody_is_an_empty_answer_and_a_bad_form_is_told(self) -> None:
        async def story() -> None:
            bank = Operated()
            for by, value in (
                ("number", "1"),
                ("card", "4111111111111111"),
                ("phone", "+5215"),
                ("ccs-id", "1" * 18),
            ):
                if value != "+5215":
                    assert await found(bank, by, value) == []
            http = await bank.as_role(Role.HELP_DESK)
            for by, value in (("number", "x"), ("card", "123"), ("phone", "5556093218"), ("ccs-id", "1")):
                answer = await http.post(f"{API}/customers/search", json={"by": by, "value": value})
                assert (answer.status_code, code_of(answer)) == (400, "invalid_request")
            # What was looked for stands in no event.
            assert "4111111111111111" not in str(bank.store.events)

        asyncio.run(story())


class TestSeeing:
    def test_every_obstacle_with_rule_person_time_and_who_lifts_it(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            fraud = await bank.as_role(Role.FRAUD, name="fabian")
            assert (
                await fraud.post(f"{CUSTOMER}/lock", json={"kind": "I", "reason": "odd"})
            ).status_code == 200
            profile = await bank.house.profile()
            assert profile is not None
            now = bank.house.now
            day = Lock(LockKind.DAY, now, LockCause.FAILURES, now.replace(day=now.day + 1))
            customer = await bank.house.known()
            digest = customer.cards[0].digest.hex()
            await bank.house.save(
                replace(
                    profile,
                    pin=replace(profile.pin, guard=Guard(5, lock=day)),
                    cards={digest: Guard(5, lock=day)},
                    failures=100,
                )
            )
            token = await bank.store.read(lambda query: query.tokens.of(NUMBER))
            assert token is not None
            await bank.store.run(lambda act: act.tokens.save(replace(token, guard=Guard(5, lock=day))))
            bank.house.later(hours=1)
            seen = (await (await bank.as_role(Role.HELP_DESK)).get(CUSTOMER)).json()
            (access,) = seen["access"]
            rules = {one["rule"]: one for one in access["obstacles"]}
            assert set(rules) == {"preventive lock", "day lock", "card PIN locked", "ceiling of failures"}
            preventive = rules["preventive lock"]
            assert (preventive["by"], preventive["note"], preventive["cause"]) == (
                "fabian",
                "odd",
                "operator",
            )
            assert preventive["lifted_by"] == "customer.lift-preventive"
            assert rules["card PIN locked"]["on"] == "card …9992"
            assert "100 failures" in rules["ceiling of failures"]["cause"]
            assert seen["token"]["obstacle"]["lifted_by"] == "token.unlock"
            offers = {one["act"]: one["four_eyes"] for one in seen["actions"]}
            assert {"customer.unlock", "customer.reset-counters", "token.unlock"} <= set(offers)
            assert "customer.lift-preventive" not in offers
            seen = (await (await bank.as_role(Role.FRAUD, name="fabian")).get(CUSTOMER)).json()
            offers = {one["act"]: one["four_eyes"] for one in seen["actions"]}
            assert offers["customer.lift-preventive"] is True
            assert "customer.unlock" not in offers

        asyncio.run(story())

    def test_long_without_use_is_seen_and_lifted(self) -> None:
        async def story() -> None:
            bank = Operated()
            await with_profile(bank)
            bank.house.later(days=366)
            http = await bank.as_role(Role.HELP_DESK)
            rules = [one["rule"] for one in (await http.get(CUSTOMER)).json()["access"][0]["obstacles"]]
            assert rules == ["long without use"]
            await http.post(f"{CUSTOMER}/unlock", json={"reason": "came to the branch"})
            assert (await http.get(CUSTOMER)).json()["access"][0]["obstacles"] == []

        asyncio.run(story())

    def test_no_secret_is_seen_anywhere(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record(cards=[card()]))
            http = await bank.as_role(Role.HELP_DESK)
            text = (await http.get(CUSTOMER)).text + (await http.get(f"{CUSTOMER}/timeline")).text
            for secret in (PIN, PASSWORD, "5556093218", CARD, "argon2", "31" * 20, '1234"'):
                assert secret not in text

        asyncio.run(story())

    def test_a_live_session_is_seen_and_ended(self) -> None:
        async def story() -> None:
            bank = Operated()
            profile = await with_profile(bank)
            session = open_session("handle-1", "app", "MBK", bank.house.now, CLASSIC.session)
            await bank.store.run(lambda act: act.sessions.place(session))
            await bank.house.save(replace(profile, live_session=LiveSession("handle-1", bank.house.now)))
            http = await bank.as_role(Role.FRAUD)
            (seen,) = (await http.get(CUSTOMER)).json()["sessions"]
            assert (seen["application"], seen["channel"]) == ("app", "MBK")
            ended = await http.post(f"{CUSTOMER}/end-sessions", json={"reason": "phone stolen"})
            assert ended.json()["sessions"] == []
            assert await bank.store.read(lambda query: query.sessions.find("handle-1")) is None

        asyncio.run(story())


class TestActing:
    def test_the_help_desk_unlocks_what_it_may_and_a_preventive_lock_stays(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            for kind in (LockKind.INDEFINITE, LockKind.PREVENTIVE):
                await bank.house.administration.lock(NUMBER, kind, "why", "ana")
            http = await bank.as_role(Role.HELP_DESK)
            answer = await http.post(f"{CUSTOMER}/unlock", json={"reason": "identified by phone"})
            told = answer.json()
            assert {lock["kind"] for lock in told["lifted"]} == {"S"}
            assert {lock["kind"] for lock in told["standing"]} == {"I"}

        asyncio.run(story())

    def test_a_locked_card_pin_and_token_are_opened(self) -> None:
        async def story() -> None:
            bank = Operated()
            profile = await with_profile(bank)
            lock = Lock(LockKind.INDEFINITE, bank.house.now, LockCause.FAILURES)
            customer = await bank.house.known()
            name = customer.cards[0].digest.hex()
            await bank.house.save(replace(profile, cards={name: Guard(5, lock=lock)}))
            token = await bank.store.read(lambda query: query.tokens.of(NUMBER))
            assert token is not None
            await bank.store.run(lambda act: act.tokens.save(replace(token, guard=Guard(5, lock=lock))))
            http = await bank.as_role(Role.HELP_DESK)
            told = (await http.post(f"{CUSTOMER}/unlock", json={"reason": "identified"})).json()
            assert [(one["on"], one["kind"]) for one in told["lifted"]] == [("card …9992", "S")]
            await http.post(f"{API}/tokens/HT-0001/unlock", json={"reason": "identified"})
            after, opened = (
                await bank.house.profile(),
                await bank.store.read(lambda query: query.tokens.of(NUMBER)),
            )
            assert after is not None
            assert opened is not None
            assert (after.cards[name], opened.guard) == (Guard(), Guard())

        asyncio.run(story())

    def test_counters_begin_anew_while_locks_stand(self) -> None:
        async def story() -> None:
            bank = Operated()
            profile = await with_profile(bank)
            lock = Lock(LockKind.INDEFINITE, bank.house.now, LockCause.FAILURES)
            pin = replace(profile.pin, guard=Guard(5, lock=lock))
            await bank.house.save(replace(profile, pin=pin, failures=100))
            http = await bank.as_role(Role.HELP_DESK)
            seen = (await http.post(f"{CUSTOMER}/reset-counters", json={"reason": "identified"})).json()
            assert [one["rule"] for one in seen["access"][0]["obstacles"]] == ["indefinite lock"]

        asyncio.run(story())

    def test_a_temporary_pin_goes_to_the_customer_alone(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            http = await bank.as_role(Role.HELP_DESK)
            answer = await http.post(f"{CUSTOMER}/temporary-pin", json={"reason": "forgot the PIN"})
            assert answer.json()["phone"] == "+52 ******3218"
            ((to, _, text, pin),) = bank.house.outbox.sent
            assert to == "+525556093218"
            assert pin in text
            assert pin not in answer.text + str(bank.store.events)

        asyncio.run(story())

    def test_delivery_away_changes_nothing_and_is_told(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            bank.house.outbox.down = True
            http = await bank.as_role(Role.HELP_DESK)
            before = await bank.house.profile()
            answer = await http.post(f"{CUSTOMER}/temporary-pin", json={"reason": "forgot the PIN"})
            assert (answer.status_code, code_of(answer)) == (502, "backend_failed")
            assert await bank.house.profile() == before

        asyncio.run(story())

    def test_a_device_is_blocked_by_either_id(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            http = await bank.as_role(Role.FRAUD)
            path = f"{CUSTOMER}/devices/f96dd4b2dc083008/revoke"
            seen = (await http.post(path, json={"reason": "stolen"})).json()
            assert seen["customer"]["devices"][0]["blocked"]
            assert "device.revoke" not in {one["act"] for one in seen["actions"]}
            other = await http.post(f"{CUSTOMER}/devices/none/revoke", json={"reason": "stolen"})
            assert (other.status_code, code_of(other)) == (404, "not_found")

        asyncio.run(story())

    def test_one_representative_is_meant_alone(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(company())
            http = await bank.as_role(Role.HELP_DESK)
            body = {"kind": "I", "reason": "left the company", "representative": "1"}
            seen = (await http.post(f"{CUSTOMER}/lock", json=body)).json()
            standing = {one["representative"]: len(one["obstacles"]) for one in seen["access"]}
            assert standing["1"] == 1
            assert not any(count for person, count in standing.items() if person != "1")
            unknown = await http.post(f"{CUSTOMER}/lock", json={**body, "representative": "9"})
            assert (unknown.status_code, code_of(unknown)) == (404, "customer_unknown")
            assert HASH not in str(seen)

        asyncio.run(story())

    def test_a_token_is_brought_into_step_by_two_codes(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record(token=None))
            suite = "OCRA-1:HOTP-SHA1-6:C-QN08"
            await bank.tokens.import_tokens([TokenRecord("HT-5", "hard", suite, b"k" * 20)], "cli:ana")
            http = await bank.as_role(Role.HELP_DESK)
            assigned = await http.post(
                f"{API}/tokens/HT-5/assign", json={"customer_id": NUMBER, "reason": "handed over"}
            )
            assert assigned.json()["customer_id"] == NUMBER
            codes = [
                ocra.response(ocra.parse_suite(suite), b"k" * 20, question="00000000", counter=counter)
                for counter in (40, 41)
            ]
            body: dict[str, Any] = {"first": codes[0], "second": codes[1], "reason": "out of step"}
            done = await http.post(f"{API}/tokens/HT-5/resynchronise", json=body)
            assert done.status_code == 200, done.text
            assert codes[0] not in str(bank.store.events)

        asyncio.run(story())


class TestAudit:
    def test_the_timeline_is_paged_newest_first_and_names_the_operator(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            http = await bank.as_role(Role.HELP_DESK)
            for kind in ("D", "S", "I"):
                await http.post(f"{CUSTOMER}/lock", json={"kind": kind, "reason": f"reason {kind}"})
            first = (await http.get(f"{CUSTOMER}/timeline?most=2")).json()
            assert len(first["events"]) == 2
            assert first["events"][0]["type"] == "operator:acted"
            assert first["events"][0]["facts"]["reason"] == "reason I"
            assert (first["events"][1]["type"], first["events"][1]["actor"]) == (
                "customer:changed",
                "help-desk",
            )
            second = (await http.get(f"{CUSTOMER}/timeline?most=200&before={first['next']}")).json()
            ids = [one["id"] for one in (*first["events"], *second["events"])]
            assert ids == sorted(ids, reverse=True)
            assert len(set(ids)) == len(ids)
            assert second["next"] is None

        asyncio.run(story())

    def test_the_audit_is_searched_by_each_of_its_columns(self) -> None:
        async def story() -> None:
            bank = Operated()
            await bank.house.take(record())
            began = bank.house.now
            event = Event(
                EventType.SESSION_ENDED,
                began,
                SessionEnded("logout"),
                request_id="7f0a0f0e-0000-4000-8000-000000000001",
                application_id="app",
                customer_id=NUMBER,
            )
            await bank.store.run(lambda act: act.audit.record(event))
            bank.house.later(minutes=1)
            http = await bank.as_role(Role.SECURITY_OFFICER, name="sofia")
            await http.post(f"{CUSTOMER}/lock", json={"kind": "I", "reason": "why"})

            async def types(**query: str) -> set[str]:
                answer = await http.get(f"{API}/audit", params=query)
                return {one["type"] for one in answer.json()["events"]}

            assert await types(request_id=event.request_id or "") == {"session:ended"}
            assert await types(application_id="app") == {"session:ended"}
            assert await types(type="session:ended") == {"session:ended"}
            assert "customer:changed" in await types(customer_id=NUMBER)
            assert await types(actor="sofia", type="customer:changed") == {"customer:changed"}
            assert "session:ended" not in await types(since=bank.house.now.isoformat())
            assert "customer:changed" not in await types(until=bank.house.now.isoformat())
            assert await types(actor="nobody") == set()

        asyncio.run(story())


def test_a_lock_that_came_with_the_import_is_seen_before_the_customer_comes() -> None:
    async def story() -> None:
        bank = Operated()
        await bank.house.take(record(access={"pin": PIN, "password": PASSWORD, "locked": "D"}))
        assert await bank.house.profile() is None
        file = (await (await bank.as_role(Role.HELP_DESK)).get(CUSTOMER)).json()
        (access,) = file["access"]
        assert {(one["rule"], one["cause"]) for one in access["obstacles"]} == {("day lock", "imported")}
        assert "customer.unlock" in {offer["act"] for offer in file["actions"]}
        assert {lock["kind"] for lock in file["customer"]["profiles"][0]["locks"]} == {"D"}
        assert await bank.house.profile() is None

    asyncio.run(story())
