"""The client's side of the end-to-end encryption: keys of a session, sealing, opening, server randoms."""

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from aldaba.conformance.verdicts import Broken
from aldaba.crypto import envelope
from aldaba.crypto.envelope import Binding, CannotDecrypt, Profile, Rendering, SessionKeys

NO_RANDOM = "0" * 32
"""What values sealed by the server carry in place of a server random."""


def fresh_keys(profile: str) -> SessionKeys:
    """Keys of a new session."""
    drawn = secrets.token_bytes
    return SessionKeys(drawn(32), drawn(16), drawn(32), Profile(profile))


@dataclass(slots=True)
class Keys:
    """The keys of one session, and the server randoms it may still spend."""

    session: SessionKeys
    randoms: list[str] = field(default_factory=list)
    spent: tuple[str, str] = ("", "")
    """The request being written, and the server random that all of its fields share."""

    @property
    def portal(self) -> bool:
        return self.session.profile is Profile.PORTAL

    def seal(self, text: str, binding: Binding, kind: str, rendering: Rendering = Rendering.HEX) -> str:
        """A field of the request that the binding names; `kind` is a, b or c."""
        if self.portal:
            random = self._random(binding.uuid)
            client_random = secrets.token_hex(16).upper()
            return envelope.seal_portal(self.session, text, kind, client_random, random, rendering)
        return envelope.seal_bound(self.session, text, binding, secrets.token_bytes(16), rendering)

    def _random(self, request: str) -> str:
        if self.spent[0] != request:
            if not self.randoms:
                raise Broken(
                    "expected an eventId with every answer to a session of profile portal; found none"
                )
            self.spent = request, self.randoms.pop()
        return self.spent[1]

    def open(self, value: str, binding: Binding) -> str:
        """A field of an answer."""
        try:
            if self.portal:
                return envelope.open_portal(self.session, value, "c", (NO_RANDOM,))[0]
            return envelope.open_bound(self.session, value, binding)
        except CannotDecrypt as trouble:
            raise Broken(f"{binding.field} of the answer does not open ({trouble.step})") from None

    def learn(self, event_id: str) -> None:
        """Take the server random of an answer's `eventId`."""
        try:
            self.randoms.append(envelope.open_event_id(self.session, event_id))
        except CannotDecrypt as trouble:
            raise Broken(f"the header eventId does not open ({trouble.step})") from None


def offer(public: dict[str, str], session: SessionKeys) -> dict[str, str]:
    """The body of `exchange_keys` that hands these keys over under that public key."""
    key = rsa.RSAPublicNumbers(int(public["exponent"], 16), int(public["modulus"], 16)).public_key()
    material = (session.ek + session.iv + session.hk).hex().upper().encode()
    portal = session.profile is Profile.PORTAL
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return {
        "algorithm": "AES" if portal else session.profile.value,
        "keyId": public["keyId"],
        "encryptedPayload": key.encrypt(material, padding.PKCS1v15() if portal else oaep).hex().upper(),
        "encKeyCheckDigit": envelope.check_digit(session.ek, session.iv),
        "hmacKeyCheckDigit": envelope.check_digit(session.hk, session.iv),
    }
