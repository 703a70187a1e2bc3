"""Whose key is it: a swapped key, a wrong or missing root key, an old signature are all refused."""

import time
from typing import Any

import httpx
import pytest
from aldaba_client import Client, UntrustedKey
from aldaba_client.signatures import public_jwk, sign
from aldaba_client.testing import AldabaServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.sdk_python.meddling import Meddle, Network, changed, on

RETRIEVE = "/public-key/retrieve"
EXCHANGE = "/symmetric-key/exchange"


def client(server: AldabaServer, network: Network, **options: Any) -> Client:
    usual: dict[str, Any] = {"client_secret": server.client_secret}
    return Client(server.url, server.client_id, transport=network, **(usual | options))


def refused(server: AldabaServer, meddle: Meddle | None, why: str, **options: Any) -> None:
    network = Network(server.transport, meddle)
    with client(server, network, **options) as front, pytest.raises(UntrustedKey, match=why):
        front.prelogin_v1("15000010")
    assert not network.sent(EXCHANGE), "no keys may leave under a key that is not the server's"


def another_rsa_key() -> str:
    return f"{rsa.generate_private_key(65537, 2048).public_key().public_numbers().n:X}"


def test_a_swapped_rsa_key_is_refused(aldaba_server: AldabaServer, profile: str) -> None:
    meddle = on(RETRIEVE, changed(modulus=another_rsa_key()))
    root_key = aldaba_server.root_key
    refused(aldaba_server, meddle, "another than the signed one", root_key=root_key, profile=profile)


def test_a_swapped_rsa_key_with_a_signature_of_its_own_is_refused(aldaba_server: AldabaServer) -> None:
    forger, modulus = ec.generate_private_key(ec.SECP256R1()), another_rsa_key()
    claims = {"kid": "e2e-forged", "n": "AQAB", "e": "AQAB", "exp": time.time() + 3600}
    forged = sign(claims, {"typ": "e2e-key+jwt"}, forger)
    meddle = on(RETRIEVE, changed(modulus=modulus, keyId="e2e-forged", signedKey=forged))
    refused(aldaba_server, meddle, "not signed by the root key", root_key=aldaba_server.root_key)


@pytest.mark.parametrize("signed", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_an_unsigned_key_is_refused(aldaba_server: AldabaServer, signed: str) -> None:
    meddle = on(RETRIEVE, changed(signedKey=signed))
    refused(aldaba_server, meddle, "not signed", root_key=aldaba_server.root_key)


def test_a_wrong_root_key_refuses_the_right_server(aldaba_server: AldabaServer, profile: str) -> None:
    wrong = public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())
    refused(aldaba_server, None, "not signed by the root key", root_key=wrong, profile=profile)


def test_an_old_signature_is_refused(aldaba_server: AldabaServer) -> None:
    later = aldaba_server.now.timestamp() + 400 * 86400
    refused(aldaba_server, None, "expired", root_key=aldaba_server.root_key, clock=lambda: later)


def test_another_key_id_than_the_signed_one_is_refused(aldaba_server: AldabaServer) -> None:
    meddle = on(RETRIEVE, changed(keyId="e2e-other"))
    refused(aldaba_server, meddle, "another than", root_key=aldaba_server.root_key)


def test_any_of_several_pinned_keys_will_do(aldaba_server: AldabaServer) -> None:
    old = public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())
    network = Network(aldaba_server.transport)
    with client(aldaba_server, network, root_key=[old, aldaba_server.root_key]) as front:
        assert front.prelogin_v1("15000010").login_id == "15000010"


def test_trust_on_first_use_holds_the_server_to_the_first_key(aldaba_server: AldabaServer) -> None:
    forger = ec.generate_private_key(ec.SECP256R1())
    network = Network(aldaba_server.transport)
    with client(aldaba_server, network, trust_on_first_use=True) as front:
        front.prelogin_v1("15000010")
        other = front.new_session()
        forged = sign({"kid": "e2e-forged", "n": "AQAB", "e": "AQAB"}, {"typ": "e2e-key+jwt"}, forger)
        network.meddle = on(RETRIEVE, changed(signedKey=forged))
        with pytest.raises(UntrustedKey):
            other.prelogin_v1("15000010")
    assert len(network.sent("aldaba-e2e-root.json")) == 1


def test_pinning_must_be_chosen_or_declined() -> None:
    with pytest.raises(ValueError, match="give root_key="):
        Client("https://bank.example", "app", client_secret="s")
    with pytest.raises(ValueError, match="exclude each other"):
        Client("https://bank.example", "app", client_secret="s", root_key={}, trust_on_first_use=True)
    nones: tuple[Any, ...] = ([], {}, {"kty": "RSA"}, {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"})
    for none in nones:
        with pytest.raises(ValueError, match=r"key|curve|point"):
            Client("https://bank.example", "app", client_secret="s", root_key=none)


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(ValueError, match="plain HTTP"):
        Client("http://bank.example", "app", client_secret="s", trust_on_first_use=True)
    with pytest.raises(ValueError, match="no address"):
        Client("bank.example", "app", client_secret="s", trust_on_first_use=True)
    Client("http://bank.example", "app", client_secret="s", trust_on_first_use=True, allow_http=True).close()


def test_an_application_proves_itself_in_one_way() -> None:
    with pytest.raises(ValueError, match="not both"):
        Client("https://bank.example", "app", trust_on_first_use=True)


def test_a_closed_client_closes_what_its_sessions_share(aldaba_server: AldabaServer) -> None:
    front = client(aldaba_server, Network(aldaba_server.transport), root_key=aldaba_server.root_key)
    with front.new_session() as other:
        other.prelogin_v1("15000010")
    front.prelogin_v1("15000024")
    front.close()
    with pytest.raises(RuntimeError, match="closed"):
        front.prelogin_v1("15000010")


def test_the_root_key_is_not_believed_from_a_page_that_is_none(aldaba_server: AldabaServer) -> None:
    def html(_: object) -> httpx.Response:
        return httpx.Response(200, content=b"<html>")

    network = Network(aldaba_server.transport, on("aldaba-e2e-root.json", html))
    with (
        client(aldaba_server, network, trust_on_first_use=True) as front,
        pytest.raises(Exception, match="the answer is no key"),
    ):
        front.prelogin_v1("15000010")
