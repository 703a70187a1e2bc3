"""For trying more than one node: two servers on PostgreSQL and Valkey, a small balancer before them."""
