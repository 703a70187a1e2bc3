"""The life of PIN and password: temporary PIN, creation, change, renewal, expiry, and what policy refuses."""

import asyncio

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.domain.lockout import LockKind
from aldaba.sandbox.bank import PASSWORD, PIN, TEMPORARY_PIN, phone_number
from aldaba.service.administration import Administration

NEW_PIN = "74019263"
NEW_PASSWORD = "tecla47brisa"
BOTH = {"pin": NEW_PIN, "password": NEW_PASSWORD}
NO_TOKEN = "15000029"


async def entered(bank: Bank, user: str, secret: str, factor: str = "password") -> FrontEnd:
    """A front end with an authenticated session of this customer."""
    front = await bank.ready()
    assert (await front.prelogin(user)).status_code == 200
    answer = await front.login(user, secret, factor)
    assert answer.status_code == 200, answer.text
    return front


async def leaves(front: FrontEnd) -> None:
    assert (await front.logout()).status_code == 204


async def refused(bank: Bank, user: str, secret: str, factor: str = "password") -> str:
    front = await bank.ready()
    await front.prelogin(user)
    answer = await front.login(user, secret, factor)
    assert answer.status_code == 401, answer.text
    return str(answer.json()["code"])


def breaks(answer: httpx.Response, location: str, rule: str | None = None) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.json()["location"] == location
    if rule is not None:
        assert answer.json()["moreInfo"] == rule


async def newest_pin(bank: Bank, user: str) -> str:
    box = await bank.http.get("/sandbox/messages", params={"to": f"+52{phone_number(user)}"})
    return str(box.json()[0]["otp"])


def administration(bank: Bank) -> Administration:
    return bank.house.administration


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_a_temporary_pin_leads_to_both_credentials(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready(profile)
            assert (await front.prelogin("15000011")).json()["nextLoginActionCode"] == 3
            login = await front.login("15000011", TEMPORARY_PIN, "pin")
            assert login.json()["credentialStatus"] == "NEW"
            assert (await front.set_credentials("NEW", **BOTH)).status_code == 204
            assert (await front.set_credentials("NEW", **BOTH)).status_code == 422
            await leaves(front)
            front = await bank.ready(profile)
            assert (await front.prelogin("15000011")).json()["nextLoginActionCode"] == 1
            login = await front.login("15000011", NEW_PASSWORD)
            assert login.json()["credentialStatus"] == "NONE"
            await leaves(front)
            await leaves(await entered(bank, "15000011", NEW_PIN, "pin"))
            assert await refused(bank, "15000011", TEMPORARY_PIN, "pin") == "6666"

    asyncio.run(story())


def test_a_new_temporary_pin_expires_what_was_there(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, "15000012", TEMPORARY_PIN, "pin")
            less = await front.set_credentials("RPIN", password=NEW_PASSWORD)
            assert (less.status_code, less.json()["location"]) == (400, "newEncryptedAccessNumber")
            less = await front.set_credentials("RPIN", pin=NEW_PIN)
            assert (less.status_code, less.json()["location"]) == (400, "newEncryptedAccessCredential")
            breaks(await front.set_credentials("RPIN", pin=NEW_PIN, password=PASSWORD), *HISTORY)
            assert (await front.set_credentials("RPIN", **BOTH)).status_code == 204
            await leaves(front)
            await leaves(await entered(bank, "15000012", NEW_PASSWORD))

    asyncio.run(story())


HISTORY = ("newEncryptedAccessCredential", "history")


@pytest.mark.parametrize(
    ("user", "secret", "factor", "status"),
    [("15000013", PIN, "pin", "ACPWD"), ("15000014", PASSWORD, "password", "CHPWD")],
)
def test_an_expired_password_is_renewed_and_the_pin_left_alone(
    open_bank: OpenBank, user: str, secret: str, factor: str, status: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, user, secret, factor)
            breaks(await front.set_credentials(status, **BOTH), "newEncryptedAccessNumber")
            assert (await front.set_credentials(status, pin=NEW_PIN)).status_code == 400
            assert (await front.set_credentials(status, password=NEW_PASSWORD)).status_code == 204
            await leaves(front)
            await leaves(await entered(bank, user, NEW_PASSWORD))
            await leaves(await entered(bank, user, PIN, "pin"))

    asyncio.run(story())


def test_a_customer_without_a_token_changes_either_or_both(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, NO_TOKEN, PASSWORD)
            assert (await front.set_credentials("NONE", pin=NEW_PIN)).status_code == 204
            assert (await front.set_credentials("none", password=NEW_PASSWORD)).status_code == 204
            assert (await front.set_credentials("NONE")).status_code == 400
            await leaves(front)
            assert await refused(bank, NO_TOKEN, PASSWORD) == "6666"
            front = await entered(bank, NO_TOKEN, NEW_PIN, "pin")
            again = {"pin": "58203714", "password": "nubes93puerto"}
            assert (await front.set_credentials("NONE", **again)).status_code == 204
            pin, password = (await front.status(NO_TOKEN)).json().values()
            assert (pin["changedCount"], password["changedCount"]) == (2, 2)

    asyncio.run(story())


@pytest.mark.parametrize("user", ["15000010", "15000025"])
def test_a_customer_with_an_active_token_must_first_pass_a_challenge(open_bank: OpenBank, user: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, user, PASSWORD)
            breaks(await front.set_credentials("NONE", password=NEW_PASSWORD), "challenge")
            await leaves(front)
            await leaves(await entered(bank, user, PASSWORD))

    asyncio.run(story())


def test_a_token_that_is_not_active_demands_no_challenge(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for user in ("15000026", "15000027"):
                front = await entered(bank, user, PASSWORD)
                assert (await front.set_credentials("NONE", password=NEW_PASSWORD)).status_code == 204

    asyncio.run(story())


def test_the_status_sent_must_be_the_sessions(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, "15000011", TEMPORARY_PIN, "pin")
            for status in ("NONE", "RPIN", "ACPWD", "CHPWD"):
                breaks(await front.set_credentials(status, **BOTH), "credentialStatus")
            missing = await front.call("set_credentials", {})
            assert (missing.status_code, missing.json()["location"]) == (400, "credentialStatus")
            assert (await front.set_credentials("new", **BOTH)).status_code == 204

    asyncio.run(story())


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"pin": "1234567"}, "length, sequence"),
    ({"pin": "000012x"}, "digits only, length, leading zero, equal neighbours"),
    ({"pin": "740192635"}, "length"),
    ({"pin": "04019263"}, "leading zero"),
    ({"pin": "7401926x"}, "digits only"),
    ({"pin": "٧٤٠١٩٢٦٣"}, "digits only"),
    ({"pin": "74440192"}, "equal neighbours"),
    ({"pin": "74012349"}, "sequence"),
    ({"pin": "74098762"}, "sequence"),
    ({"pin": PIN}, "history"),
    ({"password": "short1x"}, "length"),
    ({"password": "4567 a"}, "length, letters and digits, letter first, sequence"),
    ({"password": "banamex"}, "length, letters and digits, personal data"),
    ({"password": "7777 banamex banamex 4567"}, "length, letters and digits, letter first"),
    ({"password": "x1" * 10 + "z"}, "length"),
    ({"password": "tecla brisa7"}, "letters and digits"),
    ({"password": "teclabrisa"}, "letters and digits"),
    ({"password": "7teclabrisa"}, "letter first"),
    ({"password": "tecla777brisa"}, "equal neighbours"),
    ({"password": "tecla4567brisa"}, "sequence"),
    ({"password": "hernandez7x"}, "personal data"),
    ({"password": "Hernández7x"}, "personal data"),
    ({"password": "xbanamex7x"}, "personal data"),
    ({"password": PASSWORD}, "history"),
]


def test_policy_refuses_by_the_rule_and_never_by_the_value(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, NO_TOKEN, PASSWORD)
            for given, rule in REFUSED:
                answer = await front.set_credentials(
                    "NONE", pin=given.get("pin"), password=given.get("password")
                )
                field = "newEncryptedAccessNumber" if "pin" in given else "newEncryptedAccessCredential"
                breaks(answer, field, rule)
                (value,) = given.values()
                assert value not in answer.text
            await leaves(front)
            await leaves(await entered(bank, NO_TOKEN, PASSWORD))

    asyncio.run(story())


def test_the_last_five_are_refused_and_the_sixth_is_forgotten(open_bank: OpenBank) -> None:
    words = ["nubes93puerto", "farol28campo", "oruga65plaza", "tigre51molino", "corcho39lente"]

    async def story() -> None:
        async with open_bank(**{"policy.secret.looks_per_day": "100"}) as bank:
            front = await entered(bank, NO_TOKEN, PASSWORD)
            for count, word in enumerate(words):
                for earlier in [PASSWORD, *words[:count]]:
                    breaks(await front.set_credentials("NONE", password=earlier), *HISTORY)
                assert (await front.set_credentials("NONE", password=word)).status_code == 204
            for earlier in words:
                breaks(await front.set_credentials("NONE", password=earlier), *HISTORY)
            assert (await front.set_credentials("NONE", password=PASSWORD)).status_code == 204

    asyncio.run(story())


def test_an_operators_temporary_pin_arrives_by_message_and_serves_once(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            here = await entered(bank, "15000024", PASSWORD)
            sent = await administration(bank).temporary_pin("15000024", "forgotten", "an operator")
            assert (await here.logout()).status_code == 400, "issuing a PIN ends the session"
            pin = await newest_pin(bank, "15000024")
            assert sent.phone == "+52 ******0024"
            assert pin not in sent.phone
            assert await refused(bank, "15000024", PASSWORD) == "6666"
            assert await refused(bank, "15000024", PIN, "pin") == "6666"
            front = await entered(bank, "15000024", pin, "pin")
            await leaves(front)
            assert await refused(bank, "15000024", pin, "pin") == "6666"
            await administration(bank).temporary_pin("15000024", "forgotten", "an operator")
            second = await newest_pin(bank, "15000024")
            assert second != pin
            front = await entered(bank, "15000024", second, "pin")
            assert (await front.set_credentials("RPIN", **BOTH)).status_code == 204

    asyncio.run(story())


@pytest.mark.parametrize(("waited", "serves"), [("PT71H59M", True), ("PT72H", False)])
def test_a_temporary_pin_lives_72_hours(open_bank: OpenBank, waited: str, *, serves: bool) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await (await bank.ready()).prelogin("15000011")
            await bank.advance(waited)
            if serves:
                await entered(bank, "15000011", TEMPORARY_PIN, "pin")
            else:
                assert await refused(bank, "15000011", TEMPORARY_PIN, "pin") == "6666"

    asyncio.run(story())


def test_a_password_that_grew_old_is_renewed_by_pin(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.password.max_age_days": "30"}) as bank:
            await (await bank.ready()).prelogin(NO_TOKEN)
            await bank.advance("P31D")
            front = await bank.ready()
            assert (await front.prelogin(NO_TOKEN)).json()["nextLoginActionCode"] == 2
            login = await front.login(NO_TOKEN, PIN, "pin")
            assert login.json()["credentialStatus"] == "ACPWD"
            assert (await front.set_credentials("ACPWD", password=NEW_PASSWORD)).status_code == 204
            await leaves(front)
            again = await (await bank.ready()).prelogin(NO_TOKEN)
            assert again.json()["nextLoginActionCode"] == 1

    asyncio.run(story())


def test_an_operator_locks_and_unlocks(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, "15000024", PASSWORD)
            await administration(bank).lock("15000024", LockKind.PREVENTIVE, "a theft", "an operator")
            assert (await front.logout()).status_code == 400, "locking ends the session"
            assert await refused(bank, "15000024", PASSWORD) == "8006"
            details = (await (await bank.ready()).status("15000024")).json()
            assert details["pinDetail"]["pinLocked"] == details["passwordDetail"]["passwordLocked"] == "I"
            await administration(bank).unlock("15000024", "found again", "an operator")
            await leaves(await entered(bank, "15000024", PASSWORD))

    asyncio.run(story())


def test_two_changes_at_once_leave_one_of_them_behind(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, NO_TOKEN, PASSWORD)
            words = ["nubes93puerto", "farol28campo", "oruga65plaza"]
            answers = await asyncio.gather(*(front.set_credentials("NONE", password=word) for word in words))
            statuses = sorted(answer.status_code for answer in answers)
            assert statuses[0] == 204
            assert set(statuses) <= {204, 422}
            await leaves(front)
            works = [word for word in words if await _serves(bank, word)]
            assert len(works) == 1

    asyncio.run(story())


async def _serves(bank: Bank, word: str) -> bool:
    front = await bank.ready()
    await front.prelogin(NO_TOKEN)
    answer = await front.login(NO_TOKEN, word)
    if answer.status_code == 200:
        await leaves(front)
    return answer.status_code == 200


def test_comparing_with_earlier_secrets_is_no_oracle(open_bank: OpenBank) -> None:
    """A guess sent with a password already used tells whether it is the PIN: so many times a day, no more."""

    async def story() -> None:
        async with open_bank(**{"policy.secret.looks_per_day": "6"}) as bank:
            front = await bank.ready()
            await front.prelogin(NO_TOKEN)
            await front.login(NO_TOKEN, PASSWORD)
            for guess in ("71502846", "71502847", "71502849"):
                refused = await front.set_credentials("NONE", pin=guess, password=PASSWORD)
                assert refused.json()["location"] == "newEncryptedAccessCredential"
            refused = await front.set_credentials("NONE", pin="71502851", password=PASSWORD)
            assert refused.json()["location"] == "newEncryptedAccessNumber"
            await bank.advance("P1D")
            again = await bank.ready()
            await again.prelogin(NO_TOKEN)
            await again.login(NO_TOKEN, PASSWORD)
            assert (await again.set_credentials("NONE", pin="71502851")).status_code == 204

    asyncio.run(story())
