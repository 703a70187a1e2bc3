"""Providers in order within one budget, each behind its breaker."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from tests.backends.delivery.samples import CODE, PHONE, TEXT

from aldaba.backends.delivery.failover import Attempt, Breaker, Failover, FailoverSettings, Outcome
from aldaba.backends.delivery.provider import (
    Accepted,
    Channel,
    Coverage,
    Outgoing,
    ProviderFailed,
    Rejected,
)
from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed
from aldaba.service.ports import Delivery

SETTINGS = FailoverSettings(budget_seconds=0.4, failures=3, open_seconds=30)

Deed = Callable[[Outgoing], Awaitable[Accepted]]


@dataclass
class Fake:
    """A provider that does as told."""

    name: str
    deed: str = "accept"
    coverage: Coverage = field(default_factory=lambda: Coverage(frozenset(Channel)))
    got: list[Outgoing] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    def serves(self, to: str, channel: Channel) -> bool:
        return self.coverage.includes(to, channel)

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1

    async def deliver(self, message: Outgoing) -> Accepted:
        self.got.append(message)
        match self.deed:
            case "reject":
                raise Rejected(self.name, "no such number")
            case "fail":
                raise ProviderFailed(self.name, "down")
            case "hang":
                await asyncio.Event().wait()
            case "crash":
                raise ZeroDivisionError
        return Accepted(self.name, f"{self.name}-{len(self.got)}")


class Hand:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    providers: list[Fake]
    settings: FailoverSettings = SETTINGS
    ticks: Callable[[], float] = field(default_factory=Hand)
    seen: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.failover = Failover(self.providers, self.settings, self.ticks, self.seen.append)

    def send(self, to: str = PHONE, channel: str = "sms") -> bool:
        """Whether it was accepted."""
        try:
            asyncio.run(self.failover.send(to, channel, Secret(TEXT), Secret(CODE)))
        except BackendFailed:
            return False
        return True

    def outcomes(self) -> list[tuple[str, Outcome]]:
        return [(attempt.provider, attempt.outcome) for attempt in self.seen]


def test_it_is_the_delivery_the_use_cases_know() -> None:
    port: Delivery = House([]).failover
    assert port is not None


class TestOrder:
    def test_the_first_that_accepts_has_the_message_whole(self) -> None:
        house = House([Fake("a"), Fake("b")])
        assert house.send()
        (message,) = house.providers[0].got
        assert (message.to, message.channel, message.language) == (PHONE, Channel.SMS, "es")
        assert (message.text.reveal(), message.otp == Secret(CODE)) == (TEXT, True)
        assert house.providers[1].got == []
        assert house.seen == [Attempt("a", Outcome.ACCEPTED, 0.0, message_id="a-1")]

    def test_it_answers_who_took_it(self) -> None:
        house = House([Fake("a", "fail"), Fake("b"), Fake("c")])
        assert asyncio.run(house.failover.send(PHONE, "sms", Secret(TEXT))) == "b"

    def test_the_next_is_tried_after_a_failure_and_after_a_refusal(self) -> None:
        house = House([Fake("a", "fail"), Fake("b", "reject"), Fake("c")])
        assert house.send()
        assert house.outcomes() == [
            ("a", Outcome.FAILED),
            ("b", Outcome.REJECTED),
            ("c", Outcome.ACCEPTED),
        ]
        assert [attempt.why for attempt in house.seen] == ["down", "no such number", ""]

    @pytest.mark.parametrize("deed", ["fail", "reject"])
    def test_nobody_accepting_is_a_failed_backend(self, deed: str) -> None:
        failover = House([Fake("a", deed), Fake("b", deed)]).failover
        with pytest.raises(BackendFailed) as caught:
            asyncio.run(failover.send(PHONE, "sms", Secret(TEXT)))
        assert (caught.value.backend, caught.value.communication) == ("delivery", False)

    def test_no_provider_at_all_is_a_failed_backend(self) -> None:
        assert not House([]).send()

    def test_the_language_is_handed_on(self) -> None:
        house = House([Fake("a")])
        asyncio.run(house.failover.send(PHONE, "voice", Secret(TEXT), language="en"))
        assert (house.providers[0].got[0].language, house.providers[0].got[0].otp) == ("en", None)

    def test_a_crash_is_not_hidden(self) -> None:
        with pytest.raises(ZeroDivisionError):
            House([Fake("a", "crash"), Fake("b")]).send()


class TestRoutes:
    MEXICO = Coverage(frozenset({Channel.SMS}), ("+52",))
    CALLS = Coverage(frozenset({Channel.VOICE}), ("+52", "+1"))

    def house(self) -> House:
        return House([Fake("mexico", coverage=self.MEXICO), Fake("calls", coverage=self.CALLS)])

    @pytest.mark.parametrize(
        ("to", "channel", "served"),
        [
            (PHONE, "sms", True),
            (PHONE, "voice", True),
            ("+15551234567", "sms", False),
            ("+15551234567", "voice", True),
            ("+34600000000", "voice", False),
            ("525556093218", "sms", False),
        ],
    )
    def test_a_phone_is_served_by_country_and_channel(self, to: str, channel: str, *, served: bool) -> None:
        house = self.house()
        assert house.failover.routes(to, channel) is served
        assert house.send(to, channel) is served

    def test_only_providers_for_the_phone_are_asked(self) -> None:
        house = self.house()
        assert house.send(PHONE, "voice")
        assert house.outcomes() == [("calls", Outcome.ACCEPTED)]

    def test_a_route_stays_one_while_its_provider_is_down(self) -> None:
        house = House([Fake("a", "fail")])
        for _ in range(4):
            house.send()
        assert house.outcomes()[-1] == ("a", Outcome.SKIPPED)
        assert house.failover.routes(PHONE, "sms")

    def test_a_channel_nobody_knows_is_a_mistake_of_ours(self) -> None:
        with pytest.raises(ValueError, match="fax"):
            House([Fake("a")]).failover.routes(PHONE, "fax")

    def test_coverage_names_channels_and_whole_prefixes(self) -> None:
        with pytest.raises(ValueError, match="coverage"):
            Coverage(frozenset())
        with pytest.raises(ValueError, match="coverage"):
            Coverage(prefixes=("52",))


class TestBudget:
    def test_one_that_hangs_leaves_the_next_its_share(self) -> None:
        house = House([Fake("a", "hang"), Fake("b")], ticks=time.monotonic)
        began = time.monotonic()
        assert house.send()
        assert time.monotonic() - began < SETTINGS.budget_seconds
        assert house.outcomes() == [("a", Outcome.FAILED), ("b", Outcome.ACCEPTED)]
        assert house.seen[0].why == "slow"

    def test_all_hanging_fails_at_the_end_of_the_budget(self) -> None:
        house = House([Fake("a", "hang"), Fake("b", "hang"), Fake("c", "hang")], ticks=time.monotonic)
        began = time.monotonic()
        assert not house.send()
        assert SETTINGS.budget_seconds * 0.9 < time.monotonic() - began < SETTINGS.budget_seconds * 2
        assert house.outcomes() == [(name, Outcome.FAILED) for name in "abc"]

    def test_no_time_left_means_nobody_else_is_asked_and_blamed(self) -> None:
        hand = Hand()

        class Dawdler(Fake):
            async def deliver(self, message: Outgoing) -> Accepted:
                hand.now += 60
                return await super().deliver(message)

        house = House([Dawdler("a", "fail"), Fake("b")], ticks=hand)
        assert not house.send()
        assert house.outcomes() == [("a", Outcome.FAILED)]

    @pytest.mark.parametrize("settings", [{"budget_seconds": 0.0}, {"failures": 0}, {"open_seconds": -1.0}])
    def test_settings_that_make_no_sense_are_refused(self, settings: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="positive"):
            FailoverSettings(**settings)  # type: ignore[arg-type]  # one of each type


class TestBreaker:
    def test_failures_in_a_row_keep_messages_away_for_a_while(self) -> None:
        house = House([Fake("a", "fail"), Fake("b")])
        for _ in range(5):
            assert house.send()
        assert len(house.providers[0].got) == 3
        assert house.seen[-2] == Attempt("a", Outcome.SKIPPED, 0.0, "breaker open")

    def test_a_probe_that_works_closes_it(self) -> None:
        hand = Hand()
        house = House([Fake("a", "fail"), Fake("b")], ticks=hand)
        for _ in range(4):
            house.send()
        hand.now += SETTINGS.open_seconds
        house.providers[0].deed = "accept"
        house.send()
        house.send()
        assert len(house.providers[0].got) == 5

    def test_a_probe_that_fails_opens_it_again_at_once(self) -> None:
        hand = Hand()
        house = House([Fake("a", "fail"), Fake("b")], ticks=hand)
        for _ in range(4):
            house.send()
        hand.now += SETTINGS.open_seconds
        house.send()
        house.send()
        assert len(house.providers[0].got) == 4

    @pytest.mark.parametrize("deed", ["accept", "reject"])
    def test_an_answer_between_failures_starts_the_count_again(self, deed: str) -> None:
        house = House([Fake("a"), Fake("b")])
        for what in ("fail", "fail", deed, "fail", "fail"):
            house.providers[0].deed = what
            house.send()
        assert len(house.providers[0].got) == 5

    def test_refusals_never_open_it(self) -> None:
        house = House([Fake("a", "reject")])
        for _ in range(10):
            house.send()
        assert len(house.providers[0].got) == 10

    def test_only_one_message_probes(self) -> None:
        hand = Hand()
        breaker = Breaker(FailoverSettings(failures=1, open_seconds=5), hand)
        assert breaker.claim()
        breaker.failed()
        assert not breaker.claim()
        hand.now += 5
        assert breaker.claim()
        assert not breaker.ready()
        assert not breaker.claim()

    def test_a_caller_who_goes_away_gives_the_probe_back(self) -> None:
        hand = Hand()
        house = House([Fake("a", "fail")], ticks=hand)
        for _ in range(3):
            house.send()
        hand.now += SETTINGS.open_seconds
        house.providers[0].deed = "hang"

        async def story() -> None:
            gone = asyncio.create_task(house.failover.send(PHONE, "sms", Secret(TEXT)))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.wait({gone})

        asyncio.run(story())
        house.providers[0].deed = "accept"
        assert house.send()

    def test_late_failures_do_not_lengthen_the_open_time(self) -> None:
        hand = Hand()
        breaker = Breaker(FailoverSettings(failures=1, open_seconds=5), hand)
        assert breaker.claim()
        assert breaker.claim()
        breaker.failed()
        hand.now += 4
        breaker.failed()
        hand.now += 1
        assert breaker.ready()


def test_all_providers_are_opened_and_closed() -> None:
    house = House([Fake("a"), Fake("b")])

    async def story() -> None:
        await house.failover.open()
        await house.failover.close()

    asyncio.run(story())
    assert [(fake.opened, fake.closed) for fake in house.providers] == [(1, 1), (1, 1)]
