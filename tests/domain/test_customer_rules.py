"""Devices, representatives and the credentials a customer record brings."""

from dataclasses import replace

import pytest
from tests.domain.samples import COMPANY, INDIVIDUAL

from aldaba.domain.customer import (
    Customer,
    CustomerType,
    Device,
    DeviceStatus,
    InitialAccess,
    Named,
    Representative,
    device_status,
    initial_access,
    resolve_representative,
)
from aldaba.domain.token import ACTIVE, TokenStatus

OWN, FIRST, SECOND = (InitialAccess(pin=name) for name in ("own", "first", "second"))
ONE = replace(COMPANY, representatives=(Representative("1", "ANA", FIRST),))
TWO = replace(
    COMPANY, representatives=(Representative("1", "ANA", FIRST), Representative("12", "LUIS", SECOND))
)
TRADER = replace(INDIVIDUAL, type=CustomerType.SOLE_TRADER)


@pytest.mark.parametrize(
    ("device", "status"),
    [
        (None, DeviceStatus.UNKNOWN),
        (Device("15000010", "v", "a"), DeviceStatus.REGISTERED),
        (Device("15000010", "v", "a", blocked=True), DeviceStatus.BLOCKED),
        (Device("15000011", "v", "a"), DeviceStatus.ANOTHER_CUSTOMERS),
        (Device("15000011", "v", "a", blocked=True), DeviceStatus.ANOTHER_CUSTOMERS),
    ],
)
def test_the_device_status_tells_whose_device_it_is(device: Device | None, status: DeviceStatus) -> None:
    assert device_status(device, "15000010") is status


@pytest.mark.parametrize(
    ("customer", "wanted", "named"),
    [
        (INDIVIDUAL, None, Named("")),
        (INDIVIDUAL, "1", None),
        (TRADER, None, Named("")),
        (TRADER, "1", None),
        (COMPANY, None, Named("")),
        (COMPANY, "1", None),
        (ONE, None, Named("1")),
        (ONE, "1", Named("1")),
        (ONE, "2", None),
        (ONE, "0", None),
        (ONE, "", None),
        (TWO, None, Named("1", ambiguous=True)),
        (replace(TWO, access=OWN), None, Named("", ambiguous=True)),
        (TWO, "1", Named("1")),
        (TWO, "12", Named("12")),
        (TWO, "2", None),
    ],
)
def test_a_name_means_one_profile_or_nobodys(
    customer: Customer, wanted: str | None, named: Named | None
) -> None:
    assert resolve_representative(customer, wanted) == named


@pytest.mark.parametrize(
    ("customer", "representative", "access"),
    [
        (INDIVIDUAL, "", None),
        (replace(INDIVIDUAL, access=OWN), "", OWN),
        (COMPANY, "", None),
        (ONE, "1", FIRST),
        (TWO, "12", SECOND),
        (TWO, "2", None),
        (replace(ONE, access=OWN), "1", FIRST),
        (TWO, "1", FIRST),
        (TWO, "", None),
        (replace(TWO, access=OWN), "", OWN),
        (replace(COMPANY, representatives=(Representative("1", "ANA"),)), "1", None),
    ],
)
def test_a_profile_begins_with_the_credentials_of_its_own_person(
    customer: Customer, representative: str, access: InitialAccess | None
) -> None:
    assert initial_access(customer, representative) == access


def test_only_companies_are_companies() -> None:
    assert [person.is_company for person in (COMPANY, INDIVIDUAL, TRADER)] == [True, False, False]


def test_only_active_tokens_answer_challenges() -> None:
    assert {status.value for status in ACTIVE} == {"56", "66"}
    assert {status.value for status in TokenStatus} == {"6", "56", "64", "66", "63"}
