"""privacyIDEA as a peer: PINs checked as shipped and at the server's own hash parameters, and HOTP codes."""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.front_ends import PASSWORD, body_of
from bench.limits import MEMORY_KIB, PASSES
from bench.load import drive
from bench.peers.installing import SET_UP_SECONDS, command, python_packages
from bench.peers.measuring import Peer
from bench.processes import Serving, free_port, running

NAME = "privacyIDEA"
WORKERS, THREADS = 2, 4
"""One process a core, as its documentation serves it; threads, because only those keep connections."""
TOKENS = 64
_ADMIN = "bench"
_TRUE = b'"value": true'
_EQUAL = {"argon2__rounds": PASSES, "argon2__memory_cost": MEMORY_KIB, "argon2__parallelism": 1}
_CONFIGURATION = """\
SECRET_KEY = "of the benchmark, of no use elsewhere"
PI_PEPPER = "of the benchmark"
PI_ENCFILE = "{folder}/enckey"
PI_AUDIT_KEY_PRIVATE = "{folder}/private.pem"
PI_AUDIT_KEY_PUBLIC = "{folder}/public.pem"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/privacyidea.sqlite"
PI_LOGFILE = "{folder}/privacyidea.log"
PI_LOGLEVEL = 40
PI_HASH_ALGO_PARAMS = {parameters}
"""


async def measure(peer: Peer, folder: Path) -> None:
    """Raises ``Absent`` where it cannot be installed or set up."""
    programs = python_packages("privacyidea", "privacyidea", "gunicorn")
    peer.version = _version(programs)
    _set_up(programs, folder)
    for kind, parameters in (("as shipped", {}), ("equal parameters", _EQUAL)):
        _configure(folder, parameters)
        with _serving(programs, folder) as server:
            checks = await _pins(server, kind, peer.enough(200))
            await peer.measure("login", f"PIN, {kind}", server, checks, _TRUE)
            if parameters:
                codes = await _codes(server, peer.enough(400))
                await peer.measure("code", "HOTP code", server, codes, _TRUE, one_core=True)


def _set_up(programs: Path, folder: Path) -> None:
    folder.mkdir()
    _configure(folder, {})
    settings = {"PRIVACYIDEA_CONFIGFILE": str(folder / "pi.cfg")}
    steps = [["setup", step] for step in ("create_enckey", "create_audit_keys", "create_tables")]
    for arguments in (*steps, ["admin", "add", "-p", PASSWORD, _ADMIN]):
        command([programs / "pi-manage", *arguments], folder, SET_UP_SECONDS, **settings)


def _version(programs: Path) -> str:
    told = command([programs / "python", "-m", "pip", "list", "--format", "json"], programs, SET_UP_SECONDS)
    return next(str(each["version"]) for each in json.loads(told) if each["name"].lower() == "privacyidea")


def _configure(folder: Path, parameters: dict[str, int]) -> None:
    (folder / "pi.cfg").write_text(_CONFIGURATION.format(folder=folder, parameters=parameters))


@contextmanager
def _serving(programs: Path, folder: Path) -> Iterator[Serving]:
    port = free_port()
    application = (
        f"privacyidea.app:create_app(config_name='production', config_file='{folder}/pi.cfg', silent=True)"
    )
    many = ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "--no-control-socket"]
    arguments = [str(programs / "gunicorn"), *many, "--bind", f"127.0.0.1:{port}", application]
    with running(
        arguments, {"PATH": str(programs)}, port, folder / "serve.log", "/healthz/livez", folder
    ) as server:
        yield server


async def _pins(server: Serving, kind: str, count: int) -> list[bytes]:
    """Checks of tokens that are a PIN alone."""
    serials = [f"PIN-{kind}-{number}".replace(" ", "-") for number in range(TOKENS // 4)]
    await _enrol(server, [{"type": "spass", "pin": PASSWORD, "serial": serial} for serial in serials])
    return [_check(serials[turn % len(serials)], PASSWORD) for turn in range(count)]


async def _codes(server: Serving, count: int) -> list[bytes]:
    """Checks of the next code of many tokens in turn, none with a PIN."""
    seeds = {f"HOTP-{number}": bytes([number]) * 20 for number in range(TOKENS)}
    await _enrol(
        server,
        [
            {"type": "hotp", "otpkey": seed.hex(), "genkey": "0", "serial": serial}
            for serial, seed in seeds.items()
        ],
    )
    tokens = list(seeds.items())
    return [
        _check(serial, hotp(seed, turn // TOKENS))
        for turn in range(count)
        for serial, seed in (tokens[turn % TOKENS],)
    ]


async def _enrol(server: Serving, tokens: list[dict[str, str]]) -> None:
    (answer,) = await _asked(server, [_form("/auth", {"username": _ADMIN, "password": PASSWORD})])
    result = body_of(answer)["result"]
    assert isinstance(result, dict)
    await _asked(server, [_form("/token/init", each, result["value"]["token"]) for each in tokens])


async def _asked(server: Serving, requests: list[bytes]) -> list[bytes]:
    return (await drive(server.port, server.pid, requests, 1)).expect(200).answers


def _check(serial: str, secret: str) -> bytes:
    return _form("/validate/check", {"serial": serial, "pass": secret})


def _form(path: str, form: dict[str, str], token: str = "") -> bytes:
    body = urlencode(form).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/x-www-form-urlencoded"]
    lines += [f"Content-Length: {len(body)}", *([f"Authorization: {token}"] if token else [])]
    return "\r\n".join([*lines, "", ""]).encode() + body


def hotp(seed: bytes, counter: int) -> str:
    """Six digits (RFC 4226)."""
    mac = hmac.digest(seed, counter.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 0x0F
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"
