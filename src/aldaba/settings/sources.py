"""Where values come from: the file, the environment and the command line, as dotted names with origins."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aldaba.settings.mistakes import SettingsError

DEFAULT_FILE = Path("aldaba.toml")
PREFIX = "ALDABA__"
READ_FROM = ", read from "
"""Stands in an origin before the file that held the secret itself."""
SHORT_NAMES: Mapping[str, str] = {"ALDABA_PORT": "server.port", "ALDABA_DATA": "data"}


@dataclass(frozen=True, slots=True)
class Given:
    """A value somebody gave, before it was checked."""

    value: Any
    origin: str


def from_file(path: Path | None) -> dict[str, Given]:
    """The settings of a TOML file; without a path, of ``aldaba.toml`` if there is one."""
    if path is None and not DEFAULT_FILE.exists():
        return {}
    file = path or DEFAULT_FILE
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), f"{error}", "a TOML file", "Correct it.") from error
    except OSError as error:
        cure = "Correct the path or the file's permissions."
        raise SettingsError(str(file), error.strerror or "an error", "a file to read", cure) from error
    return {name: Given(value, f"file {file}") for name, value in _flattened(document, "")}


def from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """``ALDABA__SECTION__KEY``, and the two short names, which the long ones override."""
    short = {
        name: Given(environ[key], f"environment {key}") for key, name in SHORT_NAMES.items() if key in environ
    }
    long = {
        key.removeprefix(PREFIX).lower().replace("__", "."): Given(value, f"environment {key}")
        for key, value in environ.items()
        if key.startswith(PREFIX)
    }
    return short | long


def from_command_line(overrides: Mapping[str, str]) -> dict[str, Given]:
    return {name: Given(value, "command line") for name, value in overrides.items()}


def with_secrets_read(given: dict[str, Given], secrets: frozenset[str]) -> dict[str, Given]:
    """Each ``…_file`` of a secret replaced by what stands in that file."""
    read = dict(given)
    for name in secrets:
        from_secret_file = read.pop(f"{name}_file", None)
        if from_secret_file is None:
            continue
        if name in read:
            cure = f"Leave one of them out ({read[name].origin}, {from_secret_file.origin})."
            raise SettingsError(name, f"both {name} and {name}_file", "one of them", cure)
        read[name] = _read_secret(name, from_secret_file)
    return read


def _read_secret(name: str, given: Given) -> Given:
    path = Path(str(given.value))
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        found = f"{path}, which cannot be read"
        cure = f"Correct it in {given.origin}, or the file's permissions."
        raise SettingsError(f"{name}_file", found, "a file with the secret in it", cure) from error
    return Given(text, f"{given.origin}{READ_FROM}{path}")


def _flattened(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
