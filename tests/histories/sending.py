"""Sends one request of a history to one node, and tells the answer in a line."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
from tests.histories.asked import Asked, Done
from tests.histories.meaning import Handle
from tests.histories.nodes import Nodes
from tests.recovery_front_end import Recovering

CARD_EXPIRES = "1299"
"""Ten thousand histories take years of the bank's time."""


@dataclass(slots=True)
class Once(Recovering):
    """A front end whose every request has the id it was given."""

    request_id: str = ""

    def headers(self, **changes: str | None) -> dict[str, str]:
        return Recovering.headers(self, uuid=self.request_id, **changes)


@dataclass(frozen=True, slots=True)
class Sender:
    """Knows how customers, request ids and access profiles are called on the wire."""

    nodes: Nodes
    customers: tuple[str, ...]
    ccs_ids: dict[int, str]
    request_ids: dict[tuple[int, str], str]

    async def send(self, asked: Asked, handle: Handle | None, node: int) -> tuple[Done, Handle | None]:
        """The answer, and a session that it gave a new sid."""
        if handle is None:
            return await self._begin(asked, node)
        plain = self.nodes.front(asked.application, node)
        front = Once(plain.http, plain.client_id, plain.client_secret, token=plain.token)
        front.sid, front.keys = handle.sid, handle.keys
        front.ccs_id = self.ccs_ids.get(asked.customer)
        front.request_id = self.request_ids[asked.application, asked.request_id]
        answer = await self._asking(front, asked)
        if asked.act == "identify" and front.ccs_id is not None:
            self.ccs_ids[asked.customer] = front.ccs_id
        done = Done(asked, said(answer), _question(answer))
        if asked.act == "login" and answer.status_code == 200:
            return done, Handle(asked.fresh, answer.headers["sid"], handle.keys, handle.line)
        return done, None

    async def _begin(self, asked: Asked, node: int) -> tuple[Done, Handle | None]:
        front = self.nodes.front(asked.application, node)
        answer = await front.exchange()
        if front.sid is None or front.keys is None:
            return Done(asked, said(answer)), None
        return Done(asked, said(answer)), Handle(asked.fresh, front.sid, front.keys, -1)

    def _asking(self, front: Once, asked: Asked) -> Awaitable[httpx.Response]:
        customer, given = self.customers[asked.customer], asked.given
        acts: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
            "identify": lambda: front.identify(customer),
            "login": lambda: front.login(customer, given),
            "logout": front.logout,
            "challenge": front.challenge,
            "respond": lambda: front.respond(asked.question, given),
            "change": lambda: front.set_credentials("NONE", password=asked.fresh),
            "card": lambda: front.card(given, CARD_EXPIRES),
            "phone": lambda: front.phone(asked.phone.removeprefix("+52")),
            "send": front.send,
            "new access": lambda: front.new_access(given, asked.fresh),
        }
        return acts[asked.act]()


def said(answer: httpx.Response) -> str:
    """Status, and of an error its code and location."""
    if answer.status_code < 400:
        return str(answer.status_code)
    error: Mapping[str, str] = answer.json()
    return f"{answer.status_code} {error['code']} {error.get('location', '')}".strip()


def _question(answer: httpx.Response) -> str:
    if answer.status_code != 200 or not answer.content:
        return ""
    return str(answer.json().get("challengeQuestion", ""))
