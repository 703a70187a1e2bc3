"""The public door on the parts of the house: the pipeline of every operation, portal, assets, sandbox."""

import os
from urllib.parse import urlsplit

from aldaba import contract
from aldaba.api.app import Check, Door, Surroundings
from aldaba.api.in_flight import InFlight
from aldaba.api.oauth import OAuth
from aldaba.api.pipeline import House as PipelineHouse
from aldaba.api.refusals import Refusals
from aldaba.crypto.session_keys import Profile
from aldaba.observability import RequestLog
from aldaba.pages.assets import asset_routes
from aldaba.portal.routes import Portal
from aldaba.sandbox.doors import sandbox_routes
from aldaba.sandbox.opening import Sandbox
from aldaba.sandbox.routes import recipes as error_recipes
from aldaba.service.applications import Applications
from aldaba.service.arrivals import Arrivals
from aldaba.service.end_to_end import EndToEnd
from aldaba.service.introspection import Introspection
from aldaba.service.texts import Texts
from aldaba.service.throttle import AddressThrottle
from aldaba.settings import Settings
from aldaba.wiring.parts import Parts
from aldaba.wiring.rooms import rooms
from aldaba.wiring.short_lived import ShortLived

SANDBOX_HEADERS = {"Aldaba-Sandbox": "true"}


def texts(settings: Settings) -> Texts:
    host = urlsplit(settings.server.public_url).hostname or ""

    def wording(code: str, language: str) -> str:
        return contract.load().text(code, "en" if language == "en" else "es")

    return Texts(wording, host)


def door(parts: Parts, log: RequestLog, sandbox: Sandbox | None, beside: ShortLived) -> Door:
    wire, settings = contract.load(), parts.settings
    applications = Applications(
        parts.store, parts.supply, parts.policy, settings.oauth.issuer, parts.clock, os.urandom
    )
    profiles = frozenset(Profile(name) for name in settings.e2e.profiles)
    end_to_end = EndToEnd(
        parts.store,
        parts.sessions,
        parts.vault,
        parts.supply,
        parts.policy,
        profiles,
        os.urandom,
        parts.diagnose,
    )
    in_flight = InFlight(parts.policy.throttle)
    pipeline = PipelineHouse(
        contract=wire,
        applications=applications,
        arrivals=Arrivals(parts.tallies, parts.sessions, parts.policy, parts.clock, os.urandom),
        end_to_end=end_to_end,
        refusals=Refusals(wire, settings.server.public_url),
        clock=parts.clock,
        log=log,
        throttle=AddressThrottle(parts.tallies, parts.policy),
        in_flight=in_flight,
        address_header=settings.server.client_address_header,
    )
    checks: dict[str, Check] = {
        "database": lambda: parts.store.read(lambda query: query.house.get("")),
        "keys": parts.supply.check,
    }
    if beside.check is not None:
        checks["sessions"] = beside.check
    introspection = Introspection(parts.sessions, parts.policy, parts.clock)
    served = rooms(parts, end_to_end)
    recipes = None if sandbox is None else error_recipes()
    portal = Portal(wire, settings.server.public_url, recipes=recipes, served=frozenset(served))
    assets = [*asset_routes("aldaba.pages", "/assets"), *asset_routes("aldaba.portal", "/docs/assets")]
    routes = [] if sandbox is None else sandbox_routes(sandbox, settings.sandbox.allow_from)
    return Door(
        pipeline,
        served,
        OAuth(applications, parts.supply, introspection, in_flight),
        Surroundings([*assets, *portal.routes(), *routes], checks, _headers(settings, sandbox)),
    )


def _headers(settings: Settings, sandbox: Sandbox | None) -> dict[str, str]:
    """Those on every answer; browsers that were here by https come back by nothing else for a year."""
    secure = settings.server.public_url.startswith("https://")
    strict = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
    return {**(strict if secure else {}), **({} if sandbox is None else SANDBOX_HEADERS)}
