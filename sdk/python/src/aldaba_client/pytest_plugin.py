"""The pytest plugin: ``aldaba_server``, a server of its own for each test that asks for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aldaba_client.testing.server import AldabaServer


@pytest.fixture
def aldaba_server(tmp_path: Path) -> Iterator["AldabaServer"]:
    """The ready-made sandbox bank, on SQLite in a folder of this test."""
    # The plugin is loaded by every pytest of a machine it is installed on; the server is not.
    from aldaba_client.testing.server import running_server  # noqa: PLC0415 - only where it is used

    with running_server(tmp_path / "aldaba") as server:
        yield server
