"""One served sandbox bank for the whole folder."""

from collections.abc import Iterator

import pytest
from tests.examples.served_bank import Served, served_bank


@pytest.fixture(scope="package")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("conformance") / "data") as served:
        yield served
