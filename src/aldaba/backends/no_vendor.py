"""For a house without a soft-token vendor: its keys are never to be had."""

from collections.abc import Mapping
from datetime import datetime

from aldaba.domain.refusals import HouseUnavailable


class NoVendor:
    """Implements ``VendorKeys``."""

    async def keys(self, wanted: str | None, now: datetime) -> Mapping[str, Mapping[str, object]]:  # noqa: ARG002 - the port's
        raise HouseUnavailable("vendor keys")
