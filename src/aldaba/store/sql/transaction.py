"""What an act touches in SQL: every port over one connection, made once and used for every act."""

from collections.abc import Callable

from aldaba.crypto.keyring import Keyring
from aldaba.service.ports import Clock, RandomBytes
from aldaba.store.sql.audit import SqlAuditLog
from aldaba.store.sql.audit_ids import AuditIds
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.directory import SqlCustomers, SqlDevices, SqlTokens
from aldaba.store.sql.messages import SqlMessages
from aldaba.store.sql.notices import SqlNotices
from aldaba.store.sql.operators import SqlOperatorRows
from aldaba.store.sql.profiles import SqlProfiles
from aldaba.store.sql.registry import SqlApplications, SqlHouseState, SqlKeyPairs
from aldaba.store.sql.session_rows import SqlSessionRows
from aldaba.store.sql.shortlived import SqlQuotas, SqlReplays


class SqlTransaction:
    """The ports; ``sql`` and ``audit_ids`` are for the store's neighbours, with statements of their own."""

    def __init__(
        self,
        sql: SqlConnection,
        audit_ids: AuditIds,
        keyring: Callable[[], Keyring],
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        self._chest = keyring
        self._ring: Keyring | None = None
        self.sql = sql
        self.audit_ids = audit_ids
        self.profiles = SqlProfiles(sql, clock)
        self.customers = SqlCustomers(sql)
        self.devices = SqlDevices(sql)
        self.tokens = SqlTokens(sql)
        self.applications = SqlApplications(sql)
        self.key_pairs = SqlKeyPairs(sql)
        self.replays = SqlReplays(sql)
        self.quotas = SqlQuotas(sql)
        self.audit = SqlAuditLog(sql, audit_ids, self._keyring)
        self.house = SqlHouseState(sql)
        self.notices = SqlNotices(sql)
        self.sessions = SqlSessionRows(sql, self._keyring, random_bytes)
        self.operators = SqlOperatorRows(sql)
        self.messages = SqlMessages(sql, self._keyring, random_bytes)

    def begun(self) -> None:
        """Forget what was read of database and ring: others may have changed either, or a rollback."""
        self._ring = None
        self.audit.begun()

    def _keyring(self) -> Keyring:
        # Whether the ring has changed is asked of a file, too slowly to ask for every row of a transaction.
        if self._ring is None:
            self._ring = self._chest()
        return self._ring
