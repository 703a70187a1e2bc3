"""What is proved gives no access to whoever the bank's standing bars, and leaves no password behind."""

import asyncio
from typing import Any

import pytest
from tests.conftest import OpenBank
from tests.recovery_front_end import customer_line, imported, newest_code, proved

CUSTOMER = "15009901"
BARRED = pytest.mark.parametrize(
    "standing", [{"blackListed": True}, {"electronicBanking": "cancelled"}, {"electronicBanking": "none"}]
)


def refusal(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("location")


@BARRED
def test_no_code_goes_to_a_barred_customer(open_bank: OpenBank, standing: dict[str, Any]) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await imported(bank, customer_line(CUSTOMER))
            front = await proved(bank, CUSTOMER)
            await imported(bank, customer_line(CUSTOMER, **standing))
            assert refusal(await front.send()) == (422, "ccsId")

    asyncio.run(story())


@BARRED
def test_no_password_is_set_for_a_customer_barred_meanwhile(
    open_bank: OpenBank, standing: dict[str, Any]
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await imported(bank, customer_line(CUSTOMER))
            front = await proved(bank, CUSTOMER)
            assert (await front.send()).status_code == 204
            code = await newest_code(bank, CUSTOMER)
            await imported(bank, customer_line(CUSTOMER, **standing))
            assert refusal(await front.new_access(code)) == (422, "ccsId")
            await imported(bank, customer_line(CUSTOMER, blackListed=False))
            assert (await front.new_access(code)).status_code == 204

    asyncio.run(story())
