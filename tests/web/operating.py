"""Operators of a served bank: invited at the command line, enrolled by REST, with a code ready to sign in."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from tests.admin.operated import seed_in
from tests.examples.served_bank import Served

from aldaba.crypto.totp import step_of, totp

PASSWORD = "verde lluvia 47 canto"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``code`` is good once, within the next half minute; each recovery code once, whenever."""

    name: str
    seed: bytes
    recovery: list[str]

    @property
    def code(self) -> str:
        """The next step's: the enrolment used up the present one."""
        return totp(self.seed, step_of(datetime.now(UTC).timestamp()) + 1)

    def told(self) -> dict[str, str]:
        return {"name": self.name, "password": PASSWORD, "code": self.code}


class OperatedBank:
    """``url`` is the operators' listener's."""

    def __init__(self, served: Served) -> None:
        self.served = served
        log = served.data.with_suffix(".log").read_text("utf-8")
        found = re.search(r"operators +(http://\S+)/admin$", log, re.MULTILINE)
        assert found is not None, log
        self.url = found[1]

    def invited(self, name: str, *roles: str) -> str:
        """The one-time link's address."""
        options = [word for role in roles for word in ("--role", role)]
        told = self.cli("operators", "invite", name, *options)
        found = re.search(r"/admin/invitation/\S+", told)
        assert found is not None, told
        return found[0]

    def enrolled(self, name: str, *roles: str) -> Enrolled:
        token = self.invited(name, *roles).rpartition("/")[2]
        with httpx.Client(base_url=f"{self.url}/admin/api") as http:
            shown = http.post("/invitations/open", json={"token": token})
            seed = seed_in(shown.json()["uri"])
            code = totp(seed, step_of(datetime.now(UTC).timestamp()))
            done = http.post("/invitations/accept", json={"token": token, "password": PASSWORD, "code": code})
            assert done.status_code == 200, done.text
            return Enrolled(name, seed, list(done.json()["recovery_codes"]))

    @contextmanager
    def signed_in(self, who: Enrolled) -> Iterator[httpx.Client]:
        """By REST, with a cookie as a browser has it, on a recovery code."""
        with httpx.Client(base_url=self.url) as http:
            self._sign_in(http, who)
            yield http

    def _sign_in(self, http: httpx.Client, who: Enrolled) -> None:
        body = {"name": who.name, "password": PASSWORD, "code": who.recovery.pop(), "cookie": True}
        answer = http.post("/admin/api/sessions", json=body)
        assert answer.status_code == 201, answer.text

    def cookies(self, who: Enrolled) -> list[dict[str, Any]]:
        """The session as the browser is given it."""
        fixed = {"domain": "127.0.0.1", "path": "/", "expires": -1, "secure": False}
        with self.signed_in(who) as http:
            return [
                {"name": name, "value": value, "httpOnly": True, "sameSite": "Strict", **fixed}
                for name, value in http.cookies.items()
            ]

    def cli(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "aldaba", *words],
            env=self.served.environment,
            cwd=self.served.data.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
