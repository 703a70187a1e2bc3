"""What the card host is told: a token and a NIP, in every case, and nothing of a card that there is not."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.core_houses import client_of
from tests.backends.core_stub import Core, core_stub
from tests.service.importing import PlainHasher, Vault

from aldaba.backends.core_cards import CoreCards, EmbeddedCards
from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Card, CardStatus
from aldaba.domain.refusals import BackendFailed, HouseUnavailable

CARD = Card(b"d" * 32, b"t" * 32, "9992", "0530", CardStatus.ACTIVE, reference="ct-6f1d0c9a")


def verified(core: Core, card: Card | None, nip: str, raw: tuple[int, bytes] | None = None) -> Any:
    async def story(stub: Any) -> Any:
        client, _ = client_of(stub, budget_seconds=3.0)
        try:
            return await CoreCards(client).verify(card, Secret(nip))
        finally:
            await client.close()

    with core_stub(core) as stub:
        stub.raw = raw
        return asyncio.run(story(stub))


def test_the_host_is_asked_about_its_own_token() -> None:
    core = Core()
    assert verified(core, CARD, "1234") is True
    (asked,) = core.asked
    assert (asked.path, asked.body) == ("/cards/verify-pin", {"cardToken": "ct-6f1d0c9a", "nip": "1234"})


@pytest.mark.parametrize(
    ("card", "nip"), [(None, "1234"), (replace(CARD, reference=None), "1234"), (CARD, "12 4"), (CARD, "")]
)
def test_without_a_card_or_a_nip_the_host_is_asked_about_nothing(card: Card | None, nip: str) -> None:
    core = Core()
    assert verified(core, card, nip) is False
    assert [asked.body for asked in core.asked] == [{"cardToken": None, "nip": "0000"}]


def test_a_host_that_says_yes_to_no_card_is_not_believed() -> None:
    assert verified(Core(), None, "1234", (200, b'{"verified": true}')) is False


def test_a_card_the_host_does_not_know_does_not_verify() -> None:
    assert verified(Core(), CARD, "1234", (404, b'{"status": "not-found"}')) is False


@pytest.mark.parametrize("body", [b"{}", b'{"verified": "true"}', b'{"verified": 1}', b'{"verified": null}'])
def test_anything_but_yes_or_no_is_a_failure(body: bytes) -> None:
    with pytest.raises(BackendFailed):
        verified(Core(), CARD, "1234", (200, body))


class NoKeys(Vault):
    def keyring(self) -> Keyring:
        raise HouseUnavailable("keys")


@pytest.mark.parametrize("card", [None, CARD, replace(CARD, nip="sealed")])
def test_without_keys_a_card_that_there_is_fails_like_one_that_there_is_not(card: Card | None) -> None:
    with pytest.raises(HouseUnavailable):
        asyncio.run(EmbeddedCards(PlainHasher(), NoKeys()).verify(card, Secret("1234")))
