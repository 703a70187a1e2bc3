"""What counts as the code, how long it lives, what a new one gives back, and when a bank's day turns."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.races.ledger import Ledger, morning
from tests.recovery_front_end import (
    Recovering,
    customer_line,
    done,
    entered,
    identified,
    imported,
    messages,
    messages_to,
    newest_code,
    proved,
    recovering,
    shown,
    told,
    with_code,
    wrong_code,
)

from aldaba.sandbox.bank import NIP, phone_number

CUSTOMER, PHONE = "15000031", "5512345678"
WRONG = "401 credentialValidtionFailed invalid"
DAY = "422 DayError dayError"
FORMS: dict[str, Callable[[str], str]] = {
    "a space before": lambda code: f" {code}",
    "a space after": lambda code: f"{code} ",
    "a space within": lambda code: f"{code[:4]} {code[4:]}",
    "a line end": lambda code: f"{code}\n",
    "full width": lambda code: "".join(chr(ord("０") + int(digit)) for digit in code),
    "arabic digits": lambda code: "".join(chr(ord("٠") + int(digit)) for digit in code),
    "a plus": lambda code: f"+{code}",
    "a minus": lambda code: f"-{code}",
    "nothing after NUL": lambda code: f"{code}\0",
    "a zero more": lambda code: f"0{code}",
    "a digit less": lambda code: code[:-1],
    "no zero": lambda code: code.lstrip("0") if code.startswith("0") else code[1:],
    "a point": lambda code: f"{code}.0",
    "an exponent": lambda code: f"{code}e0",
    "empty": lambda _: "",
}


def test_only_the_very_digits_are_the_code_of_a_recovery(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            ledger = Ledger(bank)
            for n, (name, form) in enumerate(FORMS.items()):
                customer = f"710000{n:02}"
                await imported(bank, customer_line(customer))
                front, code = await with_code(bank, customer)
                answer = await front.new_access(form(code))
                assert (name, told(answer)) == (name, WRONG)
                assert (name, ledger.codes(customer), ledger.profile(customer).failures) == (name, 1, 1)
                done(await front.new_access(code))

    asyncio.run(story())


def test_only_the_very_digits_are_the_code_of_an_account_opening(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            ledger = Ledger(bank)
            for n, (name, form) in enumerate(FORMS.items()):
                phone = f"55123456{n:02}"
                front = await recovering(bank)
                done(await front.order_code(phone))
                code = (await messages_to(bank, f"+52{phone}"))[0]["otp"]
                assert (name, (await front.certify(phone, form(code))).status_code) == (name, 422)
                assert (name, ledger.certifications(f"+52{phone}")) == (name, 1)
                done(await front.certify(phone, code))

    asyncio.run(story())


def test_only_the_very_digits_are_the_response_and_the_nip(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            ledger = Ledger(bank)
            for n, (name, form) in enumerate(FORMS.items()):
                customer = f"710000{n:02}"
                suite = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
                token = {"serial": f"T-{n}", "kind": "hard", "status": 56, "ocraSuite": suite}
                await imported(bank, customer_line(customer, token=token | {"secretHex": "5a" * 20}))
                front = await entered(bank, customer)
                question = await front.question()
                response = await shown(bank, customer, question)
                answer = await front.respond(question, form(response), sealed=True)
                assert (name, told(answer)) == (name, "401 authenticationFailed invalid")
                assert (name, ledger.token(customer).guard.failures) == (name, 1)
                done(await front.respond(question, response, sealed=True))
                done(await front.logout())
                recovery = await identified(bank, customer)
                refused = await recovery.card(form(NIP))
                assert (name, told(refused)) == (name, "401 credentialValidationFailed invalid")
                assert (name, ledger.cards(customer)) == (name, 1)
                done(await recovery.card())

    asyncio.run(story())


@pytest.mark.parametrize(("waited", "serves"), [("PT1M59S", True), ("PT2M1S", False), ("P1D", False)])
def test_a_code_lives_two_minutes_also_when_the_clock_jumps(
    open_bank: OpenBank, waited: str, *, serves: bool
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, code = await with_code(bank, CUSTOMER)
            desk = await recovering(bank)
            done(await desk.order_code(PHONE))
            ordered = (await messages_to(bank, f"+52{PHONE}"))[0]["otp"]
            strong = await entered(bank, "15000010")
            question = await strong.question()
            await bank.advance(waited)
            for one in (front, desk, strong):
                await one.sign_in()
            response = await shown(bank, "15000010", question)
            answers = [
                await front.new_access(code),
                await desk.certify(PHONE, ordered),
                await strong.respond(question, response),
            ]
            good = [answer.status_code < 300 for answer in answers]
            assert good == [serves] * 3, [told(answer) for answer in answers]

    asyncio.run(story())


def test_a_resend_repeats_the_code_and_lengthens_no_life(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, code = await with_code(bank, CUSTOMER)
            desk = await recovering(bank)
            done(await desk.order_code(PHONE))
            await bank.advance("PT1M50S")
            done(await front.send())
            done(await desk.order_code(PHONE))
            assert [message["otp"] for message in await messages(bank, CUSTOMER)] == [code, code]
            ordered = {message["otp"] for message in await messages_to(bank, f"+52{PHONE}")}
            assert len(ordered) == 1
            await bank.advance("PT11S")
            assert told(await front.new_access(code)) == WRONG
            assert (await desk.certify(PHONE, ordered.pop())).status_code == 404

    asyncio.run(story())


def test_a_new_code_after_the_old_one_died_differs_and_gives_no_try_back(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, first = await with_code(bank, CUSTOMER)
            for n in (1, 2):
                assert told(await front.new_access(wrong_code(first, n))) == WRONG
            await bank.advance("PT2M1S")
            done(await front.send())
            second = await newest_code(bank, CUSTOMER)
            assert second != first
            assert told(await front.new_access(wrong_code(second))) == WRONG
            assert told(await front.new_access(second)) == "422 SessionError sessionError"
            # Nor does another way of sending, or naming the customer once more.
            done(await front.send(4))
            third = await newest_code(bank, CUSTOMER)
            assert told(await front.new_access(third)) == "422 SessionError sessionError"
            done(await front.identify(CUSTOMER))
            done(await front.card())
            done(await front.phone(phone_number(CUSTOMER)))
            await bank.advance("PT2M1S")
            assert told(await front.send()) == "422 SessionError sessionError"
            # Another session has tries of its own; the day has not run out.
            other, code = await with_code(bank, CUSTOMER)
            done(await other.new_access(code))

    asyncio.run(story())


def test_a_new_code_of_an_account_opening_gives_no_try_back(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank)
            for phone, tries in ((PHONE, 2), ("5512345679", 1)):
                done(await front.order_code(phone))
                code = (await messages_to(bank, f"+52{phone}"))[0]["otp"]
                for n in range(tries):
                    assert (await front.certify(phone, wrong_code(code, n + 1))).status_code == 422
            assert (await front.certify("5512345679", code)).status_code == 422
            assert (await front.call("certified_phone")).status_code == 422

    asyncio.run(story())


async def to_local(bank: Bank, hour: int, minute: int, second: int) -> None:
    """Go on to this time of the bank's next day that has it."""
    local = bank.house.clock().astimezone(bank.house.policy.zone)
    wanted = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if wanted <= local:
        wanted += timedelta(days=1)
    await bank.advance(f"PT{int((wanted - local).total_seconds())}S")


async def wrong_codes(bank: Bank) -> Recovering:
    for _ in range(3):
        front, code = await with_code(bank, CUSTOMER)
        for n in (1, 2, 3):
            assert told(await front.new_access(wrong_code(code, n))) == WRONG
    return front


async def right_code(bank: Bank) -> httpx.Response:
    front, code = await with_code(bank, CUSTOMER)
    return await front.new_access(code)


async def wrong_phones(bank: Bank) -> None:
    for _ in range(2):
        front = await identified(bank, CUSTOMER)
        for n in range(3):
            assert told(await front.phone(f"551111111{n}")) == WRONG


async def right_phone(bank: Bank) -> httpx.Response:
    return await (await identified(bank, CUSTOMER)).phone(phone_number(CUSTOMER))


async def wrong_nips(bank: Bank) -> None:
    front = await identified(bank, CUSTOMER)
    for n in range(3):
        assert (await front.card(f"999{n}")).status_code in {401, 422}


async def right_nip(bank: Bank) -> httpx.Response:
    return await (await identified(bank, CUSTOMER)).card()


async def many_messages(bank: Bank) -> None:
    for _ in range(4):
        front = await proved(bank, CUSTOMER)
        for _ in range(3):
            await front.send()
            await bank.advance("PT31S")


async def another_message(bank: Bank) -> httpx.Response:
    return await (await proved(bank, CUSTOMER)).send()


LIMITS: dict[str, tuple[Callable[[Bank], Awaitable[object]], Callable[[Bank], Awaitable[httpx.Response]]]] = {
    "codes": (wrong_codes, right_code),
    "phones": (wrong_phones, right_phone),
    "NIPs": (wrong_nips, right_nip),
    "messages": (many_messages, another_message),
}


@pytest.mark.parametrize("limit", list(LIMITS))
def test_a_day_turns_at_midnight_in_mexico_city(open_bank: OpenBank, limit: str) -> None:
    use_up, right = LIMITS[limit]

    async def story() -> None:
        async with open_bank() as bank:
            await to_local(bank, 17, 30, 0)
            await use_up(bank)
            # Midnight in Greenwich changes nothing.
            await to_local(bank, 18, 30, 0)
            assert (await right(bank)).status_code == 422
            await to_local(bank, 23, 59, 50)
            assert (await right(bank)).status_code == 422
            await bank.advance("PT11S")
            done(await right(bank))

    asyncio.run(story())


def test_a_days_wrong_codes_over_sessions_are_nine(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            await wrong_codes(bank)
            assert told(await right_code(bank)) == DAY
            # What is right on the next day gives nothing of that back to anybody.
            await bank.advance("P1D")
            done(await right_code(bank))
            assert Ledger(bank).profile(CUSTOMER).failures == 9

    asyncio.run(story())
