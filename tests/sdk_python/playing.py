"""Stories are told once, with ``await``; this lets the synchronous client play them too."""

import inspect
from collections.abc import Callable
from typing import Any, cast

from aldaba_client import AsyncClient, Client
from aldaba_client.testing import AldabaServer


class Awaited:
    """A synchronous client whose methods are awaited like those of the other."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not inspect.ismethod(found):
            return found

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return found(*args, **kwargs)

        return awaited


def front_end(server: AldabaServer, kind: str, profile: str, **options: Any) -> AsyncClient:
    """A front end of that kind and profile; language English unless said otherwise."""
    chosen: Any = {"profile": profile, "language": "en"} | options
    if kind == "async":
        return server.async_client(**chosen)
    return cast("AsyncClient", Awaited(server.client(**chosen)))


Opens = Callable[..., AsyncClient]
