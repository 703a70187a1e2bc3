"""Sets the stage for a server: its address, credentials, people, sandbox and pinned root key."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from aldaba.conformance.cast import Cast, Person
from aldaba.conformance.front import Application
from aldaba.conformance.link import Link
from aldaba.conformance.sandbox import Sandbox
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Broken, NotProvoked
from aldaba.contract import Contract

ROOT_KEY_PATH = "/.well-known/aldaba-e2e-root.json"


class Unfit(Exception):
    """The run cannot begin; the text says what was found, what was expected and what cures it."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the command was told of the server."""

    applications: dict[str, Application]
    root_key: str | None
    people: Path | None
    sandbox: bool
    channel: str


def staged(link: Link, contract: Contract, target: Target) -> Stage:
    """The stage of this server. Raises `Unfit` where server, credentials or files are not as they must be."""
    sandbox = Sandbox(link) if target.sandbox else None
    try:
        people = _people(sandbox, target.people)
        roots = _roots(link, target.root_key)
        if sandbox is not None:
            sandbox.reset()
        stage = Stage(
            link, contract, target.applications, Cast(people), sandbox, roots, target.channel, "bound-1", "en"
        )
        stage.signed_in()
    except (Broken, NotProvoked) as trouble:
        raise Unfit(str(trouble)) from None
    stage.fronts.clear()
    return stage


def _people(sandbox: Sandbox | None, file: Path | None) -> list[Person]:
    if file is None:
        return [] if sandbox is None else list(sandbox.customers())
    people: list[Person] = []
    for place, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if line.strip():
            people.append(_person(file, place, line))
    return people


def _person(file: Path, place: int, line: str) -> Person:
    try:
        person: Any = json.loads(line)
    except ValueError:
        person = None
    if not isinstance(person, dict) or "customerId" not in person:
        raise Unfit(f"{file}, line {place}: expected a customer as `aldaba customers import` takes it")
    return person


def _roots(link: Link, pinned: str | None) -> list[dict[str, Any]]:
    """The pinned root keys: a file, an address, or what the server itself says."""
    if pinned is not None and Path(pinned).is_file():
        text = Path(pinned).read_text("utf-8")
    elif pinned is not None and urlsplit(pinned).scheme in {"http", "https"}:
        text = httpx.get(pinned, timeout=15).text
    elif pinned is not None:
        raise Unfit(f"--root-key: found {pinned!r}, expected a file or an http(s) address")
    else:
        text = link.ask("GET", ROOT_KEY_PATH).text
    return _read_roots(text)


def _read_roots(text: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    keys = told.get("keys", [told]) if isinstance(told, dict) else told
    if not isinstance(keys, list) or not all(
        isinstance(key, dict) and key.get("kty") == "EC" for key in keys
    ):
        raise Unfit("the root key: expected a JWK or a JWK set of kty EC")
    return keys
