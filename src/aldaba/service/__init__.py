"""Use cases: one class per journey, one method per operation, and the ports they need."""
