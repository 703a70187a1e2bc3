"""In and out: invitation, both factors, sessions and what ends them, and everything that is not let in."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.admin.operated import API, PASSWORD, RULES, Operated, code_of, seed_in
from tests.service.importing import PlainHasher

from aldaba.crypto.digests import Secret
from aldaba.domain.operators import MOST_FAILURES, Role
from aldaba.domain.refusals import HouseUnavailable, Reason, Refused
from aldaba.service.audit import EventType, OperatorChanged, OperatorSignedIn
from aldaba.service.operator_sign_in import OperatorSignIn

ANA = "ana"


async def sign_in(
    bank: Operated,
    code: str,
    *,
    password: str = PASSWORD,
    name: str = ANA,
    address: str = "127.0.0.1",
    **more: Any,
) -> httpx.Response:
    body = {"name": name, "password": password, "code": code, **more}
    return await bank.client(address=address).post(f"{API}/sessions", json=body)


def outcomes(bank: Operated) -> list[str]:
    payloads = [event.payload for event in bank.events(EventType.OPERATOR_SIGNED_IN)]
    return [payload.outcome for payload in payloads if isinstance(payload, OperatorSignedIn)]


def bearer(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def standing(bank: Operated, headers: dict[str, str]) -> int:
    return (await bank.client().get(f"{API}/session", headers=headers)).status_code


class TestInvitation:
    def test_a_link_makes_an_operator_once(self) -> None:
        async def story() -> None:
            bank = Operated()
            invited = await bank.accounts.invite(ANA, frozenset({Role.FRAUD}), "new", "cli:root")
            http, token = bank.client(), invited.token.reveal()
            shown = await http.post(f"{API}/invitations/open", json={"token": token})
            assert shown.json()["qr"].startswith("data:image/svg+xml")
            seed = seed_in(shown.json()["uri"])
            body = {"token": token, "password": PASSWORD, "code": bank.code(seed)}
            done = await http.post(f"{API}/invitations/accept", json=body)
            assert done.status_code == 200, done.text
            assert len(set(done.json()["recovery_codes"])) == 10
            for path in ("open", "accept"):
                again = await http.post(
                    f"{API}/invitations/{path}", json=body if path == "accept" else {"token": token}
                )
                assert (again.status_code, code_of(again)) == (401, "invitation_invalid")
            # The code that enrolled is used up.
            assert (await sign_in(bank, bank.code(seed))).status_code == 401
            bank.house.later(seconds=30)
            assert (await sign_in(bank, bank.code(seed))).status_code == 201

        asyncio.run(story())

    @pytest.mark.parametrize(
        "password", ["short pass", "password1234", "aaaa bbbb cccc dddd", "ana y la lluvia 7"]
    )
    def test_a_weak_password_leaves_the_link_good(self, password: str) -> None:
        async def story() -> None:
            bank = Operated()
            invited = await bank.accounts.invite(ANA, frozenset({Role.FRAUD}), "new", "cli:root")
            seed = seed_in((await bank.accounts.open_invitation(invited.token, None)).uri.reveal())
            body = {"token": invited.token.reveal(), "password": password, "code": bank.code(seed)}
            answer = await bank.client().post(f"{API}/invitations/accept", json=body)
            assert (answer.status_code, code_of(answer)) == (400, "password_unfit")
            assert password not in answer.text
            wrong = await bank.client().post(
                f"{API}/invitations/accept", json={**body, "password": PASSWORD, "code": "000000"}
            )
            assert (wrong.status_code, code_of(wrong)) == (401, "code_refused")
            good = await bank.client().post(f"{API}/invitations/accept", json={**body, "password": PASSWORD})
            assert good.status_code == 200

        asyncio.run(story())

    def test_who_opened_the_link_before_holds_no_second_factor_and_is_recorded(self) -> None:
        async def story() -> None:
            bank = Operated()
            invited = await bank.accounts.invite(ANA, frozenset({Role.FRAUD}), "new", "cli:root")
            token = invited.token.reveal()
            seeds = []
            for address in ("127.0.0.9", "127.0.0.1"):
                http = bank.client(address=address)
                shown = await http.post(f"{API}/invitations/open", json={"token": token})
                seeds.append(seed_in(shown.json()["uri"]))
            answers = [
                await bank.client().post(
                    f"{API}/invitations/accept",
                    json={"token": token, "password": PASSWORD, "code": bank.code(seed)},
                )
                for seed in seeds
            ]
            assert [answer.status_code for answer in answers] == [401, 200]
            bank.house.later(seconds=30)
            entered = [(await sign_in(bank, bank.code(seed))).status_code for seed in seeds]
            assert entered == [401, 201]
            told = [(one.address, one.payload.action) for one in bank.events(EventType.OPERATOR_CHANGED)
                    if isinstance(one.payload, OperatorChanged)]  # fmt: skip
            assert ("127.0.0.9", "opened") in told
            assert told[-2:] == [("127.0.0.1", "opened"), ("127.0.0.1", "accepted")]

        asyncio.run(story())

    def test_a_link_expires_and_a_newer_one_replaces_it(self) -> None:
        async def story() -> None:
            bank = Operated()
            first = await bank.accounts.invite(ANA, frozenset({Role.FRAUD}), "new", "cli:root")
            second = await bank.accounts.invite(ANA, frozenset({Role.FRAUD}), "again", "cli:root")
            http = bank.client()
            tokens = [one.token.reveal() for one in (first, second)]
            statuses = [
                (await http.post(f"{API}/invitations/open", json={"token": token})).status_code
                for token in tokens
            ]
            assert statuses == [401, 200]
            bank.house.later(hours=RULES.invitation_hours)
            late = await http.post(f"{API}/invitations/open", json={"token": tokens[1]})
            assert late.status_code == 401

        asyncio.run(story())


class Overloaded(PlainHasher):
    """More wait for it than it lets wait."""

    async def verify(self, *_: object) -> bool:
        raise HouseUnavailable("hashing")


class PlainText:
    """A store that, as PostgreSQL, takes no NUL in a text."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def run(self, act: Callable[[Any], Any]) -> Any:
        return await self._store.run(lambda transaction: act(_PlainTransaction(transaction)))


class _PlainTransaction:
    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    @property
    def operators(self) -> Any:
        return _PlainRows(self._transaction.operators)


class _PlainRows(_PlainTransaction):
    def find(self, name: str) -> Any:
        if "\0" in name:
            raise ValueError("PostgreSQL text fields cannot contain NUL")
        return self._transaction.find(name)


class TestSignIn:
    @pytest.mark.parametrize("name", ["ana\0", "Ana", "a" * 5_000, "\ud800", ""])
    def test_what_can_be_no_name_is_an_unknown_operator_counted_and_as_costly(self, name: str) -> None:
        async def story() -> None:
            bank = Operated()
            store: Any = PlainText(bank.store)
            house = bank.house
            door = OperatorSignIn(
                store, house.vault, bank.hasher, RULES, house.clock, os.urandom, house.clock
            )
            for _ in range(RULES.address_failures):
                with pytest.raises(Refused) as no:
                    await door.sign_in(name, Secret(PASSWORD), Secret("000000"), "127.0.0.9")
                assert no.value.reason is Reason.AUTHENTICATION_FAILED
            assert bank.hasher.verified == RULES.address_failures
            with pytest.raises(Refused) as over:
                await door.sign_in(name, Secret(PASSWORD), Secret("000000"), "127.0.0.9")
            assert over.value.reason is Reason.DAY_LIMIT
            assert outcomes(bank) == ["unknown"] * RULES.address_failures + ["address limit"]

        asyncio.run(story())

    def test_whatever_is_wrong_is_answered_alike_and_recorded_with_its_cause(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            await bank.accounts.invite("luis", frozenset({Role.FRAUD}), "new", "cli:root")
            await bank.enrolled("eva", Role.FRAUD)
            await bank.accounts.disable("eva", "left", "cli:root")
            good = bank.code(seed)
            answers = [
                await sign_in(bank, good, password="another lluvia 47"),
                await sign_in(bank, "000000"),
                await sign_in(bank, good, name="nobody"),
                await sign_in(bank, good, name="luis"),
                await sign_in(bank, good, name="eva"),
                await sign_in(bank, good, password="x" * 5_000),
                await sign_in(bank, good, name="a" * 40_000),
            ]
            # One verification for each, and the two that enrolled made none.
            assert bank.hasher.verified == len(answers)
            assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
            assert code_of(answers[0]) == "sign_in_failed"
            told = outcomes(bank)
            assert told == ["password", "code", "unknown", "not enrolled", "disabled", "password", "unknown"]
            # What an unknown person typed stands nowhere.
            assert "nobody" not in str(bank.store.events)

        asyncio.run(story())

    def test_a_code_is_accepted_once_and_one_step_off(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            assert (await sign_in(bank, bank.code(seed, -2))).status_code == 401
            assert (await sign_in(bank, bank.code(seed, 2))).status_code == 401
            assert (await sign_in(bank, bank.code(seed))).status_code == 201
            assert (await sign_in(bank, bank.code(seed))).status_code == 401
            assert (await sign_in(bank, bank.code(seed, 1))).status_code == 201
            # The step before the one accepted last is over too.
            assert (await sign_in(bank, bank.code(seed))).status_code == 401

        asyncio.run(story())

    def test_one_code_sent_many_times_at_once_opens_one_session(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            code = bank.code(seed)
            answers = await asyncio.gather(*(sign_in(bank, code) for _ in range(4)))
            assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]

        asyncio.run(story())

    def test_a_recovery_code_signs_in_once_however_it_is_written(self) -> None:
        async def story() -> None:
            bank = Operated()
            invited = await bank.accounts.invite(ANA, frozenset({Role.FRAUD}), "new", "cli:root")
            seed = seed_in((await bank.accounts.open_invitation(invited.token, None)).uri.reveal())
            enrolled = await bank.accounts.accept(
                invited.token, Secret(PASSWORD), Secret(bank.code(seed)), None
            )
            spare = enrolled.recovery_codes[3].reveal()
            answer = await sign_in(bank, spare.upper().replace("-", ""))
            assert answer.json()["recovery_codes_left"] == 9
            assert (await sign_in(bank, spare)).status_code == 401

        asyncio.run(story())

    def test_an_overload_is_nobodys_failure(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            house = bank.house
            door = OperatorSignIn(
                bank.store, house.vault, Overloaded(), RULES, house.clock, os.urandom, house.clock
            )
            for name in (ANA, "nobody"):
                for _ in range(RULES.address_failures + 1):
                    with pytest.raises(HouseUnavailable):
                        await door.sign_in(name, Secret(PASSWORD), Secret(bank.code(seed)), "127.0.0.1")
            found = await bank.operator(ANA)
            assert (found.failures, found.locked_until) == (0, None)
            assert set(outcomes(bank)) == {"unavailable"}
            assert (await sign_in(bank, bank.code(seed))).status_code == 201

        asyncio.run(story())

    def test_an_overload_opens_no_lock(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for _ in range(RULES.failures):
                await sign_in(bank, "000000")
            house = bank.house
            door = OperatorSignIn(
                bank.store, house.vault, Overloaded(), RULES, house.clock, os.urandom, house.clock
            )
            with pytest.raises(HouseUnavailable):
                await door.sign_in(ANA, Secret(PASSWORD), Secret(bank.code(seed)), None)
            assert (await bank.operator(ANA)).locked(house.now)
            assert (await sign_in(bank, bank.code(seed))).status_code == 401

        asyncio.run(story())

    def test_failures_in_a_row_lock_and_time_opens(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for _ in range(RULES.failures):
                assert (await sign_in(bank, bank.code(seed), password="wrong")).status_code == 401
            assert (await sign_in(bank, bank.code(seed))).status_code == 401
            assert outcomes(bank)[-1] == "locked"
            bank.house.later(minutes=RULES.lock_minutes)
            assert (await sign_in(bank, bank.code(seed))).status_code == 201
            assert (await bank.operator(ANA)).failures == 0

        asyncio.run(story())

    def test_a_hundred_missed_codes_in_a_row_shut_out_until_a_colleague_enables(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for failed in range(1, MOST_FAILURES):
                # Password right, code guessed, each from an address of its own.
                await sign_in(bank, "000000", address=f"127.0.0.{failed}")
                if failed % RULES.failures == 0:
                    bank.house.later(minutes=RULES.lock_minutes)
            await sign_in(bank, "000000", address="127.0.1.1")
            bank.house.later(days=30)
            assert (await sign_in(bank, bank.code(seed))).status_code == 401
            assert outcomes(bank)[-1] == "locked"
            (view,) = [one for one in await bank.accounts.list() if one.name == ANA]
            assert (view.state, view.locked_until) == ("locked", None)
            await bank.accounts.enable(ANA, "he called", "cli:root")
            bank.house.later(seconds=30)
            assert (await sign_in(bank, bank.code(seed))).status_code == 201

        asyncio.run(story())

    def test_wrong_passwords_shut_nobody_out_for_good(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for failed in range(1, MOST_FAILURES + 1):
                await sign_in(bank, "000000", password="guessed", address=f"127.0.0.{failed}")
                if failed % RULES.failures == 0:
                    bank.house.later(minutes=RULES.lock_minutes)
            assert (await sign_in(bank, bank.code(seed), address="127.0.1.1")).status_code == 201

        asyncio.run(story())

    def test_a_right_sign_in_begins_the_hundred_anew(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for _ in range(2):
                for _ in range(MOST_FAILURES // RULES.failures - 1):
                    for _ in range(RULES.failures):
                        await sign_in(bank, "000000")
                    bank.house.later(minutes=RULES.lock_minutes)
                assert (await sign_in(bank, bank.code(seed))).status_code == 201

        asyncio.run(story())

    def test_parallel_guesses_get_no_extra_look(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            code = bank.code(seed)
            await asyncio.gather(*(sign_in(bank, code, password=f"guess {n}") for n in range(12)))
            assert outcomes(bank).count("password") == RULES.failures

        asyncio.run(story())

    def test_an_address_that_fails_too_often_waits_and_others_go_on(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for number in range(RULES.address_failures):
                await sign_in(bank, "000000", name=f"nobody{number}", address="10.0.0.9")
            limited = await sign_in(bank, bank.code(seed), address="10.0.0.9")
            assert (limited.status_code, code_of(limited)) == (429, "too_many_requests")
            assert (await sign_in(bank, bank.code(seed), address="10.0.0.8")).status_code == 201

        asyncio.run(story())

    def test_one_network_of_ipv6_counts_as_one(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            for number in range(RULES.address_failures):
                await sign_in(bank, "000000", name="nobody", address=f"2001:db8:1:2::{number:x}")
            limited = await sign_in(bank, bank.code(seed), address="2001:db8:1:2:ffff::1")
            assert limited.status_code == 429
            assert (await sign_in(bank, bank.code(seed), address="2001:db8:1:3::1")).status_code == 201

        asyncio.run(story())

    def test_what_a_client_put_before_the_proxys_own_word_is_not_believed(self) -> None:
        async def story() -> None:
            bank = Operated(address_header="X-Client-Address")
            seed = await bank.enrolled(ANA, Role.FRAUD)
            right = {"name": ANA, "password": PASSWORD, "code": bank.code(seed)}
            told = [("X-Client-Address", "10.0.0.1"), ("X-Client-Address", "10.0.0.8")]
            assert (await bank.client().post(f"{API}/sessions", json=right, headers=told)).status_code == 201
            assert [one.address for one in bank.store.events][-1] == "10.0.0.8"

        asyncio.run(story())

    def test_behind_a_proxy_the_address_it_tells_counts(self) -> None:
        async def story() -> None:
            bank = Operated(address_header="X-Client-Address")
            seed = await bank.enrolled(ANA, Role.FRAUD)
            http = bank.client()
            body = {"name": "nobody", "password": PASSWORD, "code": "000000"}
            for _ in range(RULES.address_failures):
                await http.post(f"{API}/sessions", json=body, headers={"X-Client-Address": "10.0.0.9"})
            right = {"name": ANA, "password": PASSWORD, "code": bank.code(seed)}
            statuses = [
                (
                    await http.post(f"{API}/sessions", json=right, headers={"X-Client-Address": address})
                ).status_code
                for address in ("10.0.0.9", "10.0.0.8")
            ]
            assert statuses == [429, 201]
            (event,) = [one for one in bank.store.events if one.address == "10.0.0.8"]
            assert event.type is EventType.OPERATOR_SIGNED_IN

        asyncio.run(story())


class TestSession:
    def test_it_ends_idle_and_at_its_age_and_at_sign_out(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            headers = bearer(await sign_in(bank, bank.code(seed)))
            bank.house.later(seconds=RULES.idle_seconds - 1)
            assert await standing(bank, headers) == 200
            bank.house.later(seconds=RULES.idle_seconds)
            assert await standing(bank, headers) == 401
            headers = bearer(await sign_in(bank, bank.code(seed)))
            for _ in range(RULES.absolute_seconds // 500):
                assert await standing(bank, headers) == 200
                bank.house.later(seconds=500)
            bank.house.later(seconds=400)
            assert await standing(bank, headers) == 401
            headers = bearer(await sign_in(bank, bank.code(seed)))
            assert (await bank.client().delete(f"{API}/session", headers=headers)).status_code == 204
            assert await standing(bank, headers) == 401

        asyncio.run(story())

    @pytest.mark.parametrize("change", ["disable", "roles", "second factor"])
    def test_it_ends_when_the_account_changes(self, change: str) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            headers = bearer(await sign_in(bank, bank.code(seed)))
            match change:
                case "disable":
                    await bank.accounts.disable(ANA, "left", "cli:root")
                case "roles":
                    await bank.accounts.set_roles(ANA, frozenset({Role.AUDITOR}), "moved", "cli:root")
                case _:
                    await bank.accounts.reset_second_factor(ANA, "lost phone", "cli:root")
            assert await standing(bank, headers) == 401
            bank.house.later(seconds=60)
            back = await sign_in(bank, bank.code(seed))
            assert back.status_code == (201 if change == "roles" else 401)

        asyncio.run(story())

    def test_a_new_password_takes_both_factors_and_ends_every_session(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            headers = bearer(await sign_in(bank, bank.code(seed)))
            bank.house.later(seconds=30)
            fresh = "otra nube alta 58"
            body = {"current": "wrong", "new": fresh, "code": bank.code(seed)}
            http = bank.client()
            wrong = await http.post(f"{API}/session/password", json=body, headers=headers)
            assert (wrong.status_code, code_of(wrong)) == (401, "sign_in_failed")
            right = {**body, "current": PASSWORD}
            done = await http.post(f"{API}/session/password", json=right, headers=headers)
            assert done.status_code == 204, done.text
            assert await standing(bank, headers) == 401
            bank.house.later(seconds=30)
            assert (await sign_in(bank, bank.code(seed))).status_code == 401
            assert (await sign_in(bank, bank.code(seed), password=fresh)).status_code == 201

        asyncio.run(story())

    def test_a_session_brought_along_is_never_the_one_signed_in(self) -> None:
        async def story() -> None:
            bank = Operated()
            seed = await bank.enrolled(ANA, Role.FRAUD)
            planted = {"Cookie": f"{bank.gate.cookie}={'A' * 43}"}
            body = {"name": ANA, "password": PASSWORD, "code": bank.code(seed), "cookie": True}
            answer = await bank.client().post(f"{API}/sessions", json=body, headers=planted)
            given = answer.headers["set-cookie"]
            assert "A" * 43 not in given
            assert answer.json()["token"] is None
            assert await standing(bank, planted) == 401

        asyncio.run(story())

    def test_one_operator_cannot_ask_without_end(self) -> None:
        async def story() -> None:
            bank = Operated()
            http = await bank.as_role(Role.AUDITOR)
            statuses = [
                (await http.get(f"{API}/session")).status_code for _ in range(RULES.requests_per_minute + 1)
            ]
            assert statuses == [200] * RULES.requests_per_minute + [429]
            bank.house.later(seconds=60)
            assert (await http.get(f"{API}/session")).status_code == 200

        asyncio.run(story())


class TestCookies:
    @pytest.mark.parametrize("secure", [True, False])
    def test_the_cookie_is_out_of_reach_of_script_and_of_other_sites(self, *, secure: bool) -> None:
        async def story() -> None:
            bank = Operated(secure=secure)
            seed = await bank.enrolled(ANA, Role.FRAUD)
            answer = await sign_in(bank, bank.code(seed), cookie=True)
            name, *attributes = answer.headers["set-cookie"].lower().split("; ")
            assert name.startswith("__host-aldaba-operator=" if secure else "aldaba-operator=")
            assert {"httponly", "samesite=strict", "path=/"} <= set(attributes)
            assert ("secure" in attributes) is secure
            assert not any(each.startswith("domain") for each in attributes)
            assert ("strict-transport-security" in answer.headers) is secure

        asyncio.run(story())

    def test_an_act_by_cookie_brings_the_proof_of_its_own_session(self) -> None:
        async def story() -> None:
            bank = Operated()
            own = await sign_in(bank, bank.code(await bank.enrolled(ANA, Role.FRAUD)), cookie=True)
            other = await sign_in(
                bank, bank.code(await bank.enrolled("eva", Role.FRAUD)), name="eva", cookie=True
            )
            cookie = {"Cookie": own.headers["set-cookie"].partition(";")[0]}
            http = bank.client()
            assert (await http.get(f"{API}/session", headers=cookie)).json()["csrf"] == own.json()["csrf"]
            for proof in ({}, {"CSRF-Token": ""}, {"CSRF-Token": other.json()["csrf"]}, {"CSRF-Token": "ñ"}):
                headers = {**cookie, **{key: value.encode("latin-1") for key, value in proof.items()}}
                answer = await http.request("DELETE", f"{API}/session", headers=headers)  # type: ignore[arg-type]  # raw header bytes
                assert (answer.status_code, code_of(answer)) == (403, "csrf")
            right = {**cookie, "CSRF-Token": own.json()["csrf"]}
            assert (await http.delete(f"{API}/session", headers=right)).status_code == 204

        asyncio.run(story())
