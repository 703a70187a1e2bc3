"""The SDK as its users have it: importable, with its fixture."""

import sys
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "sdk" / "python"
sys.path.insert(0, str(SDK / "src"))

from aldaba_client.pytest_plugin import aldaba_server  # noqa: E402 - once it is importable
from aldaba_client.testing import AldabaServer  # noqa: E402 - once it is importable
from tests.sdk_python.playing import Opens, front_end  # noqa: E402 - once it is importable


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["bound-1", "portal"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opens(aldaba_server: AldabaServer, kind: str, profile: str) -> Opens:
    """Opens front ends of this kind and profile."""
    return partial(front_end, aldaba_server, kind, profile)


__all__ = ["aldaba_server", "kind", "opens", "profile"]
