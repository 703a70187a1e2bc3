"""Bodies that are not what the contract asks for, over all operations, and what is told first."""

import asyncio
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from tests.api.test_bad_headers import Bench, bench
from tests.api.wire import CONTRACT, NEW_PASSWORD, WITH_ROOM, Letter, post, row, said_so
from tests.conftest import OpenBank

from aldaba.api.fields import MAX_BYTES
from aldaba.contract import Property, Schema

WITH_BODY = [operation for operation in WITH_ROOM if CONTRACT.operation(operation).request is not None]
BY_OPERATION = pytest.mark.parametrize("operation", WITH_BODY)
WRONG_TYPES: dict[str, tuple[Any, ...]] = {
    "string": (1, True, [], {}),
    "integer": ("1", True, 1.5, 2**31, []),
    "boolean": ("true", 1, 0, []),
    "object": ("x", 1, []),
}


def walked(schema: Schema, before: str = "") -> Iterator[tuple[str, Property, bool]]:
    for prop in schema.properties.values():
        yield before + prop.name, prop, prop.name in schema.required
        if prop.ref:
            yield from walked(CONTRACT.schemas[prop.ref], f"{before}{prop.name}.")


def fields(operation: str) -> list[tuple[str, Property, bool]]:
    request = CONTRACT.operation(operation).request
    assert request is not None
    return list(walked(request))


def with_value(body: Any, path: str, value: Any) -> Any:
    """The body with this at that place; objects on the way are made where there are none."""
    changed = deepcopy(body)
    *parents, last = path.split(".")
    inner = changed
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[last] = value
    return changed


def breaking(prop: Property) -> Iterator[Any]:
    """Values that the field's documented form refuses."""
    yield from WRONG_TYPES[prop.type]
    if prop.pattern is not None:
        yield "\n"
        yield "\u0661" * 3 + "\x00"
    if prop.max_length is not None:
        yield "1" * (prop.max_length + 1)
    if prop.allowed:
        yield 99 if prop.type == "integer" else "something else"


def whole(body: Any) -> dict[str, bytes]:
    """Bodies that are no sound JSON object."""
    sound = json.dumps(body).encode()
    first = json.dumps(next(iter(body))).encode()
    return {
        "empty": b"",
        "null": b"null",
        "an array": b"[]",
        "a string": b'"x"',
        "cut short": sound[:-1],
        "two objects": sound + sound,
        "a trailing comma": sound[:-1] + b",}",
        "a name twice": sound[:-1] + b", " + first + b": null}",
        "a byte order mark": b"\xef\xbb\xbf" + sound,
        "no UTF-8": sound[:-1] + b', "x": "\xff"}',
        "half a surrogate pair": sound[:-1] + b', "x": "\\ud800"}',
        "UTF-16": json.dumps(body).encode("utf-16"),
        "a control character": sound[:-1] + b', "x": "\x01"}',
        "a number that is none": sound[:-1] + b', "x": NaN}',
        "nesting without end": sound[:-1] + b', "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        "one byte too many": padded(sound, MAX_BYTES + 1),
        "far too many": padded(sound, 4 * MAX_BYTES),
    }


def padded(sound: bytes, size: int) -> bytes:
    """The same object of exactly so many bytes, by a field nobody knows."""
    room = size - len(sound) - len(b', "x": ""')
    return sound[:-1] + b', "x": "' + b"x" * room + b'"}'


@BY_OPERATION
def test_a_field_out_of_its_form_is_named_by_its_path(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            for path, prop, required in fields(operation):
                values = [*breaking(prop), *([None] if required else [])]
                for value in values:
                    fresh = letter.with_headers(uuid=(await at.write()).uuid)
                    answer = await post(at.bank, fresh.with_body(with_value(letter.body, path, value)))
                    at.refused(answer, 400, "invalidRequest", path)
            await at.passes()

    asyncio.run(story())


@BY_OPERATION
def test_a_body_that_is_no_sound_object_is_named_whole(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            for what, raw in whole((await at.write()).body).items():
                answer = await post(at.bank, await at.write(), raw=raw)
                assert answer.status_code == 400, what
                at.refused(answer, 400, "invalidRequest", "body")

    asyncio.run(story())


@BY_OPERATION
def test_a_body_of_exactly_the_greatest_size_is_read_and_its_unknown_fields_are_not(
    open_bank: OpenBank, operation: str
) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            raw = padded(json.dumps(letter.body).encode(), MAX_BYTES)
            assert len(raw) == MAX_BYTES
            answer = await post(at.bank, letter, raw=raw)
            assert answer.status_code == at.operation.success, answer.text

    asyncio.run(story())


async def spent(at: Bench) -> Letter:
    """A request whose uuid was used by another one."""
    used = await at.write()
    answer = await post(at.bank, used.with_headers(countryCode="US"))
    assert answer.status_code == 403
    return used


@BY_OPERATION
def test_of_several_things_wrong_the_first_in_the_documented_order_is_told(
    open_bank: OpenBank, operation: str
) -> None:
    bad = {"countryCode": "US"}

    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            nobody = letter.with_headers(Authorization="Bearer a.b.c", uuid="x", **bad).with_body([])
            at.refused(await post(at.bank, nobody), 401, "unAuthorized", "Authorization")
            header = letter.with_headers(uuid="x", **bad).with_body([])
            at.refused(await post(at.bank, header), 400, "invalidRequest", "uuid")

            again = (await spent(at)).with_headers(sid="A" * 43, **bad).with_body([])
            at.refused(await post(at.bank, again), 400, "invalidRequest", "uuid")
            again = (await spent(at)).with_body([])
            at.refused(await post(at.bank, again), 400, "invalidRequest", "uuid")

            abroad = (await at.write()).with_headers(sid="A" * 43, **bad).with_body([])
            at.refused(await post(at.bank, abroad), 403, "accessNotConfigured", at.spelt("countryCode"))
            body = (await at.write()).with_headers(sid="A" * 43).with_body([])
            at.refused(await post(at.bank, body), 400, "invalidRequest", "body")
            nowhere = (await at.write()).with_headers(sid="A" * 43)
            at.refused(await post(at.bank, nowhere), 401, "unAuthorized", "sid")

    asyncio.run(story())


@pytest.mark.parametrize("operation", ["login", "set_credentials"])
def test_a_session_that_is_missing_is_told_before_a_value_that_does_not_open(
    open_bank: OpenBank, operation: str
) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            for sid in (None, "A" * 43):
                letter = (await at.write()).with_headers(sid=sid)
                at.refused(await post(at.bank, letter), 401, "unAuthorized", "sid")
                bodiless = (await at.write()).with_headers(sid=sid).with_body({})
                if operation == "login":
                    at.refused(await post(at.bank, bodiless), 400, "invalidRequest", "customerCredentials")
                else:
                    at.refused(await post(at.bank, bodiless), 401, "unAuthorized", "sid")

    asyncio.run(story())


def test_no_bad_request_charges_the_customer(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with bench(open_bank, "login") as at:
            sealed_elsewhere = (await at.write()).body
            for _ in range(6):
                letter = await at.write()
                bodies: tuple[Any, ...] = (
                    sealed_elsewhere,
                    {},
                    with_value(letter.body, "customerCredentials.userId", "15000024"),
                    with_value(letter.body, "customerCredentials.credentialType", 4),
                    with_value(letter.body, "customerCredentials.encryptedCredential", "hello"),
                )
                for body in bodies:
                    fresh = letter.with_headers(uuid=(await at.write()).uuid)
                    assert (await post(at.bank, fresh.with_body(body))).status_code == 400
            await at.front.sign_in()
            details = (await at.front.status("15000010")).json()["passwordDetail"]
            assert "lastInvalidLoginDate" not in details
            view = await at.bank.house.administration.show("15000010")
            assert [profile.failures for profile in view.profiles] == [0]
            assert [profile.password.failures for profile in view.profiles] == [0]
            await at.passes()

    asyncio.run(story())


def test_the_odd_spelling_of_the_sealed_credential_is_understood(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with bench(open_bank, "login") as at:
            letter = await at.write()
            given = dict(letter.body["customerCredentials"])
            given["encryptedCredentialvascoDeviceId"] = given.pop("encryptedCredential")
            await at.passes(letter.with_body({"customerCredentials": given}))

    asyncio.run(story())


def test_a_wrong_type_of_credential_is_a_bad_value_and_another_secret_a_wrong_one(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with bench(open_bank, "login") as at:
            answer = await at.front.login("15000010", NEW_PASSWORD)
            said_so(answer, row("login", 401, "6666"), location=None)
            for user in ("0" * 13, "15000010-", "15000010-123", "\u0661\u0662", ""):
                answer = await at.front.login(user, NEW_PASSWORD)
                place = "customerCredentials.userId"
                said_so(answer, row("login", 400, "invalidRequest"), location=place)

    asyncio.run(story())


def test_a_sealed_name_that_is_no_number_is_a_bad_value(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with bench(open_bank, "prelogin_v1") as at:
            for name in ("", "15000010-", "ARTURO", "4111111111111112", "1" * 20, "１５００"):
                answer = await at.front.prelogin(name)
                at.refused(answer, 400, "invalidRequest", "encryptedUserId")

    asyncio.run(story())
