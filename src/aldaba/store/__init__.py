"""Stores: what remembers customers, profiles, sessions and events, behind the ports of the service."""
