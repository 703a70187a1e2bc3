"""The stores in SQL: thin rows, one schema, and acts that become durable in groups."""
