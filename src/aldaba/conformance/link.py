"""The wire to the server under test: one request at a time, not too many a second, none after the end."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from aldaba.conformance.verdicts import Broken, NotProvoked

PATIENCE_SECONDS = 15.0
LEAVING_SECONDS = 30.0

Lines = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Pace:
    """At most `a_second` requests each second (0: as they come), and none once `seconds` are over."""

    a_second: float
    seconds: float
    _next: float = 0.0
    _end: float = field(default=0.0)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def lengthen(self, seconds: float) -> None:
        """Time for putting things back, also after the end."""
        self._end = max(self._end, time.monotonic() + seconds)

    def take_turn(self) -> None:
        now = time.monotonic()
        if now >= self._end:
            raise NotProvoked(f"the time for the whole run is over ({self.seconds:g} s; see --within)")
        if self.a_second:
            if self._next > now:
                time.sleep(self._next - now)
            self._next = max(now, self._next) + 1 / self.a_second


@dataclass(slots=True)
class Link:
    """Sends requests exactly as they are written."""

    http: httpx.Client
    pace: Pace
    sent: int = 0

    def send(self, method: str, path: str, lines: Lines, content: bytes | None = None) -> httpx.Response:
        """The answer; header lines go out as given, an `Accept` of the client's own is left out."""
        request = self.http.build_request(method, path, headers=list(lines), content=content)
        if not any(name.lower() == "accept" for name, _ in lines):
            del request.headers["Accept"]
        return self._answered(request)

    def form(self, path: str, data: Mapping[str, str], auth: tuple[str, str]) -> httpx.Response:
        request = self.http.build_request("POST", path, data=dict(data))
        return self._answered(next(httpx.BasicAuth(*auth).auth_flow(request)))

    def ask(self, method: str, path: str, body: Any = None, **params: str) -> httpx.Response:
        return self._answered(self.http.build_request(method, path, json=body, params=params))

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.pace.take_turn()
        self.sent += 1
        try:
            return self.http.send(request)
        except httpx.HTTPError as trouble:
            told = f"{request.method} {request.url.path}: {type(trouble).__name__} {trouble}"
            raise Broken(f"expected an answer, found none: {told}") from None
