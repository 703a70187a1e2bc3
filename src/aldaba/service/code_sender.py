"""Derives one-time codes and brings them to phones, within the limits of customer, phone and day."""

from datetime import datetime

from aldaba.crypto.digests import Secret, derived_code, equal
from aldaba.domain.otp import Means, OneTimeCode
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.code_keys import code_key
from aldaba.service.day_limits import DayLimits
from aldaba.service.ports import Delivery, KeyVault, Store, Transaction
from aldaba.service.records import phone_key
from aldaba.service.texts import Texts

SENT_TO_CUSTOMER = "codes to customer"
SENT_TO_PHONE = "codes to phone"
OPENING_TO_PHONE = "account-opening codes to phone"


class CodeSender:
    """What recovery and phone certification share: a code's derivation, its limits and its way out."""

    def __init__(
        self,
        store: Store,
        limits: DayLimits,
        delivery: Delivery,
        vault: KeyVault,
        texts: Texts,
        policy: Policy,
    ) -> None:
        self._store = store
        self._limits = limits
        self._delivery = delivery
        self._vault = vault
        self._texts = texts
        self._policy = policy

    def derive(self, code: OneTimeCode, handle: str, about: str, purpose: str) -> Secret:
        """The code, from its nonce under a key outside the database; bound to session, customer, purpose."""
        key = code_key(code.nonce, self._vault.keyring()).secret
        bound = f"{code.nonce}\n{handle}\n{about}\n{code.phone}"
        return Secret(derived_code(key, purpose, bound, self._policy.otp.digits))

    def matches(self, code: OneTimeCode, given: Secret, handle: str, about: str, purpose: str) -> bool:
        """Constant time; what is not so many ASCII digits is compared all the same, and is wrong."""
        expected = self.derive(code, handle, about, purpose).reveal().encode()
        return equal(expected, given.reveal().encode("utf-8", "surrogatepass"))

    async def send(self, call: Call, code: OneTimeCode, clear: Secret, customer: str | None) -> str:
        """Send it, counted by customer and phone for the day; a failed send is given back.

        Answers the provider that took it. Raises ``Refused`` (``DAY_LIMIT``) and ``BackendFailed``.
        """
        async with Charges() as charges:
            # Whatever goes wrong, nothing reached the customer: the send is not charged.
            if not await charges.made(
                self._store.run(lambda act: self._reserve(act, code.phone, customer, call.now)),
                lambda _: self._store.run(lambda act: self._give_back(act, code.phone, customer, call.now)),
            ):
                raise Refused(Reason.DAY_LIMIT)
            text = self._texts.code(code.means.value, call.language, clear, self._policy.otp.life_seconds)
            return await self._delivery.send(code.phone, code.means.value, text, clear)

    def serves(self, phone: str, means: Means) -> bool:
        """Whether any provider brings codes there."""
        return self._delivery.routes(phone, means.value)

    def _counted(self, phone: str, customer: str | None) -> list[tuple[str, str, int]]:
        """Account opening, which knows no customer, has a count of its own: anybody may begin one."""
        rules, key = self._policy.otp, phone_key(self._vault.keyring(), phone)
        if customer is None:
            return [(OPENING_TO_PHONE, key, self._policy.certification.sends_per_phone_and_day)]
        return [
            (SENT_TO_PHONE, key, rules.sends_per_phone_and_day),
            (SENT_TO_CUSTOMER, customer, rules.sends_per_customer_and_day),
        ]

    def _reserve(self, act: Transaction, phone: str, customer: str | None, now: datetime) -> bool:
        reserved: list[tuple[str, str]] = []
        for kind, of, limit in self._counted(phone, customer):
            if not self._limits.reserve(act, kind, of, limit, now):
                for kind_before, of_before in reserved:
                    self._limits.give_back(act, kind_before, of_before, now)
                return False
            reserved.append((kind, of))
        return True

    def _give_back(self, act: Transaction, phone: str, customer: str | None, now: datetime) -> None:
        for kind, of, _ in self._counted(phone, customer):
            self._limits.give_back(act, kind, of, now)
