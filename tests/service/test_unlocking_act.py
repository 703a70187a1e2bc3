"""Unlocking by a token of the vendor's: what is lifted, what is left behind, every refusal in its order."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.service.vendor_house import (
    COMPANY,
    NOW,
    NUMBER,
    ONE_MAN_COMPANY,
    TWO_MEN,
    House,
    live,
    refused,
)

from aldaba.api.access_recovery import AccessRecovery
from aldaba.crypto.digests import Secret
from aldaba.domain.customer import ElectronicBanking, InitialAccess
from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind
from aldaba.domain.policy import CLASSIC, VendorPolicy
from aldaba.domain.profile import Credential, CredentialState, Expiry, TemporaryPin, profile_locked
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason
from aldaba.domain.session import Subject
from aldaba.service.audit import AccessUnlocked, EventType
from aldaba.service.unlocking import Unlock, opened_by_owner

DAY = Lock(LockKind.DAY, NOW, LockCause.FAILURES, until=NOW + timedelta(days=1))
INDEFINITE = Lock(LockKind.INDEFINITE, NOW, LockCause.FAILURES)
PREVENTIVE = Lock(LockKind.PREVENTIVE, NOW, LockCause.OPERATOR)
LONG_AGO = NOW - timedelta(days=366)


def credential(lock: Lock | None = None, **changes: Any) -> Credential:
    guard = Guard(failures=5 if lock else 0, lock=lock)
    return replace(Credential("sealed", CredentialState.ACTIVE, guard), **changes)


async def locked(house: House, number: str = NUMBER, representative: str = "", **changes: Any) -> None:
    await house.enrol(number, representative, **({"password": credential(DAY)} | changes))


class TestWhatIsLifted:
    @pytest.mark.parametrize(
        ("changes", "lifted"),
        [
            ({"password": credential(DAY)}, ("D",)),
            ({"pin": credential(INDEFINITE)}, ("S",)),
            ({"pin": credential(DAY), "password": credential(INDEFINITE)}, ("D", "S")),
            ({"biometric": Guard(lock=DAY)}, ("D",)),
            ({"active_at": LONG_AGO}, ("no use",)),
            ({"active_at": LONG_AGO, "pin": credential(DAY)}, ("D", "no use")),
        ],
    )
    def test_every_lock_that_a_customer_may_lift_is_and_the_password_must_be_changed(
        self, changes: dict[str, Any], lifted: tuple[str, ...]
    ) -> None:
        async def story() -> None:
            house = await House().ready()
            before = await house.enrol(**({"password": credential()} | changes))
            await house.unlock(house.vendor.mint(NUMBER, "2"))
            after = await house.known()
            assert not profile_locked(after, house.now, CLASSIC)
            assert (after.pin.guard, after.password.guard, after.biometric) == (Guard(), Guard(), Guard())
            assert (after.active_at, after.revision) == (NOW, before.revision + 1)
            assert (after.password.expired, after.password.sealed) == (Expiry.UNLOCK, "sealed")
            assert house.store.events[-1].payload == AccessUnlocked(None, lifted)
            assert house.store.events[-1].type is EventType.ACCESS_UNLOCKED
            assert house.store.events[-1].customer_id == NUMBER

        asyncio.run(story())

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"lock": PREVENTIVE},
            {"lock": PREVENTIVE, "password": credential(DAY)},
            {"failures": 100},
            {"failures": 100, "password": credential(DAY)},
            {"active_at": NOW - timedelta(days=365)},
            {"password": credential(replace(DAY, until=NOW))},
        ],
    )
    def test_what_is_not_locked_or_only_a_branch_may_lift_breaks_a_rule_and_stays(
        self, changes: dict[str, Any]
    ) -> None:
        async def story() -> None:
            house = await House().ready()
            before = await house.enrol(**changes)
            refusal = await refused(house.unlock(house.vendor.mint(NUMBER, "2")))
            assert (refusal.reason, refusal.location) == (
                Reason.RULE_BROKEN,
                "customer.encryptedCustomerId",
            )
            assert await house.known() == before
            assert house.store.events[-1].payload == AccessUnlocked("business rule broken", ())
            assert await house.notices() == ()

        asyncio.run(story())

    def test_a_profile_without_a_password_only_loses_its_lock(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await house.enrol(pin=credential(DAY), password=Credential())
            await house.unlock(house.vendor.mint(NUMBER, "2"))
            after = await house.known()
            assert after.password == Credential()
            assert after.pin.guard.lock is None

        asyncio.run(story())

    def test_a_password_that_a_temporary_pin_took_out_of_service_is_not_brought_back(self) -> None:
        async def story() -> None:
            house = await House().ready()
            temporary = TemporaryPin("sealed", NOW, NOW + timedelta(hours=72))
            await locked(house, password=credential(DAY, expired=Expiry.RESET), temporary_pin=temporary)
            await house.unlock(house.vendor.mint(NUMBER, "2"))
            after = await house.known()
            assert (after.password.expired, after.temporary_pin) == (Expiry.RESET, temporary)

        asyncio.run(story())

    def test_a_lock_that_came_with_the_customers_record_is_lifted_before_any_prelogin(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(access=InitialAccess(pin="a", password="b", locked="S"))
            await house.unlock(house.vendor.mint(NUMBER, "2"))
            assert (await house.known()).password.expired is Expiry.UNLOCK

        asyncio.run(story())

    def test_a_black_listed_customers_lock_is_lifted_too(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(black_listed=True)
            await locked(house)
            await house.unlock(house.vendor.mint(NUMBER, "2"))

        asyncio.run(story())

    def test_the_rule_alone_leaves_the_profile_it_was_given(self) -> None:
        async def story() -> None:
            profile = await House().enrol(password=credential(DAY), live_session=live())
            opened = opened_by_owner(profile, NOW, CLASSIC)
            assert opened is not None
            assert opened.profile.live_session is None
            assert profile.live_session == live()

        asyncio.run(story())


class TestWhatItLeavesBehind:
    def test_the_live_session_ends_and_the_customer_is_told_once(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await house.keep_session(house.session())
            await locked(house, live_session=live())
            call = await house.unlock(house.vendor.mint(NUMBER, "2"))
            assert await house.sessions.find("handle", house.now) is None
            assert (await house.known()).live_session is None
            assert await house.notices() == (call.notice("unlocked", NUMBER),)

        asyncio.run(story())

    def test_of_fifty_at_once_one_unlocks(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await locked(house)
            text = house.vendor.mint(NUMBER, "2")
            outcomes = await asyncio.gather(*(house.unlock(text) for _ in range(50)), return_exceptions=True)
            refusals = [one for one in outcomes if isinstance(one, Exception)]
            assert len(refusals) == 49
            assert {getattr(one, "reason", None) for one in refusals} == {Reason.TOKEN_INVALID}
            assert len(await house.notices()) == 1

        asyncio.run(story())

    def test_a_used_token_is_invalid_although_nothing_is_locked_any_more(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await locked(house)
            text = house.vendor.mint(NUMBER, "2")
            await house.unlock(text)
            refusal = await refused(house.unlock(text))
            assert (refusal.reason, refusal.location) == (Reason.TOKEN_INVALID, "jwtToken")
            assert house.store.events[-1].payload == AccessUnlocked("token invalid", ())
            await locked(house)
            assert (await refused(house.unlock(text))).reason is Reason.TOKEN_INVALID

        asyncio.run(story())

    def test_a_token_that_was_validated_unlocks_nothing(self) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint(NUMBER, "2")
            await house.validate(text)
            await locked(house)
            assert (await refused(house.unlock(text))).reason is Reason.TOKEN_INVALID

        asyncio.run(story())

    def test_a_refusal_spends_no_token(self) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint(NUMBER, "2")
            assert (await refused(house.unlock(text))).reason is Reason.RULE_BROKEN
            await locked(house)
            await house.unlock(text)

        asyncio.run(story())

    @pytest.mark.parametrize("part", ["keys", "directory"])
    def test_a_part_that_is_away_spends_no_token(self, part: str) -> None:
        async def story() -> None:
            house = await House().ready()
            await locked(house)
            text = house.vendor.mint(NUMBER, "2")
            house.keys.down, house.directory.down = part == "keys", part == "directory"
            with pytest.raises(HouseUnavailable if part == "keys" else BackendFailed):
                await house.unlock(text)
            assert house.store.events == []
            house.keys.down = house.directory.down = False
            await house.unlock(text)

        asyncio.run(story())


class TestTheOrderOfRefusals:
    """Each is told although everything that comes after it is wrong too."""

    def test_a_name_that_is_none_comes_first(self) -> None:
        async def story() -> None:
            house = await House().ready()
            for customer, representative, location in (
                ("five", None, "customer.encryptedCustomerId"),
                ("5204164299999992", None, "customer.encryptedCustomerId"),
                (f"{COMPANY}-1", "2", "customer.legalRepresentativeId"),
            ):
                refusal = await refused(
                    house.unlock("nonsense", customer, "9", representative=representative)
                )
                assert (refusal.reason, refusal.location) == (Reason.INVALID_REQUEST, location)
            assert house.keys.asked == []

        asyncio.run(story())

    @pytest.mark.parametrize("grant", [None, "2", "3", "9"])
    def test_then_the_token_whatever_the_functional_id(self, grant: str | None) -> None:
        async def story() -> None:
            house = await House().ready()
            house.directory.down = True
            refusal = await refused(house.unlock("nonsense", "99999999", grant))
            assert (refusal.reason, refusal.location) == (Reason.TOKEN_INVALID, "jwtToken")
            (event,) = house.store.events
            assert event.payload == AccessUnlocked("token invalid", ())
            assert (event.customer_id, event.ccs_id) == (None, house.ccs_id("99999999"))

        asyncio.run(story())

    @pytest.mark.parametrize("grant", ["1", "3", "7", "9"])
    def test_then_a_functional_id_that_unlocks_nothing(self, grant: str) -> None:
        async def story() -> None:
            house = await House().ready()
            house.directory.down = True
            refusal = await refused(house.unlock(house.vendor.mint("99999999", grant), "99999999", grant))
            assert (refusal.reason, refusal.location) == (Reason.NOT_FOUND, "grantType")
            assert house.store.events[-1].payload == AccessUnlocked("not found", ())

        asyncio.run(story())

    def test_a_token_for_another_functional_id_does_not_unlock(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await locked(house)
            assert (
                await refused(house.unlock(house.vendor.mint(NUMBER, "3")))
            ).reason is Reason.TOKEN_INVALID

        asyncio.run(story())

    def test_other_functional_ids_may_be_configured_to_unlock(self) -> None:
        async def story() -> None:
            policy = replace(CLASSIC, vendor=VendorPolicy(unlock_grants=("5",)))
            house = await House(policy=policy).ready()
            await locked(house)
            assert (await refused(house.unlock(house.vendor.mint(NUMBER, "2")))).reason is Reason.NOT_FOUND
            await house.unlock(house.vendor.mint(NUMBER, "5"), grant="5")

        asyncio.run(story())

    @pytest.mark.parametrize("representative", [None, "1"])
    def test_then_a_customer_nobody_knows(self, representative: str | None) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint("99999999", "2")
            refusal = await refused(house.unlock(text, "99999999", representative=representative))
            assert (refusal.reason, refusal.location) == (
                Reason.NOT_FOUND,
                "customer.encryptedCustomerId",
            )
            assert house.store.events[-1].customer_id is None

        asyncio.run(story())

    @pytest.mark.parametrize("representative", [None, "1", "9"])
    def test_then_one_who_is_not_the_vendors(self, representative: str | None) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(COMPANY, transmit_customer=False)
            text = house.vendor.mint(COMPANY, "2")
            refusal = await refused(house.unlock(text, COMPANY, representative=representative))
            assert refusal.reason is Reason.NOT_A_VENDOR_CUSTOMER
            assert refusal.location == "customer.encryptedCustomerId"
            assert house.store.events[-1].customer_id == COMPANY

        asyncio.run(story())

    def test_a_customer_without_electronic_banking_has_nothing_locked(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(electronic_banking=ElectronicBanking.NONE)
            assert (await refused(house.unlock(house.vendor.mint(NUMBER, "2")))).reason is Reason.RULE_BROKEN

        asyncio.run(story())


class TestCompanies:
    @pytest.mark.parametrize(
        ("customer", "representative", "lrid"),
        [
            (COMPANY, "2", "2"),
            (COMPANY, "02", "2"),
            (COMPANY, "2", "02"),
            (f"{COMPANY}-2", None, "2"),
            (f"{COMPANY}-2", "2", "2"),
            (ONE_MAN_COMPANY, None, None),
            (ONE_MAN_COMPANY, None, "1"),
            (ONE_MAN_COMPANY, "1", None),
            (ONE_MAN_COMPANY, "1", "1"),
        ],
    )
    def test_one_representatives_access_is_unlocked(
        self, customer: str, representative: str | None, lrid: str | None
    ) -> None:
        async def story() -> None:
            house = await House().ready()
            number = customer.partition("-")[0]
            people = "1" if number == ONE_MAN_COMPANY else "12"
            for person in people:
                await locked(house, number, person)
            text = house.vendor.mint(number, "2", representative=lrid)
            await house.unlock(text, customer, representative=representative)
            standing = [
                (await house.known(number, person)).password.guard.lock is not None for person in people
            ]
            assert standing == ([False] if people == "1" else [True, False])
            assert house.store.events[-1].ccs_id == house.ccs_id(number, people[-1])

        asyncio.run(story())

    @pytest.mark.parametrize(
        ("number", "representative", "lrid"),
        [
            (COMPANY, None, None),
            (COMPANY, None, "2"),
            (COMPANY, "2", None),
            (COMPANY, "9", None),
            (COMPANY, "9", "9"),
            (ONE_MAN_COMPANY, "9", None),
            (ONE_MAN_COMPANY, None, "9"),
            (NUMBER, "1", None),
            (NUMBER, None, "1"),
        ],
    )
    def test_without_a_representative_that_request_and_token_agree_on_a_rule_is_broken(
        self, number: str, representative: str | None, lrid: str | None
    ) -> None:
        async def story() -> None:
            house = await House().ready()
            for person in {NUMBER: ("",), ONE_MAN_COMPANY: ("1",), COMPANY: ("1", "2")}[number]:
                await locked(house, number, person)
            text = house.vendor.mint(number, "2", representative=lrid)
            refusal = await refused(house.unlock(text, number, representative=representative))
            assert (refusal.reason, refusal.location) == (
                Reason.RULE_BROKEN,
                "customer.legalRepresentativeId",
            )
            assert house.store.events[-1].customer_id == number

        asyncio.run(story())

    def test_a_token_of_another_representatives_is_invalid(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await locked(house, COMPANY, "2")
            text = house.vendor.mint(COMPANY, "2", representative="1")
            refusal = await refused(house.unlock(text, COMPANY, representative="2"))
            assert refusal.reason is Reason.TOKEN_INVALID

        asyncio.run(story())

    def test_a_company_without_representatives_has_nobody_to_unlock(self) -> None:
        async def story() -> None:
            nobody = replace(TWO_MEN, representatives=(), access=InitialAccess(pin="a", locked="D"))
            house = await House(nobody).ready()
            refusal = await refused(house.unlock(house.vendor.mint(COMPANY, "2"), COMPANY))
            assert refusal.reason is Reason.RULE_BROKEN

        asyncio.run(story())


def test_the_room_says_it_in_the_pages_words() -> None:
    async def story() -> None:
        house = await House().ready()
        room = AccessRecovery(house.unlocking)
        await locked(house)
        body: dict[str, Any] = {
            "jwtToken": house.vendor.mint(NUMBER, "2"),
            "customer": {"encryptedCustomerId": Secret(NUMBER)},
        }
        assert (await room.unlock_access(house.call("unlock_access"), body)).body is None
        body["customer"]["legalRepresentativeId"] = "1"
        body["grantType"] = "3"
        refusal = await refused(room.unlock_access(house.call("unlock_access"), body))
        assert refusal.reason is Reason.TOKEN_INVALID

    asyncio.run(story())


def test_a_command_shows_neither_token_nor_customer() -> None:
    command = Unlock("eyJ.secret.x", "2", Secret(NUMBER), None)
    assert "secret" not in repr(command)
    assert NUMBER not in repr(command)
    assert isinstance(House().subject(), Subject)
