"""Tests of the PKCS#11 provider run where SoftHSM is; CI demands them, elsewhere they are left out aloud."""

import os

import pytest
from tests.backends.soft_hsm import CURE, REQUIRE, module

MARK = "pkcs11"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if module() is not None or os.environ.get(REQUIRE) == "1":
        return
    left_out = [item for item in items if MARK in item.name]
    if left_out:
        items[:] = [item for item in items if MARK not in item.name]
        config.hook.pytest_deselected(items=left_out)
        print(f"\n{len(left_out)} tests of the PKCS#11 provider are left out. {CURE}")  # noqa: T201 - as said
