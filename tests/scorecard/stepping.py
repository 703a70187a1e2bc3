"""Random walks over all operations, beside a model that knows only what each session has proved.

The model does not say what is answered. It says when a success is out of the question: a step of the way
was left out, a secret was wrong, used up, too old or another session's. It reads the house's clock before
and after each request, and where time decides it takes the reading that allows more.
"""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
from tests.conftest import Bank
from tests.recovery_front_end import Recovering, messages_to
from tests.scorecard.people import People
from tests.scorecard.proofs import BURIED, CODE_LIVES, LOCKS, Account, Facts, Scene, Step, Turn
from tests.scorecard.steps import STEPS

from aldaba.contract import Contract

SPELLS = (31, 31, 121, 301)
RECOVERING = ("validate_card", "validate_mobile_phone", "send_otp", "set_access")
FURTHER_ON = (
    *RECOVERING,
    "set_credentials",
    "enrol_device",
    "retrieve_challenge",
    "certified_phone",
    "logout",
)
"""What one would reach who left steps out."""
IDENTIFYING = ("prelogin_v1", "prelogin_v2", "validate_credentials")


ASTRAY, SKIPPING, AGAIN = 0.25, 0.4, 0.55
"""Shares of the steps, each from the one before."""


class Skipped(AssertionError):
    """A success without what it needs, or an answer that no page prints."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on its way: which operation, by which application, in which session."""

    name: str
    which: int
    sid: str | None
    facts: Facts
    front: Recovering
    step: Step


class Walker:
    """One walk: two front ends of two applications, two customers and somebody the bank does not know."""

    def __init__(self, bank: Bank, contract: Contract, people: People, seen: Counter[str], seed: int) -> None:
        self._contract, self._people, self._seen = contract, people, seen
        self._chance = random.Random(seed)  # noqa: S311 - a walk, not a secret
        accounts = [Account(password) for password in people.passwords]
        self._scene = Scene(bank, people, self._chance, accounts)
        self._current: list[str | None] = [None, None]
        self._story = [f"walk {seed}"]
        self._forgetful = self._chance.random() < 0.25

    async def walk(self, steps: int) -> None:
        """Raises ``Skipped``, which tells the whole story."""
        for _ in range(steps):
            if self._chance.random() < 0.06:
                seconds = self._chance.choice(SPELLS)
                await self._scene.bank.advance(f"PT{seconds}S")
                self._story.append(f"{seconds} s later")
            await self._people.sign_in_again()
            await self._step()

    async def _step(self) -> None:
        which = self._chance.choice((0, 0, 1))
        way = self._chance.random()
        sid = self._sid(which)
        facts = self._scene.facts.get(sid or "") or Facts(which, self._scene.now())
        name = self._name(way, facts)
        if way >= SKIPPING and name == "exchange_keys" and facts.stage == "ended":
            sid, facts = None, Facts(which, self._scene.now())
        right = self._chance.random() < 0.6 if way < ASTRAY else not (self._forgetful and name == "login")
        front = self._people.front(which)
        front.sid, front.keys, front.ccs_id = sid, facts.keys, facts.ccs_id
        step = await STEPS[name](Turn(self._scene, facts, front, right))
        possible = step.possible and self._usable(name, sid, facts, which)
        stage = facts.stage if sid else "no session"
        before = self._scene.now()
        answer = await step.send(front)
        self._story.append(f"{name} in {stage} {str(sid)[:4]}: {answer.status_code} {answer.text[:60]}")
        self._seen[f"{name} in {stage}"] += 1
        self._seen["steps"] += 1
        self._judge(name, answer, possible=possible)
        await self._keep(Asked(name, which, sid, facts, front, step), answer, before)

    def _judge(self, name: str, answer: httpx.Response, *, possible: bool) -> None:
        if answer.status_code == self._contract.operation(name).success:
            self._seen[f"{name} done"] += 1
            if not possible:
                raise Skipped("\n".join(["not proved, and done all the same:", *self._story]))
            return
        if answer.status_code >= 500 or not self._documented(name, answer):
            raise Skipped("\n".join([f"no page prints {answer.text}:", *self._story]))

    def _documented(self, name: str, answer: httpx.Response) -> bool:
        """Whether this operation's page prints it, or another's that stands in where it prints none."""
        error = answer.json()
        try:
            row = self._contract.row(name, answer.status_code, error["code"])
        except KeyError:
            return False
        return (row.status, row.type, row.code) == (answer.status_code, error["type"], error["code"])

    async def _keep(self, asked: Asked, answer: httpx.Response, before: datetime) -> None:
        """What a success proved, and to which sid."""
        scene, sid = self._scene, asked.front.sid
        if sid is not None and sid not in scene.facts:
            scene.facts[sid] = self._begun(asked, sid)
            self._current[asked.which] = sid
        own = scene.facts.get(sid or "", asked.facts)
        if scene.now() < own.idle_at:
            own.touched = scene.now()
        if answer.status_code == self._contract.operation(asked.name).success:
            own.served = before
            asked.step.gain(own, answer)
            await self._read_messages(asked.name, own)
        else:
            asked.step.lose(answer)

    def _begun(self, asked: Asked, sid: str) -> Facts:
        """A session without anything proved; after a login, all that the old sid had."""
        scene, old = self._scene, asked.facts
        if asked.name != "login":
            return Facts(asked.which, scene.now(), keys=old.keys)
        now = scene.now()
        fresh = replace(old, inside=True, touched=now, successor=None, code=None, rao_code=None)
        old.buried = scene.now() + BURIED if old.successor is None else old.buried
        old.successor = sid
        return fresh

    async def _read_messages(self, name: str, own: Facts) -> None:
        """Of a code that was sent the front end's user reads the newest."""
        scene = self._scene
        if name == "send_otp" and own.customer is not None:
            told = await messages_to(scene.bank, f"+52{self._people.phone(own.customer)}")
            own.code = next(str(one["otp"]) for one in told if one["otp"])
            own.code_until = scene.now() + CODE_LIVES
        if name == "generate_rao_token" and own.rao is not None:
            told = await messages_to(scene.bank, f"+52{own.rao}")
            own.rao_code = next((str(one["otp"]) for one in told if one["otp"]), None)
            own.rao_until = scene.now() + CODE_LIVES

    def _sid(self, which: int) -> str | None:
        known, way = list(self._scene.facts), self._chance.random()
        if way < 0.04 or not known:
            return None
        return self._chance.choice(known[-6:]) if way < 0.25 else self._current[which]

    def _usable(self, name: str, sid: str | None, facts: Facts, which: int) -> bool:
        """Whether this sid may serve this operation at all."""
        if sid is None:
            return self._contract.operation(name).session.value in {"opens", "none"}
        now = self._scene.now()
        if facts.over or facts.application != which:
            return False
        if facts.successor is not None:
            return name == "login" and now < facts.buried
        return now < facts.idle_at

    def _name(self, way: float, facts: Facts) -> str:
        """Anything at all, a step further on than it should be, one before, or the next."""
        if way < ASTRAY or (facts.stage == "anonymous" and way < AGAIN):
            return self._chance.choice(sorted(STEPS))
        if way < SKIPPING:
            return self._chance.choice(FURTHER_ON)
        if way < AGAIN and facts.customer is not None:
            return self._chance.choice((*IDENTIFYING, *RECOVERING, *RECOVERING))
        return self._next(facts)

    def _next(self, facts: Facts) -> str:
        """What one who does everything right might do next."""
        now = self._scene.now()
        if facts.stage in {"ended", "anonymous"} or now >= facts.idle_at:
            facts.over = facts.over or now >= facts.idle_at
            return "exchange_keys"
        if facts.customer is None:
            ways = (*IDENTIFYING, "generate_rao_token")
            return "validate_rao_token" if facts.rao_code else self._chance.choice(ways)
        if facts.inside and facts.question:
            return "validate_challenge"
        if facts.inside and now < facts.strong_until:
            return self._chance.choice(("set_credentials", "enrol_device", "revoke_device", "logout"))
        if self._forgetful and facts.customer == 0 and not facts.inside:
            return "login" if self._scene.accounts[0].failures < LOCKS else "unlock_access"
        entering = "retrieve_challenge" if facts.inside else "login"
        return self._chance.choice((_recovering(facts), _recovering(facts), entering))


def _recovering(facts: Facts) -> str:
    if not facts.card:
        return "validate_card"
    if not facts.phone:
        return "validate_mobile_phone"
    return "set_access" if facts.code else "send_otp"
