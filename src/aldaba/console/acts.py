"""Everything that changes something: its form, what will happen in words, the act, what came of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from aldaba.console.asking import (
    FORMS,
    TARGETS,
    command_of,
    fields_of,
    form_of_command,
    has_secrets,
)
from aldaba.console.grants import grant_of
from aldaba.console.pages import ROOT, gone_to, write
from aldaba.console.troubles import Stopped, Trouble, of_refusal
from aldaba.console.visit import Form, Visit
from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Act
from aldaba.domain.refusals import Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_commands import Command, WithdrawGrant
from aldaba.service.operator_desk import Awaiting, Forbidden, OperatorDesk

UNSURE = Trouble(400, "unsure")


class Acts:
    """One form for every act there is; without secrets in it, a look at what will happen comes between."""

    def __init__(self, desk: OperatorDesk, public_url: str) -> None:
        self._desk = desk
        self._public_url = public_url

    async def show(self, visit: Visit) -> Response:
        act, kind = _wanted(visit)
        if not visit.may(act):
            raise Forbidden(act)
        grant_id = visit.asked("grant")
        if not grant_id:
            names = {field.name for field in fields_of(kind)}
            query = visit.http.query_params
            return self._form(visit, act, {name: [query[name]] for name in names & set(query)}, "", None)
        form = await self._granted(visit, act, kind, grant_id)
        if has_secrets(kind):
            return self._form(visit, act, form, grant_id, None)
        return self._confirm(visit, act, form, grant_id)

    async def ask(self, visit: Visit) -> Response:
        act, kind = _wanted(visit)
        form, grant_id = visit.form, visit.given("grant")
        try:
            command = command_of(kind, form)
            step = visit.given("step")
            if visit.may(act) and has_secrets(kind) and visit.given("sure") != "true":
                return self._form(visit, act, form, grant_id, UNSURE)
            # Who may not is told by the desk, which keeps that it was tried.
            if visit.may(act) and not has_secrets(kind) and step != "do":
                return self._confirm(visit, act, form, grant_id)
            view = await self._desk.perform(visit.actor, command, grant_id or None)
        except (Refused, Hindered) as no:
            return self._form(visit, act, form, grant_id, of_refusal(no))
        return self._done(visit, act, command, view)

    async def withdraw(self, visit: Visit) -> Response:
        await self._desk.perform(visit.actor, WithdrawGrant(grant_id=visit.http.path_params["grant_id"]))
        return gone_to(f"{ROOT}/grants", visit.chosen)

    async def _granted(self, visit: Visit, act: Act, kind: type[Command], grant_id: str) -> Form:
        """What was approved, to be asked for once more, exactly so."""
        found = await grant_of(self._desk, visit.actor, grant_id)
        if found.requested_by != visit.actor.name or found.act != act.value:
            raise Stopped(404, "grant_unknown")
        return form_of_command(kind, msgspec.json.decode(found.parameters))

    def _form(self, visit: Visit, act: Act, form: Form, grant_id: str, trouble: Trouble | None) -> Response:
        status = 200 if trouble is None else trouble.status
        return write("act.html", visit, status, **self._told(act, form, grant_id), trouble=trouble)

    def _confirm(self, visit: Visit, act: Act, form: Form, grant_id: str) -> Response:
        return write("confirm.html", visit, **self._told(act, form, grant_id))

    def _told(self, act: Act, form: Form, grant_id: str) -> Mapping[str, Any]:
        kind = FORMS[act]
        return {
            "act": act,
            "fields": fields_of(kind),
            "form": form,
            "grant_id": grant_id,
            "fixed": frozenset({*TARGETS, "approve"}) & set(form),
            "secret": has_secrets(kind),
            "four_eyes": self._desk.takes_four_eyes,
            "back": _back(act, form),
        }

    def _done(self, visit: Visit, act: Act, command: Command, view: object) -> Response:
        status = 202 if isinstance(view, Awaiting) else 200
        return write(
            "done.html",
            visit,
            status,
            path=ROOT,
            act=act,
            view=view,
            kind=type(view).__name__,
            command={name: getattr(command, name) for name in TARGETS if hasattr(command, name)},
            link=lambda token: _link(self._public_url, token),
        )


def _wanted(visit: Visit) -> tuple[Act, type[Command]]:
    try:
        act = Act(visit.http.path_params["act"])
        return act, FORMS[act]
    except (ValueError, KeyError):
        raise Stopped(404, "no_page") from None


def _link(public_url: str, token: Secret) -> str:
    return f"{public_url}{ROOT}/invitation/{token.reveal()}"


def _back(act: Act, form: Form) -> str:
    """Where the form was reached from."""
    for customer_id in form.get("customer_id", ()):
        return f"/customers/{quote(customer_id, safe='')}"
    subject = act.value.partition(".")[0]
    return {"customer": "/customers", "key": "/applications"}.get(subject, f"/{subject}s")
