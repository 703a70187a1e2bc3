"""Lookup digests: what cards, phones and SIMs are found by, each with the id of the pepper it was made under.

A digest is the pepper's id followed by an HMAC of 32 bytes. One of 32 bytes alone was made by a release that
knew one pepper only, and belongs to the oldest of the ring. Where several peppers live, whatever is presented
in clear is looked for under each.
"""

from dataclasses import dataclass

from aldaba.crypto.digests import equal, keyed_digest
from aldaba.crypto.keyring import Key, KeyName, Keyring
from aldaba.domain.credentials import TAIL

PEPPERS_AT_MOST = 3
"""So many live at once: a look-up names every digest in one statement."""
DIGESTS_AT_MOST = PEPPERS_AT_MOST + 1
_MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Digests:
    """Of one value under every live pepper: ``current`` is kept, one of ``earlier`` may be kept still."""

    current: bytes
    earlier: tuple[bytes, ...]

    @property
    def all(self) -> tuple[bytes, ...]:
        """The current one first."""
        return (self.current, *self.earlier)

    def names(self, kept: bytes | None) -> bool:
        """Whether the kept digest is of this value, compared in constant time with each."""
        return kept is not None and any(equal(kept, each) for each in self.all)


def card_digests(keyring: Keyring, number: str) -> Digests:
    """What a card is found by."""
    return _digests(keyring, "card", number)


def phone_digests(keyring: Keyring, country_code: str, number: str) -> Digests:
    """What a phone is recognised by; the country code with its plus sign."""
    return _digests(keyring, "phone", f"{country_code}{number}")


def sim_digests(keyring: Keyring, ccs_id: str, sim_id: str) -> Digests:
    """What a customer's SIM is recognised by; another customer's with the same one has other digests."""
    return _digests(keyring, f"sim of {ccs_id}", sim_id)


def tail_digests(keyring: Keyring, digits: str) -> Digests:
    """Of the last eight digits of a card or phone, which must not stand inside a secret."""
    return _digests(keyring, "tail", digits[-TAIL:])


def pepper_of(digest: bytes, keyring: Keyring) -> str:
    """The id of the pepper it was made under; empty where it is no digest of this house."""
    if len(digest) == _MAC_BYTES:
        return keyring.all(KeyName.PEPPER)[-1].id
    try:
        return digest[:-_MAC_BYTES].decode("ascii")
    except UnicodeDecodeError:
        return ""


def is_current(digest: bytes, keyring: Keyring) -> bool:
    """Whether it was made under the pepper of now."""
    return pepper_of(digest, keyring) == keyring.current(KeyName.PEPPER).id


def recovery_digest(keyring: Keyring, name: str, code: str) -> bytes:
    """What an operator's recovery code is recognised by."""
    mac = keyed_digest(keyring.current(KeyName.IDENTITY).secret, f"recovery code of {name}", code)
    return _RECOVERY_MARK + mac


def recovery_digests(keyring: Keyring, name: str, code: str) -> tuple[bytes, ...]:
    """The same, and what an earlier release kept it by, under the pepper."""
    return recovery_digest(keyring, name, code), _digests(keyring, f"recovery code of {name}", code).earlier[
        -1
    ]


def under_a_pepper(recovery: bytes) -> bool:
    """Whether a kept recovery code needs a pepper to be recognised."""
    return not recovery.startswith(_RECOVERY_MARK)


_RECOVERY_MARK = b"identity:"


def _digests(keyring: Keyring, context: str, value: str) -> Digests:
    peppers = keyring.all(KeyName.PEPPER)
    current, *earlier = [_under(pepper, context, value) for pepper in peppers]
    oldest = (earlier or [current])[-1]
    return Digests(current, (*earlier, oldest[-_MAC_BYTES:]))


def _under(pepper: Key, context: str, value: str) -> bytes:
    return pepper.id.encode("ascii") + keyed_digest(pepper.secret, context, value)
