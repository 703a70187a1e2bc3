"""The sandbox's message box: whatever is sent to a phone lies here for ``GET /sandbox/messages``."""

from aldaba.crypto.digests import Secret
from aldaba.service.ports import Clock, Message, Store

CHANNELS = frozenset({"sms", "voice"})
PROVIDER = "sandbox"
UNSERVED = "+34"
"""Spain, so that ``generate_rao_token`` can show its 404."""


class SandboxDelivery:
    """Delivery that keeps the messages instead of sending them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def routes(self, to: str, channel: str) -> bool:
        """Everywhere but where the sandbox shows what a country without a route answers."""
        return channel in CHANNELS and not to.startswith(UNSERVED)

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:
        message = Message(to, channel, text, otp, self._clock())
        await self._store.run(lambda transaction: transaction.messages.add(message))
        return PROVIDER
