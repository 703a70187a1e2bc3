"""The customer is told of each lock, unlock, new credential and new phone: once, and never with a code."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import Bank, OpenBank
from tests.one_time_app import Phone
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    done,
    entered,
    identified,
    messages,
    newest_code,
    proved,
    recovering,
    strong,
    vendor_jwt,
    with_code,
)

from aldaba.crypto.digests import Secret
from aldaba.domain.lockout import LockKind
from aldaba.sandbox.bank import NIP, PASSWORD, PIN, card_number, phone_number
from aldaba.service.notices import Notices
from aldaba.service.ports import Notice

PATIENCE = 400
PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])


async def notices(bank: Bank, customer: str, wanted: int) -> list[str]:
    """The customer's notices, oldest first, once there are so many; a code's message is none."""
    told: list[dict[str, Any]] = []
    for _ in range(PATIENCE):
        told = [message for message in await messages(bank, customer) if message["otp"] is None]
        if len(told) >= wanted:
            break
        await asyncio.sleep(0.01)
    # Whoever would tell anything twice has had the time: the outbox is empty.
    await emptied(bank)
    told = [message for message in await messages(bank, customer) if message["otp"] is None]
    return [str(message["text"]) for message in reversed(told)]


async def emptied(bank: Bank) -> None:
    house = bank.house
    for _ in range(PATIENCE):
        if not await house.store.read(lambda query: query.notices.due(house.clock(), 1)):
            return
        await house.notices.work_once(house.clock())
    raise AssertionError("the outbox never became empty")


def kinds(texts: list[str]) -> list[str]:
    words = {
        "token": "token-locked",
        "locked": "locked",
        "bloqueado": "locked",
        "unlocked": "unlocked",
        "desbloqueado": "unlocked",
        "credential": "new-credential",
        "device": "new-device",
    }
    found = []
    for text in texts:
        lowered = text.lower()
        named = [kind for word, kind in words.items() if re.search(rf"\b{word}", lowered)]
        found.append(named[0] if named else text)
    return found


async def locked(bank: Bank, customer: str, profile: str = "bound-1") -> None:
    front = await recovering(bank, profile)
    await front.prelogin(customer)
    guesses = [front.login(customer, f"malo{n}clave") for n in range(5)]
    assert [(await guess).json()["code"] for guess in guesses][-1] == "8006"


@PROFILES
def test_each_event_is_told_once_and_none_twice_after_a_restart(open_bank: OpenBank, profile: str) -> None:
    customer = "15000025"

    async def first_day() -> None:
        async with open_bank() as bank:
            await locked(bank, customer, profile)
            # A lock that stands is told once, however often somebody runs against it.
            await identified(bank, customer)
            front = await recovering(bank, profile)
            await front.prelogin(customer)
            for n in range(3):
                await front.login(customer, f"malo{n}clave")
            done(await front.unlock_with(customer, await vendor_jwt(bank, customer)))
            front = await recovering(bank, profile)
            await front.prelogin(customer)
            assert (await front.login(customer, PASSWORD)).json()["credentialStatus"] == "CHPWD"
            done(await front.set_credentials("CHPWD", password=NEW_PASSWORD))
            done(await front.logout())
            texts = await notices(bank, customer, 3)
            # What is due at once is told at once, so their order is anybody's.
            assert sorted(kinds(texts)) == ["locked", "new-credential", "unlocked"]
            no_secret(texts, customer)

    async def after_a_restart() -> None:
        async with open_bank() as bank:
            assert len(await notices(bank, customer, 3)) == 3
            front = await entered(bank, customer, NEW_PASSWORD, profile=profile)
            done(await front.logout())
            assert len(await notices(bank, customer, 3)) == 3

    asyncio.run(first_day())
    asyncio.run(after_a_restart())


def no_secret(texts: list[str], customer: str) -> None:
    """No code, no number of the customer's, no link to follow."""
    for text in texts:
        undated = re.sub(r"\d{2}/\d{2}/\d{4}", "", text)
        assert not re.search(r"\d{4}", undated), text
        for secret in (PIN, PASSWORD, NEW_PASSWORD, NIP, customer, phone_number(customer)):
            assert secret not in text
        assert card_number(customer)[-8:] not in text
        assert "http" not in text


def test_a_notice_is_sent_once_whenever_the_house_is_restarted(open_bank: OpenBank) -> None:
    async def before() -> None:
        async with open_bank() as bank:
            await locked(bank, "15000030")

    async def after() -> None:
        async with open_bank() as bank:
            assert kinds(await notices(bank, "15000030", 1)) == ["locked"]

    asyncio.run(before())
    asyncio.run(after())
    asyncio.run(after())


def test_a_token_that_wrong_responses_lock_is_told_once(open_bank: OpenBank) -> None:
    customer = "15000010"

    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, customer, PASSWORD)
            for _ in range(4):
                assert (await front.respond(await front.question(), "00000000")).status_code == 401
            assert await notices(bank, customer, 0) == []
            question = await front.question()
            assert (await front.respond(question, "00000000")).status_code == 422
            assert (await front.respond(question, "00000000")).status_code == 422
            texts = await notices(bank, customer, 1)
            assert kinds(texts) == ["token-locked"]
            no_secret(texts, customer)

    asyncio.run(story())


@PROFILES
def test_new_access_and_a_new_phone_are_told_once_each(open_bank: OpenBank, profile: str) -> None:
    customer, phone = "15000010", Phone("phone-of-mine")

    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, customer, profile)
            done(await front.send())
            code = await newest_code(bank, customer)
            done(await front.new_access(code, PASSWORD.replace("20", "47")))
            front = await recovering(bank, profile)
            await front.prelogin(customer)
            assert (await front.login(customer, PASSWORD.replace("20", "47"))).status_code == 200
            body = {"applicationDeviceId": phone.application_id, "publicKeyJwk": phone.public_jwk()}
            await enrolled(bank, front, body)
            texts = await notices(bank, customer, 2)
            assert len(texts) == 2
            assert sorted(kinds(texts)) == ["new-credential", "new-device"]
            no_secret(texts, customer)
            assert not any(code in text for text in texts)

    asyncio.run(story())


async def enrolled(bank: Bank, front: Recovering, body: dict[str, Any]) -> None:
    question = await front.question()
    answer = {"customerId": "15000010", "challenge": question}
    response = (await bank.http.post("/sandbox/token-response", json=answer)).json()["response"]
    done(await front.respond(question, response))
    done(await front.call("enrol_device", body))
    done(await front.call("revoke_device", {"applicationDeviceId": body["applicationDeviceId"]}))


def test_what_is_refused_is_told_to_nobody(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, code = await with_code(bank, "15000031")
            done(await front.send())
            for given, word in ((code, "corta"), ("12345678", NEW_PASSWORD)):
                assert (await front.new_access(given, word)).status_code in {400, 401}
            stranger = await recovering(bank)
            assert (await stranger.unlock_with("15000017", await vendor_jwt(bank, "15000017"))).status_code
            weak = await strong(bank, "15000010")
            key = Phone("x").public_jwk()
            bad = {"applicationDeviceId": "x", "publicKeyJwk": key | {"crv": "P-521"}}
            assert (await weak.call("enrol_device", bad)).status_code == 400
            for customer in ("15000031", "15000017", "15000010"):
                assert await notices(bank, customer, 0) == []

    asyncio.run(story())


def test_a_request_id_used_again_after_hours_keeps_nobody_from_being_told(open_bank: OpenBank) -> None:
    customer = "15000029"

    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, customer)
            fixed = front.headers()["uuid"]
            for word in (NEW_PASSWORD, "tecla58brisa"):
                headers = front.headers(uuid=fixed)
                field = "newEncryptedAccessCredential"
                sealed = front.seal(headers, "set_credentials", field, word, "b")
                body = {"credentialStatus": "NONE", field: sealed}
                done(await front.call("set_credentials", body, headers=headers))
                await bank.advance("PT3H")
                front = await entered(bank, customer, word)
            assert kinds(await notices(bank, customer, 2)) == ["new-credential"] * 2

    asyncio.run(story())


def test_an_operators_lock_and_unlock_are_told(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            desk = bank.house.administration
            await entered(bank, "15000024")
            await desk.lock("15000024", LockKind.PREVENTIVE, "a theft", "an operator")
            await desk.unlock("15000024", "found again", "an operator")
            assert sorted(kinds(await notices(bank, "15000024", 2))) == ["locked", "unlocked"]

    asyncio.run(story())


class Held:
    """A provider that takes its time."""

    def __init__(self) -> None:
        self.asked, self.gate, self.sent = asyncio.Event(), asyncio.Event(), 0

    def routes(self, _to: str, _channel: str) -> bool:
        return True

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:
        assert (to, channel, otp) == (f"+52{phone_number('15000030')}", "sms", None)
        assert "locked" in text.reveal()
        self.asked.set()
        await self.gate.wait()
        self.sent += 1
        return "gate"


def test_a_server_that_ends_marks_what_it_was_telling(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            house, held = bank.house, Held()
            # Of the future, so that the house's own work leaves it alone.
            later = house.clock() + timedelta(hours=1)
            notice = Notice("a lock", "locked", "15000030", "en", later)
            await house.store.run(lambda act: act.notices.add(notice))
            texts = {kind: house.parts.texts.notice(kind) for kind in ("locked", "subject")}
            telling = Notices(
                house.store, house.directory, held, None, house.vault, house.policy, texts, lambda _: None
            )
            task = asyncio.create_task(telling.work_once(later))
            await held.asked.wait()
            task.cancel()
            held.gate.set()
            await asyncio.gather(task, return_exceptions=True)
            assert (task.cancelled(), held.sent) == (True, 1)
            long_after = later + timedelta(days=1)
            assert await house.store.read(lambda query: query.notices.due(long_after, 1)) == ()

    asyncio.run(story())
