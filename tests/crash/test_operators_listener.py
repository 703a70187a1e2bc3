"""Metrics stand on the operators' address of a real server, and nowhere else."""

import socket
from pathlib import Path

import httpx
import pytest
from tests.crash.served import Served, served


def test_metrics_are_on_the_operators_address_alone(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        address = server.metrics_address
        assert address.removesuffix("/metrics") != server.url
        answer = httpx.get(address, timeout=5)
        assert answer.status_code == 200
        assert "aldaba_store_up 1.0" in answer.text
        assert httpx.get(f"{server.url}/metrics", timeout=5).status_code == 404
        assert httpx.get(address.replace("/metrics", "/api/v1/oauth/token"), timeout=5).status_code == 404
        assert server.stop() == 0


def test_an_operators_port_in_use_is_told_with_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Served(tmp_path, ALDABA__ADMIN__PORT=str(port))
        with pytest.raises(AssertionError, match="did not start"):
            server.start()
    assert server.process is not None
    assert server.process.returncode == 1
    assert f"aldaba: admin.port: cannot listen on 127.0.0.1:{port}".encode() in server.output()
