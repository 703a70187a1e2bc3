"""Headers missing, malformed, sent twice or not granted: which row answers, which header it names."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from tests.api.wire import CONTRACT, WITH_ROOM, Letter, Writing, letters, post, registered, row, said_so
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.contract import Operation, SessionNeed
from aldaba.service.registration import Grant

BY_OPERATION = pytest.mark.parametrize("operation", WITH_ROOM)
MALFORMED = {
    "uuid": ["", "1234", "00000000-0000-0000-0000-000000000001", "0190c6f5-4d5e-7abc-9def-0123456789ab0"],
    "sid": ["a b", "a+b", "a" * 129],
    "channelId": ["", "?", "a" * 33],
    "countryCode": ["mx", "MEX"],
    "businessCode": ["GC", "GCBX"],
    "Accept": ["json"],
    "Accept-Language": ["e_s", "es,,en"],
    "Content-Type": ["text/plain", "application/json; charset=latin-1", "application/xml"],
    "Content-Encoding": ["gzip", "br"],
}
SINGLE = ("client_id", "uuid", "sid", "channelId", "countryCode", "businessCode")


class Bench:
    """One operation at an open bank, and what its refusals must say."""

    def __init__(self, bank: Bank, operation: str, front: FrontEnd, write: Writing) -> None:
        self.bank, self.front, self.write = bank, front, write
        self.operation: Operation = CONTRACT.operation(operation)

    def spelt(self, name: str) -> str:
        header = self.operation.header(name)
        return name if header is None else header.name

    def refused(
        self, answer: httpx.Response, status: int, code: str, location: str, language: str = "en"
    ) -> None:
        said_so(
            answer,
            row(self.operation.id, status, code),
            location=location,
            language="en" if language == "en" else "es",
            operation=self.operation.id,
        )

    async def passes(self, letter: Letter | None = None) -> httpx.Response:
        answer = await post(self.bank, letter or await self.write())
        assert answer.status_code == self.operation.success, answer.text
        return answer


@asynccontextmanager
async def bench(open_bank: OpenBank, operation: str) -> AsyncIterator[Bench]:
    async with open_bank() as bank:
        yield Bench(bank, operation, *await letters(bank, operation))


@BY_OPERATION
def test_a_malformed_header_is_named_and_costs_nothing(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            for name, values in MALFORMED.items():
                if name.startswith("Content") and letter.body is None:
                    continue
                for value in values:
                    answer = await post(at.bank, letter.with_headers(**{name: value}))
                    language = "es" if name == "Accept-Language" else "en"
                    at.refused(answer, 400, "invalidRequest", at.spelt(name), language)
            # Its uuid was never claimed: the same request, put right, passes.
            await at.passes(letter)

    asyncio.run(story())


@BY_OPERATION
def test_a_header_sent_twice_is_refused(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            for name in SINGLE:
                lines = [*letter.headers.items(), (name, letter.headers[name])]
                answer = await post(at.bank, letter, lines=lines)
                at.refused(answer, 400, "invalidRequest", at.spelt(name))
            twice = [*letter.headers.items(), ("Authorization", letter.headers["Authorization"])]
            at.refused(await post(at.bank, letter, lines=twice), 401, "unAuthorized", "Authorization")
            other = [*letter.headers.items(), ("X-IBM-Client-Id", "somebody-else")]
            at.refused(await post(at.bank, letter, lines=other), 401, "unAuthorized", "client_id")
            await at.passes(letter)

    asyncio.run(story())


@BY_OPERATION
def test_an_application_must_prove_itself(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            another = await at.bank.ready(documented=True)
            for location, headers in (
                ("client_id", letter.with_headers(client_id=None)),
                *absent_token(at, letter),
                ("Authorization", letter.with_headers(Authorization="Bearer a.b.c")),
                ("Authorization", letter.with_headers(Authorization=f"Basic {at.front.token}")),
                ("Authorization", letter.with_headers(Authorization=f"Bearer {another.token}")),
                ("Authorization", letter.with_headers(client_id=another.client_id)),
            ):
                at.refused(await post(at.bank, headers), 401, "unAuthorized", location)
            renamed = letter.with_headers(client_id=None, **{"X-IBM-Client-Id": at.front.client_id})
            await at.passes(renamed)

    asyncio.run(story())


def absent_token(at: Bench, letter: Letter) -> list[tuple[str, Letter]]:
    """A request without a bearer token, but where the MAC may stand in its place."""
    absent = letter.with_headers(Authorization=None)
    return [] if at.operation.anonymous_application else [("Authorization", absent)]


@BY_OPERATION
def test_what_may_be_left_out_has_its_default_and_the_rest_is_demanded(
    open_bank: OpenBank, operation: str
) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            letter = await at.write()
            optional = dict.fromkeys(
                h.name for h in at.operation.headers if h.default is not None and h.name != "Content-Type"
            )
            demanded = {
                h.name
                for h in at.operation.headers
                if h.required and h.default is None and h.name not in {"client_id", "Authorization", "sid"}
            }
            if letter.body is None:
                demanded -= {"Content-Type"}
            for name in demanded - {"channelId", "ChannelId"}:
                answer = await post(at.bank, letter.with_headers(**{name: None}))
                at.refused(answer, 400, "invalidRequest", name)
            stage = at.operation.session
            if stage in {SessionNeed.OPENS, SessionNeed.NONE}:
                answer = await post(at.bank, letter.with_headers(sid=None, channelId=None))
                at.refused(answer, 400, "invalidRequest", at.spelt("channelId"))
            await at.passes(letter.with_headers(channelId=None, **optional))

    asyncio.run(story())


@BY_OPERATION
def test_a_uuid_is_good_once_in_either_case_and_whatever_became_of_it(
    open_bank: OpenBank, operation: str
) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            abroad = (await at.write()).with_headers(countryCode="US")
            at.refused(await post(at.bank, abroad), 403, "accessNotConfigured", at.spelt("countryCode"))
            put_right = abroad.with_headers(countryCode="MX")
            at.refused(await post(at.bank, put_right), 400, "invalidRequest", "uuid")
            shouted = put_right.with_headers(uuid=put_right.uuid.upper())
            at.refused(await post(at.bank, shouted), 400, "invalidRequest", "uuid")
            another = await at.bank.ready(documented=True)
            elsewhere = await another.call(
                "retrieve_public_key", headers=another.headers(uuid=put_right.uuid)
            )
            assert elsewhere.status_code == 200, "another application may use the same one"
            letter = await at.write()
            await at.passes(letter)
            at.refused(await post(at.bank, letter), 400, "invalidRequest", "uuid")

    asyncio.run(story())


@BY_OPERATION
def test_what_was_not_granted_is_named(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            for name, value in (("countryCode", "US"), ("businessCode", "XYZ")):
                answer = await post(at.bank, (await at.write()).with_headers(**{name: value}))
                at.refused(answer, 403, "accessNotConfigured", at.spelt(name))
            others = frozenset(set(WITH_ROOM) - {operation})
            narrow = await registered(at.bank, "narrow", channels=frozenset({"MOVIL"}), operations=others)
            theirs = {"Authorization": f"Bearer {narrow.token}", "client_id": narrow.client_id}
            answer = await post(at.bank, (await at.write()).with_headers(**theirs, channelId="KIOSK"))
            at.refused(answer, 403, "accessNotConfigured", at.spelt("channelId"))
            answer = await post(at.bank, (await at.write()).with_headers(**theirs))
            if operation in {"retrieve_public_key", "exchange_keys"}:
                at.refused(answer, 401, "unAuthorized", "sid")
            else:
                at.refused(answer, 403, "accessNotConfigured", "operation")

    asyncio.run(story())


@BY_OPERATION
def test_a_session_that_is_no_good_is_named(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            foreign = await at.bank.ready(documented=True)
            kiosk = await at.bank.ready(channel="KIOSK")
            idle = await at.bank.ready()
            status, code = (400, "invalidRequest") if operation == "logout" else (401, "unAuthorized")
            gone = "SessionTimeout" if at.operation.row(401, "SessionTimeout") else code
            for sid, told in (("A" * 43, gone), (foreign.sid, gone), (kiosk.sid, code)):
                answer = await post(at.bank, (await at.write()).with_headers(sid=sid))
                at.refused(answer, status, told, "sid")
            letter = (await at.write()).with_headers(channelId="KIOSK")
            at.refused(await post(at.bank, letter), status, code, "sid")
            await at.bank.advance("PT5M")
            at.refused(await post(at.bank, await at_idle(at, idle)), status, gone, "sid")

    asyncio.run(story())


async def at_idle(at: Bench, idle: FrontEnd) -> Letter:
    """A right request but for its session, which nobody touched for too long."""
    fresh = replace(idle, sid=None)
    await fresh.sign_in()
    _, write = await letters(at.bank, at.operation.id)
    return (await write()).with_headers(sid=idle.sid)


DEMANDING = [
    operation
    for operation in WITH_ROOM
    if CONTRACT.operation(operation).session not in {SessionNeed.OPENS, SessionNeed.NONE}
]


@pytest.mark.parametrize("operation", DEMANDING)
def test_a_session_that_has_not_come_far_enough_is_refused(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with bench(open_bank, operation) as at:
            status, code = (400, "invalidRequest") if operation == "logout" else (401, "unAuthorized")
            bare = at.bank.front_end()
            await bare.sign_in()
            await bare.call("retrieve_public_key")
            answer = await post(at.bank, (await at.write()).with_headers(sid=None))
            at.refused(answer, status, code, "sid")
            if at.operation.session is SessionNeed.EXISTING:
                return
            little = "InvalidCredentials" if at.operation.row(401, "InvalidCredentials") else code
            answer = await post(at.bank, (await at.write()).with_headers(sid=bare.sid))
            at.refused(answer, status, little, "sid")

    asyncio.run(story())


def test_a_channel_taken_back_is_refused_also_where_only_the_session_names_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with bench(open_bank, "prelogin_v1") as at:
            front = await registered(at.bank, "kiosks", channels=frozenset({"KIOSK", "MOVIL"}))
            front.channel = "KIOSK"
            assert (await front.exchange()).status_code == 200
            narrow = Grant(channels=frozenset({"MOVIL"}))
            await at.bank.house.administration.registration.regrant("kiosks", narrow, "a test")
            until = time.monotonic() + 20
            told = None
            while told != "channelId" and time.monotonic() < until:
                answer = await front.prelogin("15000010")
                told = answer.json().get("location")
            at.refused(answer, 403, "accessNotConfigured", "channelId")
            headers = front.headers(channelId=None)
            sealed = front.seal(headers, "prelogin_v1", "encryptedUserId", "15000010")
            silent = await front.call("prelogin_v1", {"encryptedUserId": sealed}, headers=headers)
            at.refused(silent, 403, "accessNotConfigured", "channelId")

    asyncio.run(story())
