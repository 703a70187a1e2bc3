"""Slows down one end-user address that fails again and again, whoever it tries to be and at whatever."""

from aldaba.domain.addresses import counted_as
from aldaba.domain.policy import Policy
from aldaba.domain.quotas import Sliding, sliding
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.calls import Call
from aldaba.service.tally_ports import Tallies


class AddressThrottle:
    """Counts verified failures by end-user address (OWASP ASVS 6.3.1).

    Only an address known to be an end user's counts: a server-side application works for the whole bank
    behind one address, and cutting it off would shut out the bank.
    """

    def __init__(self, tallies: Tallies, policy: Policy) -> None:
        self._tallies = tallies
        self._policy = policy

    def watches(self, call: Call) -> bool:
        """Whether the request came from an address known to be an end user's."""
        return call.address is not None

    async def reserve(self, call: Call) -> None:
        """Count this request as a failure until it turns out not to be one.

        Raises ``Refused`` (``DAY_LIMIT``) for an address with too many of late.
        """
        window = self._window(call)
        if window is None:
            return
        if await self._tallies.slide(window, call.now) > self._policy.lockout.address_failures:
            await self._tallies.slide(window, call.now, by=-1)
            raise Refused(Reason.DAY_LIMIT)

    async def settle(self, call: Call, *, wrong: bool) -> None:
        """Give the count back unless a secret was looked at and was wrong."""
        window = self._window(call)
        if window is not None and not wrong:
            await self._tallies.slide(window, call.now, by=-1)

    def _window(self, call: Call) -> Sliding | None:
        if call.address is None:
            return None
        seconds = self._policy.lockout.address_window_seconds
        return sliding("address", counted_as(call.address), call.now, seconds)
