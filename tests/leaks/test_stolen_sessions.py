"""A sid that was planted, stolen or kept is worth nothing in the wrong hands, place or moment."""

import asyncio
import base64
import sqlite3
from pathlib import Path

from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd, Keys
from tests.store.houses import raw

from aldaba.service.arrivals import handle_of
from aldaba.store.sql.transaction import SqlTransaction

CUSTOMER, OTHER, PASSWORD = "15000029", "15000031", "mobile20x"


async def identified(bank: Bank) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(CUSTOMER)).status_code == 200
    return front


async def logged_in(bank: Bank) -> FrontEnd:
    front = await identified(bank)
    assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
    return front


def told(status: int, location: str | None = "sid") -> tuple[int, str | None]:
    return status, location


async def outcome(front: FrontEnd, operation: str, **changes: str | None) -> tuple[int, str | None]:
    answer = await front.call(
        operation, {"credentialStatus": "NONE"}, headers=front.headers(**changes), keep_sid=False
    )
    return answer.status_code, answer.json().get("location") if answer.status_code >= 400 else None


def test_a_sid_from_before_the_login_is_good_for_nothing_after_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            planted = front.sid
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            assert front.sid != planted
            assert await outcome(front, "set_credentials", sid=planted) == told(401)
            assert await outcome(front, "logout", sid=planted) == told(400)
            assert await outcome(front, "retrieve_public_key", sid=planted) == told(401)
            assert await introspected(bank, front, planted or "") is False
            assert await introspected(bank, front, front.sid or "") is True
            mine, front.sid = front.sid, planted
            assert (await front.prelogin(CUSTOMER)).status_code == 401
            front.sid = mine
            assert (await front.logout()).status_code == 204

    asyncio.run(story())


async def introspected(bank: Bank, front: FrontEnd, sid: str) -> bool:
    answer = await bank.http.post(
        "/api/v1/sessions/introspect", data={"token": sid}, headers={"Authorization": f"Bearer {front.token}"}
    )
    active: bool = answer.json()["active"]
    return active


def test_a_tombstone_serves_a_repeated_login_for_a_minute_and_nothing_else(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            buried = front.sid
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            first = front.sid
            # The answer was lost: the same login again replaces the session that nobody knows of.
            front.sid = buried
            assert (await front.login(CUSTOMER, "malo51clave")).json()["code"] == "6666"
            front.sid = buried
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            second = front.sid
            assert second not in {buried, first}
            assert await introspected(bank, front, first or "") is False
            assert await introspected(bank, front, second or "") is True
            await bank.advance("PT61S")
            front.sid = buried
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 401
            front.sid = second
            assert await introspected(bank, front, second or "") is True

    asyncio.run(story())


async def known(bank: Bank, *customers: str) -> None:
    """Give them access profiles, which a login that comes without a prelogin does not."""
    for customer in customers:
        assert (await (await bank.ready()).prelogin(customer)).status_code == 200


def test_a_tombstone_of_a_login_without_a_prelogin_serves_that_customer_alone(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await known(bank, CUSTOMER, OTHER)
            front = await bank.ready()
            buried = front.sid
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            first, front.sid = front.sid, buried
            answer = await front.login(OTHER, PASSWORD)
            assert (answer.status_code, answer.json()["location"]) == (400, "customerCredentials.userId")
            assert await introspected(bank, front, first or "") is True
            front.sid = buried
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            assert (await front.logout()).status_code == 204
            assert (await (other := await bank.ready()).login(OTHER, PASSWORD)).status_code == 200
            assert (await other.logout()).status_code == 204

    asyncio.run(story())


def test_of_two_customers_at_once_in_one_session_one_enters(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await known(bank, CUSTOMER, OTHER)
            front = await bank.ready()
            answers = await asyncio.gather(*(front.login(one, PASSWORD) for one in (CUSTOMER, OTHER)))
            first, second = sorted(answer.status_code for answer in answers)
            assert first == 200
            assert second in {400, 401}

    asyncio.run(story())


def test_a_sid_serves_only_the_application_and_the_channel_that_opened_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await logged_in(bank)
            assert await outcome(front, "set_credentials", channelId="BNE") == told(401)
            assert await outcome(front, "logout", channelId="IVR") == told(400)
            thief = await bank.ready(documented=True)
            thief.sid, thief.keys = front.sid, front.keys
            assert await outcome(thief, "set_credentials") == told(401)
            assert await outcome(thief, "logout") == told(400)
            # Neither another application's token nor its client id alone makes it the owner.
            mixed = front.headers(client_id=thief.client_id)
            assert (await front.call("logout", headers=mixed, keep_sid=False)).status_code == 401
            assert (await front.logout()).status_code == 204

    asyncio.run(story())


def test_sealed_values_of_one_session_open_in_no_other(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            one, other = await identified(bank), await identified(bank)
            headers = one.headers()
            sealed = one.seal(headers, "login", "encryptedCredential", PASSWORD, "b")
            credentials = {"userId": CUSTOMER, "credentialType": 2, "encryptedCredential": sealed}
            body = {"customerCredentials": credentials}
            answer = await other.call("login", body, headers=other.headers(uuid=headers["uuid"]))
            assert answer.status_code == 400
            # Nor in the same session for another request, however fresh.
            assert (await one.call("login", body)).status_code == 400
            one.keys = Keys("bound-1")
            assert (await one.login(CUSTOMER, PASSWORD)).status_code == 400

    asyncio.run(story())


def test_a_logout_leaves_neither_session_nor_keys_in_the_database(
    open_bank: OpenBank, tmp_path: Path
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            before = front.sid or ""
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            after = front.sid or ""
            bodies = [stored(bank, sid) for sid in (before, after)]
            assert None not in bodies
            assert (await front.logout()).status_code == 204
            assert [stored(bank, sid) for sid in (before, after)] == [None, None]
            assert front.keys is not None
            # The file itself: once the log is written back, not even the sealed rows are left in it.
            checkpoint(bank)
            everything = files(tmp_path)
            assert [name for name, value in remnants(front, bodies).items() if value in everything] == []
            assert handle_of(after).encode() not in everything

    asyncio.run(story())


def stored(bank: Bank, sid: str) -> bytes | None:
    def query(transaction: SqlTransaction) -> bytes | None:
        sql = "SELECT body FROM sessions WHERE handle = ?"
        row = raw(transaction).execute(sql, (handle_of(sid),)).fetchone()
        return None if row is None else bytes(row[0])

    return bank.house.store.read_blocking(query)


def files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("aldaba.sqlite3*"))


def checkpoint(bank: Bank) -> None:
    with sqlite3.connect(bank.house.settings.data / "aldaba.sqlite3") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def remnants(front: FrontEnd, bodies: list[bytes | None]) -> dict[str, bytes]:
    assert front.keys is not None
    found = {"EK": front.keys.ek, "HK": front.keys.hk, "EK base64": base64.b64encode(front.keys.ek)[:-4]}
    return found | {f"sealed row {n}": body for n, body in enumerate(bodies) if body is not None}
