"""What the portal's own page is given in a sandbox: the ready application's token, never its secret."""

import asyncio
from pathlib import Path

from tests.conftest import Bank, OpenBank

from aldaba.cli.sandbox_applications import credentials_of
from aldaba.sandbox.page_token import APPLICATION_FILE


def kept(bank: Bank) -> Path:
    """Where the ready application's credentials stand."""
    return bank.house.settings.data / APPLICATION_FILE


def test_a_page_gets_a_token_that_the_operations_take(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            answer = await bank.http.post("/sandbox/access-token")
            told = answer.json()
            assert set(told) == {"access_token", "expires_in", "client_id", "token_type"}
            assert credentials_of(kept(bank)).client_secret not in answer.text
            assert answer.headers["cache-control"] == "no-store"
            headers = {
                "Authorization": f"Bearer {told['access_token']}",
                "client_id": told["client_id"],
                "uuid": "018f3d2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f",
                "channelId": "MOVIL",
                "countryCode": "MX",
                "businessCode": "GCB",
            }
            path = "/api/v1/x-global/security/e2e-gateway/public-key/retrieve"
            assert (await bank.http.get(path, headers=headers)).status_code == 200

    asyncio.run(story())


def test_without_a_ready_application_there_is_no_token(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            kept(bank).unlink()
            answer = await bank.http.post("/sandbox/access-token")
            assert answer.status_code == 503
            assert "access_token" not in answer.text

    asyncio.run(story())


def test_a_spoilt_file_gives_no_token(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for spoilt in (b"", b"[]", b'{"client_id": "sandbox-front-end", "client_secret": "another"}'):
                kept(bank).write_bytes(spoilt)
                assert (await bank.http.post("/sandbox/access-token")).status_code == 503

    asyncio.run(story())


def test_no_page_may_ask_by_a_link(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            assert (await bank.http.get("/sandbox/access-token")).status_code == 405

    asyncio.run(story())
