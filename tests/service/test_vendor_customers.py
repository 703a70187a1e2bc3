"""The vendor's tokens validated, its customers registered and asked about: every answer and refusal."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.service.vendor_house import (
    COMPANY,
    ISSUER,
    NOW,
    NUMBER,
    ONE_MAN_COMPANY,
    PERSON,
    House,
    live,
    refused,
)

from aldaba.api.transmit_validations import TransmitValidations
from aldaba.domain.application import Right
from aldaba.domain.customer import ElectronicBanking, InitialAccess
from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind
from aldaba.domain.profile import AccessProfile, Credential
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason
from aldaba.domain.session import CredentialStatus
from aldaba.domain.token import TokenStatus
from aldaba.service.audit import (
    EventType,
    VendorCustomerAsked,
    VendorCustomerRegistered,
    VendorTokenTried,
)

LOCK = Lock(LockKind.INDEFINITE, NOW, LockCause.FAILURES)
LOCKED = Credential("sealed", guard=Guard(lock=LOCK))


class TestValidating:
    def test_a_good_token_of_a_vendors_customer_is_certified_and_told_to_the_audit(self) -> None:
        async def story() -> None:
            house = await House().ready()
            await house.validate(house.vendor.mint(NUMBER, "2"))
            (event,) = house.store.events
            assert (event.type, event.payload) == (
                EventType.VENDOR_TOKEN_TRIED,
                VendorTokenTried("2", None),
            )
            assert (event.customer_id, event.ccs_id) == (NUMBER, house.ccs_id())

        asyncio.run(story())

    def test_a_customer_registered_here_is_the_vendors_too(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(transmit_customer=False)
            await house.enrol(vendor_registered=True)
            await house.validate(house.vendor.mint(NUMBER, "2"))

        asyncio.run(story())

    def test_of_fifty_at_once_one_is_certified(self) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint(NUMBER, "2")
            outcomes = await asyncio.gather(
                *(house.validate(text) for _ in range(50)), return_exceptions=True
            )
            assert outcomes.count(None) == 1
            reasons = {getattr(one, "reason", None) for one in outcomes if one is not None}
            assert reasons == {Reason.TOKEN_INVALID}

        asyncio.run(story())

    def test_a_used_token_is_invalid_even_when_the_customer_is_locked_meanwhile(self) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint(NUMBER, "2")
            await house.validate(text)
            await house.enrol(lock=LOCK)
            refusal = await refused(house.validate(text))
            assert (refusal.reason, refusal.location) == (Reason.TOKEN_INVALID, "transmitToken")

        asyncio.run(story())

    def test_an_unknown_functional_id_is_told_before_the_token(self) -> None:
        async def story() -> None:
            house = await House().ready()
            refusal = await refused(house.validate("nonsense", grant="8"))
            assert (refusal.reason, refusal.location) == (Reason.NOT_FOUND, "grantType")
            assert house.store.events[-1].payload == VendorTokenTried("8", "not found")

        asyncio.run(story())

    def test_a_bad_token_is_told_before_anything_of_the_customer_and_the_directory_not_asked(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.directory.down = True
            refusal = await refused(house.validate(house.vendor.mint(NUMBER, "2", iss="evil")))
            assert (refusal.reason, refusal.location) == (Reason.TOKEN_INVALID, "transmitToken")
            (event,) = house.store.events
            assert event.payload == VendorTokenTried("2", "token invalid")
            assert (event.customer_id, event.ccs_id) == (None, house.ccs_id())
            assert house.directory.asked == 0

        asyncio.run(story())

    @pytest.mark.parametrize("number", [NUMBER, "99999999"])
    def test_a_customer_of_somebody_elses_or_nobodys_is_not_the_vendors(self, number: str) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(transmit_customer=False)
            refusal = await refused(house.validate(house.vendor.mint(number, "2"), number))
            assert (refusal.reason, refusal.location) == (Reason.NOT_A_VENDOR_CUSTOMER, "customerId")
            assert house.store.events[-1].customer_id == (NUMBER if number == NUMBER else None)

        asyncio.run(story())

    @pytest.mark.parametrize(
        "changes",
        [
            {"lock": Lock(LockKind.PREVENTIVE, NOW, LockCause.OPERATOR)},
            {"failures": 100},
            {"active_at": NOW - timedelta(days=366)},
            {"pin": LOCKED},
            {"password": LOCKED},
        ],
    )
    def test_a_locked_customers_token_breaks_a_rule_and_is_not_spent(self, changes: dict[str, Any]) -> None:
        async def story() -> None:
            house = await House().ready()
            fine = await house.enrol()
            await house.enrol(**changes)
            text = house.vendor.mint(NUMBER, "2")
            refusal = await refused(house.validate(text))
            assert (refusal.reason, refusal.location) == (Reason.RULE_BROKEN, "customerId")
            assert house.store.events[-1].payload == VendorTokenTried("2", "business rule broken")
            await house.store.run(lambda act: act.profiles.save(fine))
            await house.validate(text)

        asyncio.run(story())

    def test_a_lock_that_came_with_the_customers_record_counts_before_any_prelogin(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(access=InitialAccess(pin="sealed", locked="D"))
            refusal = await refused(house.validate(house.vendor.mint(NUMBER, "2")))
            assert refusal.reason is Reason.RULE_BROKEN

        asyncio.run(story())

    @pytest.mark.parametrize(
        "changes",
        [
            {"black_listed": True},
            {"electronic_banking": ElectronicBanking.CANCELLED},
            {"electronic_banking": ElectronicBanking.NONE},
        ],
    )
    def test_a_customer_of_no_good_standing_breaks_a_rule(self, changes: dict[str, Any]) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(**changes)
            refusal = await refused(house.validate(house.vendor.mint(NUMBER, "2")))
            assert refusal.reason is Reason.RULE_BROKEN

        asyncio.run(story())

    @pytest.mark.parametrize(
        ("status", "fits"),
        [
            (TokenStatus.SOFT_ACTIVE, True),
            (TokenStatus.SOFT_PRE_ASSIGNED, True),
            (TokenStatus.SOFT_DEACTIVATED, False),
        ],
    )
    def test_a_deactivated_soft_token_certifies_nothing(self, status: TokenStatus, fits: bool) -> None:
        async def story() -> None:
            house = await House().ready()
            await house.give_token(status)
            validating = house.validate(house.vendor.mint(NUMBER, "2"))
            if fits:
                await validating
            else:
                assert (await refused(validating)).reason is Reason.RULE_BROKEN

        asyncio.run(story())

    def test_a_companys_token_names_one_of_several_representatives(self) -> None:
        async def story() -> None:
            house = await House().ready()
            mint = house.vendor.mint
            assert (await refused(house.validate(mint(COMPANY, "2"), COMPANY))).reason is Reason.RULE_BROKEN
            await house.enrol(COMPANY, "1", lock=LOCK)
            await house.validate(mint(f"{COMPANY}-2", "2"), COMPANY)
            refusal = await refused(house.validate(mint(f"{COMPANY}-1", "2"), COMPANY))
            assert refusal.reason is Reason.RULE_BROKEN
            refusal = await refused(house.validate(mint(f"{COMPANY}-3", "2"), COMPANY))
            assert refusal.reason is Reason.NOT_A_VENDOR_CUSTOMER
            await house.validate(mint(ONE_MAN_COMPANY, "2"), ONE_MAN_COMPANY)

        asyncio.run(story())

    @pytest.mark.parametrize("part", ["keys", "directory"])
    def test_a_part_that_is_away_spends_no_token_and_leaves_no_trace(self, part: str) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint(NUMBER, "2")
            house.keys.down, house.directory.down = part == "keys", part == "directory"
            with pytest.raises(HouseUnavailable if part == "keys" else BackendFailed):
                await house.validate(text)
            assert house.store.events == []
            house.keys.down = house.directory.down = False
            await house.validate(text)

        asyncio.run(story())

    def test_a_session_whose_credential_must_be_renewed_does_nothing_else(self) -> None:
        async def story() -> None:
            house = await House().ready()
            room = TransmitValidations(house.soft_tokens)
            body = {"transmitToken": "x", "customerId": NUMBER, "grantType": "2"}
            call = house.call(session=house.session(status=CredentialStatus.CHPWD))
            refusal = await refused(room.validate_jwt(call, body))
            assert (refusal.reason, refusal.location) == (Reason.RULE_BROKEN, "credentialStatus")

        asyncio.run(story())


class TestRegistering:
    @pytest.mark.parametrize(
        "status", [TokenStatus.SOFT_PRE_ASSIGNED, TokenStatus.SOFT_ACTIVE, TokenStatus.SOFT_DEACTIVATED]
    )
    def test_the_holder_of_a_soft_token_becomes_the_vendors_customer_and_again_changes_nothing(
        self, status: TokenStatus
    ) -> None:
        async def story() -> None:
            house = await House().ready()
            before = await house.enrol()
            await house.give_token(status)
            call = house.call(session=house.session())
            await house.soft_tokens.register(call)
            after = await house.known()
            assert after == replace(before, vendor_registered=True)
            await house.soft_tokens.register(call)
            assert await house.known() == after
            assert [event.payload for event in house.store.events] == [
                VendorCustomerRegistered(already=False),
                VendorCustomerRegistered(already=True),
            ]
            assert {event.customer_id for event in house.store.events} == {NUMBER}

        asyncio.run(story())

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (None, Reason.NOT_FOUND),
            (TokenStatus.BASIC, Reason.NOT_FOUND),
            (TokenStatus.HARD_ACTIVE, Reason.RULE_BROKEN),
        ],
    )
    def test_without_a_soft_token_there_is_nothing_to_register(
        self, status: TokenStatus | None, reason: Reason
    ) -> None:
        async def story() -> None:
            house = await House().ready()
            before = await house.enrol()
            if status is not None:
                await house.give_token(status)
            refusal = await refused(house.soft_tokens.register(house.call(session=house.session())))
            assert refusal.reason is reason
            assert await house.known() == before
            assert house.store.events == []

        asyncio.run(story())

    def test_a_customer_removed_meanwhile_is_nobody(self) -> None:
        async def story() -> None:
            house = await House().ready()
            refusal = await refused(house.soft_tokens.register(house.call(session=house.session())))
            assert refusal.reason is Reason.NO_CUSTOMER

        asyncio.run(story())

    def test_one_representatives_registration_is_not_anothers(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(COMPANY, transmit_customer=False)
            for representative in "12":
                await house.enrol(COMPANY, representative)
            await house.give_token(TokenStatus.SOFT_ACTIVE, COMPANY)
            await house.soft_tokens.register(house.call(session=house.session(COMPANY, "2")))
            mint = house.vendor.mint
            await house.validate(mint(f"{COMPANY}-2", "2"), COMPANY)
            refusal = await refused(house.validate(mint(f"{COMPANY}-1", "2"), COMPANY))
            assert refusal.reason is Reason.NOT_A_VENDOR_CUSTOMER

        asyncio.run(story())


class TestAsking:
    @pytest.mark.parametrize("vendors", [True, False])
    def test_the_sessions_own_customer_is_told(self, vendors: bool) -> None:
        async def story() -> None:
            house = await House().ready()
            house.change(transmit_customer=vendors)
            await house.enrol()
            call = house.call(session=house.session())
            assert await house.soft_tokens.is_registered(call, NUMBER) is vendors
            assert house.store.events[-1].payload == VendorCustomerAsked(found=True)

        asyncio.run(story())

    @pytest.mark.parametrize("name", ["another's session", "only identified", "no session", "keyed"])
    def test_nobody_else_is_told_without_the_right_to_look_up(self, name: str) -> None:
        async def story() -> None:
            house = await House().ready()
            await house.enrol()
            session = {
                "another's session": house.session("15000010"),
                "only identified": house.session(status=None),
                "no session": None,
                "keyed": replace(house.session(status=None), subject=None),
            }[name]
            refusal = await refused(house.soft_tokens.is_registered(house.call(session=session), NUMBER))
            assert (refusal.reason, refusal.location) == (Reason.NOT_CONFIGURED, "customerId")
            house.grant(Right.LOOKUP)
            assert await house.soft_tokens.is_registered(house.call(session=session), NUMBER)

        asyncio.run(story())

    def test_every_other_refusal_has_its_reason(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.grant(Right.LOOKUP)

            async def reason(number: str = NUMBER) -> Reason:
                refusal = await refused(house.soft_tokens.is_registered(house.call(), number))
                assert refusal.location == "customerId"
                return refusal.reason

            assert await reason("99999999") is Reason.NO_CUSTOMER
            assert house.store.events[-1].customer_id is None
            assert await reason() is Reason.NOT_FOUND
            await house.enrol(decoy=True)
            assert await reason() is Reason.NOT_FOUND
            await house.enrol()
            for changes in (
                {"black_listed": True},
                {"electronic_banking": ElectronicBanking.NONE},
                {"electronic_banking": ElectronicBanking.CANCELLED},
            ):
                house.directory.customers[NUMBER] = PERSON
                house.change(**changes)
                assert await reason() is Reason.RULE_BROKEN
            assert {event.payload for event in house.store.events} == {VendorCustomerAsked(found=False)}

        asyncio.run(story())

    def test_a_company_asked_about_by_its_number_is_all_its_representatives(self) -> None:
        async def story() -> None:
            house = await House().ready()
            house.grant(Right.LOOKUP)
            house.change(COMPANY, transmit_customer=False)
            asking = house.soft_tokens.is_registered
            assert (await refused(asking(house.call(), COMPANY))).reason is Reason.NOT_FOUND
            await house.enrol(COMPANY, "1")
            assert not await asking(house.call(), COMPANY)
            await house.enrol(COMPANY, "2", vendor_registered=True)
            assert await asking(house.call(), COMPANY)
            own = house.call(session=house.session(COMPANY, "1"))
            assert not await asking(own, COMPANY)

        asyncio.run(story())

    def test_a_session_that_must_renew_its_credential_is_told_to(self) -> None:
        async def story() -> None:
            house = await House().ready()
            call = house.call(session=house.session(status=CredentialStatus.ACPWD))
            refusal = await refused(house.soft_tokens.is_registered(call, NUMBER))
            assert (refusal.reason, refusal.location) == (Reason.RULE_BROKEN, "credentialStatus")

        asyncio.run(story())


def test_the_rooms_say_it_in_the_pages_words() -> None:
    async def story() -> None:
        house = await House().ready()
        profile: AccessProfile = await house.enrol(live_session=live())
        await house.give_token(TokenStatus.SOFT_ACTIVE)
        room = TransmitValidations(house.soft_tokens)
        session = house.session()
        body = {
            "transmitToken": house.vendor.mint(NUMBER, "4"),
            "customerId": NUMBER,
            "grantType": "4",
        }
        assert (await room.validate_jwt(house.call(session=session), body)).body is None
        assert (await room.register_transmit_customer(house.call(session=session), {})).body is None
        asked = await room.validate_transmit_customer(house.call(session=session), {"customerId": NUMBER})
        assert asked.body == {"customerId": NUMBER, "transmitTokenEnabledFlag": True}
        assert profile.live_session == (await house.known()).live_session
        assert ISSUER not in repr(house.store.events)

    asyncio.run(story())
