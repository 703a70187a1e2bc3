"""The store on PostgreSQL: each act one short transaction with row locks, on a few connections."""
