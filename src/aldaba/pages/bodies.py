"""A request's body, capped while it comes in, for every door."""

from starlette.requests import Request


class TooLarge(Exception):
    """The body is longer than it may be; what came of it is forgotten."""


async def body_within(http: Request, most: int) -> bytes:
    """The whole body, of ``most`` bytes at most.

    Raises ``TooLarge``, by what ``Content-Length`` says before anything is read, else never more than one
    chunk over the cap; and Starlette's ``ClientDisconnect``.
    """
    told = http.headers.get("content-length", "")
    # Cut, since int() of a long text takes long; twelve digits are above every cap.
    if told.isdecimal() and int(told[:12]) > most:
        raise TooLarge
    received = bytearray()
    async for chunk in http.stream():
        received += chunk
        if len(received) > most:
            raise TooLarge
    return bytes(received)
