"""Every step of decryption fails in one way on the wire; only the sandbox names it, with an explanation."""

import asyncio
import hmac
import os
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tests.conftest import Bank, OpenBank
from tests.front_end import PATHS, TYPES, FrontEnd, Keys, cbc, offer

from aldaba.sandbox.wording import wording

FIELD = "customerCredentials.encryptedCredential"
Craft = Callable[[FrontEnd, Mapping[str, str]], str]


def sealed(front: FrontEnd, headers: Mapping[str, str], ct: bytes, iv: bytes = b"") -> str:
    """Any ciphertext at all under a right tag."""
    assert front.keys is not None
    body = iv + ct
    path = PATHS["login"].removeprefix("/api")
    parts = ("aldaba-e2e-1", "request", path, headers["sid"], headers["uuid"].lower(), "encryptedCredential")
    message = "\n".join(parts).encode() + b"\n" + body if iv else body
    return (body + hmac.digest(front.keys.hk, message, "sha256")).hex().upper()


def unpadded(front: FrontEnd, iv: bytes) -> bytes:
    """A block whose last byte is no length of padding."""
    assert front.keys is not None
    encryptor = Cipher(algorithms.AES256(front.keys.ek), modes.CBC(iv)).encryptor()
    return encryptor.update(b"\xff" * 16)


def portal_text(front: FrontEnd, text: bytes, sr: str | None = None) -> bytes:
    assert front.keys is not None
    random = sr or front.keys.randoms[-1]
    return cbc(front.keys.ek, front.keys.iv, os.urandom(16).hex().upper().encode() + random.encode() + text)


def own_iv(front: FrontEnd) -> bytes:
    assert front.keys is not None
    return front.keys.iv


def own_ek(front: FrontEnd) -> bytes:
    assert front.keys is not None
    return front.keys.ek


IV = bytes(range(16))
BOUND: dict[str, Craft] = {
    "encoding": lambda _f, _h: "not HEX at all, and no Base64",
    "length": lambda _f, _h: "AB" * 40,
    "mac": lambda f, h: f.seal({**h, "uuid": "018f3d2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f"}, "login", "x", "a"),
    "padding": lambda f, h: sealed(f, h, unpadded(f, IV), IV),
    "utf8": lambda f, h: sealed(f, h, cbc(own_ek(f), IV, b"\xff\xfe"), IV),
}
PORTAL: dict[str, Craft] = {
    "encoding": BOUND["encoding"],
    "length": BOUND["length"],
    "mac": lambda _f, _h: "AB" * 64,
    "padding": lambda f, h: sealed(f, h, unpadded(f, own_iv(f))),
    "random": lambda f, h: sealed(f, h, portal_text(f, b"bmobile20x", "0" * 32)),
    "kind": lambda f, h: sealed(f, h, portal_text(f, b"cmobile20x")),
    "utf8": lambda f, h: sealed(f, h, portal_text(f, b"b\xff\xfe")),
}


def uniform(answer: httpx.Response) -> dict[str, Any]:
    """Status, headers and body but for what names the request."""
    body = answer.json()
    uuid, stamp = body.pop("uuid"), body.pop("timestamp")
    assert uuid == answer.request.headers["uuid"]
    assert stamp
    names = sorted(name for name in answer.headers if name not in {"sid", "eventid", "content-length"})
    return {"status": answer.status_code, "headers": names, "body": body, "bytes": len(answer.content)}


async def diagnosed(bank: Bank, answer: httpx.Response) -> str:
    uuid = answer.request.headers["uuid"]
    told = await bank.http.get(f"/sandbox/diagnosis/{uuid}")
    step: str = told.json()["step"]
    shown = await bank.http.get(f"/sandbox/doctor?uuid={uuid}&lang=en")
    assert f"<code>{step}</code>" in shown.text
    return step


@pytest.mark.parametrize(("profile", "crafts"), [("bound-1", BOUND), ("portal", PORTAL)])
def test_each_step_of_a_field_is_named_apart_behind_one_answer(
    open_bank: OpenBank, profile: str, crafts: dict[str, Craft]
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            answers = []
            for step, craft in crafts.items():
                front = await bank.ready(profile)
                await front.prelogin("15000010")
                headers = front.headers()
                value = craft(front, headers)
                credentials = {
                    "userId": "15000010",
                    "credentialType": TYPES["password"],
                    "encryptedCredential": value,
                }
                answer = await front.call("login", {"customerCredentials": credentials}, headers=headers)
                assert await diagnosed(bank, answer) == f"{FIELD}: {step}"
                answers.append(uniform(answer))
            assert all(answer == answers[0] for answer in answers)
            assert answers[0]["body"]["code"] == "cannotDecryptData"

    asyncio.run(story())


def test_a_session_without_keys_fails_like_every_other(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = bank.front_end()
            await front.sign_in()
            await front.call("retrieve_public_key")
            answer = await front.call("prelogin_v1", {"encryptedUserId": "AB" * 64})
            assert answer.json()["code"] == "cannotDecryptData"
            assert await diagnosed(bank, answer) == "encryptedUserId: keys"
            keyed = await bank.ready()
            other = await keyed.call("prelogin_v1", {"encryptedUserId": "AB" * 64})
            assert await diagnosed(bank, other) == "encryptedUserId: mac"
            assert uniform(other) == uniform(answer)

    asyncio.run(story())


EXCHANGE: dict[str, Callable[[dict[str, str], Keys], dict[str, str]]] = {
    "encoding": lambda public, keys: offer(public, keys) | {"encryptedPayload": "0A1B"},
    "padding": lambda public, keys: offer(public, keys) | {"encryptedPayload": "01" * 256},
    "keys": lambda public, keys: offer(public, Keys("bound-1", keys.ek, keys.iv, bytes(16))),
}


def test_each_step_of_the_exchange_is_named_apart_behind_one_answer(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            answers = []
            for step, craft in EXCHANGE.items():
                front = bank.front_end()
                await front.sign_in()
                public = (await front.call("retrieve_public_key")).json()
                answer = await front.call("exchange_keys", craft(public, Keys("bound-1")))
                assert await diagnosed(bank, answer) == f"key exchange: {step}"
                answers.append(uniform(answer))
            assert all(answer == answers[0] for answer in answers)

    asyncio.run(story())


def test_every_step_that_can_be_told_is_explained() -> None:
    fields = {"keys", *BOUND, *PORTAL}
    exchange = {f"exchange {step}" for step in (*EXCHANGE, "check digits")}
    assert set(wording().steps) == fields | exchange
    for step in wording().steps.values():
        for said in (step.meaning, step.cause, step.cure):
            assert said["es"] != said["en"] or "PKCS" in said["es"]
