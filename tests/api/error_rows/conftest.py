"""Every error row is provoked on each database, and by two nodes in turn."""

from tests.databases import database, ground, nodes

__all__ = ["database", "ground", "nodes"]
