"""One line a request: operation, outcome and time taken; nothing that a customer typed."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Line:
    """What the log says of one request."""

    operation: str
    application: str | None = None
    uuid: str | None = None
    status: int = 0
    code: str | None = None
    location: str | None = None
    trouble: str | None = None
    seconds: float = 0.0

    def fields(self) -> dict[str, object]:
        """Those that say something."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


class AccessLog(Protocol):
    """Where the lines go."""

    def write(self, fields: dict[str, object]) -> None:
        """The line of an operation, counted and traced."""

    def mention(self, fields: dict[str, object]) -> None:
        """The line of a request to anything else, which no figure counts."""

    def crash(self, operation: str, trouble: BaseException) -> None:
        """Something unexpected: where it happened, never what the values were."""
