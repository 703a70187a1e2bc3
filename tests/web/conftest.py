"""One served bank for the whole suite."""

from collections.abc import Iterator

import pytest
from tests.examples.served_bank import Served, served_bank


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("web") / "data") as served:
        yield served
