"""An authority of a test's own, and certificates by it for a server on loopback and for a client."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM files of a certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """Issues certificates; ``file`` is its own, to be trusted."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _unsigned(name, name, self._key.public_key())
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        certificate = unsigned.sign(self._key, hashes.SHA256())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self, host: str = "127.0.0.1") -> Pair:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        return self._issued(f"server-{host}", ExtendedKeyUsageOID.SERVER_AUTH, NoEncryption(), names)

    def client(self, password: bytes | None = None) -> Pair:
        encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
        name = "client" if password is None else "client-encrypted"
        return self._issued(name, ExtendedKeyUsageOID.CLIENT_AUTH, encryption)

    def _issued(
        self,
        name: str,
        usage: x509.ObjectIdentifier,
        encryption: KeySerializationEncryption,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _unsigned(name, self._name, key.public_key())
        unsigned = unsigned.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names is not None:
            unsigned = unsigned.add_extension(names, critical=False)
        certificate = unsigned.sign(self._key, hashes.SHA256())
        pair = Pair(self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key")
        pair.cert.write_bytes(certificate.public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return pair


def _unsigned(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
