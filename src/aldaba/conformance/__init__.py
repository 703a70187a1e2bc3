"""Plays sessions against any server that speaks this contract, and says row by row whether it keeps it."""
