"""The schema: a key, the few columns that are searched or guarded, and a body with the frozen value.

Times are whole milliseconds since 1970; a digest is bytes.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

Long = BigInteger().with_variant(Integer(), "sqlite")
"""Sixty-four bits. SQLite counts up only a key that is called INTEGER, which has as many there."""

profiles = Table(
    "profiles",
    metadata,
    Column("ccs_id", Text, primary_key=True),
    Column("expires_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
)
Index(
    "profiles_expiring",
    profiles.c.expires_at,
    sqlite_where=profiles.c.expires_at.is_not(None),
    postgresql_where=profiles.c.expires_at.is_not(None),
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

card_owners = Table(
    "card_owners",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("customer_id", Text, nullable=False, index=True),
    sqlite_with_rowid=False,
)

phone_owners = Table(
    "phone_owners",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("customer_id", Text, primary_key=True, index=True),
    sqlite_with_rowid=False,
)

devices = Table(
    "devices",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("vasco_id", Text, unique=True),
    Column("application_id", Text, unique=True),
    Column("body", LargeBinary, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("customer_id", Text, index=True),
    Column("body", LargeBinary, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

key_pairs = Table(
    "key_pairs",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

house_state = Table(
    "house_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Long, primary_key=True),
    Column("phone_digest", LargeBinary, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("handle", Text, primary_key=True),
    Column("application_id", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("touched_at", BigInteger, nullable=False),
    Column("successor", Text),
    Column("body", LargeBinary, nullable=False),
)
Index(
    "sessions_succeeded",
    sessions.c.successor,
    sqlite_where=sessions.c.successor.is_not(None),
    postgresql_where=sessions.c.successor.is_not(None),
)

request_marks = Table(
    "request_marks",
    metadata,
    Column("application_id", Text, primary_key=True),
    Column("request_id", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

replay_marks = Table(
    "replay_marks",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

quotas = Table(
    "quotas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("figure", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("due_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
)
Index(
    "notices_due",
    notices.c.due_at,
    sqlite_where=notices.c.due_at.is_not(None),
    postgresql_where=notices.c.due_at.is_not(None),
)
Index(
    "notices_expiring",
    notices.c.expires_at,
    sqlite_where=notices.c.expires_at.is_not(None),
    postgresql_where=notices.c.expires_at.is_not(None),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Long, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("request_id", Text, index=True),
    Column("application_id", Text),
    Column("ccs_id", Text, index=True),
    Column("customer_id", Text, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_audit_events_at", audit_events.c.at)

audit_actors = Table(
    "audit_actors",
    metadata,
    Column("event_id", Long, primary_key=True, autoincrement=False),
    Column("actor", Text, nullable=False, index=True),
)

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("event_id", Long, primary_key=True, autoincrement=False),
    Column("key_id", Text, nullable=False),
    Column("link", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("count", BigInteger, primary_key=True, autoincrement=False),
    Column("link", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("jws", Text, nullable=False),
    Column("event_id", BigInteger),
)

audit_stub = Table(
    "audit_stub",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("jws", Text, nullable=False),
)

audit_outbox = Table(
    "audit_outbox",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_id", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("name", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

operator_sessions = Table(
    "operator_sessions",
    metadata,
    Column("handle", Text, primary_key=True),
    Column("operator", Text, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)

operator_invitations = Table(
    "operator_invitations",
    metadata,
    Column("operator", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("requested_at", BigInteger, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
