"""Algorithms over bytes and text: no I/O, no clock, no knowledge of what they protect."""
