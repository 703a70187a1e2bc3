"""What the user that a server runs as may do in tables that belong to another: work on rows, nothing else."""

from sqlalchemy import Connection, Table

from aldaba.store.sql.tables import (
    audit_actors,
    audit_chain,
    audit_checkpoints,
    audit_events,
    audit_head,
    audit_stub,
    metadata,
)

_ADD_ONLY = frozenset({audit_events.name, audit_actors.name, audit_chain.name, audit_checkpoints.name})
_READ_ONLY = frozenset({audit_stub.name})
"""Only who may remove rows of the audit may put a stub in their place."""
_NEVER_REMOVED = frozenset({audit_head.name})
_VERSION = "alembic_version"
_SEQUENCES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace AND relowner = current_user::regrole
"""


def grant_to(user: str, connection: Connection) -> None:
    """Take away whatever the user has on the tables of this release, then give what it needs.

    What was recorded can be read and added to, never changed or removed.
    """
    quoted = connection.dialect.identifier_preparer.quote(user)
    for table in metadata.sorted_tables:
        connection.exec_driver_sql(f"REVOKE ALL ON TABLE {table.name} FROM {quoted}")
        connection.exec_driver_sql(f"GRANT {_rights(table)} ON TABLE {table.name} TO {quoted}")
    connection.exec_driver_sql(f"GRANT SELECT ON TABLE {_VERSION} TO {quoted}")
    for (sequence,) in connection.exec_driver_sql(_SEQUENCES).all():
        connection.exec_driver_sql(f"GRANT USAGE, SELECT ON SEQUENCE {sequence} TO {quoted}")


def _rights(table: Table) -> str:
    if table.name in _ADD_ONLY:
        return "SELECT, INSERT"
    if table.name in _READ_ONLY:
        return "SELECT"
    if table.name in _NEVER_REMOVED:
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"
