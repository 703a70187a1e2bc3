"""Attempts at a secret: reserved durably before anybody looks, settled after, withdrawn on our faults."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from aldaba.domain.decoy import outlasting
from aldaba.domain.lockout import Guard, Reserved, Settlement, refresh, reserve, settle
from aldaba.domain.policy import Policy
from aldaba.domain.profile import (
    AccessProfile,
    Credential,
    ceiling_in_sight,
    factor_locked,
    guard_of,
    with_guard,
)
from aldaba.domain.refusals import HouseUnavailable
from aldaba.domain.session import Factor
from aldaba.service.charges import Charges
from aldaba.service.endings import ended
from aldaba.service.patience import until_free
from aldaba.service.ports import Clock, Pause, RandomBytes, Store, Transaction

T = TypeVar("T")

Judging = Callable[[Transaction], AccessProfile]
"""Gives, inside an act, the profile that an attempt is charged to."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a reservation answered, with the profile as it stood then. Only ``GRANTED`` may look."""

    id: str
    factor: Factor
    outcome: Reserved
    profile: AccessProfile

    @property
    def granted(self) -> bool:
        return self.outcome is Reserved.GRANTED


class Attempts:
    """Reserves and settles attempts of one factor of one access profile."""

    def __init__(
        self, store: Store, policy: Policy, clock: Clock, pause: Pause, random_bytes: RandomBytes
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._pause = pause
        self._random_bytes = random_bytes

    async def reserve(self, judging: Judging, factor: Factor) -> Attempt:
        """Charge an attempt, durably. Where only unfinished ones stand in the way, wait for them a while."""
        return await until_free(
            lambda: self._reserved(judging, factor),
            lambda attempt: attempt.outcome is Reserved.WAIT,
            self._pause,
            self._policy.lockout.wait_seconds,
        )

    async def _reserved(self, judging: Judging, factor: Factor) -> Attempt:
        async with Charges() as charges:
            return await charges.made(self._store.run(self._reserving(judging, factor)), self.withdraw)

    def _reserving(self, judging: Judging, factor: Factor) -> Callable[[Transaction], Attempt]:
        attempt_id = self._random_bytes(9).hex()

        def act(transaction: Transaction) -> Attempt:
            now = self._clock()
            stored = judging(transaction)
            profile = self._refreshed(stored, factor, now)
            if profile != stored:
                # Kept whatever comes next: a lock that a crash brought about must be seen by all and lifted.
                transaction.profiles.save(outlasting(profile, now, self._policy))
                stored = profile
            if factor_locked(profile, factor, now, self._policy):
                return Attempt(attempt_id, factor, Reserved.LOCKED, profile)
            if ceiling_in_sight(profile, self._policy):
                return Attempt(attempt_id, factor, Reserved.WAIT, profile)
            guard, outcome = reserve(
                guard_of(profile, factor), attempt_id, now, self._policy.lockout, self._policy.zone
            )
            profile = with_guard(profile, factor, guard)
            if profile != stored:
                transaction.profiles.save(outlasting(profile, now, self._policy))
            return Attempt(attempt_id, factor, outcome, profile)

        return act

    def settled(
        self, transaction: Transaction, attempt: Attempt, settlement: Settlement, now: datetime
    ) -> AccessProfile:
        """Inside an act: the profile after this attempt ended so; not saved yet."""
        profile = transaction.profiles.find(attempt.profile.ccs_id) or attempt.profile
        if not attempt.granted:
            return profile
        profile = self._refreshed(profile, attempt.factor, now)
        before = guard_of(profile, attempt.factor)
        open_still = any(entry.id == attempt.id for entry in before.pending)
        guard = settle(before, attempt.id, settlement, now, self._policy.lockout, self._policy.zone)
        failed = open_still and settlement is Settlement.WRONG
        return charged(profile, attempt.factor, guard, int(failed), now)

    def _refreshed(self, profile: AccessProfile, factor: Factor, now: datetime) -> AccessProfile:
        """The profile after time's own work on this guard: locks run out, attempts left by a crash fail."""
        before = guard_of(profile, factor)
        after = refresh(before, now, self._policy.lockout, self._policy.zone)
        return charged(profile, factor, after, len(before.pending) - len(after.pending), now)

    def save(self, transaction: Transaction, profile: AccessProfile) -> None:
        """Keep a settled profile; one whose customer was removed meanwhile does not come back."""
        if profile.decoy or transaction.profiles.find(profile.ccs_id) is not None:
            transaction.profiles.save(outlasting(profile, self._clock(), self._policy))

    async def withdraw(self, attempt: Attempt) -> None:
        """Give an attempt back: the fault was ours."""

        def act(transaction: Transaction) -> None:
            withdrawn = self.settled(transaction, attempt, Settlement.WITHDRAWN, self._clock())
            self.save(transaction, withdrawn)

        # Waited for: a caller that is being cancelled must not take its charge with it. A store that is away
        # leaves the reservation to run out, which counts as a crash.
        with suppress(HouseUnavailable):
            if attempt.granted:
                await ended(asyncio.ensure_future(self._store.run(act)))


def charged(
    profile: AccessProfile, factor: Factor, after: Guard, failures: int, now: datetime
) -> AccessProfile:
    """The profile with the guard as it is now; new failures and locks leave their dates on the credential."""
    before = guard_of(profile, factor)
    profile = replace(with_guard(profile, factor, after), failures=profile.failures + failures)
    locked = after.lock is not None and after.lock != before.lock
    match factor:
        case Factor.PIN:
            return replace(profile, pin=_dated(profile.pin, now, failed=failures > 0, locked=locked))
        case Factor.PASSWORD:
            return replace(
                profile, password=_dated(profile.password, now, failed=failures > 0, locked=locked)
            )
        case Factor.BIOMETRIC:
            return profile


def _dated(credential: Credential, now: datetime, *, failed: bool, locked: bool) -> Credential:
    return replace(
        credential,
        failed_at=now if failed else credential.failed_at,
        blocked_at=now if locked else credential.blocked_at,
    )
