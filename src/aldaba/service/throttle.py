"""Slows down one end-user address that fails again and again, whoever it tries to be."""

from aldaba.domain.policy import Policy
from aldaba.domain.quotas import Window, stretch
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.calls import Call
from aldaba.service.ports import Store

CHARGED = frozenset({Reason.BAD_CREDENTIALS, Reason.AUTHENTICATION_FAILED})


class AddressThrottle:
    """Counts verified failures by end-user address (OWASP ASVS 6.3.1).

    Only an address known to be an end user's counts: a server-side application works for the whole bank
    behind one address, and cutting it off would shut out the bank.
    """

    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        self._policy = policy

    async def check(self, call: Call) -> None:
        """Raises ``Refused`` (``DAY_LIMIT``) for an address with too many failures of late."""
        if call.address is None:
            return
        window = self._window(call, call.address)
        failures = await self._store.read(
            lambda transaction: transaction.quotas.figure(window.name, call.now)
        )
        if failures >= self._policy.lockout.address_failures:
            raise Refused(Reason.DAY_LIMIT)

    async def charge(self, call: Call, reason: Reason) -> None:
        """Count a failure against the address, if it was one."""
        if call.address is None or reason not in CHARGED:
            return
        window = self._window(call, call.address)
        await self._store.run(
            lambda transaction: transaction.quotas.count(window.name, window.ends_at, call.now)
        )

    def _window(self, call: Call, address: str) -> Window:
        return stretch("address", address, call.now, self._policy.lockout.address_window_seconds)
