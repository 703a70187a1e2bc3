"""How a connection to the server is opened: what it waits for, and for how long."""

import time
from collections.abc import Callable

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.connection import PART

REST_SECONDS = 0.5
"""A server that could not be reached is left alone for so long; who asks meanwhile is told at once."""

_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "30s",
    # A commit is answered when the disk has it, whatever the server's default is.
    "synchronous_commit": "on",
}
_DEFAULTS = {
    "application_name": "aldaba",
    "connect_timeout": "2",
    # Of several hosts the one that takes writes, so that a failover is followed.
    "target_session_attrs": "read-write",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "4000",
}


def conninfo_of(url: str, *, session: dict[str, str] = _SESSION) -> str:
    """The driver's words for a ``postgresql://`` URL; what the URL itself says goes before our defaults."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    ours = " ".join(f"-c {name}={value}" for name, value in session.items())
    options = f"{ours} {given.pop('options', '')}".strip()
    return make_conninfo("", **(_DEFAULTS | given), options=options)


def user_of(url: str) -> str | None:
    """The user a URL names."""
    user = conninfo_to_dict(url).get("user")
    return None if user is None else str(user)


class Connector:
    """Opens connections; shared by all that a store keeps, so that one refusal speaks for every one."""

    def __init__(self, conninfo: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self._conninfo, self._ticks = conninfo, ticks
        self._rests_until = float("-inf")

    def connect(self) -> psycopg.Connection:
        """Raises ``HouseUnavailable``, at once while the server is left alone."""
        if self._ticks() < self._rests_until:
            raise HouseUnavailable(PART)
        try:
            return psycopg.connect(
                self._conninfo,
                autocommit=True,  # transactions begin and end only where the link says so
                prepare_threshold=0,
            )
        except psycopg.Error as error:
            self._rests_until = self._ticks() + REST_SECONDS
            raise HouseUnavailable(PART) from error
