"""The sandbox's message box: whatever is sent to a phone lies here for ``GET /sandbox/messages``."""

from aldaba.crypto.digests import Secret
from aldaba.service.ports import Clock, Message, Store


class SandboxDelivery:
    """Delivery that keeps the messages instead of sending them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> None:
        message = Message(to, channel, text, otp, self._clock())
        await self._store.run(lambda transaction: transaction.messages.add(message))
