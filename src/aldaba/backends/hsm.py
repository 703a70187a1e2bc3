"""The key ring wrapped by a key that never leaves a PKCS#11 token: the file alone opens nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11.exceptions import PKCS11Error
from pkcs11.mechanisms import GCMParams, Mechanism

from aldaba.crypto import base64text, strict_json
from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.ports import RandomBytes

FORMAT = "aldaba-wrapped-keyring-1"
NONCE_BYTES = 12
KEK_BITS = 256
_TOKEN = threading.Lock()
"""PKCS#11 knows one login for a whole process, and modules differ in what they allow at once."""


class HsmUnavailable(HouseUnavailable):
    """The token does not do what is asked; ``cure`` says what to look at."""

    def __init__(self, cure: str) -> None:
        super().__init__("keys")
        self.cure = cure

    def __str__(self) -> str:
        return f"keys: {self.cure}"


class HsmWrapping:
    """Implements ``Wrapping``: AES-256-GCM inside the token, under the key of that label.

    The file is JSON: ``format``, ``kek`` (the label), ``nonce`` and ``wrapped`` (base64url). The module is
    asked when the ring is read or changed, never on a request's path.
    """

    def __init__(
        self, module: Path, token_label: str, pin: Secret, kek_label: str, random_bytes: RandomBytes
    ) -> None:
        self._module, self._token_label, self._pin = module, token_label, pin
        self._kek_label, self._random_bytes = kek_label, random_bytes

    def create_kek(self) -> bool:
        """Make the wrapping key inside the token unless it is there; whether it was made."""
        with self._session(writable=True) as session:
            if self._found(session) is not None:
                return False
            session.generate_key(
                pkcs11.KeyType.AES,
                KEK_BITS,
                label=self._kek_label,
                store=True,
                capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
                template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
            )
            return True

    def wrap(self, content: bytes) -> bytes:
        """The file's bytes. Raises ``HsmUnavailable``."""
        nonce = self._random_bytes(NONCE_BYTES)
        with self._session() as session:
            wrapped = self._kek(session).encrypt(
                content, mechanism=Mechanism.AES_GCM, mechanism_param=self._bound(nonce)
            )
        return strict_json.dumps(
            {
                "format": FORMAT,
                "kek": self._kek_label,
                "nonce": base64text.encode_url(nonce),
                "wrapped": base64text.encode_url(wrapped),
            }
        )

    def unwrap(self, stored: bytes) -> bytes:
        """The ring's JSON. Raises ``HsmUnavailable``, also for a file this token did not wrap."""
        nonce, wrapped = self._parts(stored)
        with self._session() as session:
            return bytes(
                self._kek(session).decrypt(
                    wrapped, mechanism=Mechanism.AES_GCM, mechanism_param=self._bound(nonce)
                )
            )

    def _parts(self, stored: bytes) -> tuple[bytes, bytes]:
        try:
            document: Any = strict_json.loads(stored)
            known = document["format"] == FORMAT
            parts = base64text.decode_url(document["nonce"]), base64text.decode_url(document["wrapped"])
        except (ValueError, KeyError, TypeError, strict_json.NotStrictJson):
            known = False
        if not known:
            raise HsmUnavailable(
                "keys.file holds no ring wrapped by a token; wrap it with `aldaba keys wrap`"
            )
        return parts

    def _bound(self, nonce: bytes) -> GCMParams:
        return GCMParams(nonce, f"{FORMAT}/{self._kek_label}".encode(), 128)

    def _kek(self, session: pkcs11.Session) -> Any:
        kek = self._found(session)
        if kek is None:
            raise HsmUnavailable(
                f"the token {self._token_label} has no AES key {self._kek_label} (keys.kek_label); "
                "run `aldaba init`"
            )
        return kek

    def _found(self, session: pkcs11.Session) -> Any:
        wanted = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
            pkcs11.Attribute.LABEL: self._kek_label,
        }
        return next(iter(list(session.get_objects(wanted))), None)

    @contextmanager
    def _session(self, *, writable: bool = False) -> Iterator[pkcs11.Session]:
        with _TOKEN:
            try:
                library = pkcs11.lib(str(self._module))
                token = library.get_token(token_label=self._token_label)
                with token.open(rw=writable, user_pin=self._pin.reveal()) as session:
                    yield session
            except (PKCS11Error, RuntimeError) as error:
                said = f"{type(error).__name__} {error}".strip()
                raise HsmUnavailable(
                    f"the PKCS#11 token {self._token_label} says {said}; "
                    "look at keys.module, keys.token_label, keys.pin and keys.file"
                ) from None
