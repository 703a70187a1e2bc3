"""The testing kit: a server of one's own, its clock, messages, faults and customers."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aldaba_client import AsyncClient, BackendFailed, Locked, Retry, Unreachable
from aldaba_client.testing import AldabaServer, running_server

from aldaba.sandbox.bank import PASSWORD, phone_number


def line(number: str) -> dict[str, object]:
    return {
        "customerId": number,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "access": {"pin": "30203021", "password": PASSWORD},
    }


def test_the_clock_moves_and_clients_follow(aldaba_server: AldabaServer) -> None:
    before = aldaba_server.now
    aldaba_server.advance("P2D")
    assert aldaba_server.now - before >= timedelta(days=2)
    with aldaba_server.client() as front:
        assert front.prelogin_v1("15000010").login_id == "15000010"
    with pytest.raises(ValueError, match="expected"):
        aldaba_server.advance("soon")


def test_messages_lie_in_the_outbox_newest_first(aldaba_server: AldabaServer) -> None:
    phone = f"+52{phone_number('15000010')}"
    with pytest.raises(LookupError):
        aldaba_server.code(phone)
    with aldaba_server.client() as front:
        for _ in range(2):
            front.generate_rao_token(phone_number("15000010"))
            aldaba_server.advance("PT2M")
    first, second = aldaba_server.messages(phone)
    assert first.at >= second.at
    assert (first.to, first.channel) == (phone, "sms")
    assert first.otp == aldaba_server.code(phone)
    assert first.otp is not None
    assert first.otp in first.text
    assert first.otp not in repr(first)


def test_ready_made_customers_say_what_they_are_for(aldaba_server: AldabaServer) -> None:
    told = {customer["customerId"]: customer for customer in aldaba_server.customers}
    assert "hard token" in told["15000010"]["purpose"]
    assert told["15000010"]["access"]["password"] == PASSWORD


def test_parts_fail_and_are_mended(aldaba_server: AldabaServer) -> None:
    with aldaba_server.client(retry=Retry(attempts=1)) as front:
        front.prelogin_v1("15000010")
        aldaba_server.fault("directory")
        with pytest.raises(BackendFailed):
            front.login("15000010", password=PASSWORD)
        aldaba_server.fault("directory", "ok")
        assert front.login("15000010", password=PASSWORD).customer_name


def test_customers_of_ones_own_come_in_and_ready_made_ones_go_back(aldaba_server: AldabaServer) -> None:
    aldaba_server.import_customers([line("16000001")])
    with pytest.raises(ValueError, match="refused"):
        aldaba_server.import_customers([{"customerId": "x"}])
    with aldaba_server.client() as front:
        front.prelogin_v1("16000001")
        assert front.login("16000001", password=PASSWORD).customer_name == "ROSA MARTINEZ LOPEZ"
        front.logout()
    aldaba_server.reset()


def test_settings_of_ones_own(tmp_path: Path) -> None:
    with (
        running_server(tmp_path / "strict", **{"policy.lockout.failures": "1"}) as server,
        server.client() as front,
    ):
        front.prelogin_v1("15000010")
        with pytest.raises(Locked):
            front.login("15000010", password="andador99x")


class Losing(httpx.AsyncBaseTransport):
    """Loses so many answers to prelogins."""

    def __init__(self, inner: httpx.AsyncBaseTransport, answers: int) -> None:
        self._inner = inner
        self.left = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.url.path.endswith("/login/validate") and self.left:
            self.left -= 1
            raise httpx.ReadTimeout("too late")
        return answer


def test_the_asynchronous_client_waits_and_tries_again(aldaba_server: AldabaServer, profile: str) -> None:
    network = Losing(aldaba_server.async_transport, 1)

    async def story() -> None:
        front = AsyncClient(
            aldaba_server.url,
            aldaba_server.client_id,
            client_secret=aldaba_server.client_secret,
            root_key=aldaba_server.root_key,
            profile=profile,
            retry=Retry(attempts=2, first_wait=0.01),
            transport=network,
        )
        async with front:
            assert "AsyncClient" in repr(front)
            assert (await front.prelogin_v1("15000010")).login_id == "15000010"
            async with front.new_session() as other:
                assert (await other.prelogin_v1("15000024")).login_id == "15000024"
                assert other.sid != front.sid
            front.forget_session()
            assert front.sid is None
            network.left = 2
            with pytest.raises(Unreachable) as told:
                await front.prelogin_v1("15000010")
            assert told.value.may_have_acted

    asyncio.run(story())
