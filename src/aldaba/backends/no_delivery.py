"""For a house without a delivery provider: nothing leaves it, and whoever needs it to is told so."""

from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed


class NoDelivery:
    """Refuses every message."""

    def routes(self, to: str, channel: str) -> bool:  # noqa: ARG002 - the port's
        return False

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:  # noqa: ARG002 - the port's
        raise BackendFailed("delivery")
