"""Key containers for the tests: the figures of RFC 6030, and files of our own made the same way.

The figures carry HOTP keys. Only their algorithm is written anew here, so that a reader of OCRA keys takes
them; keys, IVs, ciphertexts, MACs, salt and counts are the RFC's.
"""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SUITE = "OCRA-1:HOTP-SHA256-8:C-QN08"
OCRA = f"urn:ietf:params:xml:ns:keyprov:pskc#{SUITE}"
RFC_SECRET = b"12345678901234567890"
FIGURE_6_KEY = bytes.fromhex("12345678901234567890123456789012")
FIGURE_7_PASSPHRASE = "qwerty"
FIGURE_7_DERIVED = bytes.fromhex("651e63cd57008476af1ff6422cd02e41")

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer Version="1.0"'
    ' xmlns="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"'
    ' xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">'
)
AES = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
HMAC_SHA1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
PRE_SHARED = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"


def container(*parts: str) -> bytes:
    return "\n".join([_HEAD, *parts, "</KeyContainer>"]).encode()


def cipher_value(value: str, algorithm: str = AES) -> str:
    return (
        f'<xenc:EncryptionMethod Algorithm="{algorithm}"/><xenc:CipherData><xenc:CipherValue>\n  {value}\n'
        "</xenc:CipherValue></xenc:CipherData>"
    )


def mac_method(mac_key: str | None, algorithm: str = HMAC_SHA1, cipher: str = AES) -> str:
    inner = "" if mac_key is None else f"<MACKey>{cipher_value(mac_key, cipher)}</MACKey>"
    return f'<MACMethod Algorithm="{algorithm}">{inner}</MACMethod>'


def derived_key(
    salt: str = "Ej7/PEpyEpw=",
    iterations: str = "1000",
    length: str = "16",
    prf: str = "<PRF/>",
    algorithm: str = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2",
) -> str:
    return (
        f'<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="{algorithm}">'
        f'<pkcs5:PBKDF2-params><Salt xmlns=""><Specified>{salt}</Specified></Salt>'
        f'<IterationCount xmlns="">{iterations}</IterationCount><KeyLength xmlns="">{length}</KeyLength>{prf}'
        "</pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod>"
        "<xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName></xenc11:DerivedKey></EncryptionKey>"
    )


def plain(secret: bytes = RFC_SECRET) -> str:
    return f"<Secret><PlainValue>{b64encode(secret).decode()}</PlainValue></Secret>"


def encrypted(ciphertext: str, mac: str | None, algorithm: str = AES, tag: str = "Secret") -> str:
    check = "" if mac is None else f"<ValueMAC>{mac}\n</ValueMAC>"
    return f"<{tag}><EncryptedValue>{cipher_value(ciphertext, algorithm)}</EncryptedValue>{check}</{tag}>"


def package(
    serial: str | None,
    *data: str,
    algorithm: str = OCRA,
    parameters: str = "",
    policy: str = "",
) -> str:
    named = "" if serial is None else f"<SerialNo>{serial}</SerialNo>"
    return (
        f"<KeyPackage><DeviceInfo><Manufacturer>Acme</Manufacturer>{named}</DeviceInfo>"
        f'<Key Id="1" Algorithm="{algorithm}"><Issuer>Issuer</Issuer><AlgorithmParameters>{parameters}'
        f"</AlgorithmParameters><Data>{''.join(data)}</Data>{policy}</Key></KeyPackage>"
    )


def number(tag: str, value: int | str) -> str:
    return f"<{tag}><PlainValue>{value}</PlainValue></{tag}>"


FIGURE_6 = container(
    PRE_SHARED,
    mac_method("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX"),
    package(
        "987654321",
        encrypted(
            "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv", "Su+NvtQfmvfJzF6bmQiJqoLRExc="
        ),
        number("Counter", 0),
    ),
)
FIGURE_7 = container(
    derived_key(),
    mac_method("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx"),
    package(
        "987654321",
        encrypted(
            "oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f", "LP6xMvjtypbfT9PdkJhBZ+D6O4w="
        ),
    ),
)


@dataclass(frozen=True)
class Maker:
    """Encrypts and MACs as RFC 6030 section 6 says, with fixed IVs."""

    key: bytes
    mac_key: bytes
    hash: str = "sha1"

    @property
    def algorithm(self) -> str:
        return AES.replace("128", str(8 * len(self.key)))

    def ciphertext(self, plaintext: bytes, iv: bytes = bytes(range(16))) -> bytes:
        missing = 16 - len(plaintext) % 16
        encryptor = Cipher(algorithms.AES(self.key), modes.CBC(iv)).encryptor()
        return iv + encryptor.update(plaintext + bytes([missing]) * missing) + encryptor.finalize()

    def mac(self, ciphertext: bytes) -> str:
        return b64encode(hmac.digest(self.mac_key, ciphertext, self.hash)).decode()

    def value(self, plaintext: bytes, tag: str = "Secret") -> str:
        ciphertext = self.ciphertext(plaintext)
        return encrypted(b64encode(ciphertext).decode(), self.mac(ciphertext), self.algorithm, tag)

    def head(self, mac_algorithm: str = HMAC_SHA1) -> str:
        wrapped = b64encode(self.ciphertext(self.mac_key)).decode()
        return PRE_SHARED + mac_method(wrapped, mac_algorithm, self.algorithm)


def pbkdf2(passphrase: str, name: str, salt: bytes, iterations: int, length: int) -> bytes:
    return hashlib.pbkdf2_hmac(name, passphrase.encode(), salt, iterations, length)
