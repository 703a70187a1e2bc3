"""What a client mends by itself: randoms overtaken, tokens refused, keys retired; answers that are none."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from aldaba_client import (
    BadAnswer,
    Client,
    ResourceNotFound,
    Retry,
    SignInRefused,
    Unreachable,
)
from aldaba_client._generated import OPERATIONS
from aldaba_client.testing import AldabaServer
from tests.sdk_python.meddling import Network, answered, lost, on

from aldaba.sandbox.bank import PASSWORD
from aldaba.service.registration import Grant

QUICK = Retry(first_wait=0.0)
LOGIN, TOKEN = "/security/login", "/oauth/token"
USER = "15000010"

Outcome = Callable[[Callable[[], httpx.Response]], httpx.Response]


def client(server: AldabaServer, network: Network, **options: Any) -> Client:
    usual: dict[str, Any] = {
        "client_secret": server.client_secret,
        "root_key": server.root_key,
        "retry": QUICK,
    }
    return Client(server.url, server.client_id, transport=network, **(usual | options))


def uuids(requests: list[httpx.Request]) -> set[str]:
    return {request.headers["uuid"] for request in requests}


def test_a_request_whose_random_was_overtaken_is_written_anew(aldaba_server: AldabaServer) -> None:
    """Profile ``portal``: four newer answers push out the random a request is on its way with."""

    def overtaken(carried: Callable[[], httpx.Response]) -> httpx.Response:
        first = network.sent(LOGIN)[0]
        for _ in range(4):
            path = OPERATIONS["retrieve_public_key"].path
            headers = {**first.headers, "uuid": str(uuid.uuid4())}
            asked = httpx.Request("GET", first.url.copy_with(path=path), headers=without_body(headers))
            assert aldaba_server.transport.handle_request(asked).status_code == 200
        return carried()

    network = Network(aldaba_server.transport, on(LOGIN, overtaken))
    with client(aldaba_server, network, profile="portal") as front:
        front.prelogin_v1(USER)
        assert front.login(USER, password=PASSWORD).customer_name
    assert len(uuids(network.sent(LOGIN))) == 2


def without_body(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in {"content-length", "content-type"}}


def test_introspection_is_refused_to_who_may_not_ask(aldaba_server: AldabaServer) -> None:
    house, loop = aldaba_server._house, aldaba_server._loop
    made = loop.run(house.administration.registration.create("plain", Grant(), "a test"))
    more: dict[str, Any] = {"client_secret": made.secret.reveal(), "root_key": aldaba_server.root_key}
    with (
        Client(aldaba_server.url, "plain", transport=aldaba_server.transport, **more) as front,
        pytest.raises(SignInRefused, match="403"),
    ):
        front.introspect("no-such-session")


def test_introspection_knows_a_session_that_is_none_and_renews_the_token(aldaba_server: AldabaServer) -> None:
    network = Network(aldaba_server.transport)
    network.meddle = on("/introspect", answered(401, {"error": "invalid_token"}))
    with client(aldaba_server, network) as front:
        assert front.introspect("no-such-session").active is False
    assert len(network.sent(TOKEN)) == 2


@pytest.mark.parametrize("outcome", [answered(200), answered(200, {"aal": 1})])
def test_an_introspection_that_is_none_is_told(aldaba_server: AldabaServer, outcome: Outcome) -> None:
    network = Network(aldaba_server.transport, on("/introspect", outcome))
    with client(aldaba_server, network) as front, pytest.raises(BadAnswer, match="introspect"):
        front.introspect("no-such-session")


@pytest.mark.parametrize("outcome", [answered(200), answered(200, {"access_token": "x"})])
def test_a_token_answer_that_is_none_is_told(aldaba_server: AldabaServer, outcome: Outcome) -> None:
    network = Network(aldaba_server.transport, on(TOKEN, outcome))
    with client(aldaba_server, network) as front, pytest.raises(BadAnswer, match="sign_in"):
        front.prelogin_v1(USER)


def test_an_exchange_whose_answers_were_lost_is_made_anew_by_the_next_call(
    aldaba_server: AldabaServer, profile: str
) -> None:
    network = Network(aldaba_server.transport, on("/symmetric-key/exchange", lost, lost, lost))
    with client(aldaba_server, network, profile=profile) as front:
        with pytest.raises(Unreachable):
            front.prelogin_v1(USER)
        assert front.prelogin_v1(USER).login_id == USER


def test_a_key_retired_between_fetching_and_using_it_is_fetched_again(aldaba_server: AldabaServer) -> None:
    gone = answered(404, {"type": "error", "code": "resourceNotFound", "details": "", "location": "keyId"})
    network = Network(aldaba_server.transport, on("/symmetric-key/exchange", gone))
    with client(aldaba_server, network) as front:
        assert front.prelogin_v1(USER).login_id == USER
        network.meddle = on("/symmetric-key/exchange", gone, gone)
        with pytest.raises(ResourceNotFound):
            front.exchange_keys()
