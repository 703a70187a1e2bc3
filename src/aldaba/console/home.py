"""The first page: search, requests that wait for this operator, and figures of the last hours."""

import msgspec
from starlette.responses import Response

from aldaba.console.charts import charts
from aldaba.console.grants import grants_of, waits_for
from aldaba.console.pages import write
from aldaba.console.rooms import WAYS
from aldaba.console.visit import Visit
from aldaba.console.wording import wording
from aldaba.domain.operators import Act
from aldaba.service.operator_commands import ShowFigures
from aldaba.service.operator_desk import OperatorDesk
from aldaba.service.operator_figures import Figures


class Home:
    def __init__(self, desk: OperatorDesk) -> None:
        self._desk = desk

    async def show(self, visit: Visit) -> Response:
        grants = await grants_of(self._desk, visit.actor)
        waiting = [one for one in grants if waits_for(one, visit.actor.name)]
        figures = msgspec.convert(await self._desk.perform(visit.actor, ShowFigures()), Figures)
        said = visit.chosen.language
        drawn = charts(figures, lambda key: wording().words[key][said])
        return write(
            "home.html", visit, grants=waiting, finds=visit.may(Act.CUSTOMER_READ), ways=WAYS, charts=drawn
        )
