"""What both transports share: how a request goes out by httpx, and what came of it."""

import httpx

from aldaba_client.messages import Answer, Lost, Request

CONNECT_SECONDS = 5.0
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
TROUBLES = (httpx.TransportError, httpx.DecodingError)


def patience(seconds: float) -> httpx.Timeout:
    """Time-outs for one attempt."""
    return httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))


def outgoing(http: "httpx.Client | httpx.AsyncClient", request: Request) -> httpx.Request:
    return http.build_request(
        request.method, request.path, headers=dict(request.headers), content=request.content
    )


def incoming(response: httpx.Response) -> Answer:
    return Answer(
        response.status_code,
        {name.lower(): value for name, value in response.headers.items()},
        response.content,
    )


def lost(trouble: Exception) -> Lost:
    """A request without an answer; httpx's own exception holds headers, so it goes no further."""
    return Lost(not isinstance(trouble, NEVER_SENT), type(trouble).__name__)
