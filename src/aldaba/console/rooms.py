"""What is looked at: customers, their files, requests for four eyes, applications, audit, policy, people."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from aldaba.console.asking import FORMS, command_of
from aldaba.console.grants import grants_of, parameters_of
from aldaba.console.pages import write
from aldaba.console.troubles import of_refusal
from aldaba.console.visit import Visit
from aldaba.domain.operators import Act
from aldaba.domain.refusals import Reason, Refused
from aldaba.service import operator_commands as ask
from aldaba.service.audit import EventType
from aldaba.service.operator_accounts import OperatorView
from aldaba.service.operator_colleagues import sensible_acts
from aldaba.service.operator_desk import Forbidden, OperatorDesk

WAYS = ("number", "card", "phone", "ccs-id")
TOKEN_ACTS = (
    Act.TOKEN_ASSIGN,
    Act.TOKEN_RESYNCHRONISE,
    Act.TOKEN_UNLOCK,
    Act.TOKEN_REVOKE,
    Act.TOKEN_IMPORT,
)
_NAMES = ("customer_id", "ccs_id", "request_id", "type", "application_id", "actor")


class Rooms:
    """Pages that only read; the desk says who may."""

    def __init__(self, desk: OperatorDesk) -> None:
        self._desk = desk

    async def customers(self, visit: Visit) -> Response:
        if not visit.may(Act.CUSTOMER_READ):
            raise Forbidden(Act.CUSTOMER_READ)
        return write("customers.html", visit, found=None, by="number", value="", trouble=None, ways=WAYS)

    async def find(self, visit: Visit) -> Response:
        by, value = visit.given("by"), visit.given("value").strip()
        told: dict[str, Any] = {"by": by if by in WAYS else "number", "value": value, "ways": WAYS}
        try:
            command = command_of(ask.FindCustomers, {"by": [by], "value": [value]})
            found = await self._desk.perform(visit.actor, command)
        except Refused as refused:
            trouble = of_refusal(refused)
            return write("customers.html", visit, trouble.status, found=None, trouble=trouble, **told)
        # A card or a phone is not written back into the page.
        told["value"] = value if by in {"number", "ccs-id"} else ""
        return write("customers.html", visit, found=found, trouble=None, **told)

    async def customer(self, visit: Visit) -> Response:
        customer_id = visit.http.path_params["customer_id"]
        file = await self._desk.perform(visit.actor, ask.ShowCustomer(customer_id=customer_id))
        timeline = await self._timeline(visit, customer_id)
        return write("customer.html", visit, file=file, timeline=timeline, customer_id=customer_id)

    async def timeline(self, visit: Visit) -> Response:
        customer_id = visit.http.path_params["customer_id"]
        template = "timeline_part.html" if visit.by_htmx else "timeline.html"
        timeline = await self._timeline(visit, customer_id)
        return write(template, visit, timeline=timeline, customer_id=customer_id)

    async def _timeline(self, visit: Visit, customer_id: str) -> object:
        before = _number(visit.asked("before"), "before")
        command = ask.ShowTimeline(customer_id=customer_id, before=before, most=20)
        return await self._desk.perform(visit.actor, command)

    async def grants(self, visit: Visit) -> Response:
        grants = await grants_of(self._desk, visit.actor)
        return write("grants.html", visit, grants=grants, parameters=parameters_of)

    async def tokens(self, visit: Visit) -> Response:
        acts = [act for act in TOKEN_ACTS if visit.may(act)]
        if not acts:
            raise Forbidden(Act.TOKEN_REVOKE)
        return write("tokens.html", visit, acts=acts, four_eyes=self._desk.takes_four_eyes)

    async def applications(self, visit: Visit) -> Response:
        found = await self._desk.perform(visit.actor, ask.ListApplications())
        return write(
            "applications.html",
            visit,
            applications=found,
            may=_forms(visit),
            four_eyes=self._desk.takes_four_eyes,
        )

    async def operators(self, visit: Visit) -> Response:
        found = await self._desk.perform(visit.actor, ask.ListOperators())
        operators = msgspec.convert(found, tuple[OperatorView, ...])
        return write(
            "operators.html",
            visit,
            operators=[(one, sensible_acts(visit.actor, one)) for one in operators],
            may=_forms(visit),
            four_eyes=self._desk.takes_four_eyes,
        )

    async def policy(self, visit: Visit) -> Response:
        return write("policy.html", visit, policy=await self._desk.perform(visit.actor, ask.ShowPolicy()))

    async def audit(self, visit: Visit) -> Response:
        asked = {name: visit.asked(name)[:100] for name in (*_NAMES, "since", "until", "before")}
        page, trouble, status = None, None, 200
        try:
            page = await self._desk.perform(visit.actor, _search(asked))
        except Refused as refused:
            trouble = of_refusal(refused)
            status = trouble.status
        template = "audit_part.html" if visit.by_htmx and page else "audit.html"
        types = [kind.value for kind in EventType]
        return write(template, visit, status, asked=asked, page=page, trouble=trouble, types=types)

    async def keyboard(self, visit: Visit) -> Response:
        return write("keyboard.html", visit)


def _search(asked: Mapping[str, str]) -> ask.SearchAudit:
    named: dict[str, Any] = {name: asked[name].strip() or None for name in _NAMES}
    return ask.SearchAudit(
        **named,
        since=_moment(asked["since"], "since"),
        until=_moment(asked["until"], "until"),
        before=_number(asked["before"], "before"),
    )


def _moment(text: str, field: str) -> datetime | None:
    """As the browser's field for a moment writes it; UTC where no offset is told."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(Reason.INVALID_REQUEST, field) from None
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC)


def _number(text: str, field: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused(Reason.INVALID_REQUEST, field)
    return int(text)


def _forms(visit: Visit) -> frozenset[str]:
    return frozenset(act.value for act in FORMS if visit.may(act))
