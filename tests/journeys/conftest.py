"""Every story is told on each database."""

from collections.abc import Iterator

import pytest
from tests.databases import EACH, database_settings


@pytest.fixture(params=EACH)
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings of the database under the house."""
    with database_settings(request.param, request) as settings:
        yield settings
