"""What is left of purged audit rows, what was sent of them, and quick ways to find one.

Revision ID: 0004
Revises: 0002

A node of the release before goes on writing beside it; its checkpoints have no tree and prove no row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_stub",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit_outbox",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("audit_checkpoints", sa.Column("event_id", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("audit_checkpoints", "event_id")
    op.drop_table("audit_outbox")
    op.drop_table("audit_stub")
