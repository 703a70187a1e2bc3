"""Where a card's NIP is verified: against the house's own hash, or by the bank's card host over HTTP."""

import re

from aldaba.backends.http import BackendClient
from aldaba.crypto.digests import Secret
from aldaba.domain.customer import Card
from aldaba.service.ports import Hasher, KeyVault
from aldaba.service.records import open_card_pin

_FORM = re.compile(r"[0-9]{4}", re.ASCII)
_NOBODYS = "0000"
"""Sent where there is no card to ask about: what the customer typed stays here."""


class EmbeddedCards:
    """Implements ``CardHost`` over the Argon2id strings an import brought."""

    def __init__(self, hasher: Hasher, vault: KeyVault) -> None:
        self._hasher = hasher
        self._vault = vault

    async def verify(self, card: Card | None, nip: Secret) -> bool:
        """Raises ``HouseUnavailable``, with no card too: being away must not tell one from none."""
        keyring = self._vault.keyring()
        sealed = None if card is None else card.nip
        phc = None if card is None or sealed is None else open_card_pin(keyring, sealed, card.digest)
        return await self._hasher.verify(phc, nip)


class CoreCards:
    """Implements ``CardHost`` over the bank's card host, which knows a card by the token the core gave it."""

    def __init__(self, host: BackendClient) -> None:
        self._host = host

    async def verify(self, card: Card | None, nip: Secret) -> bool:
        """Raises ``BackendFailed``; the host is asked in every case, so that no card costs what one costs."""
        typed = nip.reveal()
        token = card.reference if card is not None and _FORM.fullmatch(typed) else None
        asked = {"cardToken": token, "nip": _NOBODYS if token is None else typed}
        # Never tried again: the host may count wrong ones.
        answer = await self._host.ask("POST", "/cards/verify-pin", asked, idempotent=False)
        verified = False if answer is None else answer.get("verified")
        if not isinstance(verified, bool):
            raise self._host.failed("answer: verified is no boolean")
        return verified and token is not None
