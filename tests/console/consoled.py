"""The operated bank with the console on its listener, and browsers that carry cookie and proof."""

import re
from html import unescape
from typing import Any

import httpx
from tests.admin.operated import URL, Operated

from aldaba.admin.listener import AdminListener
from aldaba.console.acts import Acts
from aldaba.console.door import Console
from aldaba.console.entrance import Entrance
from aldaba.console.home import Home
from aldaba.console.rooms import Rooms
from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Role
from aldaba.service.operator_sign_in import csrf_of

ORIGIN = {"Origin": URL}
HTML = {"Accept-Language": "en"}


class Consoled(Operated):
    """``console`` is the door under test."""

    def __init__(self, *, secure: bool = False) -> None:
        super().__init__(secure=secure)
        self.console = Console(
            self.gate,
            self.sign_in,
            Entrance(self.gate, self.sign_in, self.accounts),
            Home(self.desk),
            Rooms(self.desk),
            Acts(self.desk, "https://console.bank.example"),
            self._crashed,
        )
        routes = [*self.api.routes(), *self.console.routes()]
        self.listener = AdminListener(routes, frozenset({"bank.example"}), secure=secure)

    def _crashed(self, _: str, trouble: BaseException) -> None:
        self.crashes.append(trouble)

    async def browser(self, *roles: Role, name: str | None = None) -> "Browser":
        """An operator of these roles, already signed in."""
        token = await self.session_of(name or roles[0].value, roles)
        return Browser(self, token)

    def stranger(self) -> "Browser":
        return Browser(self, None)


class Browser:
    """Keeps a cookie, sends forms as a browser does."""

    def __init__(self, bank: Consoled, token: str | None) -> None:
        self.client = bank.client()
        self.client.headers.update({**ORIGIN, **HTML})
        self.csrf = "" if token is None else csrf_of(Secret(token)).reveal()
        if token is not None:
            self.client.cookies.set(bank.gate.cookie, token)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, form: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **form}, headers=headers)

    async def act(self, act: str, form: dict[str, Any]) -> httpx.Response:
        """The act asked for and confirmed in one."""
        return await self.post(f"/admin/acts/{act}", {"step": "do", "sure": "true", **form})


def text_of(answer: httpx.Response) -> str:
    """What a page says, without its marks."""
    main = answer.text.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def links_of(answer: httpx.Response) -> set[str]:
    return {unescape(found) for found in re.findall(r'href="([^"]*)"', answer.text)}


def hidden_of(answer: httpx.Response) -> dict[str, Any]:
    """What a page's forms carry along; a list where a name is carried more than once."""
    form: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text):
        form.setdefault(name, []).append(unescape(value))
    return {name: values if len(values) > 1 else values[0] for name, values in form.items()}
