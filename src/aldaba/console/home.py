"""The first page: search, requests that wait for this operator, and figures of the last hours."""

from starlette.responses import Response

from aldaba.console.grants import grants_of, waits_for
from aldaba.console.pages import write
from aldaba.console.rooms import WAYS
from aldaba.console.visit import Visit
from aldaba.domain.operators import Act
from aldaba.service.operator_desk import OperatorDesk


class Home:
    def __init__(self, desk: OperatorDesk) -> None:
        self._desk = desk

    async def show(self, visit: Visit) -> Response:
        grants = await grants_of(self._desk, visit.actor)
        waiting = [one for one in grants if waits_for(one, visit.actor.name)]
        return write(
            "home.html", visit, grants=waiting, finds=visit.may(Act.CUSTOMER_READ), ways=WAYS, charts=()
        )
