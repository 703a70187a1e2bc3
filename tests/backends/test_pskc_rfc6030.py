"""The encrypted figures of RFC 6030, opened to the secret that the RFC says is in them."""

from io import BytesIO

import pytest
from tests.backends.pskc_files import (
    FIGURE_6,
    FIGURE_6_KEY,
    FIGURE_7,
    FIGURE_7_DERIVED,
    FIGURE_7_PASSPHRASE,
    OCRA,
    RFC_SECRET,
    SUITE,
)

from aldaba.backends.pskc import BadFile, Passphrase, PreSharedKey, Unlocking, read_pskc
from aldaba.domain.token import BadToken, TokenRecord

RECORD = TokenRecord("987654321", "hard", SUITE, RFC_SECRET)
DIFFERS = BadToken("987654321", "MAC differs: another key, or changed on the way")


def read(data: bytes, unlocking: Unlocking = None) -> list[TokenRecord | BadToken]:
    return list(read_pskc(BytesIO(data), unlocking))


def test_figure_6_a_pre_shared_key() -> None:
    assert read(FIGURE_6, PreSharedKey(FIGURE_6_KEY)) == [RECORD]


def test_figure_7_a_passphrase() -> None:
    assert read(FIGURE_7, Passphrase(FIGURE_7_PASSPHRASE)) == [RECORD]


def test_figure_7_under_the_key_the_passphrase_stands_for() -> None:
    start, end = FIGURE_7.index(b"<xenc11:DerivedKey>"), FIGURE_7.index(b"</EncryptionKey>")
    assert read(FIGURE_7[:start] + FIGURE_7[end:], PreSharedKey(FIGURE_7_DERIVED)) == [RECORD]


@pytest.mark.parametrize("figure", [FIGURE_6, FIGURE_7])
def test_a_prefix_for_the_namespace_changes_nothing(figure: bytes) -> None:
    names = ("KeyContainer", "EncryptionKey", "MACMethod", "KeyPackage", "Key", "Data", "Secret")
    for name in names:
        for before in (b"<", b"</"):
            for after in (b" ", b">"):
                figure = figure.replace(
                    before + name.encode() + after, before + b"p:" + name.encode() + after
                )
    figure = figure.replace(b'xmlns="urn', b'xmlns:p="urn')
    assert b"<p:KeyContainer" in figure
    unlocking = PreSharedKey(FIGURE_6_KEY) if b"ds:KeyName" in figure else Passphrase(FIGURE_7_PASSPHRASE)
    assert read(figure, unlocking) == [RECORD]


def test_the_figures_own_algorithm_is_not_for_challenges() -> None:
    original = FIGURE_6.replace(OCRA.encode(), b"urn:ietf:params:xml:ns:keyprov:pskc:hotp")
    assert read(original, PreSharedKey(FIGURE_6_KEY)) == [BadToken("987654321", "algorithm is not OCRA")]


@pytest.mark.parametrize("passphrase", ["Qwerty", "", "qwerty "])
def test_another_passphrase_opens_nothing(passphrase: str) -> None:
    try:
        assert read(FIGURE_7, Passphrase(passphrase)) == [DIFFERS]
    except BadFile as bad:
        # Whether the MAC key's padding happens to look right decides which of the two it is.
        assert bad.reason == "MAC key: does not open: another key?"  # noqa: PT017 - either of two outcomes is right


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ("AAECAwQFBgcICQoLDA0OD", "BAECAwQFBgcICQoLDA0OD"),
        ("1VmNPCMl8jwZqIUqGv", "1VmNPCMl8jwZqIUqGw"),
        ("Su+NvtQfmvfJ", "Su+NvtQfmvfK"),
        ("ESIzRFVmd4iZABEiM0RVZg", "ESIzRFVmd4iZABEiM0RVZQ"),
    ],
)
def test_every_change_to_iv_ciphertext_mac_or_mac_key_is_seen(value: str, changed: str) -> None:
    figure = FIGURE_6.replace(value.encode(), changed.encode())
    assert figure != FIGURE_6
    try:
        assert read(figure, PreSharedKey(FIGURE_6_KEY)) == [DIFFERS]
    except BadFile as bad:
        assert bad.reason.startswith("MAC key")  # noqa: PT017 - either of two outcomes is right
