"""What passes between the protocol and a transport: requests, answers, and calls still to be written."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Generic, TypeAlias, TypeVar

from aldaba_client.operation import Operation

T = TypeVar("T")
Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, to be sent after ``after`` seconds."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False, default=None)
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer; ``sent`` is False where the server can't have seen the request."""

    sent: bool
    trouble: str


Steps: TypeAlias = Generator[Request, Answer | Lost, T]
"""A conversation: requests out, answers in, a result at its end. The transport knows nothing else."""


class FromSession(Enum):
    """What stands in a call's body for a value that the session knows when the request is written."""

    CCS_ID = auto()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a call, as what is signed for it sees it."""

    sid: str
    uuid: str
    now: float


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """An operation with its clear body; sealed fields are sealed anew for each attempt.

    A body value may be a ``FromSession``, or a function of the ``Attempt`` it is written for.
    """

    operation: Operation
    result: Callable[[Body], T]
    body: Body | None = field(repr=False, default=None)
