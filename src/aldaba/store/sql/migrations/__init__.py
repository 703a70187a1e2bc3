"""The schema's history; Alembic runs it, ``upgrading`` starts it."""
