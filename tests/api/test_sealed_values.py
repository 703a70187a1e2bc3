"""Values that do not open: one answer whatever the cause, whose step only the sandbox tells."""

import asyncio
import base64
import hmac
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.wire import Letter, letters, post
from tests.conftest import Bank, OpenBank
from tests.front_end import PATHS, FrontEnd, Keys, cbc, offer

from aldaba.sandbox.bank import PIN

ROOT = Path(__file__).resolve().parents[2]
VECTORS: dict[str, Any] = json.loads((ROOT / "vectors" / "e2e.json").read_text("utf-8"))
PLACE = "encryptedUserId"
USER = "15000010"


def without_what_differs(answer: httpx.Response) -> dict[str, Any]:
    """The body but for uuid and time."""
    body: dict[str, Any] = answer.json()
    del body["uuid"], body["timestamp"]
    return body


async def prelogin_with(
    bank: Bank, front: FrontEnd, value: str, letter: Letter | None = None
) -> httpx.Response:
    letter = letter or Letter("prelogin_v1", front.headers(), None)
    answer = await post(bank, letter.with_body({PLACE: value}))
    if "eventId" in answer.headers and front.keys is not None:
        front.keys.learn(answer.headers["eventId"])
    return answer


async def step(bank: Bank, answer: httpx.Response) -> str:
    told = await bank.http.get(f"/sandbox/diagnosis/{answer.request.headers['uuid']}")
    return str(told.json().get("step"))


def bound(front: FrontEnd, headers: dict[str, str], **changes: Any) -> str:
    """A ``bound-1`` value with one thing changed before it is sealed."""
    keys: Keys = changes.get("keys") or exchanged(front)
    aad = [
        changes.get("direction", "request"),
        changes.get("path", PATHS["prelogin_v1"].removeprefix("/api")),
        changes.get("sid", headers["sid"]),
        changes.get("uuid", headers["uuid"]),
        changes.get("field", PLACE),
    ]
    body = changes.get("body")
    if body is None:
        iv = os.urandom(16)
        body = iv + cbc(keys.ek, iv, USER.encode())
    tag = hmac.digest(keys.hk, "\n".join(("aldaba-e2e-1", *aad)).encode() + b"\n" + body, "sha256")
    return (bytes(body) + tag).hex().upper()


def exchanged(front: FrontEnd) -> Keys:
    """The keys the front end exchanged."""
    assert front.keys is not None
    return front.keys


def flipped(value: str, position: int) -> str:
    raw = bytearray.fromhex(value)
    raw[position] ^= 1
    return bytes(raw).hex().upper()


def bound_defects(front: FrontEnd, headers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each value that must be refused, after the step that finds it."""
    right = bound(front, headers)
    yield "mac", bound(front, headers, uuid="0d9a3c53-5fc7-4bb9-9b7f-1f3b4a1c2d3e")
    yield "mac", bound(front, headers, field="encryptedCredential")
    yield "mac", bound(front, headers, sid="another")
    yield "mac", bound(front, headers, path=PATHS["prelogin_v2"].removeprefix("/api"))
    yield "mac", bound(front, headers, direction="response")
    yield "mac", bound(front, headers, keys=Keys("bound-1"))
    yield "mac", flipped(right, -1)
    yield "mac", flipped(right, 0)
    yield "mac", flipped(right, 20)
    yield "length", right[:32] + right[64:]
    yield "length", right[:-2]
    yield "encoding", right[:-1]
    yield "encoding", "hello"
    yield "encoding", ""
    yield "encoding", f"{right[:10]} {right[10:]}"
    yield "encoding", "NnEGZNYbkpXlQl/wDWX7+i1yu3Mc1gkCaSLeWD5yaFk=.AAAA.AAAA"
    yield "length", ".bj1+68NvPMyQ6QsZlho8io959JrTPNzoPXOzU9SadIQ="
    yield "length", "A" * 8194
    keys, iv = exchanged(front), bytes(16)
    yield "padding", bound(front, headers, body=iv + bytes(16))
    yield "utf8", bound(front, headers, body=iv + cbc(keys.ek, iv, b"\xff\xfe"))


@pytest.mark.parametrize("operation", ["prelogin_v1"])
def test_every_defect_of_a_bound_value_is_one_answer(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            bodies, found = [], []
            count = len(list(bound_defects(front, front.headers())))
            for index in range(count):
                letter = Letter(operation, front.headers(), None)
                expected, value = list(bound_defects(front, letter.headers))[index]
                answer = await prelogin_with(bank, front, value, letter)
                assert answer.status_code == 400, value
                bodies.append(without_what_differs(answer))
                found.append((expected, await step(bank, answer)))
            assert all(body == bodies[0] for body in bodies)
            assert bodies[0]["code"] == "cannotDecryptData"
            assert found == [(expected, f"{PLACE}: {expected}") for expected, _ in found]
            right = Letter(operation, front.headers(), None)
            answer = await prelogin_with(bank, front, bound(front, right.headers), right)
            assert answer.status_code == 200

    asyncio.run(story())


def vector_keys(profile: str) -> Keys:
    return Keys(
        profile,
        ek=bytes.fromhex(VECTORS["ek"]),
        iv=bytes.fromhex(VECTORS["iv"]),
        hk=bytes.fromhex(VECTORS["hk"]),
    )


async def with_the_vectors_keys(bank: Bank, profile: str) -> FrontEnd:
    front = bank.front_end()
    await front.sign_in()
    public = (await front.call("retrieve_public_key")).json()
    front.keys = vector_keys(profile)
    body = offer(public, front.keys)
    assert body["encKeyCheckDigit"] == VECTORS["encKeyCheckDigit"]
    assert body["hmacKeyCheckDigit"] == VECTORS["hmacKeyCheckDigit"]
    assert (await front.call("exchange_keys", body)).status_code == 200
    return front


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_no_value_of_the_vectors_opens_in_another_session_though_its_keys_are_the_same(
    open_bank: OpenBank, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await with_the_vectors_keys(bank, profile)
            accepted = [
                one[rendering]
                for one in VECTORS[profile]["accepted"]
                for rendering in ("hex", "dot", "hexDot")
                if rendering in one
            ]
            values = [*accepted, *(one["value"] for one in VECTORS[profile]["refused"])]
            bodies = [await prelogin_with(bank, front, value) for value in values]
            assert {answer.status_code for answer in bodies} == {400}
            assert all(without_what_differs(answer) == without_what_differs(bodies[0]) for answer in bodies)
            assert (await front.prelogin(USER)).status_code == 200

    asyncio.run(story())


def portal(front: FrontEnd, sr: str, *, kind: str = "c", cr: str | None = None, text: str = USER) -> str:
    keys = exchanged(front)
    clear = (cr or os.urandom(16).hex()) + sr + kind + text
    sealed = cbc(keys.ek, keys.iv, clear.encode())
    return (sealed + hmac.digest(keys.hk, sealed, "sha256")).hex().upper()


PORTAL_DEFECTS: dict[str, Callable[[FrontEnd, str], str]] = {
    "random": lambda front, _: portal(front, "0123456789ABCDEF" * 2),
    "random ": lambda front, sr: portal(front, sr.lower() if sr != sr.lower() else sr.upper()),
    "random  ": lambda front, sr: portal(front, sr, cr="x" * 32),
    "kind": lambda front, sr: portal(front, sr, kind="a"),
    "kind ": lambda front, sr: portal(front, sr, kind="b"),
    "kind  ": lambda front, sr: portal(front, sr, kind="", text=""),
    "mac": lambda front, sr: flipped(portal(front, sr), -1),
    "mac ": lambda front, sr: flipped(portal(front, sr), 3),
    "encoding": lambda front, sr: portal(front, sr)[:-1],
    "length": lambda front, sr: portal(front, sr)[:-2],
}


def test_every_defect_of_a_portal_value_is_one_answer_that_brings_a_fresh_random(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready("portal")
            assert front.keys is not None
            bodies = []
            for expected, make in PORTAL_DEFECTS.items():
                answer = await prelogin_with(bank, front, make(front, front.keys.randoms[-1]))
                assert answer.status_code == 400
                assert "eventId" in answer.headers
                bodies.append(without_what_differs(answer))
                assert await step(bank, answer) == f"{PLACE}: {expected.strip()}"
            assert all(body == bodies[0] for body in bodies)
            assert bodies[0]["code"] == "cannotDecryptData"
            assert (await front.prelogin(USER)).status_code == 200

    asyncio.run(story())


def test_a_random_serves_one_request_and_only_the_newest_four_serve_at_all(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready("portal")
            assert front.keys is not None
            front.keys.randoms.clear()
            for _ in range(6):
                await front.status(USER)
            issued = list(front.keys.randoms)
            assert len(set(issued)) == 6
            quiet = bank.front_end()
            quiet.token, quiet.sid, quiet.keys = front.token, front.sid, front.keys

            async def tried(random: str) -> int:
                letter = Letter("prelogin_v1", quiet.headers(), {PLACE: portal(front, random)})
                return (await post(bank, letter)).status_code

            # Every answer brings another one, which pushes the oldest out: newest first, all at once.
            answers = await asyncio.gather(*(tried(random) for random in issued[:2]))
            assert answers == [400, 400]
            front.keys.randoms.clear()
            for _ in range(4):
                await front.status(USER)
            newest = list(front.keys.randoms)
            assert await tried(newest[0]) == 200
            assert await tried(newest[0]) == 400
            front.keys.randoms.clear()
            for _ in range(4):
                await front.status(USER)
            assert await tried(front.keys.randoms[-1]) == 200
            assert await tried(front.keys.randoms[-2]) == 200

    asyncio.run(story())


def test_four_requests_at_once_each_spend_a_random_of_their_own(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready("portal")
            assert front.keys is not None
            while len(front.keys.randoms) < 4:
                await front.status(USER)
            one = front.keys.randoms[-1]
            same = [portal(front, one) for _ in range(8)]
            answers = await asyncio.gather(*(prelogin_with(bank, front, value) for value in same))
            assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7

    asyncio.run(story())


def test_a_session_without_keys_opens_nothing_and_says_so_alike(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            keyed = await bank.ready()
            bare = bank.front_end()
            await bare.sign_in()
            await bare.call("retrieve_public_key")
            bare.keys = keyed.keys
            answers = [await prelogin_with(bank, keyed, "00")]
            for sid in (bare.sid, None):
                bare.sid = sid
                answers.append(await bare.prelogin(USER))
                assert await step(bank, answers[-1]) == f"{PLACE}: keys"
            assert all(without_what_differs(answer) == without_what_differs(answers[0]) for answer in answers)

    asyncio.run(story())


@pytest.mark.parametrize(("profile", "expected"), [("bound-1", 200), ("portal", 400)])
def test_a_kind_is_the_credentials_own_in_the_portal_profile(
    open_bank: OpenBank, profile: str, expected: int
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready(profile)
            await front.prelogin(USER)
            headers = front.headers()
            sealed = front.seal(headers, "login", "encryptedCredential", PIN, "b")
            given = {"userId": USER, "credentialType": 1, "encryptedCredential": sealed}
            answer = await front.call("login", {"customerCredentials": given}, headers=headers)
            assert answer.status_code == expected
            if expected == 400:
                assert answer.json()["code"] == "cannotDecryptData"
                assert (await front.login(USER, PIN, "pin")).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_a_login_seen_on_its_way_cannot_be_sent_again(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, write = await letters(bank, "login", profile)
            seen = await write()
            assert (await post(bank, seen)).status_code == 200
            again = await post(bank, seen)
            assert (again.status_code, again.json()["location"]) == (400, "uuid")
            renumbered = await post(bank, seen.with_headers(uuid=(await fresh(front))["uuid"]))
            assert (renumbered.status_code, renumbered.json()["code"]) == (400, "cannotDecryptData")
            other = await bank.ready(profile)
            await other.prelogin(USER)
            moved = await post(bank, seen.with_headers(**await fresh(other)))
            assert (moved.status_code, moved.json()["code"]) == (400, "cannotDecryptData")

    asyncio.run(story())


async def fresh(front: FrontEnd) -> dict[str, str]:
    """A uuid and sid of its own."""
    headers = front.headers()
    return {name: headers[name] for name in ("uuid", "sid")}


def test_values_come_in_either_rendering(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for profile in ("bound-1", "portal"):
                for render in (str.lower, str.upper, in_dots):
                    front = await bank.ready(profile)
                    headers = front.headers()
                    value = render(front.seal(headers, "prelogin_v1", PLACE, USER))
                    answer = await post(bank, Letter("prelogin_v1", headers, {PLACE: value}))
                    assert answer.status_code == 200, answer.text
                    assert "." not in answer.json()["encryptedLoginId"]

    asyncio.run(story())


def in_dots(value: str) -> str:
    raw = bytes.fromhex(value)
    return ".".join(base64.b64encode(part).decode() for part in (raw[:-32], raw[-32:]))


def test_what_nobody_failed_at_has_no_diagnosis(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            answer = await front.prelogin(USER)
            told = await bank.http.get(f"/sandbox/diagnosis/{answer.request.headers['uuid']}")
            assert told.status_code == 404
            bad = await prelogin_with(bank, front, "00")
            shouted = bad.request.headers["uuid"].upper()
            assert (await bank.http.get(f"/sandbox/diagnosis/{shouted}")).json()["step"]

    asyncio.run(story())
