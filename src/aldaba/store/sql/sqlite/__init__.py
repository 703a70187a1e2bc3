"""The store in one SQLite file: a writer that commits in groups, and a reader beside it."""
