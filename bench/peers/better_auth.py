"""better-auth as a peer: logins with scrypt as shipped and with Argon2id like ours, and session checks."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.front_ends import PASSWORD
from bench.limits import MEMORY_KIB, PASSES
from bench.load import drive
from bench.peers.installing import node_packages
from bench.peers.measuring import Peer
from bench.processes import Serving, free_port, running

NAME = "better-auth"
USERS = 64
_PATH = "/api/auth"
_COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
_TOKEN, _SESSION = b'"token":', b'"expiresAt":'
_KINDS = (("scrypt", "password, as shipped"), ("argon2id", "password, equal parameters"))


async def measure(peer: Peer, folder: Path) -> None:
    """Raises ``Absent`` where it cannot be installed."""
    home = node_packages("better-auth", "better-auth", "better-sqlite3", "@node-rs/argon2")
    peer.version = _set_up(home, folder)
    users = [f"customer-{number}@bench.example" for number in range(USERS)]
    for kind, name in _KINDS:
        with _serving(home, folder, kind) as server:
            known = [_post(server, "/sign-up/email", {"name": "A", "email": user}) for user in users]
            opened = (await drive(server.port, server.pid, known, 4)).expect(200).answers
            logins = [_post(server, "/sign-in/email", {"email": user}) for user in users]
            await peer.measure("login", name, server, _repeated(logins, peer.enough(400)), _TOKEN)
            if kind == "argon2id":
                looks = [_look(server, answer) for answer in opened]
                looks = _repeated(looks, peer.enough(8_000))
                await peer.measure("session", "session check", server, looks, _SESSION, one_core=True)


def _set_up(home: Path, folder: Path) -> str:
    """The release that was installed."""
    # Where it stands, its imports find what was installed.
    shutil.copyfile(Path(__file__).with_name("better_auth.mjs"), home / "server.mjs")
    folder.mkdir()
    package = home / "node_modules" / "better-auth" / "package.json"
    return str(json.loads(package.read_text())["version"])


def _repeated(requests: list[bytes], count: int) -> list[bytes]:
    return requests * (count // len(requests) + 1)


@contextmanager
def _serving(home: Path, folder: Path, kind: str) -> Iterator[Serving]:
    port, node = free_port(), shutil.which("node")
    parameters = [kind, str(MEMORY_KIB), str(PASSES)]
    arguments = [str(node), "server.mjs", str(port), str(folder / f"{kind}.sqlite"), *parameters]
    environment = {"NODE_ENV": "production", "BETTER_AUTH_TELEMETRY": "0"}
    with running(arguments, environment, port, folder / f"{kind}.log", f"{_PATH}/ok", home) as server:
        yield server


def _post(server: Serving, path: str, body: dict[str, str]) -> bytes:
    content = json.dumps(body | {"password": PASSWORD}).encode()
    headers = {
        "Origin": f"http://127.0.0.1:{server.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
    }
    return _request("POST", server, path, headers) + content


def _look(server: Serving, answer: bytes) -> bytes:
    """A session looked up by the cookie of that answer."""
    found = _COOKIE.search(answer)
    assert found is not None
    return _request("GET", server, "/get-session", {"Cookie": found[1].decode()})


def _request(method: str, server: Serving, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {_PATH}{path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()
