"""What an act sees of the two stores: the durable one's ports, and sessions read before or asked for."""

from collections.abc import Iterable, Mapping

from aldaba.domain.session import Session
from aldaba.service.ports import SessionRows, Transaction


class Wanted(Exception):
    """The act must be run again once these sessions are held, and those that it ends are suspended."""

    def __init__(self, handles: Iterable[str], ending: Iterable[str] = ()) -> None:
        super().__init__("sessions wanted")
        self.handles = tuple(handles)
        self.ending = tuple(ending)


class HeldSessions:
    """Session rows over what is held; what the act changes is kept until the act is durable."""

    def __init__(self, held: Mapping[str, Session | None], suspended: frozenset[str]) -> None:
        self._held, self._suspended = held, suspended
        self.changes: dict[str, Session | None] = {}
        """By handle: what was put in its place, None for ended."""

    def begin(self) -> None:
        """A store that runs an act again starts from nothing."""
        self.changes = {}

    def find(self, handle: str) -> Session | None:
        if handle in self.changes:
            return self.changes[handle]
        if handle not in self._held:
            raise Wanted([handle])
        session = self._held[handle]
        buried = session is not None and self.changes.get(session.successor or "", session) is None
        return None if buried else session

    def place(self, session: Session) -> None:
        self.changes[session.handle] = session

    def end(self, handle: str) -> None:
        self.changes[handle] = None
        for key, session in self.changes.items():
            if session is not None and session.successor == handle:
                self.changes[key] = None

    def demand(self) -> None:
        """At the act's end: raises ``Wanted`` unless all it changes is held and all it ends is suspended.

        A session that lives on because the machine stopped after the act was durable would be one whose
        customer was locked out or left.
        """
        ended = [handle for handle, session in self.changes.items() if session is None]
        unheld = self.changes.keys() - self._held.keys()
        alive = [handle for handle in ended if handle in unheld or self._held[handle] is not None]
        ending = [handle for handle in alive if handle not in self._suspended]
        if unheld or ending:
            raise Wanted(unheld, ending)


class ReadSessions:
    """Session rows of a query."""

    def __init__(self, known: Mapping[str, Session | None]) -> None:
        self._known = known

    def begin(self) -> None: ...
    def demand(self) -> None: ...

    def find(self, handle: str) -> Session | None:
        if handle not in self._known:
            raise Wanted([handle])
        return self._known[handle]

    def place(self, session: Session) -> None:  # noqa: ARG002 - refused whatever it is
        raise PermissionError("a query changes nothing")

    def end(self, handle: str) -> None:  # noqa: ARG002 - refused whatever it is
        raise PermissionError("a query changes nothing")


class TransactionBeside:
    """The durable store's transaction, with other session rows than its own."""

    def __init__(self, inner: Transaction, sessions: SessionRows) -> None:
        self.profiles = inner.profiles
        self.customers = inner.customers
        self.devices = inner.devices
        self.tokens = inner.tokens
        self.applications = inner.applications
        self.key_pairs = inner.key_pairs
        self.replays = inner.replays
        self.quotas = inner.quotas
        self.audit = inner.audit
        self.house = inner.house
        self.messages = inner.messages
        self.notices = inner.notices
        self.operators = inner.operators
        self.sessions = sessions
