"""Every page in a real browser: nothing axe-core objects to, nobody else asked, no error, no overflow."""

import pytest
from tests.examples.served_bank import Served
from tests.web.addresses import ADDRESSES, Address
from tests.web.browsing import browse


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_a_page_is_without_fault_in_every_look(bank: Served, address: Address) -> None:
    told = browse("audit", bank.url, addresses=[address.told()], languages=["es", "en"])
    assert told["visited"] == 8
    assert told["faults"] == []
