"""Wrong secrets at their exact numbers: per session, per card, per token, per day, and over all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import httpx
import pytest
from tests.api.charges import charges, failures
from tests.api.wire import NEW_PASSWORD, NEW_PHONE, by_day, code_of, proved, recovering, signed_in
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.domain.lockout import Lifter
from aldaba.sandbox.bank import BOTH, NIP, PASSWORD, card_number, phone_number

USER = "15000010"
ANOTHER_PHONE = phone_number("15000024")
WRONG_CODE = "00000000"
DAY, SESSION, BROKEN = "422 DayError", "422 SessionError", "422 businessValidationFailed"
WRONG_CARD, WRONG = "401 credentialValidationFailed", "401 credentialValidtionFailed"


def told(answer: httpx.Response) -> str:
    """Status, and the code where it is a refusal."""
    return (
        f"{answer.status_code} {answer.json()['code']}"
        if answer.status_code >= 400
        else str(answer.status_code)
    )


async def times(number: int, act: Callable[[], Awaitable[httpx.Response]]) -> list[str]:
    return [told(await act()) for _ in range(number)]


async def nobody(bank: Bank) -> str:
    """A number nobody has, of those shown as customers with a password: the others begin a first time."""
    front = await bank.ready()
    for number in range(99999990, 99999999):
        if (await front.prelogin(str(number))).json()["nextLoginActionCode"] == 1:
            return str(number)
    raise AssertionError("no such decoy among nine")


async def just_before_midnight(bank: Bank) -> None:
    """Two minutes before the bank's day turns in Mexico City."""
    local = bank.house.clock().astimezone(bank.house.policy.zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = int((midnight - local).total_seconds()) - 120
    await bank.advance(f"PT{ahead if ahead > 0 else ahead + 86_400}S")


@pytest.mark.parametrize("known", [True, False], ids=["a customer", "nobody"])
def test_a_card_has_three_tries_and_is_locked_until_midnight(open_bank: OpenBank, known: bool) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await just_before_midnight(bank)
            user = USER if known else await nobody(bank)
            front = await recovering(bank, user)
            assert await times(3, partial(front.validate_card, "4321")) == [WRONG_CARD] * 3
            again = await recovering(bank, user)
            assert await times(2, partial(again.validate_card, NIP)) == [BROKEN] * 2
            await bank.advance("PT1M30S")
            assert told(await again.validate_card(NIP)) == BROKEN
            await bank.advance("PT31S")
            assert told(await again.validate_card(NIP)) == ("204" if known else WRONG_CARD)
            assert await failures(bank, user) == (3 if known else 4)

    asyncio.run(story())


def test_a_right_nip_begins_the_card_anew_but_not_the_day(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await recovering(bank)
            assert await times(2, partial(front.validate_card, "4321")) == [WRONG_CARD] * 2
            assert await times(9, partial(front.validate_card, NIP)) == ["204"] * 9
            assert await times(2, partial(front.validate_card, "4321")) == [WRONG_CARD, BROKEN]
            assert told(await front.validate_card(NIP)) == BROKEN

    asyncio.run(story())


def test_a_day_has_three_wrong_nips_over_all_cards(open_bank: OpenBank) -> None:
    cards = [
        {"number": card_number(f"1700000{n}"), "expires": f"1{n}30", "nip": "1111", "status": "active"}
        for n in range(3)
    ]
    line = {"customerId": "17000001", "name": "ROSA MORA", "customerType": 1551}

    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            await bank.imported(line | {"electronicBanking": "active", "cards": cards, "access": BOTH})
            front = await recovering(bank, "17000001")
            tried = [told(await front.validate_card("4321", f"1{n}30")) for n in range(3)]
            assert tried == [WRONG_CARD] * 3
            assert told(await front.validate_card("1111", "1230")) == BROKEN

    asyncio.run(story())


@pytest.mark.parametrize("known", [True, False], ids=["a customer", "nobody"])
def test_a_phone_has_three_tries_a_session_and_six_a_day(open_bank: OpenBank, known: bool) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await just_before_midnight(bank)
            user = USER if known else await nobody(bank)
            for _ in range(2):
                front = await recovering(bank, user)
                assert (
                    await times(5, partial(front.validate_phone, ANOTHER_PHONE))
                    == [WRONG] * 3 + [SESSION] * 2
                )
                # Identified again, the session's tries stay used.
                await front.prelogin(user, "validate_credentials")
                assert told(await front.validate_phone(phone_number(USER))) == SESSION
            front = await recovering(bank, user)
            assert await times(2, partial(front.validate_phone, ANOTHER_PHONE)) == [DAY] * 2
            assert await failures(bank, user) == 6
            await bank.advance("PT2M1S")
            front = await recovering(bank, user)
            right = await front.validate_phone(phone_number(USER))
            assert told(right) == ("200" if known else WRONG)

    asyncio.run(story())


def test_right_phones_use_up_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await recovering(bank)
            assert await times(2, partial(front.validate_phone, ANOTHER_PHONE)) == [WRONG] * 2
            assert await times(9, lambda: front.validate_phone(phone_number(USER))) == ["200"] * 9
            assert await times(2, partial(front.validate_phone, ANOTHER_PHONE)) == [WRONG, SESSION]

    asyncio.run(story())


def test_a_code_has_three_tries_a_session_and_nine_a_day(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await just_before_midnight(bank)
            for _ in range(3):
                front = await bank.ready()
                await code_of(front, USER)
                wrong = await times(3, partial(front.set_access, NEW_PASSWORD, WRONG_CODE))
                assert wrong == [WRONG] * 3
                code = await front.code_sent(f"+52{phone_number(USER)}")
                assert told(await front.set_access(NEW_PASSWORD, code)) == SESSION
            front = await bank.ready()
            code = await code_of(front, USER)
            assert told(await front.set_access(NEW_PASSWORD, code)) == DAY
            assert await failures(bank, USER) == 9
            await bank.advance("PT2M1S")
            front = await bank.ready()
            code = await code_of(front, USER)
            assert told(await front.set_access(NEW_PASSWORD, code)) == "204"

    asyncio.run(story())


def test_a_new_code_gives_no_tries_back(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await bank.ready()
            await code_of(front, USER)
            assert await times(2, partial(front.set_access, NEW_PASSWORD, WRONG_CODE)) == [WRONG] * 2
            await bank.advance("PT2M1S")
            code = await code_of(front, USER)
            assert told(await front.set_access(NEW_PASSWORD, WRONG_CODE)) == WRONG
            assert told(await front.set_access(NEW_PASSWORD, code)) == SESSION

    asyncio.run(story())


def test_a_password_against_policy_costs_no_try(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await bank.ready()
            code = await code_of(front, USER)
            for password in ("corta1", "sinnumeros", "1empieza47", USER, "abcdef47x", PASSWORD):
                answer = await front.set_access(password, WRONG_CODE)
                assert told(answer) == "400 Credential Invalid", password
                assert password not in answer.text
            assert await failures(bank, USER) == 0
            assert told(await front.set_access(NEW_PASSWORD, code)) == "204"

    asyncio.run(story())


def test_a_session_sends_three_codes_and_a_resend_is_the_same_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front, to = await bank.ready(), f"+52{phone_number(USER)}"
            await proved(front, USER)
            for sent in range(1, 4):
                assert await times(3, front.send_otp) == ["204"] * 3
                assert len(await front.messages(to)) == sent
                await bank.advance("PT31S")
            assert len({message["otp"] for message in await front.messages(to)}) == 1
            assert await times(2, front.send_otp) == [SESSION] * 2
            assert len(await front.messages(to)) == 3
            code = await front.code_sent(to)
            assert told(await front.set_access(NEW_PASSWORD, code)) == "204"

    asyncio.run(story())


async def send_some(bank: Bank, number: int) -> list[str]:
    front = await bank.ready()
    await proved(front, USER)
    sent = []
    for _ in range(number):
        sent.append(told(await front.send_otp()))
        await bank.advance("PT31S")
    return sent


def test_a_customer_and_a_phone_get_ten_codes_a_day(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            for _ in range(3):
                assert await send_some(bank, 3) == ["204"] * 3
            assert await send_some(bank, 1) == ["204"]
            assert await send_some(bank, 1) == [DAY]
            # Account openings have ten of their own, whosever the phone.
            for _ in range(10):
                opening = await bank.ready()
                assert told(await opening.generate_rao(phone_number(USER))) == "204"
            another = await bank.ready()
            assert told(await another.generate_rao(phone_number(USER))) == BROKEN
            assert told(await another.generate_rao(NEW_PHONE)) == "204"
            await bank.advance("P1D")
            assert await send_some(bank, 1) == ["204"]

    asyncio.run(story())


def test_an_opening_sends_three_codes_and_takes_three_tries_a_session(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            front = await bank.ready()
            for _ in range(3):
                assert await times(2, partial(front.generate_rao, NEW_PHONE)) == ["204"] * 2
                await bank.advance("PT31S")
            assert told(await front.generate_rao(NEW_PHONE)) == BROKEN
            assert told(await front.generate_rao("5512345679")) == BROKEN
            assert len(await front.messages(f"+52{NEW_PHONE}")) == 3
            assert await times(3, partial(front.validate_rao, WRONG_CODE, NEW_PHONE)) == [BROKEN] * 3
            code = await front.code_sent(f"+52{NEW_PHONE}")
            answer = await front.validate_rao(code, NEW_PHONE)
            assert (told(answer), answer.json().get("location")) == (BROKEN, None)

    asyncio.run(story())


def test_a_phone_takes_nine_wrong_codes_a_day_over_all_openings(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await just_before_midnight(bank)
            for _ in range(3):
                front = await bank.ready()
                assert told(await front.generate_rao(NEW_PHONE)) == "204"
                assert await times(3, partial(front.validate_rao, WRONG_CODE, NEW_PHONE)) == [BROKEN] * 3
            front = await bank.ready()
            assert told(await front.generate_rao(NEW_PHONE)) == "204"
            code = await front.code_sent(f"+52{NEW_PHONE}")
            assert told(await front.validate_rao(code, NEW_PHONE)) == BROKEN
            await bank.advance("PT2M1S")
            front = await bank.ready()
            assert told(await front.generate_rao(NEW_PHONE)) == "204"
            code = await front.code_sent(f"+52{NEW_PHONE}")
            assert told(await front.validate_rao(code, NEW_PHONE)) == "204"

    asyncio.run(story())


def test_an_application_sends_so_many_opening_codes_an_hour(open_bank: OpenBank) -> None:
    async def story() -> None:
        limit = {"policy.certification.sends_per_application_and_hour": "2"}
        async with open_bank(**limit) as bank:
            minute = bank.house.clock().minute
            await bank.advance(f"PT{61 - minute}M")
            fronts = [await bank.ready() for _ in range(3)]
            sent = [told(await front.generate_rao(f"551234567{n}")) for n, front in enumerate(fronts)]
            assert sent == ["204", "204", BROKEN]
            another = await bank.ready(documented=True)
            assert told(await another.generate_rao(NEW_PHONE)) == "204"
            await bank.advance("PT1H")
            assert told(await (await bank.ready()).generate_rao("5512345672")) == "204"

    asyncio.run(story())


async def wrong_responses(front: FrontEnd, number: int) -> list[str]:
    """Wrong answers, each to a challenge of its own."""
    given = []
    for _ in range(number):
        question = (await front.challenge()).json()["challengeQuestion"]
        given.append(told(await front.answer_challenge(question, WRONG_CODE)))
    return given


def test_a_challenge_has_three_tries_and_a_token_locks_at_the_fifth_failure_in_a_row(
    open_bank: OpenBank,
) -> None:
    wrong, user = "401 authenticationFailed", "15000024"

    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await signed_in(front, user)
            question = (await front.challenge()).json()["challengeQuestion"]
            shown = await front.token_response(user, question)
            tried = await times(3, partial(front.answer_challenge, question, WRONG_CODE))
            assert tried == [wrong] * 3
            answer = await front.answer_challenge(question, shown)
            assert (told(answer), answer.json()["location"]) == (BROKEN, "challengeQuestion")
            assert (await charges(bank, user))["token"].failures == 3
            assert await wrong_responses(front, 1) == [wrong]
            question = (await front.challenge()).json()["challengeQuestion"]
            shown = await front.token_response(user, question)
            assert told(await front.answer_challenge(question, shown)) == "200"
            assert await wrong_responses(front, 5) == [wrong] * 4 + [BROKEN]
            assert told(await front.challenge()) == BROKEN
            await bank.advance("P2D")
            front = await bank.ready()
            await signed_in(front, user)
            assert told(await front.challenge()) == BROKEN, "no time lifts it"
            await bank.house.tokens.unlock(f"SB-{user}", Lifter.HELP_DESK, "a test")
            assert told(await front.challenge()) == "200"

    asyncio.run(story())


def test_a_tokens_own_codes_count_for_session_day_and_token(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            for number in range(2):
                front = await bank.ready()
                await proved(front, USER)
                sent = await front.send_otp(0)
                assert told(sent) == "204"
                tried = await times(
                    3 if number == 0 else 2, partial(front.set_access, NEW_PASSWORD, WRONG_CODE)
                )
                assert set(tried) == {WRONG}
            assert (await charges(bank, USER))["token"].lock is not None
            shown = await front.token_response(USER)
            assert told(await front.set_access(NEW_PASSWORD, shown)) == WRONG
            front = await bank.ready()
            await proved(front, USER)
            assert told(await front.send_otp(0)) == BROKEN

    asyncio.run(story())


def test_a_hundred_failures_over_all_factors_close_everything_until_the_help_desk(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.lockout.ceiling": "6"}) as bank:
            await by_day(bank)
            user = "15000025"
            front = await bank.ready()
            code = await code_of(front, user)
            assert told(await front.set_access(NEW_PASSWORD, WRONG_CODE)) == WRONG
            other = await recovering(bank, user)
            assert await times(2, partial(other.validate_card, "4321")) == [WRONG_CARD] * 2
            assert await times(2, partial(other.validate_phone, ANOTHER_PHONE)) == [WRONG] * 2
            guesser = await bank.ready()
            await guesser.prelogin(user)
            assert (await guesser.login(user, "andador99x")).json()["code"] == "8006"
            assert await failures(bank, user) == 6
            assert told(await other.validate_card(NIP)) == BROKEN
            assert told(await other.validate_phone(phone_number(user))) == DAY
            assert told(await front.set_access(NEW_PASSWORD, code)) == DAY
            assert (await guesser.login(user, PASSWORD)).json()["code"] == "8006"
            answer = await guesser.unlock(user, await guesser.vendor_jwt(user))
            assert told(answer) == BROKEN, "only the help desk opens again"
            assert await failures(bank, user) == 6

    asyncio.run(story())


def test_nobody_goes_the_whole_way_like_a_customer_with_wrong_secrets(open_bank: OpenBank) -> None:
    async def walked(bank: Bank, user: str) -> list[str]:
        front = await recovering(bank, user)
        steps = [told(await front.send_otp()), told(await front.set_access(NEW_PASSWORD, WRONG_CODE))]
        steps += await times(2, partial(front.validate_card, "4321"))
        steps += await times(4, partial(front.validate_phone, ANOTHER_PHONE))
        steps += [told(await front.send_otp()), told(await front.set_access("corta1", WRONG_CODE))]
        steps += [told(await front.set_access(NEW_PASSWORD, WRONG_CODE))]
        steps += [told(await front.validate_phone(ANOTHER_PHONE, ccs_id="2264"))]
        steps += [
            told(await front.send_otp(ccs_id="2264")),
            told(await front.validate_card(NIP, ccs_id="2264")),
        ]
        front = await recovering(bank, user)
        steps += await times(3, partial(front.validate_card, "4321"))
        steps += await times(4, partial(front.validate_phone, ANOTHER_PHONE))
        front = await recovering(bank, user)
        return steps + await times(2, partial(front.validate_phone, ANOTHER_PHONE))

    async def story() -> None:
        async with open_bank() as bank:
            await by_day(bank)
            decoy = await nobody(bank)
            known, unknown = await walked(bank, "15000030"), await walked(bank, decoy)
            assert unknown == known
            assert {WRONG, WRONG_CARD, BROKEN, SESSION, DAY, "404 userIdNotFound"} <= set(known)
            assert await failures(bank, decoy) == await failures(bank, "15000030")

    asyncio.run(story())
