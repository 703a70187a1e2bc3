"""What a page's own back end does, in a sandbox: fetches an access token; the page knows no secret."""

from pathlib import Path

import msgspec

from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.applications import Applications, NotThisApplication

APPLICATION_FILE = "sandbox-application.json"


class _Ready(msgspec.Struct, frozen=True):
    client_id: str
    client_secret: str


class PageToken(msgspec.Struct, frozen=True):
    """An answer of the token endpoint, and whom it was issued to."""

    access_token: str
    expires_in: int
    client_id: str
    token_type: str = "Bearer"


class PageTokens:
    """Signs the ready application in like any back end; only its short-lived token goes further."""

    def __init__(self, applications: Applications, file: Path) -> None:
        self._applications = applications
        self._file = file

    async def issue(self) -> PageToken | None:
        """None where there is no ready application, or nobody can sign now."""
        try:
            ready = self._ready()
            issued = await self._applications.sign_in_by_secret(ready.client_id, Secret(ready.client_secret))
        except (OSError, msgspec.DecodeError, NotThisApplication, HouseUnavailable):
            return None
        return PageToken(issued.token, issued.expires_in, ready.client_id)

    def _ready(self) -> _Ready:
        return msgspec.json.decode(self._file.read_bytes(), type=_Ready)
