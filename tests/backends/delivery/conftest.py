from pathlib import Path

import pytest
from tests.backends.delivery.certificates import Certificates, made_in


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return made_in(folder)
