"""The floor under every request: the same web server with an application that does nothing.

``python -m bench.floor asgi|starlette PORT`` answers every request, its body read, with a short JSON text.
"""

import sys

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

ANSWER = b'{"status":"ok"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Nothing but what the ASGI standard asks for."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def starlette(scope: Scope, receive: Receive, send: Send) -> None:
    """The same through Starlette's request and response."""
    if scope["type"] != "http":
        return
    await Request(scope, receive).body()
    await Response(ANSWER, media_type="application/json")(scope, receive, send)


def main() -> None:
    uvicorn.run(
        {"asgi": bare, "starlette": starlette}[sys.argv[1]],
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
