"""Operators with sessions, invitations and grants; customers found by phone, audit events by actor.

Revision ID: 0003
Revises: 0002

Phones and actors that are there already are indexed here, from the digests and names in the bodies.
"""

import base64
import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PAGE = 1_000
Long = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "phone_owners",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "customer_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_phone_owners_customer_id", "phone_owners", ["customer_id"])
    op.create_table(
        "audit_actors",
        sa.Column("event_id", Long, autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("ix_audit_actors_actor", "audit_actors", ["actor"])
    op.create_index("ix_audit_events_request_id", "audit_events", ["request_id"])
    op.create_index("ix_audit_events_at", "audit_events", ["at"])
    op.create_table(
        "operators",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("handle"),
    )
    op.create_index("ix_operator_sessions_operator", "operator_sessions", ["operator"])
    op.create_index("ix_operator_sessions_expires_at", "operator_sessions", ["expires_at"])
    op.create_table(
        "operator_invitations",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("operator"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_operator_invitations_expires_at", "operator_invitations", ["expires_at"])
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_grants_requested_at", "grants", ["requested_at"])
    op.create_index("ix_grants_expires_at", "grants", ["expires_at"])
    _index_phones(op.get_bind())
    _index_actors(op.get_bind())


def downgrade() -> None:
    for table in ("grants", "operator_invitations", "operator_sessions", "operators"):
        op.drop_table(table)
    op.drop_index("ix_audit_events_at", "audit_events")
    op.drop_index("ix_audit_events_request_id", "audit_events")
    op.drop_table("audit_actors")
    op.drop_table("phone_owners")


def _index_phones(connection: sa.Connection) -> None:
    owners = sa.table("phone_owners", sa.column("digest"), sa.column("customer_id"))
    for page in _pages(connection, "customers", "customer_id", ""):
        rows = [
            {"digest": digest, "customer_id": customer_id}
            for customer_id, body in page
            for digest in {base64.b64decode(phone["digest"]) for phone in json.loads(body)["phones"]}
        ]
        if rows:
            connection.execute(owners.insert(), rows)


def _index_actors(connection: sa.Connection) -> None:
    actors = sa.table("audit_actors", sa.column("event_id"), sa.column("actor"))
    for page in _pages(connection, "audit_events", "id", -1):
        named = [(event_id, json.loads(body)["event"]["actor"]) for event_id, body in page]
        rows = [{"event_id": event_id, "actor": actor} for event_id, actor in named if actor is not None]
        if rows:
            connection.execute(actors.insert(), rows)


def _pages(
    connection: sa.Connection, name: str, key: str, after: str | int
) -> Iterator[list[tuple[str | int, bytes]]]:
    table = sa.table(name, sa.column(key), sa.column("body"))
    while True:
        query = sa.select(table.c[key], table.c.body).where(table.c[key] > after).order_by(table.c[key])
        page = [(row[0], row[1]) for row in connection.execute(query.limit(PAGE))]
        if not page:
            return
        yield page
        after = page[-1][0]
