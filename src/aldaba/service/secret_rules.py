"""Judges new PINs and passwords: shape and contents by the domain, history by verification."""

from aldaba.crypto.digests import Secret
from aldaba.domain.credentials import PersonalData, Violation, password_violations, pin_violations
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile
from aldaba.service.day_limits import DayLimits
from aldaba.service.ports import Clock, Hasher, KeyVault, Store, Transaction
from aldaba.service.records import Sealable, open_phc

LOOKS_DAY = "looks at earlier secrets"
NOTHING_PERSONAL = PersonalData((), (), lambda _: False)


class SecretRules:
    """What a new secret must pass; used earlier ones are found by verifying, for nothing else can be read."""

    def __init__(
        self,
        store: Store,
        limits: DayLimits,
        hasher: Hasher,
        vault: KeyVault,
        policy: Policy,
        blocklist: frozenset[str],
        clock: Clock,
    ) -> None:
        self._store = store
        self._limits = limits
        self._clock = clock
        self._hasher = hasher
        self._vault = vault
        self._policy = policy
        self._blocklist = blocklist

    async def judge_pin(
        self, pin: Secret, profile: AccessProfile, personal: PersonalData
    ) -> tuple[Violation, ...]:
        """Every rule a new PIN breaks; whether it was used before is looked at where it breaks no other."""
        shape = pin_violations(pin.reveal(), self._policy, personal, self._blocklist)
        earlier = [profile.pin.sealed, *profile.pin.history][: self._policy.pin.history]
        return shape or await self._used_before(pin, earlier, profile.ccs_id, "pin")

    def judge_password_form(self, password: Secret) -> tuple[Violation, ...]:
        """Every rule that a password breaks for whomever it would be: nothing of the customer is told."""
        return password_violations(password.reveal(), self._policy, NOTHING_PERSONAL, self._blocklist)

    async def judge_password(
        self, password: Secret, profile: AccessProfile, personal: PersonalData
    ) -> tuple[Violation, ...]:
        """Every rule a new password breaks, as for ``judge_pin``."""
        shape = password_violations(password.reveal(), self._policy, personal, self._blocklist)
        earlier = [profile.password.sealed, *profile.password.history][: self._policy.password.history]
        return shape or await self._used_before(password, earlier, profile.ccs_id, "password")

    async def _used_before(
        self, secret: Secret, earlier: list[str | None], ccs_id: str, what: Sealable
    ) -> tuple[Violation, ...]:
        # "Used before" tells that a guess is or was the customer's secret: so many looks a day, no more.
        if not await self._store.run(lambda act: self._look(act, ccs_id)):
            return (Violation.HISTORY,)
        keyring = self._vault.keyring()
        for sealed in earlier:
            if sealed and await self._hasher.verify(open_phc(keyring, sealed, ccs_id, what), secret):
                return (Violation.HISTORY,)
        return ()

    def _look(self, act: Transaction, ccs_id: str) -> bool:
        limit = self._policy.secret.looks_per_day
        return self._limits.reserve(act, LOOKS_DAY, ccs_id, limit, self._clock())
