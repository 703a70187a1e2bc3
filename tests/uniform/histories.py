"""Plays the same history against two names and tells what a front end could see and what the house did."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import httpx
from tests.front_end import FrontEnd
from tests.races.counted_house import Counted

from aldaba.domain.decoy import decoy_action
from aldaba.domain.profile import LoginAction
from aldaba.service.records import ccs_id_of, decoy_features

RIGHT = {"pin": "30203021", "password": "mobile20x"}
_DRAWN = frozenset(
    # What differs from one name to the next, or from one request to the next.
    "uuid timestamp encryptedLoginId ccsId maskedCustomerName registrationStatus "
    "registrationStatusDescription".split()
)
_serial = count(1)
ACTION = LoginAction.PASSWORD
NUMBERS = count(88_000_001)
"""Customer numbers that nothing else uses."""


def unknown(house: Counted, action: LoginAction = ACTION) -> str:
    """A number nobody has whose decoy shows this action; the other one is told like another customer's."""
    while True:
        number = str(next(NUMBERS))
        if action_of(house, number) is action:
            return number


def action_of(house: Counted, number: str, representative: str = "") -> LoginAction:
    ring = house.house.vault.keyring()
    return decoy_action(decoy_features(ring, ccs_id_of(ring, number, representative)), house.house.policy)


@dataclass(frozen=True, slots=True)
class Seen:
    """One step: what was answered, and what it cost."""

    step: str
    status: int
    body: str
    headers: tuple[str, ...]
    looks: int
    acts: tuple[tuple[str, int], ...]


async def played(house: Counted, name: str, history: Sequence[str], user_id: str | None = None) -> list[Seen]:
    """The history in one session after another; ``user_id`` is what logins say, where it is not the name."""
    front = await house.bank.ready()
    seen = []
    for step in history:
        if step == "new session":
            front = await house.bank.ready()
            continue
        if step.startswith("later "):
            await house.advance(timedelta(seconds=float(step.removeprefix("later "))))
            front = await house.bank.ready()
            continue
        house.reset()
        answer = await _done(front, step, name, user_id or name)
        acts = tuple(sorted(house.counts.items()))
        seen.append(_told(step, answer, len(house.hasher.looked), acts))
    return seen


async def _done(front: FrontEnd, step: str, name: str, user_id: str) -> httpx.Response:
    if step.startswith("prelogin"):
        operation = "prelogin_v2" if step.endswith("v2") else "prelogin_v1"
        return await front.prelogin(name, operation)
    if step == "recovery":
        return await front.prelogin(name, "validate_credentials")
    secret = f"malo{next(_serial):05}x" if step == "password" else f"4{next(_serial):07}"
    return await front.login(user_id, secret, step)


def _told(step: str, answer: httpx.Response, looks: int, acts: tuple[tuple[str, int], ...]) -> Seen:
    body = json.loads(answer.content)
    shown = {key: _plain(key, value) for key, value in body.items() if key not in _DRAWN}
    headers = tuple(sorted(name.lower() for name in answer.headers if name.lower() != "content-length"))
    keys = list(body)
    return Seen(
        step,
        answer.status_code,
        json.dumps({"keys": keys, **shown}, ensure_ascii=False),
        headers,
        looks=looks,
        acts=acts,
    )


def _plain(key: str, value: object) -> object:
    """Actions 1 and 2 are drawn in the population's mix; which of the two is no difference."""
    if key == "nextLoginActionCode":
        return "log in" if value in {1, 2} else value
    if key == "nextLoginActionDescription":
        return None
    return value
