"""Alembic's door: runs the migrations on the connection that ``upgrading`` hands in."""

from alembic import context

from aldaba.store.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
