"""Whole stories, by both clients and in both profiles, against the running server."""

import asyncio

import pytest
from aldaba_client import (
    AsyncClient,
    AuthType,
    BadCredentials,
    BusinessValidationFailed,
    CredentialsMustBeSet,
    CredentialValidationFailed,
    DeviceKey,
    DuplicateSession,
    Locked,
    NotFound,
    SessionLost,
)
from aldaba_client.testing import AldabaServer
from tests.sdk_python.playing import Opens

from aldaba.sandbox.bank import NIP, PASSWORD, PIN, TEMPORARY_PIN, card_number, phone_number

NEW_PIN = "58204917"
NEW_PASSWORD = "puente47rojo"
EXPIRES = "1230"
NEW_PHONE = "5512345678"


async def logs_in(front: AsyncClient, customer: str, password: str) -> None:
    await front.prelogin_v2(customer)
    assert (await front.login(customer, password=password)).credential_status == "NONE"
    await front.logout()


def test_a_first_login_sets_pin_and_password(opens: Opens) -> None:
    async def story() -> None:
        front = opens()
        told = await front.prelogin_v1("15000011")
        assert (told.next_login_action_code, told.login_id) == (3, "15000011")
        welcome = await front.login("15000011", pin=TEMPORARY_PIN)
        assert welcome.credential_status == "NEW"
        with pytest.raises(CredentialsMustBeSet):
            await front.retrieve_challenge()
        await front.set_credentials("NEW", pin=NEW_PIN, password=NEW_PASSWORD)
        await front.logout()
        await logs_in(front, "15000011", NEW_PASSWORD)

    asyncio.run(story())


def test_a_forgotten_password_is_replaced_by_card_phone_and_code(
    opens: Opens, aldaba_server: AldabaServer
) -> None:
    customer = "15000031"

    async def story() -> None:
        front = opens()
        told = await front.validate_credentials(card_number(customer))
        assert told.masked_customer_name == "A***** H******** R******"
        assert told.login_id == customer
        with pytest.raises(CredentialValidationFailed) as wrong:
            await front.validate_card("4321", EXPIRES)
        assert wrong.value.code == "credentialValidationFailed"
        await front.validate_card(NIP, EXPIRES)
        assert (await front.validate_mobile_phone(phone_number(customer))).best_phone_flag is True
        await front.send_otp(AuthType.SMS_PROVED_PHONE)
        code = aldaba_server.code(f"+52{phone_number(customer)}")
        await front.set_access(NEW_PASSWORD, code)
        await front.prelogin_v2(customer)
        with pytest.raises(BadCredentials):
            await front.login(customer, password=PASSWORD)
        await logs_in(front, customer, NEW_PASSWORD)

    asyncio.run(story())


def test_a_challenge_proves_the_token_and_enrols_a_phone(opens: Opens, aldaba_server: AldabaServer) -> None:
    customer, phone = "15000024", DeviceKey.generate("a-new-phone")

    async def story() -> None:
        front = opens()
        await front.prelogin_v1(customer)
        await front.login(customer, pin=PIN)
        question = (await front.retrieve_challenge()).challenge_question
        response = aldaba_server.token_response(customer, question)
        assert "WELCOME" in ((await front.validate_challenge(question, response)).response_message or "")
        facts = await front.introspect(front.sid or "")
        assert (facts.active, facts.customer_id, facts.aal) == (True, customer, 2)
        await front.enrol_device(phone.application_device_id, phone.public_jwk())
        await front.logout()
        await front.prelogin_v1(customer)
        assert (await front.login(customer, device_key=phone)).credential_status == "NONE"
        question = (await front.retrieve_challenge()).challenge_question
        aldaba_server.advance("PT1M")
        await front.validate_challenge(question, aldaba_server.token_response(customer, question))
        await front.revoke_device(phone.application_device_id)
        await front.logout()

    asyncio.run(story())


def test_an_account_is_opened_with_a_certified_phone(opens: Opens, aldaba_server: AldabaServer) -> None:
    async def story() -> None:
        front = opens()
        with pytest.raises(NotFound):
            await front.certified_phone()
        await front.generate_rao_token(NEW_PHONE)
        with pytest.raises(BusinessValidationFailed):
            await front.certified_phone()
        await front.validate_rao_token(aldaba_server.code(f"+52{NEW_PHONE}"), NEW_PHONE)
        certified = await front.certified_phone()
        assert (certified.phone_country_code, certified.phone_number) == ("+52", NEW_PHONE)

    asyncio.run(story())


def test_a_locked_customer_is_unlocked_by_the_vendors_token(
    opens: Opens, aldaba_server: AldabaServer
) -> None:
    customer = "15000025"

    async def story() -> None:
        front = opens()
        await front.prelogin_v2(customer)
        for number in range(4):
            with pytest.raises(BadCredentials):
                await front.login(customer, password=f"malo{number}clave")
        with pytest.raises(Locked) as locked:
            await front.login(customer, password="malo4clave")
        assert (locked.value.status, locked.value.code, locked.value.type) == (401, "8006", "bloqued_user")
        await front.unlock_access(aldaba_server.vendor_jwt(customer), customer)
        assert (await front.prelogin_v2(customer)).next_login_action_code == 1
        assert (await front.login(customer, password=PASSWORD)).credential_status == "CHPWD"
        await front.set_credentials("CHPWD", password=NEW_PASSWORD)
        await front.logout()
        await logs_in(front, customer, NEW_PASSWORD)

    asyncio.run(story())


def test_the_vendors_customers_are_judged_registered_and_asked_about(
    opens: Opens, aldaba_server: AldabaServer
) -> None:
    async def story() -> None:
        front = opens()
        await front.validate_jwt(aldaba_server.vendor_jwt("15000025"), "15000025")
        await front.prelogin_v1("15000026")
        await front.login("15000026", password=PASSWORD)
        assert not (await front.validate_transmit_customer("15000026")).transmit_token_enabled_flag
        await front.register_transmit_customer()
        assert (await front.validate_transmit_customer("15000026")).transmit_token_enabled_flag
        await front.logout()

    asyncio.run(story())


def test_the_telephone_desk_asks_for_the_state_of_credentials(opens: Opens) -> None:
    async def story() -> None:
        front = opens()
        await logs_in(front, "15000010", PASSWORD)
        told = await front.credentials_status("15000010")
        assert told.pin_detail is not None
        assert told.password_detail is not None
        assert (told.pin_detail.pin_status, told.password_detail.password_status) == ("A", "A")
        assert told.password_detail.last_login_date is not None
        assert front.sid is None, "no session is needed"

    asyncio.run(story())


def test_a_second_session_is_refused_and_a_third_customer_has_one_of_their_own(opens: Opens) -> None:
    async def story() -> None:
        front = opens()
        await front.prelogin_v1("15000010")
        await front.login("15000010", password=PASSWORD)
        other = opens()
        await other.prelogin_v1("15000010")
        with pytest.raises(DuplicateSession):
            await other.login("15000010", password=PASSWORD)
        await logs_in(other, "15000024", PASSWORD)
        await front.logout()

    asyncio.run(story())


def test_an_expired_session_is_told_and_a_prelogin_begins_a_new_one(
    opens: Opens, aldaba_server: AldabaServer
) -> None:
    async def story() -> None:
        front = opens()
        await front.prelogin_v1("15000010")
        await front.login("15000010", password=PASSWORD)
        # The access token ends too, and is renewed unasked.
        aldaba_server.advance("PT2H")
        with pytest.raises(SessionLost):
            await front.retrieve_challenge()
        await logs_in(front, "15000010", PASSWORD)

    asyncio.run(story())


def test_keys_may_be_exchanged_again_until_somebody_is_identified(opens: Opens) -> None:
    async def story() -> None:
        front = opens()
        assert (await front.retrieve_public_key()).key_id.startswith("e2e-")
        assert (await front.exchange_keys()).expires_in > 0
        await front.exchange_keys()
        await front.prelogin_v1("15000010")
        with pytest.raises(BusinessValidationFailed):
            await front.exchange_keys()
        # The refused exchange left the old keys in place.
        assert (await front.login("15000010", password=PASSWORD)).customer_name
        await front.logout()

    asyncio.run(story())
