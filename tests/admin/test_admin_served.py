"""The operators' listener in the server's process: its own port, and both drain together."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.crash.served import Served

from aldaba.settings import load


def test_both_listeners_answer_and_end_together(tmp_path: Path) -> None:
    served = Served(tmp_path)
    admin = f"http://127.0.0.1:{served.admin_port}/admin/api"
    served.start()
    try:
        assert httpx.get(f"{admin}/openapi.json").status_code == 200
        assert httpx.get(f"{admin}/session").status_code == 401
        assert httpx.get(f"{served.url}/admin/api/openapi.json").status_code == 404
    finally:
        code = served.stop()
    assert code == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{admin}/session")


@pytest.mark.parametrize("section", ["server", "admin"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, section: str) -> None:
    served = Served(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        name = "ALDABA_PORT" if section == "server" else "ALDABA__ADMIN__PORT"
        environment = {**served.environment, name: str(taken.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, "-m", "aldaba", "serve", "--sandbox"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert (
        f"{section}.port: cannot listen on 127.0.0.1:{taken_port(environment, name)}".encode() in done.stderr
    )


def taken_port(environment: dict[str, str], name: str) -> str:
    return environment[name]


def test_where_operators_reach_it_follows_host_and_port() -> None:
    assert load(None, {"ALDABA_PORT": "9100"}).admin.public_url == "http://127.0.0.1:9101"
    assert load(None, {"ALDABA__ADMIN__HOST": "::1"}).admin.public_url == "http://[::1]:8081"
