"""How many requests are served at once: beyond, the answer is at once that the house is unavailable."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aldaba.domain.policy import ThrottlePolicy
from aldaba.domain.refusals import HouseUnavailable


class InFlight:
    """Counts what is served: operations from their application's recognition on, and sign-ins.

    A request that is turned away has claimed no request id and reserved no attempt: it costs its customer
    nothing, and may be sent again as it is.
    """

    def __init__(self, limits: ThrottlePolicy) -> None:
        self._limits = limits
        self._all = self._unknown = 0
        self._by_application: Counter[str] = Counter()

    def demand_room(self) -> None:
        """Raises ``HouseUnavailable`` (``load``) where no application's request would be served."""
        if self._all >= self._limits.in_flight:
            raise HouseUnavailable("load")

    @contextmanager
    def one_unknown(self) -> Iterator[None]:
        """While somebody who may be anybody is served: a quarter of the room at most, or they could fill it.

        Raises ``HouseUnavailable`` (``load``) for one too many.
        """
        self.demand_room()
        if self._unknown >= max(1, self._limits.in_flight // 4):
            raise HouseUnavailable("load")
        self._all += 1
        self._unknown += 1
        try:
            yield
        finally:
            self._all -= 1
            self._unknown -= 1

    @contextmanager
    def one_of(self, client_id: str) -> Iterator[None]:
        """While it is served. Raises ``HouseUnavailable`` (``load``) for one too many."""
        self.demand_room()
        if self._by_application[client_id] >= self._limits.in_flight_per_application:
            raise HouseUnavailable("load")
        self._all += 1
        self._by_application[client_id] += 1
        try:
            yield
        finally:
            self._all -= 1
            self._by_application[client_id] -= 1
