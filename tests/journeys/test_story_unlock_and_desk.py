"""Unlocked by the vendor's token, an account opened, the telephone desk, a company: told whole."""

import asyncio

import pytest
from tests.conftest import Bank, OpenBank
from tests.recovery_front_end import (
    NEW_PASSWORD,
    done,
    entered,
    identified,
    introspected,
    messages_to,
    newest_code,
    recovering,
    told,
    vendor_jwt,
    with_code,
    wrong_code,
)

from aldaba.sandbox.bank import PASSWORD, phone_number

PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])
BROKEN = "422 businessValidationFailed error"
PHONE = "5512345678"


async def locked(bank: Bank, user: str, profile: str = "bound-1") -> None:
    front = await recovering(bank, profile)
    await front.prelogin(user)
    codes = [(await front.login(user, f"malo{n}clave")).json()["code"] for n in range(5)]
    assert codes == ["6666"] * 4 + ["8006"]


@PROFILES
def test_locked_unlocked_by_the_vendors_token_and_renewed(open_bank: OpenBank, profile: str) -> None:
    customer = "15000025"

    async def story() -> None:
        async with open_bank() as bank:
            await locked(bank, customer, profile)
            front = await recovering(bank, profile)
            assert (await front.prelogin(customer)).json()["nextLoginActionCode"] == 4
            for_another = await front.unlock_with(customer, await vendor_jwt(bank, "15000016"))
            assert for_another.status_code == 401
            jwt = await vendor_jwt(bank, customer)
            done(await front.unlock_with(customer, jwt))
            assert told(await front.unlock_with(customer, jwt)).startswith("401")
            again = await front.unlock_with(customer, await vendor_jwt(bank, customer))
            assert again.status_code == 422, "nothing is locked any more"
            front = await recovering(bank, profile)
            assert (await front.prelogin(customer)).json()["nextLoginActionCode"] == 1
            login = await front.login(customer, PASSWORD)
            assert login.json()["credentialStatus"] == "CHPWD"
            assert told(await front.call("retrieve_challenge")) == BROKEN
            done(await front.set_credentials("CHPWD", password=NEW_PASSWORD))
            done(await front.logout())
            front = await entered(bank, customer, NEW_PASSWORD, profile=profile)
            assert (await introspected(front))["active"] is True

    asyncio.run(story())


@PROFILES
def test_an_account_opened_by_phone(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank, profile)
            assert told(await front.call("certified_phone")).startswith("404")
            assert (await front.certify(PHONE, "12345678")).status_code == 404, "nothing was ordered"
            done(await front.order_code(PHONE))
            assert told(await front.call("certified_phone")).startswith("422")
            (message,) = await messages_to(bank, f"+52{PHONE}")
            assert (await front.certify(PHONE, wrong_code(message["otp"]))).status_code == 422
            assert (await front.certify("5587654321", message["otp"])).status_code == 422
            done(await front.certify(PHONE, message["otp"]))
            certified = await front.call("certified_phone")
            assert certified.json() == {"phoneCountryCode": "+52", "phoneNumber": PHONE}
            assert (await front.certify(PHONE, message["otp"])).status_code == 404, "it was used"
            # Another session has certified nothing.
            other = await recovering(bank, profile)
            assert told(await other.call("certified_phone")).startswith("404")

    asyncio.run(story())


def test_a_certified_phone_is_relied_on_for_half_an_hour(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank)
            done(await front.order_code(PHONE))
            done(await front.certify(PHONE, (await messages_to(bank, f"+52{PHONE}"))[0]["otp"]))
            for _ in range(7):
                await bank.advance("PT4M15S")
                await front.sign_in()
                done(await front.call("certified_phone"))
            await bank.advance("PT16S")
            assert (await front.call("certified_phone")).status_code == 422

    asyncio.run(story())


@PROFILES
def test_the_telephone_desk_asks_for_status(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            desk = await recovering(bank, profile, channel="IVR")
            done(await desk.prelogin("15000030"))
            before = (await desk.status("15000030")).json()
            assert before["passwordDetail"].get("passwordLocked") != "D"
            await locked(bank, "15000030")
            after = (await desk.status("15000030")).json()
            assert after["passwordDetail"].get("passwordLocked") == "D"
            assert after["pinDetail"] == before["pinDetail"]
            # It needs no session, and a customer's own is not shown to it.
            desk.sid = None
            assert (await desk.status("15000030")).json() == after
            front, code = await with_code(bank, "15000030")
            done(await front.new_access(code))
            renewed = (await desk.status("15000030")).json()["passwordDetail"]
            assert renewed.get("passwordLocked") != "D"
            assert renewed["changedCount"] == before["passwordDetail"]["changedCount"] + 1

    asyncio.run(story())


@PROFILES
def test_a_companys_representative(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            unnamed = await recovering(bank, profile)
            await unnamed.prelogin("15000022")
            assert (await unnamed.login("15000022", PASSWORD)).json()["code"] == "8007"
            one = await entered(bank, "15000022-1", profile=profile)
            two = await entered(bank, "15000022-2", profile=profile)
            assert (await introspected(one))["representative"] == "1"
            assert (await introspected(two))["representative"] == "2"
            # Each has access of its own: one forgets the password, the other works on.
            front = await identified(bank, "15000022-1", profile)
            done(await front.card())
            done(await front.phone(phone_number("15000022")))
            done(await front.send())
            done(await front.new_access(await newest_code(bank, "15000022")))
            assert (await one.logout()).status_code == 400
            done(await two.logout())
            done(await (await entered(bank, "15000022-1", NEW_PASSWORD, profile=profile)).logout())
            done(await (await entered(bank, "15000022-2", profile=profile)).logout())

    asyncio.run(story())
