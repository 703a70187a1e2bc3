"""The sandbox's ready applications, and the file their credentials are kept in."""

import os
from pathlib import Path

import msgspec

from aldaba.cli.desk import SANDBOX_MARK
from aldaba.domain.application import Enumeration, Right
from aldaba.service.registration import Grant
from aldaba.wiring import House

FRONT_END = "sandbox-front-end"
DOCUMENTED = "sandbox-documented"
GRANTS = {
    FRONT_END: Grant(rights=frozenset(Right)),
    DOCUMENTED: Grant(enumeration=Enumeration.DOCUMENTED),
}


class Credentials(msgspec.Struct, frozen=True):
    client_id: str
    client_secret: str


class Kept(Credentials, frozen=True):
    """The front end's credentials, and those of the application that is told of unknown customers."""

    documented: Credentials


async def ready_applications(house: House) -> Path:
    """Make the applications unless both they and the file are there; answers where their secrets stand."""
    file = house.settings.data / SANDBOX_MARK
    known = {application.client_id for application in await house.administration.registration.list()}
    if not (file.exists() and known >= set(GRANTS)):
        front_end, documented = [await _ready(house, client_id, client_id in known) for client_id in GRANTS]
        _keep(file, Kept(front_end.client_id, front_end.client_secret, documented))
    return file


def credentials_of(file: Path) -> Kept:
    return msgspec.json.decode(file.read_bytes(), type=Kept)


async def _ready(house: House, client_id: str, known: bool) -> Credentials:
    registration = house.administration.registration
    if known:
        registered = await registration.rotate_secret(client_id, "sandbox")
    else:
        registered = await registration.create(client_id, GRANTS[client_id], "sandbox")
    return Credentials(client_id, registered.secret.reveal())


def _keep(file: Path, kept: Kept) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(msgspec.json.format(msgspec.json.encode(kept), indent=2))
