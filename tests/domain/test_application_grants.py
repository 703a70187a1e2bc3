"""What a registered application may do, and in which order a request is measured against it."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from tests.domain.samples import NOW, SECOND

from aldaba.domain.application import Application, Denied, RegisteredKeys, denied, usable_keys

PLAIN = Application("mobile-app", None, NOW)
NARROW = replace(PLAIN, channels=frozenset({"MBK"}), operations=frozenset({"login"}))


@pytest.mark.parametrize(
    ("application", "country", "business", "channel", "operation", "expected"),
    [
        (PLAIN, "MX", "GCB", "ANY", "anything", None),
        (PLAIN, "US", "GCB", "ANY", "anything", Denied.COUNTRY),
        (PLAIN, "mx", "GCB", "ANY", "anything", Denied.COUNTRY),
        (PLAIN, "MX", "ICG", "ANY", "anything", Denied.BUSINESS),
        (NARROW, "MX", "GCB", "MBK", "login", None),
        (NARROW, "MX", "GCB", "IVR", "login", Denied.CHANNEL),
        (NARROW, "MX", "GCB", "MBK", "logout", Denied.OPERATION),
        (NARROW, None, None, None, "login", None),
        (NARROW, None, None, None, "logout", Denied.OPERATION),
        (NARROW, "", "GCB", "MBK", "login", Denied.COUNTRY),
        (replace(PLAIN, channels=frozenset()), "MX", "GCB", "MBK", "login", Denied.CHANNEL),
        (replace(PLAIN, operations=frozenset()), "MX", "GCB", "MBK", "login", Denied.OPERATION),
        (replace(PLAIN, countries=frozenset({"MX", "US"})), "US", "GCB", "MBK", "login", None),
    ],
)
def test_denied_names_what_lies_outside_the_grant(
    application: Application,
    country: str | None,
    business: str | None,
    channel: str | None,
    operation: str,
    expected: Denied | None,
) -> None:
    assert (
        denied(application, country=country, business=business, channel=channel, operation=operation)
        is expected
    )


@pytest.mark.parametrize("faults", list(product([False, True], repeat=4)))
def test_the_first_fault_in_the_order_of_the_headers_is_named(faults: tuple[bool, ...]) -> None:
    country, business, channel, operation = faults
    found = denied(
        NARROW,
        country="US" if country else "MX",
        business="ICG" if business else "GCB",
        channel="IVR" if channel else "MBK",
        operation="logout" if operation else "login",
    )
    assert found is next((part for part, wrong in zip(Denied, faults, strict=True) if wrong), None)


def test_a_fresh_application_has_mexico_the_one_business_and_no_extra_right() -> None:
    assert PLAIN.countries == {"MX"}
    assert PLAIN.businesses == {"GCB"}
    assert not PLAIN.rights
    assert not PLAIN.faces_customers
    assert PLAIN.enabled


def test_a_disabled_application_says_so() -> None:
    assert not replace(PLAIN, disabled_at=NOW).enabled


def test_registered_keys_serve_until_their_last_second_newest_first() -> None:
    older = RegisteredKeys("older", "sealed", NOW + SECOND)
    newer = RegisteredKeys("newer", "sealed", NOW + timedelta(days=90))
    over = RegisteredKeys("over", "sealed", NOW)
    application = replace(PLAIN, registered_keys=(over, older, newer))
    assert usable_keys(application, NOW) == (newer, older)
    assert usable_keys(application, NOW + SECOND) == (newer,)
