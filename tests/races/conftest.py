"""Every race is told on each store that a bank may stand on."""

from pathlib import Path

import pytest
from tests.conftest import STORES, OpenBank, bank_on


@pytest.fixture(params=STORES)
def open_bank(request: pytest.FixtureRequest, tmp_path: Path) -> OpenBank:
    return bank_on(request, tmp_path)
