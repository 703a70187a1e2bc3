"""Whoever has a whole network counts as one; of several addresses told the nearest proxy's is believed."""

import pytest

from aldaba.domain.addresses import counted_as, last_told


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unknown", "unknown"),
        ("192.0.2.7:443", "192.0.2.7:443"),
    ],
)
def test_what_an_address_counts_as(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@pytest.mark.parametrize(
    ("values", "believed"),
    [
        ([], None),
        ([""], None),
        (["192.0.2.7"], "192.0.2.7"),
        (["10.0.0.1", "192.0.2.7"], "192.0.2.7"),
        (["10.0.0.1, 192.0.2.7"], "192.0.2.7"),
        (["10.0.0.1", "10.0.0.2,192.0.2.7 "], "192.0.2.7"),
        (["a" * 80], "a" * 64),
    ],
)
def test_which_of_several_is_believed(values: list[str], believed: str | None) -> None:
    assert last_told(values) == believed
