"""What the first page draws: the audit's hours, the process's counts, and tables that say the same."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.console.consoled import Consoled, text_of
from tests.service.importing import NOW

from aldaba.console.charts import WIDTH, charts
from aldaba.console.wording import wording
from aldaba.domain.operators import Role
from aldaba.observability.metrics import Metrics
from aldaba.observability.readings import counts
from aldaba.service.audit import (
    CardTried,
    ChallengeTried,
    CodeSent,
    CodeTried,
    CustomerChanged,
    Event,
    EventType,
    LoggedIn,
    LoginRefused,
)
from aldaba.service.audit_tallies import CAUSES, CodeFlow, Tally
from aldaba.service.operator_commands import ShowFigures
from aldaba.service.operator_figures import Figures, Latency, LoginHour, OperatorFigures, ProviderFlow
from aldaba.service.ports import Transaction

RIGHT = LoggedIn("pin", "NONE", step_up=False, risk=(), replaced=False)
WRONG = LoginRefused("pin", "bad credentials", "D", charged=True, risk=())
CODES = [
    *(
        Event(EventType.CODE_SENT, NOW, CodeSent("recovery", means, outcome, provider))
        for means, outcome, provider in (
            ("sms", "sent", "sinch"),
            ("sms", "sent", "sinch"),
            ("sms", "sent", "vonage"),
            ("voice", "sent", "vonage"),
            ("sms", "sent", None),
            ("sms", "failed", None),
            ("token", "token", None),
        )
    ),
    *(
        Event(EventType.CODE_TRIED, NOW, CodeTried("recovery", means, outcome, provider))
        for means, outcome, provider in (
            ("sms", "right", "sinch"),
            ("sms", "wrong", "sinch"),
            ("sms", "right", "vonage"),
            ("token", "right", None),
        )
    ),
    Event(EventType.CODE_SENT, NOW - timedelta(hours=24), CodeSent("recovery", "sms", "sent", "sinch")),
]
THIS_HOUR = NOW.replace(minute=0)


def busy() -> Metrics:
    """A process that has seen one of everything."""
    metrics = Metrics("1")
    events = [
        Event(EventType.LOGIN_SUCCEEDED, NOW, RIGHT),
        Event(EventType.LOGIN_REFUSED, NOW, WRONG),
    ]
    metrics.committed(1, 0.001, events)
    metrics.delivered("vonage", "accepted")
    metrics.delivered("vonage", "failed")
    metrics.delivered("vonage", "rejected")
    metrics.undecipherable("pin: check digits differ")
    for seconds in (0.004, 0.004, 0.3, 30.0):
        metrics.answered({"operation": "login", "status": 200, "seconds": seconds})
    metrics.answered({"operation": "prelogin", "status": 200, "seconds": 0.004})
    return metrics


async def shown(bank: Consoled) -> Figures:

    metrics = busy()
    rooms = OperatorFigures(bank.store, bank.house.clock, lambda: counts(metrics.registry))
    return await rooms.show(bank.actor("ana", Role.AUDITOR), ShowFigures())


def test_figures_come_from_the_audit_and_from_what_the_process_counted() -> None:
    async def story() -> None:
        bank = Consoled()
        ago = [timedelta(0), timedelta(minutes=29), timedelta(hours=23), timedelta(hours=24)]
        events = [Event(EventType.LOGIN_SUCCEEDED, NOW - one, RIGHT) for one in ago]
        events.append(Event(EventType.LOGIN_REFUSED, NOW, WRONG))
        events += CODES

        def act(transaction: Transaction) -> None:
            for event in events:
                transaction.audit.record(event)

        await bank.store.run(act)
        figures = await shown(bank)
        assert len(figures.logins) == 24
        assert figures.logins[-1] == LoginHour(THIS_HOUR, 2, 1)
        assert figures.logins[0] == LoginHour(THIS_HOUR - timedelta(hours=23), 1, 0)
        assert sum(one.succeeded for one in figures.logins) == 3
        assert figures.locks == (Tally("login D", 1),)
        assert figures.codes == (
            CodeFlow("", "recovery", "sms", 1, 0),
            CodeFlow("sinch", "recovery", "sms", 2, 1),
            CodeFlow("vonage", "recovery", "sms", 1, 1),
            CodeFlow("vonage", "recovery", "voice", 1, 0),
        )
        assert figures.providers == (ProviderFlow("vonage", 1, 2),)
        assert figures.decrypt_failures == (Tally("check digits differ", 1),)
        assert figures.latency == (Latency("login", 4, 5.0, None), Latency("prelogin", 1, 5.0, 5.0))

    asyncio.run(story())


def test_bars_stay_in_their_drawing_and_tables_say_what_they_say() -> None:
    async def story() -> None:
        for figures in (await shown(Consoled()), Figures((), (), (), (), (), ())):
            for chart in charts(figures, lambda key: key):
                assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.01 for bar in chart.bars)
                assert all(0 <= bar.y <= bar.y + bar.height <= chart.height for bar in chart.bars)
                assert all(len(row) == len(chart.head) for row in chart.rows)
                assert bool(chart.bars) == bool(chart.rows)

    asyncio.run(story())


def test_every_cause_of_a_lock_has_words() -> None:
    assert {f"cause {cause}" for cause in CAUSES} <= set(wording().words)


def test_locks_of_every_cause_are_counted_from_the_audit() -> None:
    events = [
        Event(EventType.LOGIN_REFUSED, NOW, replace(WRONG, locked_now="S")),
        Event(EventType.LOGIN_REFUSED, NOW, replace(WRONG, locked_now="S")),
        Event(EventType.LOGIN_REFUSED, NOW, replace(WRONG, locked_now=None)),
        Event(EventType.CARD_TRIED, NOW, CardTried(right=False, locked=False, locked_now=True)),
        Event(EventType.CARD_TRIED, NOW, CardTried(right=False, locked=True)),
        Event(EventType.CHALLENGE_TRIED, NOW, ChallengeTried("1", "wrong", locked_now=True)),
        Event(EventType.CHALLENGE_TRIED, NOW, ChallengeTried("1", "wrong", locked_now=False)),
        Event(EventType.CUSTOMER_CHANGED, NOW, CustomerChanged("lock preventive", "why")),
        Event(EventType.CUSTOMER_CHANGED, NOW, CustomerChanged("unlock", "why")),
    ]

    async def story() -> None:
        bank = Consoled()

        def act(transaction: Transaction) -> None:
            for event in events:
                transaction.audit.record(event)

        await bank.store.run(act)
        assert (await shown(bank)).locks == (
            Tally("login S", 2),
            Tally("card", 1),
            Tally("help desk", 1),
            Tally("token", 1),
        )

    asyncio.run(story())


def test_of_each_provider_it_is_told_what_came_back_of_what_it_took() -> None:
    flows = (
        CodeFlow("", "recovery", "sms", 4, 0),
        CodeFlow("sinch", "phone certification", "sms", 2, 1),
        CodeFlow("sinch", "recovery", "voice", 2, 2),
        CodeFlow("vonage", "recovery", "sms", 0, 1),
    )
    figures = Figures((), (), flows, (), (), ())
    (chart,) = [one for one in charts(figures, lambda key: key) if one.key == "codes"]
    assert chart.head == ("which", "sent", "validated", "share")
    assert chart.rows == (
        ("no_provider", "4", "0", "0 %"),
        ("sinch", "4", "3", "75 %"),
        ("vonage", "0", "1", "–"),
    )
    assert "sinch · 75 %" in {mark.text for mark in chart.marks}


@pytest.mark.parametrize("role", Role)
def test_everybody_sees_them_and_nobody_is_named_in_them(role: Role) -> None:
    async def story() -> None:
        bank = Consoled()
        event = Event(EventType.LOGIN_SUCCEEDED, NOW, RIGHT, customer_id="15000010", ccs_id="9" * 18)
        await bank.store.run(lambda act: act.audit.record(event))
        before = len(bank.store.events)
        page = await (await bank.browser(role)).get("/admin")
        assert "Logins by hour" in text_of(page)
        assert 'role="img"' in page.text
        assert "15000010" not in page.text
        assert "9" * 18 not in page.text
        assert len(bank.store.events) == before

    asyncio.run(story())
