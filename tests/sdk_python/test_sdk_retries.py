"""What is tried again: each time with a new uuid, never for ever, and never what may have spent something."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from aldaba_client import (
    AldabaError,
    BackendFailed,
    BadAnswer,
    Client,
    NoSession,
    Retry,
    ServerFailed,
    ServerUnavailable,
    SignInRefused,
    Unreachable,
)
from aldaba_client._generated import OPERATIONS
from aldaba_client.retrying import HARMLESS
from aldaba_client.testing import AldabaServer
from tests.sdk_python.meddling import Network, answered, changed, lost, on, unreachable

from aldaba.sandbox.bank import PASSWORD

QUICK = Retry(first_wait=0.0)
PRELOGIN, LOGIN, LOGOUT, TOKEN = "/login/validate", "/security/login", "/logout", "/oauth/token"
USER = "15000010"
UNAVAILABLE = {"type": "fatal", "code": "serverUnavailable", "details": ""}
BACKEND = {"type": "fatal", "code": "backendError", "details": ""}

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


@pytest.mark.parametrize("trouble", [unreachable, lost, answered(500, UNAVAILABLE), answered(503)])
def test_what_does_no_harm_is_tried_again_with_a_new_uuid(
    aldaba_server: AldabaServer, trouble: Outcome, profile: str
) -> None:
    network = Network(aldaba_server.transport, on(PRELOGIN, trouble, trouble))
    with client(aldaba_server, network, profile=profile) as front:
        assert front.prelogin_v1(USER).login_id == USER
    sent = network.sent(PRELOGIN)
    assert len(uuids(sent)) == len(sent) == 3
    assert len({request.content for request in sent}) == 3, "each is sealed anew"


@pytest.mark.parametrize(
    ("trouble", "error"), [(unreachable, Unreachable), (lost, Unreachable), (answered(502), ServerFailed)]
)
def test_tries_are_bounded(aldaba_server: AldabaServer, trouble: Outcome, error: type[AldabaError]) -> None:
    network = Network(aldaba_server.transport, on(PRELOGIN, *[trouble] * 9))
    with client(aldaba_server, network) as front, pytest.raises(error):
        front.prelogin_v1(USER)
    assert len(network.sent(PRELOGIN)) == 3


def test_a_login_that_never_left_is_made_again(aldaba_server: AldabaServer, profile: str) -> None:
    network = Network(aldaba_server.transport, on(LOGIN, unreachable, answered(500, UNAVAILABLE)))
    with client(aldaba_server, network, profile=profile) as front:
        front.prelogin_v1(USER)
        assert front.login(USER, password=PASSWORD).customer_name
    assert len(uuids(network.sent(LOGIN))) == 3


@pytest.mark.parametrize("trouble", [lost, answered(504)])
def test_a_login_whose_answer_was_lost_is_not_made_again(
    aldaba_server: AldabaServer, trouble: Outcome
) -> None:
    network = Network(aldaba_server.transport, on(LOGIN, trouble))
    with client(aldaba_server, network) as front:
        front.prelogin_v1(USER)
        with pytest.raises((Unreachable, ServerFailed)) as told:
            front.login(USER, password=PASSWORD)
        assert getattr(told.value, "may_have_acted", True)
    assert len(network.sent(LOGIN)) == 1


def test_a_login_whose_answer_was_lost_is_made_again_when_told(
    aldaba_server: AldabaServer, profile: str
) -> None:
    network = Network(aldaba_server.transport, on(LOGIN, lost))
    retry = Retry(first_wait=0.0, also_lost=frozenset({"login"}))
    with client(aldaba_server, network, retry=retry, profile=profile) as front:
        front.prelogin_v1(USER)
        assert front.login(USER, password=PASSWORD).customer_name == "ARTURO HERNANDEZ RAMIREZ"
        front.logout()
    assert len(uuids(network.sent(LOGIN))) == 2


def test_a_logout_whose_answer_was_lost_succeeds(aldaba_server: AldabaServer) -> None:
    network = Network(aldaba_server.transport, on(LOGOUT, lost))
    with client(aldaba_server, network) as front:
        front.prelogin_v1(USER)
        front.login(USER, password=PASSWORD)
        front.logout()
        assert front.sid is None


def test_a_logout_the_core_was_not_told_of_is_not_repeated(aldaba_server: AldabaServer) -> None:
    network = Network(aldaba_server.transport, on(LOGOUT, answered(500, BACKEND)))
    with client(aldaba_server, network) as front:
        front.prelogin_v1(USER)
        front.login(USER, password=PASSWORD)
        with pytest.raises(BackendFailed):
            front.logout()
        assert front.sid is None, "the session has ended all the same"
    assert len(network.sent(LOGOUT)) == 1


def test_a_refusal_is_never_repeated(aldaba_server: AldabaServer) -> None:
    network = Network(aldaba_server.transport)
    with client(aldaba_server, network) as front:
        front.prelogin_v1(USER)
        with pytest.raises(AldabaError):
            front.login(USER, password="andador99x")
    assert len(network.sent(LOGIN)) == 1


def test_operations_that_may_be_repeated_are_operations() -> None:
    assert set(OPERATIONS) > HARMLESS
    assert not HARMLESS & {"login", "set_access", "set_credentials", "validate_card", "send_otp"}


def test_the_server_that_stays_away_is_told_after_the_last_try(aldaba_server: AldabaServer) -> None:
    aldaba_server.fault("database")
    with aldaba_server.client(retry=QUICK) as front, pytest.raises((ServerUnavailable, SignInRefused)):
        front.prelogin_v1(USER)
    aldaba_server.fault("database", "ok")


def test_signing_in_is_tried_again_and_bounded(aldaba_server: AldabaServer) -> None:
    network = Network(aldaba_server.transport, on(TOKEN, unreachable, answered(503)))
    with client(aldaba_server, network) as front:
        front.prelogin_v1(USER)
        front.new_session().prelogin_v1(USER)
    assert len(network.sent(TOKEN)) == 3, "the token is kept, and shared by the sessions"
    network.meddle = on(TOKEN, *[lost] * 9)
    with client(aldaba_server, network) as front, pytest.raises(Unreachable, match="sign_in"):
        front.prelogin_v1(USER)
    assert len(network.sent(TOKEN)) == 6


def test_a_token_that_is_refused_is_renewed_once(aldaba_server: AldabaServer) -> None:
    refusal = {"type": "error", "code": "unAuthorized", "details": "", "location": "Authorization"}
    network = Network(aldaba_server.transport, on(PRELOGIN, answered(401, refusal)))
    with client(aldaba_server, network) as front:
        front.prelogin_v1(USER)
        assert len(network.sent(TOKEN)) == 2
        network.meddle = on(PRELOGIN, *[answered(401, refusal)] * 9)
        with pytest.raises(AldabaError, match="Authorization"):
            front.prelogin_v1(USER)
    assert len(network.sent(TOKEN)) == 3


def test_a_wrong_secret_is_told_as_the_token_endpoint_tells_it(aldaba_server: AldabaServer) -> None:
    with (
        aldaba_server.client(client_secret="planted-secret") as front,
        pytest.raises(SignInRefused) as told,
    ):
        front.prelogin_v1(USER)
    assert (told.value.status, told.value.error) == (401, "invalid_client")
    assert "planted" not in str(told.value) + repr(front)


@pytest.mark.parametrize(
    "outcome",
    [
        answered(200),
        answered(200, []),
        answered(200, {"ccsId": 7}),
        answered(204),
        changed(encryptedLoginId="00" * 64),
        changed(encryptedLoginId=""),
    ],
)
def test_an_answer_that_is_not_the_contracts_is_told(aldaba_server: AldabaServer, outcome: Outcome) -> None:
    network = Network(aldaba_server.transport, on(PRELOGIN, outcome))
    with client(aldaba_server, network) as front, pytest.raises(BadAnswer, match="prelogin_v1"):
        front.prelogin_v1(USER)


def test_what_goes_on_from_an_identification_needs_one(aldaba_server: AldabaServer) -> None:
    with aldaba_server.client() as front, pytest.raises(NoSession, match="prelogin"):
        front.validate_card("1234", "1230")


def test_a_retry_waits_longer_each_time_and_not_too_long() -> None:
    assert [Retry().wait(attempt) for attempt in range(6)] == [0.0, 0.2, 0.4, 0.8, 1.6, 2.0]
    with pytest.raises(ValueError, match="at least one"):
        Retry(attempts=0)


def test_no_exception_carries_what_the_network_library_knew(aldaba_server: AldabaServer) -> None:
    network = Network(aldaba_server.transport, on(PRELOGIN, *[unreachable] * 9))
    with client(aldaba_server, network) as front, pytest.raises(Unreachable) as told:
        front.prelogin_v1(USER)
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None
    assert not told.value.may_have_acted
