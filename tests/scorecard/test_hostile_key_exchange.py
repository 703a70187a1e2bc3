"""The RSA endpoint against whatever an attacker may seal: one answer for all, and no difference in time."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from random import Random

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.conftest import OpenBank
from tests.front_end import FrontEnd, Keys, offer
from tests.scorecard.card import Card
from tests.scorecard.timing import Case, Spread, spread

PROFILES = ("bound-1", "portal")


class Hostile:
    """Payloads for one public key; ``size`` is its length in bytes."""

    def __init__(self, public: dict[str, str], seed: int) -> None:
        self.n = int(public["modulus"], 16)
        self.size = (self.n.bit_length() + 7) // 8
        self._key = rsa.RSAPublicNumbers(int(public["exponent"], 16), self.n).public_key()
        self._chance = Random(seed)  # noqa: S311 - hostile payloads, drawn the same every time

    def kinds(self) -> dict[str, Callable[[], bytes]]:
        other_hash = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - the wrong one is meant
        labelled = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"label")
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return {
            "random": lambda: self._chance.randbytes(self.size),
            "zero": lambda: bytes(self.size),
            "one": lambda: (1).to_bytes(self.size, "big"),
            "modulus": lambda: self.n.to_bytes(self.size, "big"),
            "modulus less one": lambda: (self.n - 1).to_bytes(self.size, "big"),
            "beyond the modulus": lambda: b"\xff" * self.size,
            "short": lambda: self._chance.randbytes(self._chance.randrange(1, self.size)),
            "long": lambda: self._chance.randbytes(self.size + self._chance.randrange(1, 64)),
            "OAEP of nothing": lambda: self._key.encrypt(b"", oaep),
            "OAEP of keys one byte short": lambda: self._key.encrypt(os.urandom(79).hex().encode(), oaep),
            "OAEP of no HEX": lambda: self._key.encrypt(b"z" * 160, oaep),
            "OAEP with SHA-1": lambda: self._key.encrypt(os.urandom(80).hex().encode(), other_hash),
            "OAEP with a label": lambda: self._key.encrypt(os.urandom(80).hex().encode(), labelled),
            "PKCS1 of nothing": lambda: self._key.encrypt(b"", padding.PKCS1v15()),
            "PKCS1 of no HEX": lambda: self._key.encrypt(b"z" * 160, padding.PKCS1v15()),
            "textbook, padding of type 1": lambda: self.raw(
                b"\x00\x01" + b"\xff" * (self.size - 3) + b"\x00"
            ),
            "textbook, no zero after the padding": lambda: self.raw(b"\x00\x02" + b"\x11" * (self.size - 2)),
            "textbook, seven bytes of padding": lambda: self.raw(
                b"\x00\x02" + b"\x11" * 7 + b"\x00" + b"A" * (self.size - 10)
            ),
        }

    def raw(self, message: bytes) -> bytes:
        """Without any padding scheme: what a Bleichenbacher attacker sends."""
        return pow(int.from_bytes(message, "big"), 65537, self.n).to_bytes(self.size, "big")


async def session(front: FrontEnd, profile: str) -> tuple[Hostile, dict[str, str]]:
    public = (await front.call("retrieve_public_key")).json()
    return Hostile(public, 7), offer(public, Keys(profile))


def told(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()
    return answer.status_code, error["code"], error.get("location", "")


def test_whatever_is_sealed_the_answer_is_one(open_bank: OpenBank, card: Card) -> None:
    many = card.either(6, 280)

    async def story() -> Counter[tuple[int, str, str]]:
        seen = Counter[tuple[int, str, str]]()
        async with open_bank() as bank:
            for profile in PROFILES:
                front = await bank.front_end().ready(profile)
                hostile, body = await session(front, profile)
                for make in hostile.kinds().values():
                    for _ in range(many):
                        answer = await front.call(
                            "exchange_keys", body | {"encryptedPayload": make().hex().upper()}
                        )
                        seen[told(answer)] += 1
        return seen

    seen = asyncio.run(story())
    promise = f"different answers to {seen.total()} hostile RSA payloads of 18 kinds, both profiles"
    card.exactly("Hostile input", promise, 1, len(seen))
    assert next(iter(seen))[:2] == (400, "cannotDecryptData")


def test_whatever_is_sealed_takes_the_same_time(open_bank: OpenBank, card: Card) -> None:
    rounds = card.either(25, 600)

    async def story() -> Spread:
        async with open_bank() as bank:
            front = await bank.front_end().ready("portal")
            hostile, body = await session(front, "portal")
            full = {name: make for name, make in hostile.kinds().items() if name not in {"short", "long"}}
            return await spread({name: sent(front, body, make) for name, make in full.items()}, rounds)

    found = asyncio.run(story())
    ms, share = card.either((3.0, 0.5), (0.5, 0.02))
    card.tell(
        "Uniform answers",
        "RSA payloads of every kind, profile portal",
        reach=f"< {ms} ms or {share:.0%} apart",
        measured=found.told(),
        kept=found.apart_ms < ms or found.apart_share < share,
    )


def sent(front: FrontEnd, body: dict[str, str], make: Callable[[], bytes]) -> Case:
    async def prepared() -> Callable[[], "asyncio.Future[httpx.Response]"]:
        request = body | {"encryptedPayload": make().hex().upper()}
        return lambda: asyncio.ensure_future(front.call("exchange_keys", request))

    return prepared
