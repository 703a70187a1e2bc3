"""Where a check is played: the server, its people, its sandbox, and what has to be put back."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aldaba.conformance.cast import Cast
from aldaba.conformance.front import Application, Front, json_of
from aldaba.conformance.link import LEAVING_SECONDS, Link
from aldaba.conformance.sandbox import Sandbox
from aldaba.conformance.trust import signed_by
from aldaba.conformance.verdicts import Broken, NotProvoked
from aldaba.conformance.wear import Wear
from aldaba.contract import Contract, Language

TOKEN_PATH = "/api/v1/oauth/token"


@dataclass(slots=True)
class Stage:
    """Everything a check may use. `begin` and `end` stand round each check."""

    link: Link
    contract: Contract
    applications: dict[str, Application]
    cast: Cast
    sandbox: Sandbox | None
    root_keys: list[dict[str, Any]]
    channel: str
    profile: str
    language: Language
    fronts: list[Front] = field(default_factory=list)
    wear: Wear = field(default_factory=Wear)
    _moved: float = 0.0

    def open(self) -> None:
        """Learn how far the sandbox's clock has been moved."""
        if self.sandbox is not None:
            self.advance("PT0S")

    def begin(self) -> None:
        """The ready-made people as they were, where an earlier check has left marks on them."""
        if self.wear.worn and self.sandbox is not None:
            self.sandbox.reset()
            self.wear.marks = 0

    def end(self) -> None:
        """Mend what was made to fail, and end the sessions that were begun."""
        if self.sandbox is not None:
            self.sandbox.mend()
        for front in self.fronts:
            if front.inside:
                front.call("logout", headers=front.headers())
        self.fronts.clear()

    def leave(self) -> None:
        """The sandbox as it was found: its people, its clock."""
        if self.sandbox is None:
            return
        self.link.pace.lengthen(LEAVING_SECONDS)
        # A server that has died meanwhile has been told of already.
        with suppress(Broken, NotProvoked):
            self.sandbox.clock_back()
            self.sandbox.reset()

    def spoils(self, what: str) -> None:
        """This check leaves a customer so that only a reset helps: it needs a sandbox."""
        if self.sandbox is None:
            raise NotProvoked(f"would leave a customer {what}; done only against a sandbox")

    def tools(self) -> Sandbox:
        if self.sandbox is None:
            raise NotProvoked("needs the sandbox's faults, clock, messages or simulators (--sandbox)")
        return self.sandbox

    def fault(self, part: str, mode: str = "down") -> None:
        self.tools().fault(part, mode)

    def advance(self, duration: str) -> None:
        before = self._moved
        self._moved = self.tools().advance(duration).timestamp() - time.time()
        if self._moved - before > 1:
            self._renew_tokens()

    def morning(self) -> None:
        if self.tools().morning():
            self._renew_tokens()

    def _renew_tokens(self) -> None:
        """After the clock was moved, tokens may have run out in the hands of front ends."""
        for application in self.applications.values():
            if application.token:
                application.token = self.token_of(application)

    def now(self) -> float:
        """The server's time in seconds, as far as this side has moved it."""
        return time.time() + self._moved

    def signed_in(self, which: str = "main") -> Front:
        """A front end with an access token and nothing else."""
        application = self.applications.get(which)
        if application is None:
            raise NotProvoked(f"needs credentials of the {which} application (--documented)")
        if not application.token:
            application.token = self.token_of(application)
        language = self.language
        front = Front(self.link, self.contract, application, self.profile, language, self.channel, self.wear)
        self.fronts.append(front)
        return front

    def token_of(self, application: Application) -> str:
        auth = application.client_id, application.secret
        answer = self.link.form(TOKEN_PATH, {"grant_type": "client_credentials"}, auth)
        if answer.status_code != 200:
            raise Broken(f"the token endpoint answered {answer.status_code}: {answer.text[:160]}")
        told = json_of(answer)
        if str(told.get("token_type", "")).lower() != "bearer" or not told.get("access_token"):
            raise Broken("expected access_token and token_type Bearer of the token endpoint")
        return str(told["access_token"])

    def front(self, which: str = "main") -> Front:
        """A front end whose session has keys."""
        front = self.signed_in(which).exchange()
        if front.public is not None and self.root_keys:
            signed_by(self.root_keys, front.public, self.now())
        return front

    def code(self, to: str) -> str:
        """The newest one-time code that went to this phone."""
        told = [message for message in self.tools().messages(to) if message.get("otp")]
        if not told:
            raise Broken(f"expected a one-time code for {to}, found no message")
        return str(told[0]["otp"])
