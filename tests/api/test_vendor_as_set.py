"""What the bank set of its vendor is what its doors do: functional ids, audiences, algorithms."""

import asyncio
import json

import pytest
from tests.conftest import OpenBank

from aldaba.sandbox.vendor import decoded

LOCKED = "15000015"
VENDORS = "15000025"
BINDING = "urn:bank:binding"


@pytest.mark.parametrize("name", ["vendor.unlock_grants", "policy.vendor.unlock_grants"])
def test_the_functional_ids_that_unlock_are_those_set(open_bank: OpenBank, name: str) -> None:
    async def story() -> None:
        async with open_bank(**{name: "5,6"}) as bank:
            front = await bank.ready()
            for grant, status in (("2", 404), ("5", 204)):
                token = await front.vendor_jwt(LOCKED, grant)
                answer = await front.unlock(LOCKED, token, grant=grant)
                assert answer.status_code == status, answer.text

    asyncio.run(story())


@pytest.mark.parametrize("grant", ["1", "2", "3", "4", "5", "6", "7"])
def test_where_nothing_is_set_every_id_has_the_documented_audience(open_bank: OpenBank, grant: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            token = await front.vendor_jwt(VENDORS, grant)
            assert json.loads(decoded(token)[1])["aud"] == f"fid:{grant}"
            assert (await front.validate_jwt(token, VENDORS, grant)).status_code == 204

    asyncio.run(story())


def test_an_audience_that_is_set_is_signed_and_demanded(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"vendor.audiences": f"1={BINDING},3=fid:3"}) as bank:
            front = await bank.ready()
            token = await front.vendor_jwt(VENDORS, "1")
            assert json.loads(decoded(token)[1])["aud"] == BINDING
            for grant, status, code in (("3", 401, "5002"), ("1", 204, None)):
                answer = await front.validate_jwt(token, VENDORS, grant)
                assert answer.status_code == status, answer.text
                assert code is None or answer.json()["code"] == code

    asyncio.run(story())


def test_an_id_without_an_audience_is_not_configured(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"vendor.audiences": f"1={BINDING}"}) as bank:
            front = await bank.ready()
            answer = await front.validate_jwt(await front.vendor_jwt(VENDORS), VENDORS)
            assert (answer.status_code, answer.json()["code"]) == (404, "5000")
            refused = await front.unlock(LOCKED, await front.vendor_jwt(LOCKED))
            assert refused.status_code == 404, refused.text
            # Signature and claims come first: a token for another purpose is not told what is configured.
            elsewhere = await front.unlock(LOCKED, await front.vendor_jwt(LOCKED, "1"))
            assert elsewhere.status_code == 401

    asyncio.run(story())


def test_an_unlock_goes_by_the_audience_that_is_set(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"vendor.audiences": f"1={BINDING},2=urn:bank:unlock"}) as bank:
            front = await bank.ready()
            assert (await front.unlock(LOCKED, await front.vendor_jwt(LOCKED, "1"))).status_code == 401
            assert (await front.unlock(LOCKED, await front.vendor_jwt(LOCKED))).status_code == 204

    asyncio.run(story())


def test_no_audience_at_all_serves_no_id(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"vendor.audiences": ""}) as bank:
            front = await bank.ready()
            for grant in "1234567":
                answer = await front.validate_jwt(await front.vendor_jwt(VENDORS, grant), VENDORS, grant)
                assert (answer.status_code, answer.json()["code"]) == (404, "5000")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("algorithms", "status"), [("ES256", 204), ("RS256,PS256", 401), ("ES384", 401), ("EdDSA", 401)]
)
def test_the_vendors_algorithms_may_be_narrowed(open_bank: OpenBank, algorithms: str, status: int) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.vendor.algorithms": algorithms}) as bank:
            front = await bank.ready()
            # The sandbox's vendor signs ES256.
            answer = await front.validate_jwt(await front.vendor_jwt(VENDORS, "1"), VENDORS, "1")
            assert answer.status_code == status, answer.text
            if status == 401:
                assert answer.json()["code"] == "5002"

    asyncio.run(story())
