"""The testing kit: the real server inside an integrator's tests, with its clock and its messages."""

from aldaba_client.testing.server import AldabaServer, Message, running_server

__all__ = ["AldabaServer", "Message", "running_server"]
