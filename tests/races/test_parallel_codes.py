"""Hundreds of guesses at once at a code, a challenge, a NIP, a phone: never one look over the limit."""

import asyncio

import httpx
from tests.conftest import OpenBank
from tests.races.counted_house import counted
from tests.races.ledger import Ledger, all_of, crowd, morning
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    done,
    entered,
    identified,
    messages_to,
    newest_code,
    recovering,
    shown,
    with_code,
    wrong_code,
)
from tests.recovery_front_end import counted as outcomes
from tests.scorecard.card import Card

from aldaba.sandbox.bank import NIP, phone_number

CUSTOMER, PHONE = "15000031", "5512345678"
MANY = 200
WRONG = "401 credentialValidtionFailed invalid"
SESSION, DAY = "422 SessionError sessionError", "422 DayError dayError"
BROKEN = "422 businessValidationFailed error"
ROOMY = {
    "policy.otp.sends_per_customer_and_day": "1000",
    "policy.otp.sends_per_phone_and_day": "1000",
    # A day's looks at earlier passwords would otherwise run out before the code's own limits are met.
    "policy.secret.looks_per_day": "1000",
    "policy.throttle.in_flight": "1000",
    "policy.throttle.in_flight_per_application": "1000",
}


def test_guesses_at_one_code_get_three_looks(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            front, code = await with_code(bank, CUSTOMER)
            guesses = [front.new_access(wrong_code(code, n + 1)) for n in range(MANY)]
            found = outcomes(await asyncio.gather(*guesses))
            card.exactly("Guessing", f"looks at a one-time code, {MANY} guesses at once", 3, found[WRONG])
            assert found == {WRONG: 3, SESSION: MANY - 3}
            assert (ledger.codes(CUSTOMER), ledger.profile(CUSTOMER).failures) == (3, 3)
            assert outcomes([await front.new_access(code)]) == {SESSION: 1}

    asyncio.run(story())


def test_guesses_spread_over_sessions_applications_and_channels_get_nine_looks_a_day(
    open_bank: OpenBank, card: Card
) -> None:
    async def story() -> None:
        async with open_bank(**ROOMY) as bank:
            await morning(bank)
            ledger = Ledger(bank)
            fronts = await crowd(bank, 100)
            assert len({(front.client_id, front.channel) for front in fronts}) == 25
            await all_of(fronts, lambda front: front.identify(CUSTOMER))
            # One at a time: a crowd that has reserved all three tries makes the others wait.
            for front in fronts:
                done(await front.card())
                done(await front.phone(phone_number(CUSTOMER)))
            for sent in await all_of(fronts, lambda front: front.send()):
                done(sent)
            # None of the hundred codes begins like this one: their texts are in the box.
            codes = {message["otp"] for message in await messages_to(bank, f"+52{phone_number(CUSTOMER)}")}
            assert len(codes) == 100
            wrong = next(text for n in range(200) if (text := f"{n:08}") not in codes)
            guesses = [front.new_access(wrong) for front in fronts for _ in range(3)]
            found = outcomes(await asyncio.gather(*guesses))
            card.exactly(
                "Guessing",
                "looks at one-time codes a day, 300 guesses over 100 sessions, 5 applications, 5 channels",
                9,
                found[WRONG],
            )
            assert found == {WRONG: 9, DAY: 291}
            assert (ledger.codes(CUSTOMER), ledger.profile(CUSTOMER).failures) == (9, 9)
            last = await newest_code(bank, CUSTOMER)
            answers = await all_of(fronts, lambda front: front.new_access(last))
            assert set(outcomes(answers)) <= {DAY, SESSION}

    asyncio.run(story())


def test_guesses_at_a_phone_get_three_looks_a_session_and_six_a_day(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            ledger = Ledger(bank)
            one = await identified(bank, CUSTOMER)
            guesses = [one.phone(f"55{n:08}") for n in range(MANY)]
            assert outcomes(await asyncio.gather(*guesses)) == {WRONG: 3, SESSION: MANY - 3}
            assert ledger.phones(CUSTOMER) == 3
            fronts = await crowd(bank, 100)
            await all_of(fronts, lambda front: front.identify(CUSTOMER))
            guesses = [front.phone(f"55{n:08}") for n, front in enumerate(fronts * 2)]
            assert outcomes(await asyncio.gather(*guesses)) == {WRONG: 3, DAY: MANY - 3}
            assert (ledger.phones(CUSTOMER), ledger.profile(CUSTOMER).failures) == (6, 6)
            card.exactly(
                "Guessing",
                "looks at a phone a day, 400 guesses over 101 sessions",
                6,
                ledger.phones(CUSTOMER),
            )
            answers = await all_of(fronts, lambda front: front.phone(phone_number(CUSTOMER)))
            assert WRONG not in outcomes(answers)
            assert "200" not in outcomes(answers)

    asyncio.run(story())


def test_guesses_at_a_nip_get_three_looks_wherever_they_come_from(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            fronts = await crowd(house.bank, 25)
            await all_of(fronts, lambda front: front.identify(CUSTOMER))
            house.reset()
            guesses = [fronts[n % 25].card(f"9{n:03}") for n in range(MANY)]
            found = outcomes(await asyncio.gather(*guesses))
            assert len(house.hasher.looked) == MANY, "a look that is refused costs what a look costs"
            card.exactly(
                "Guessing",
                "looks at a card NIP, 200 guesses at once over 25 sessions",
                3,
                len(house.hasher.real),
            )
            assert len(house.hasher.real) == 3
            assert sum(found.values()) == MANY
            assert set(found) == {"401 credentialValidationFailed invalid", BROKEN}
            assert found[BROKEN] == MANY - 3
            ledger = Ledger(opened)
            guards = ledger.profile(CUSTOMER).cards.values()
            assert [(guard.failures, guard.pending) for guard in guards] == [(3, ())] * 2
            assert all(guard.lock is not None for guard in guards)
            assert (ledger.cards(CUSTOMER), ledger.profile(CUSTOMER).failures) == (3, 3)
            assert outcomes([await fronts[0].card(NIP)]) == {BROKEN: 1}

    asyncio.run(story())


def test_guesses_at_a_challenge_get_three_looks_and_a_token_five(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            ledger = Ledger(bank)
            front = await entered(bank, "15000010")
            question = await front.question()
            assert outcomes(await guessed(bank.http, front, question)) == {
                "401 authenticationFailed invalid": 3,
                BROKEN: MANY - 3,
            }
            assert ledger.token("15000010").guard.failures == 3
            question = await front.question()
            assert outcomes(await guessed(bank.http, front, question)) == {
                "401 authenticationFailed invalid": 1,
                BROKEN: MANY - 1,
            }
            guard = ledger.token("15000010").guard
            card.exactly(
                "Guessing",
                "wrong responses that lock a token, 400 guesses at two challenges",
                5,
                guard.failures,
            )
            assert (guard.failures, guard.pending) == (5, ())
            assert guard.lock is not None
            assert (await front.call("retrieve_challenge")).status_code == 422
            right = await shown(bank, "15000010", question)
            assert outcomes([await front.respond(question, right)]) == {BROKEN: 1}

    asyncio.run(story())


async def guessed(http: httpx.AsyncClient, front: Recovering, question: str) -> list[httpx.Response]:
    body = {"customerId": "15000010", "challenge": question}
    right = (await http.post("/sandbox/token-response", json=body)).json()["response"]
    # Far from what the token shows in neighbouring minutes, which nobody here knows.
    return await asyncio.gather(*(front.respond(question, wrong_code(right, n + 1)) for n in range(MANY)))


def test_guesses_at_the_code_of_an_account_opening_get_three_looks(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            ledger = Ledger(bank)
            front = await recovering(bank)
            done(await front.order_code(PHONE))
            code = (await messages_to(bank, f"+52{PHONE}"))[0]["otp"]
            guesses = [front.certify(PHONE, wrong_code(code, n + 1)) for n in range(MANY)]
            answers = await asyncio.gather(*guesses)
            assert outcomes(answers) == {BROKEN: MANY}
            looked = [answer for answer in answers if answer.json().get("location")]
            card.exactly("Guessing", "looks at an account-opening code, 200 guesses at once", 3, len(looked))
            assert len(looked) == 3
            assert ledger.certifications(f"+52{PHONE}") == 3
            assert (await front.certify(PHONE, code)).status_code == 422
            # Sessions of other applications have the same day.
            others = await crowd(bank, 10)
            for each in others:
                if (await each.order_code(PHONE)).status_code == 204:
                    await asyncio.gather(*(each.certify(PHONE, f"{n:08}") for n in range(10)))
            assert ledger.certifications(f"+52{PHONE}") == 9

    asyncio.run(story())


def test_a_message_is_sent_once_in_thirty_seconds_and_three_times_a_session(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            ledger = Ledger(bank)
            front, _ = await with_code(bank, CUSTOMER)
            desk = await recovering(bank)
            done(await desk.order_code(PHONE))
            for sends in (1, 2, 3):
                answers = await asyncio.gather(*(front.send() for _ in range(20)))
                assert outcomes(answers) == {"204": 20}
                answers = await asyncio.gather(*(desk.order_code(PHONE) for _ in range(20)))
                assert outcomes(answers) == {"204": 20}
                assert await texts(front, phone_number(CUSTOMER)) == sends
                assert await texts(desk, PHONE) == sends
                await bank.advance("PT31S")
            answers = await asyncio.gather(*(front.send() for _ in range(20)))
            assert outcomes(answers) == {SESSION: 20}
            answers = await asyncio.gather(*(desk.order_code(PHONE) for _ in range(20)))
            assert outcomes(answers) == {BROKEN: 20}
            assert await texts(front, phone_number(CUSTOMER)) == await texts(desk, PHONE) == 3
            assert ledger.profile(CUSTOMER).failures == 0

    asyncio.run(story())


async def texts(front: Recovering, phone: str) -> int:
    return len((await front.http.get("/sandbox/messages", params={"to": f"+52{phone}"})).json())


def test_ways_changed_in_turn_send_no_more_than_three(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, _ = await with_code(bank, CUSTOMER)
            ways = [4, 5, 6, 4, 5, 6, 1, 4, 5, 6]
            await asyncio.gather(*(front.send(way) for way in ways * 2))
            assert await texts(front, phone_number(CUSTOMER)) <= 3

    asyncio.run(story())


def test_a_day_has_ten_messages_for_a_customer_and_for_a_phone(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await morning(bank)
            fronts = await crowd(bank, 30)
            await all_of(fronts, lambda front: front.identify(CUSTOMER))
            for front in fronts:
                done(await front.card())
                done(await front.phone(phone_number(CUSTOMER)))
            found = outcomes(await asyncio.gather(*(front.send() for front in fronts)))
            card.exactly(
                "Guessing", "messages a customer gets a day, 30 sessions asking at once", 10, found["204"]
            )
            assert found == {"204": 10, DAY: 20}
            assert await texts(fronts[0], phone_number(CUSTOMER)) == 10
            desks = await asyncio.gather(*(front.order_code(PHONE) for front in fronts))
            assert outcomes(desks) == {"204": 10, BROKEN: 20}
            assert await texts(fronts[0], PHONE) == 10

    asyncio.run(story())


def test_one_customers_guesses_cost_another_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, code = await with_code(bank, CUSTOMER)
            other, right = await with_code(bank, "15000024")
            guesses = [front.new_access(wrong_code(code, n + 1)) for n in range(50)]
            *_, answer = await asyncio.gather(*guesses, other.new_access(right, NEW_PASSWORD))
            assert answer.status_code == 204
            assert Ledger(bank).codes("15000024") == 0

    asyncio.run(story())
