"""Session introspection (RFC 7662 shape): what a ``sid`` is worth, for the bank's other systems."""

from dataclasses import dataclass

from aldaba_client.application import Application, bearer_post
from aldaba_client.decoding import Undecodable, json_object
from aldaba_client.errors import BadAnswer, SignInRefused, Unreachable
from aldaba_client.messages import Answer, Steps

PATH = "/api/v1/sessions/introspect"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the server says of a session; all but ``active`` is None where it is none."""

    active: bool
    customer_id: str | None = None
    representative: str | None = None
    channel: str | None = None
    aal: int | None = None
    strong_until: str | None = None
    exp: int | None = None


_MEMBERS = {"customerId": "customer_id"} | {
    name: name for name in ("active", "representative", "channel", "aal", "strong_until", "exp")
}


def introspect(application: Application, sid: str) -> Steps[SessionFacts]:
    """What that ``sid`` is worth. Raises ``SignInRefused`` without the right ``introspect``."""
    for last in (False, True):
        token = application.token()
        if token is None:
            yield from application.sign_in()
            token = application.token() or ""
        reply = yield bearer_post(PATH, token, {"token": sid})
        if not isinstance(reply, Answer):
            raise Unreachable("introspect", reply.trouble, may_have_acted=False)
        if reply.status != 401 or last:
            return _facts(reply)
        application.forget_token()
    raise AssertionError("unreachable")


def _facts(answer: Answer) -> SessionFacts:
    if answer.status != 200:
        raise SignInRefused(answer.status, "introspection refused")
    try:
        told = json_object(answer.content)
        return SessionFacts(**{ours: told[wire] for wire, ours in _MEMBERS.items() if wire in told})
    except (Undecodable, TypeError):
        raise BadAnswer("introspect", "not what RFC 7662 says") from None
