"""What the client knows of an operation: its address, what comes sealed, what a session needs for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SealedField:
    """A request field that is sealed: its dotted path, and its letter in profile ``portal``.

    Where ``kinds`` is given, the field at ``kind_by`` chooses the letter.
    """

    path: str
    kind: str = ""
    kind_by: str = ""
    kinds: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract.

    ``session`` is none (takes no session), opens (begins one where there is none), or what it needs of one.
    """

    id: str
    method: str
    path: str
    success: int
    rendering: str
    session: str
    sealed: tuple[SealedField, ...] = ()
    sealed_answer: tuple[str, ...] = ()

    @property
    def bound_path(self) -> str:
        """The path that the MAC of sealed values is bound to."""
        return self.path.removeprefix("/api")
