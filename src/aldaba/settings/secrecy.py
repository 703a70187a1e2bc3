"""Secrets that others may read or guess: files with too open a mode, passwords out of an example."""

import re
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

from aldaba.settings.shape import SECRETS, Settings, flat
from aldaba.settings.sources import READ_FROM
from aldaba.settings.unsafe import Unsafe

OPEN_TO_ALL = 0o007
GUESSED_FIRST = frozenset(
    "aldaba admin change-me change_me changeme default example guest password postgres redis root secret "
    "test valkey your-password".split()
)
"""What stands in examples, and what an attacker tries first."""

_PRIVATE_KEYS = ("server.tls_key", "directory.client_key", "cards.client_key", "risk.client_key")
_IN_URL = re.compile(r"(?<=://)[^/@]*?:([^/]*)@")


def secrets_in_danger(settings: Settings) -> Iterator[Unsafe]:
    """Every file with a secret in it that all may read, and every secret anybody would try first."""
    values = dict(flat(settings))
    for name in sorted(SECRETS):
        password = _password(name, values[name])
        if password is None:
            continue
        if password.lower() in GUESSED_FIRST:
            yield Unsafe(
                name,
                "a password that stands in examples",
                "one of its own, made by chance",
                f"Change it, and give it as {name}_file.",
            )
        yield from _open_to_all(name, _file_of(settings.origins[name]))
    for name in _PRIVATE_KEYS:
        yield from _open_to_all(name, values[name])
    for file in _provider_secrets(settings.delivery.providers_file):
        yield from _open_to_all("delivery.providers_file", file)


def _password(name: str, value: str | None) -> str | None:
    if value is None or not name.endswith("url"):
        return value
    found = _IN_URL.search(value)
    return None if found is None else found[1]


def _file_of(origin: str) -> Path | None:
    """The file a secret stands in: one of its own, or the configuration; None for the environment."""
    _, told, own = origin.rpartition(READ_FROM)
    if told:
        return Path(own)
    return Path(origin.removeprefix("file ")) if origin.startswith("file ") else None


def _provider_secrets(providers: Path | None) -> Iterator[Path]:
    """The secrets' files; a file that cannot be read is told of when the providers are opened."""
    if providers is None:
        return
    try:
        listed = tomllib.loads(providers.read_text(encoding="utf-8")).get("provider", [])
        names = [one["secret_file"] for one in listed if isinstance(one, dict) and "secret_file" in one]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError):
        return
    yield from (providers.parent / str(name) for name in names)


def _open_to_all(name: str, file: Path | None) -> Iterator[Unsafe]:
    if file is None or not file.is_file():
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & OPEN_TO_ALL:
        yield Unsafe(
            name,
            f"{file} open to everybody ({mode:04o})",
            "a file that only the server reads",
            f"chmod 600 {file}",
        )
