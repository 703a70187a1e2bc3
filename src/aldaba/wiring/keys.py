"""Which key ring the settings mean: a file for its owner's eyes, or one wrapped by a PKCS#11 token."""

import os
from typing import TYPE_CHECKING

from aldaba.backends.keyring_file import KeyringFile, Wrapping
from aldaba.crypto.digests import Secret
from aldaba.settings import Settings, SettingsError

if TYPE_CHECKING:
    from aldaba.backends.hsm import HsmWrapping


def key_chest(settings: Settings) -> KeyringFile:
    """The ring of these settings; nothing is read yet."""
    return KeyringFile(settings.keys.file, _wrapping(settings))


def create_keys(settings: Settings) -> None:
    """Make the wrapping key inside the token where there is one and it is missing."""
    if settings.keys.provider == "pkcs11":
        _hsm(settings).create_kek()


def _wrapping(settings: Settings) -> Wrapping | None:
    return None if settings.keys.provider == "file" else _hsm(settings)


def _hsm(settings: Settings) -> "HsmWrapping":
    keys = settings.keys
    if keys.module is None or keys.token_label is None or keys.pin is None:
        missing = next(name for name in ("module", "token_label", "pin") if getattr(keys, name) is None)
        raise SettingsError(
            f"keys.{missing}", "nothing", "a value, because keys.provider is pkcs11", "Set it."
        )
    try:
        from aldaba.backends.hsm import HsmWrapping  # noqa: PLC0415 - the extra `hsm` is not always installed
    except ImportError:
        cure = "Install aldaba[hsm]."
        raise SettingsError("keys.provider", "pkcs11", "the package python-pkcs11", cure) from None
    return HsmWrapping(keys.module, keys.token_label, Secret(keys.pin), keys.kek_label, os.urandom)
