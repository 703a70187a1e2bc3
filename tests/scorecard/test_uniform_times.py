"""Cases that must look alike take the same time: whoever is named, whatever cannot be decrypted."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from itertools import count

import httpx
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd, Keys, cbc
from tests.recovery_front_end import customer_line, imported
from tests.scorecard.card import Card
from tests.scorecard.timing import Case, Spread, spread

GROUP = "Uniform answers"
ROOMY = {
    # Dear enough that a verification left out would show; limits so high that nothing locks on the way.
    "policy.hash.memory_kib": "8192",
    "policy.lockout.failures": "100",
    "policy.lockout.ceiling": "100",
    "policy.decoy.per_application_and_day": "1000000",
    "policy.session.idle_seconds": "1200",
}
EACH = 90
"""So many wrong passwords one customer takes before the next comes."""


def judged(card: Card, promise: str, found: Spread) -> None:
    """Half a millisecond or two in a hundred in the long form; the short one only sees what is left out."""
    ms, share = card.either((3.0, 1.00), (0.5, 0.02))
    kept = found.apart_ms < ms or found.apart_share < share
    card.tell(GROUP, promise, reach=f"< {ms} ms or {share:.0%} apart", measured=found.told(), kept=kept)


def test_wrong_passwords_take_the_same_time_whoever_is_named(open_bank: OpenBank, card: Card) -> None:
    rounds = card.either(60, 1300)

    async def story() -> Spread:
        async with open_bank(**ROOMY) as bank:
            kinds = {
                "known": Named(bank, 81_000_000, {}),
                "unknown": Named(bank, 82_000_000, None),
                "locked": Named(
                    bank, 83_000_000, {"access": {"password": "mobile20x", "pin": "30203021", "locked": "S"}}
                ),
                "no password": Named(bank, 84_000_000, {"access": {"pin": "30203021"}}),
            }
            return await spread({name: kind.wrong for name, kind in kinds.items()}, rounds)

    judged(
        card,
        "wrong password for a known, unknown, locked customer or one without password",
        asyncio.run(story()),
    )


class Named:
    """Customers of one kind, a new one when the last has taken enough guesses; a kind of None is nobody."""

    def __init__(self, bank: Bank, first: int, line: dict[str, object] | None) -> None:
        self._bank = bank
        self._numbers = count(first)
        self._line = line
        self._front: FrontEnd | None = None
        self._name = ""
        self._left = 0
        self._serial = count(1)

    async def wrong(self) -> Callable[[], Awaitable[httpx.Response]]:
        if self._left == 0 or self._front is None:
            self._name, self._left = str(next(self._numbers)), EACH
            if self._line is not None:
                await imported(self._bank, customer_line(self._name, **self._line))
            self._front = await self._bank.ready()
            assert (await self._front.prelogin(self._name)).status_code == 200
        self._left -= 1
        front, secret = self._front, f"malo{next(self._serial):05}x"
        return lambda: front.login(self._name, secret)


def test_every_cause_of_cannot_decrypt_takes_the_same_time(open_bank: OpenBank, card: Card) -> None:
    rounds = card.either(60, 900)

    async def story() -> Spread:
        async with open_bank(**ROOMY) as bank:
            front = await bank.ready()
            return await spread({name: unopened(front, flaw) for name, flaw in FLAWS.items()}, rounds)

    judged(card, "every cause of cannotDecryptData, profile bound-1", asyncio.run(story()))


Flaw = Callable[[Keys, tuple[str, ...]], str]


def sealed(keys: Keys, aad: tuple[str, ...], body: bytes) -> str:
    """What a sender who holds the session's keys may make: a true tag over any body."""
    return (body + keys._tag(aad, body)).hex().upper()


def flipped(value: str, position: int) -> str:
    raw = bytearray.fromhex(value)
    raw[position] ^= 1
    return raw.hex().upper()


def bad_padding(keys: Keys, aad: tuple[str, ...]) -> str:
    iv = os.urandom(16)
    # Decrypts to a last byte that is no padding length.
    return sealed(keys, aad, iv + cbc(keys.ek, iv, b"15000030" + b"\0" * 8)[:16])


FLAWS: dict[str, Flaw] = {
    "tag": lambda keys, aad: flipped(keys.seal("15000030", aad, "c"), -1),
    "body": lambda keys, aad: flipped(keys.seal("15000030", aad, "c"), 20),
    "other field": lambda keys, aad: keys.seal("15000030", (*aad[:4], "otherField"), "c"),
    "other request": lambda keys, aad: keys.seal("15000030", (*aad[:3], aad[3][::-1], aad[4]), "c"),
    "padding": bad_padding,
    "not UTF-8": lambda keys, aad: sealed(keys, aad, (iv := os.urandom(16)) + cbc(keys.ek, iv, b"\xff\xfe8")),
    "half a block": lambda keys, aad: sealed(keys, aad, os.urandom(16 + 8)),
}


def unopened(front: FrontEnd, flaw: Flaw) -> Case:
    path = "/v1/x-global/security/login/validate"

    async def prepared() -> Callable[[], Awaitable[None]]:
        headers = front.headers()
        assert front.keys is not None
        value = flaw(front.keys, ("request", path, headers["sid"], headers["uuid"], "encryptedUserId"))

        async def act() -> None:
            answer = await front.call("prelogin_v1", {"encryptedUserId": value}, headers=headers)
            assert answer.json()["code"] == "cannotDecryptData", answer.text

        return act

    return prepared
