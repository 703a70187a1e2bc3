"""Every page the browser audits; a door with pages of its own adds its list here."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Address:
    """A page. ``ready`` is what it shows once its script is done.

    ``fold`` keeps a screenshot to the first screen, for pages that are very long.
    """

    name: str
    path: str
    ready: str | None = None
    status: int = 200
    fold: bool = False

    def told(self) -> dict[str, Any]:
        return asdict(self)


PORTAL = (
    Address("start", "/docs"),
    Address("try-login", "/docs/try", "#all:enabled"),
    Address("try-recovery", "/docs/try/recovery", "#all:enabled"),
    Address("try-challenge", "/docs/try/challenge", "#all:enabled"),
    Address("reference", "/docs/reference"),
    Address("operation", "/docs/operations/login"),
    Address("e2e", "/docs/e2e", "#run:enabled"),
    Address("journeys", "/docs/journeys"),
    Address("errors", "/docs/errors", fold=True),
    Address("errors-found", "/docs/errors?q=8006&status=401"),
    Address("error", "/docs/errors/login/401/8006"),
    Address("sdks", "/docs/sdks"),
    Address("unknown", "/docs/nothing", status=404),
)

VIEWERS = (
    Address("redoc", "/docs/reference/redoc", "#viewer[data-ready]", fold=True),
    Address("swagger", "/docs/reference/swagger", "#viewer[data-ready]", fold=True),
)

SANDBOX = (
    Address("sandbox", "/sandbox"),
    Address("sandbox-inbox", "/sandbox/inbox"),
    Address("sandbox-time", "/sandbox/time"),
    Address("sandbox-token", "/sandbox/token"),
    Address("sandbox-vendor", "/sandbox/vendor"),
    Address("sandbox-switches", "/sandbox/switches"),
    Address("sandbox-doctor", "/sandbox/doctor"),
    Address("sandbox-recipes", "/sandbox/recipes", fold=True),
)

ADDRESSES = (*PORTAL, *VIEWERS, *SANDBOX)
