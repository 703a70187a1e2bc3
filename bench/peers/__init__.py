"""Peers: other servers that check secrets, codes and sessions, measured on this machine in the same run."""
