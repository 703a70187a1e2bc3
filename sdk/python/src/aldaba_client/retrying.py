"""Whether a failed attempt is made again: bounded, and never where the first one may have spent something."""

from aldaba_client.errors import AldabaError, BackendFailed, ServerFailed, ServerUnavailable, Unreachable
from aldaba_client.options import Retry

HARMLESS = frozenset(
    {
        "retrieve_public_key",
        "exchange_keys",
        "prelogin_v1",
        "prelogin_v2",
        "validate_credentials",
        "credentials_status",
        "retrieve_challenge",
        "register_transmit_customer",
        "validate_transmit_customer",
        "certified_phone",
        "logout",
    }
)
"""Operations that do no more the second time; the others spend a code, count a try or cost a message."""


class Tries:
    """The attempts at one call."""

    def __init__(self, retry: Retry, operation: str) -> None:
        self._retry = retry
        self._operation = operation
        self._made = 0
        self.lost = False
        """Whether an attempt may have acted although its answer was not seen."""

    @property
    def wait(self) -> float:
        """Seconds before the attempt to be made now."""
        return self._retry.wait(self._made)

    @property
    def stock(self) -> int:
        """How many attempts must be possible without asking for anything in between."""
        first = not self._made and self._operation in self._retry.also_lost
        return self._retry.attempts if first else 1

    def again(self, trouble: AldabaError) -> bool:
        """Whether there is another attempt after this trouble."""
        self._made += 1
        if not self._may_repeat(trouble):
            return False
        return self._made < self._retry.attempts

    def _may_repeat(self, trouble: AldabaError) -> bool:
        match trouble:
            case BackendFailed() if self._operation == "logout":
                # The session has ended all the same; there is nothing left to try.
                return False
            case ServerUnavailable() | BackendFailed():
                # The server's own word: it has given back what it had reserved.
                return True
            case Unreachable(may_have_acted=False):
                return True
            case Unreachable() | ServerFailed():
                # A gateway's 5xx says as little as silence does.
                self.lost = True
                return self._operation in HARMLESS | self._retry.also_lost
            case _:
                return False
