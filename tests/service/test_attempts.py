"""Attempts: charged before the look, settled after it, given back where the fault is ours."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from tests.domain.samples import DAY, NOW, SECOND, credential, guarded, profile

from aldaba.domain.lockout import Guard, LockKind, Reservation, Reserved, Settlement
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import AccessProfile, guard_of
from aldaba.domain.refusals import HouseUnavailable
from aldaba.domain.session import Factor
from aldaba.service.attempts import Attempt, Attempts
from aldaba.service.ports import Transaction
from aldaba.store.memory import MemoryStore, MemoryTransaction

T = TypeVar("T")

CCS = "700100200300"


class Desk:
    """Attempts at one profile, with a clock moved by hand; whoever waits moves it too."""

    def __init__(self, kept: AccessProfile) -> None:
        self.now = NOW
        self.waited = 0.0
        self.asked = 0
        self.store = MemoryStore(lambda: self.now)
        self.attempts = Attempts(self.store, CLASSIC, lambda: self.now, self._pause, self._random)
        self.keep(kept)

    async def _pause(self, seconds: float) -> None:
        self.waited += seconds
        self.now += timedelta(seconds=seconds)

    def _random(self, size: int) -> bytes:
        self.asked += 1
        return self.asked.to_bytes(size, "big")

    def keep(self, kept: AccessProfile) -> None:
        asyncio.run(self.store.run(lambda act: act.profiles.save(kept)))

    def kept(self) -> AccessProfile:
        found = self.found()
        assert found is not None
        return found

    def found(self) -> AccessProfile | None:
        return asyncio.run(self.store.read(lambda query: query.profiles.find(CCS)))

    def reserve(self, factor: Factor = Factor.PASSWORD) -> Attempt:
        def judging(transaction: Transaction) -> AccessProfile:
            found = transaction.profiles.find(CCS)
            assert found is not None
            return found

        return asyncio.run(self.attempts.reserve(judging, factor))

    def settle(self, attempt: Attempt, settlement: Settlement, at: datetime | None = None) -> AccessProfile:
        def act(transaction: Transaction) -> AccessProfile:
            settled = self.attempts.settled(transaction, attempt, settlement, at or self.now)
            self.attempts.save(transaction, settled)
            return settled

        return asyncio.run(self.store.run(act))

    def withdraw(self, attempt: Attempt) -> None:
        asyncio.run(self.attempts.withdraw(attempt))


def guard(kept: AccessProfile, factor: Factor = Factor.PASSWORD) -> Guard:
    return guard_of(kept, factor)


@pytest.fixture
def desk() -> Desk:
    return Desk(profile(credential(), credential()))


@pytest.mark.parametrize("factor", Factor)
def test_an_attempt_stands_in_the_store_before_anybody_looks(desk: Desk, factor: Factor) -> None:
    attempt = desk.reserve(factor)
    assert attempt.granted
    assert guard(desk.kept(), factor).pending == (Reservation(attempt.id, NOW),)
    assert attempt.profile == desk.kept()
    assert len(bytes.fromhex(attempt.id)) == 9


def test_ids_differ(desk: Desk) -> None:
    assert desk.reserve().id != desk.reserve().id


@pytest.mark.parametrize("factor", [Factor.PIN, Factor.PASSWORD])
def test_a_wrong_one_is_counted_for_factor_and_profile_and_dated(desk: Desk, factor: Factor) -> None:
    attempt = desk.reserve(factor)
    settled = desk.settle(attempt, Settlement.WRONG)
    assert settled == desk.kept()
    assert (guard(settled, factor).failures, settled.failures) == (1, 1)
    dated, other = (settled.pin, settled.password)[:: 1 if factor is Factor.PIN else -1]
    assert (dated.failed_at, dated.blocked_at) == (NOW, None)
    assert other.failed_at is None


def test_a_wrong_fingerprint_is_counted_and_dates_no_credential(desk: Desk) -> None:
    settled = desk.settle(desk.reserve(Factor.BIOMETRIC), Settlement.WRONG)
    assert (settled.biometric.failures, settled.failures) == (1, 1)
    assert (settled.pin, settled.password) == (credential(), credential())


def test_the_fifth_wrong_one_locks_and_is_dated_so_and_the_sixth_is_refused(desk: Desk) -> None:
    for _ in range(5):
        desk.now += SECOND
        desk.settle(desk.reserve(), Settlement.WRONG)
    kept = desk.kept()
    assert guard(kept).locked(desk.now)
    assert kept.password.blocked_at == kept.password.failed_at == desk.now
    locked = desk.reserve()
    assert locked.outcome is Reserved.LOCKED
    assert not locked.granted
    assert desk.kept() == kept
    assert desk.settle(locked, Settlement.WRONG) == kept


@pytest.mark.parametrize("factor", [Factor.PIN, Factor.PASSWORD])
def test_a_right_one_clears_the_count_of_its_factor_and_not_of_the_profile(
    desk: Desk, factor: Factor
) -> None:
    desk.settle(desk.reserve(factor), Settlement.WRONG)
    desk.now += SECOND
    settled = desk.settle(desk.reserve(factor), Settlement.RIGHT)
    assert (guard(settled, factor), settled.failures) == (Guard(), 1)
    assert {settled.pin.failed_at, settled.password.failed_at} == {NOW, None}


def test_settling_twice_counts_once(desk: Desk) -> None:
    attempt = desk.reserve()
    desk.settle(attempt, Settlement.WRONG)
    assert desk.settle(attempt, Settlement.WRONG).failures == 1


def test_of_several_unfinished_the_one_that_was_wrong_counts(desk: Desk) -> None:
    first, second = desk.reserve(), desk.reserve()
    settled = desk.settle(second, Settlement.WRONG)
    assert settled.failures == 1
    assert guard(settled).pending == (Reservation(first.id, NOW),)


def test_one_given_back_leaves_no_trace(desk: Desk) -> None:
    before = desk.kept()
    desk.withdraw(desk.reserve())
    assert desk.kept() == before


def test_one_that_was_not_granted_gives_nothing_back(desk: Desk) -> None:
    desk.keep(profile(credential(), credential(guard=guarded(LockKind.DAY))))
    before = desk.kept()
    desk.withdraw(desk.reserve())
    assert desk.kept() == before


def test_where_only_unfinished_ones_stand_in_the_way_it_waits_two_seconds_and_says_so(desk: Desk) -> None:
    first = [desk.reserve() for _ in range(5)]
    assert desk.reserve().outcome is Reserved.WAIT
    assert 2 <= desk.waited < 2.2
    desk.settle(first[0], Settlement.RIGHT)
    assert desk.reserve().granted


def test_unfinished_ones_of_other_factors_that_would_reach_the_ceiling_are_waited_for(desk: Desk) -> None:
    desk.keep(replace(profile(credential(), credential()), failures=99))
    assert desk.reserve(Factor.PIN).granted
    before = desk.kept()
    assert desk.reserve(Factor.PASSWORD).outcome is Reserved.WAIT
    assert desk.kept() == before


def test_what_a_crash_left_counts_as_failed_and_is_kept_even_where_nothing_is_granted(desk: Desk) -> None:
    for _ in range(5):
        desk.reserve()
    desk.now += timedelta(seconds=CLASSIC.lockout.reservation_seconds)
    assert desk.reserve().outcome is Reserved.LOCKED
    kept = desk.kept()
    assert kept.failures == 5
    assert guard(kept).locked(desk.now)
    assert kept.password.failed_at == kept.password.blocked_at == desk.now


def test_one_that_took_too_long_counts_as_failed_though_it_was_right(desk: Desk) -> None:
    slow = desk.reserve()
    desk.now += timedelta(seconds=CLASSIC.lockout.reservation_seconds)
    settled = desk.settle(slow, Settlement.RIGHT)
    assert (guard(settled).failures, settled.failures) == (1, 1)


def test_a_day_lock_that_ran_out_opens_at_the_next_attempt(desk: Desk) -> None:
    desk.keep(profile(credential(), credential(guard=guarded(LockKind.DAY))))
    desk.now += DAY
    assert desk.reserve().granted
    assert guard(desk.kept()).lock is None


def test_a_customer_removed_meanwhile_does_not_come_back(desk: Desk) -> None:
    attempt = desk.reserve()
    asyncio.run(desk.store.run(lambda act: act.profiles.remove(CCS)))
    desk.settle(attempt, Settlement.WRONG)
    assert desk.found() is None


def test_a_decoy_that_is_tried_stays_as_long_as_day_locks_count(desk: Desk) -> None:
    decoy = replace(profile(password=credential(guard=Guard(failures=4))), decoy=True)
    desk.keep(replace(decoy, expires_at=NOW + 3 * SECOND))
    attempt = desk.reserve()
    desk.now += 5 * SECOND
    settled = desk.settle(attempt, Settlement.WRONG)
    assert guard(settled).lock is not None
    assert desk.kept().expires_at == desk.now + 30 * DAY


class Away(MemoryStore):
    """A store that is away from its second act on."""

    acts = 0

    async def run(self, act: Callable[[MemoryTransaction], T]) -> T:
        self.acts += 1
        if self.acts > 2:
            raise HouseUnavailable("database")
        return await super().run(act)


def test_where_the_store_is_away_one_given_back_is_left_to_run_out() -> None:
    desk = Desk(profile(credential(), credential()))
    store = Away(lambda: desk.now)
    desk.store = store
    desk.attempts = Attempts(store, CLASSIC, lambda: desk.now, desk._pause, desk._random)
    desk.keep(profile(credential(), credential()))
    attempt = desk.reserve()
    desk.withdraw(attempt)
    assert store.acts == 3
    assert guard(desk.kept()).pending


class Slow(MemoryStore):
    """A store whose acts are done at once and answered only when it is told to."""

    answering: asyncio.Event | None = None
    done = asyncio.Event()

    async def run(self, act: Callable[[MemoryTransaction], T]) -> T:
        answer = await super().run(act)
        self.done.set()
        if self.answering is not None:
            await self.answering.wait()
        return answer


def test_a_caller_that_goes_away_while_it_is_charged_is_given_its_charge_back() -> None:
    desk = Desk(profile(credential(), credential()))
    store = Slow(lambda: desk.now)
    desk.store = store
    desk.attempts = Attempts(store, CLASSIC, lambda: desk.now, desk._pause, desk._random)
    before = profile(credential(), credential())
    desk.keep(before)

    async def story() -> None:
        store.answering, store.done = asyncio.Event(), asyncio.Event()
        asked = asyncio.create_task(desk.attempts.reserve(lambda _: before, Factor.PASSWORD))
        await store.done.wait()
        charged = await store.read(lambda query: query.profiles.find(CCS))
        assert charged is not None
        assert guard(charged).pending
        asked.cancel()
        await asyncio.sleep(0)
        store.answering.set()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(story())
    assert desk.kept() == before
