"""The wire in, the wire out."""
