"""The vendor's keys: what a key set may hold, the file, and fetching against servers on this machine."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from joserfc import jwk as josekey

from aldaba.backends.checked_address import ForbiddenAddress, checked_addresses, resolved
from aldaba.backends.vendor_keys import (
    MAX_BYTES,
    MAX_KEYS,
    RETRY_SECONDS,
    BadKeySet,
    FileVendorKeys,
    HttpVendorKeys,
    parse_key_set,
    vendor_client,
)
from aldaba.domain.policy import VendorPolicy
from aldaba.domain.refusals import HouseUnavailable

NOW = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
POLICY = VendorPolicy()
HOST = "keys.vendor.example"


def public(key: josekey.Key, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


EC = josekey.ECKey.generate_key("P-256")
ONE = public(EC, kid="one")
TWO = public(josekey.ECKey.generate_key("P-384"), kid="two", alg="ES384", use="sig")
THREE = public(josekey.RSAKey.generate_key(2048), kid="three", alg="PS256", key_ops=["verify"])
FOUR = public(josekey.OKPKey.generate_key("Ed25519"), kid="four", alg="EdDSA")


@cache
def weak() -> dict[str, Any]:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # noqa: S505 - to be refused
    modulus = josekey.OctKey.import_key(numbers.n.to_bytes(128, "big")).as_dict()["k"]
    return {"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "weak"}


def key_set(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


class TestAKeySet:
    def test_holds_public_keys_of_every_pinned_kind_by_kid(self) -> None:
        keys = parse_key_set(key_set(ONE, TWO, THREE, FOUR))
        assert set(keys) == {"one", "two", "three", "four"}
        assert keys["one"] == ONE

    @pytest.mark.parametrize(
        "name",
        [
            "encryption",
            "curve",
            "Ed448",
            "weak",
            "alg",
            "no kid",
            "kid a number",
            "off the curve",
            "signing only",
        ],
    )
    def test_passes_over_a_key_that_nothing_is_verified_with(self, name: str) -> None:
        other = {
            "encryption": ONE | {"kid": "x", "use": "enc"},
            "curve": public(josekey.ECKey.generate_key("P-521"), kid="x"),
            "Ed448": public(josekey.OKPKey.generate_key("Ed448"), kid="x"),
            "weak": weak(),
            "alg": THREE | {"kid": "x", "alg": "RSA-OAEP"},
            "no kid": {key: value for key, value in ONE.items() if key != "kid"},
            "kid a number": ONE | {"kid": 7},
            "off the curve": ONE | {"kid": "x", "x": ONE["y"]},
            "signing only": ONE | {"kid": "x", "key_ops": ["sign"]},
        }[name]
        assert set(parse_key_set(key_set(other, TWO))) == {"two"}
        with pytest.raises(BadKeySet, match="no usable key"):
            parse_key_set(key_set(other))

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "no JSON"),
            (b"{", "no JSON"),
            (b"\xff\xfe", "no JSON"),
            (b"[" * 10_000, "no JSON"),
            (b'{"keys":[],"keys":[]}', "no JSON"),
            (b"[]", "no list"),
            (b'{"keys":{}}', "no list"),
            (b"{}", "no list"),
            (b'{"keys":[]}', "no usable key"),
            (key_set(7), "no object"),
            (key_set(ONE, ONE), "two keys of one kid"),
            (key_set(TWO, EC.as_dict(private=True) | {"kid": "x"}), "a private key"),
            (key_set(TWO, {"kty": "oct", "k": "c2VjcmV0", "kid": "x"}), "a private key"),
            (key_set(*(ONE | {"kid": str(number)} for number in range(MAX_KEYS + 1))), "at most 64"),
            (key_set(ONE) + b" " * MAX_BYTES, "too long"),
        ],
    )
    def test_is_refused_as_a_whole_for_what_its_owner_must_put_right(self, data: bytes, why: str) -> None:
        with pytest.raises(BadKeySet, match=why):
            parse_key_set(data)

    def test_may_have_sixty_four_keys(self) -> None:
        assert len(parse_key_set(key_set(*(ONE | {"kid": str(n)} for n in range(MAX_KEYS))))) == MAX_KEYS


class TestAFile:
    def test_is_read_again_when_it_changes(self, tmp_path: Path) -> None:
        async def story() -> None:
            file = tmp_path / "vendor.json"
            file.write_bytes(key_set(ONE))
            keys = FileVendorKeys(file)
            first = await keys.keys("one", NOW)
            assert first is await keys.keys(None, NOW)
            fresh = tmp_path / "fresh.json"
            fresh.write_bytes(key_set(TWO))
            fresh.replace(file)
            assert set(await keys.keys("one", NOW)) == {"two"}

        asyncio.run(story())

    @pytest.mark.parametrize("trouble", ["gone", "no keys", "too long", "a folder", "a pipe"])
    def test_that_cannot_be_read_leaves_no_keys_behind(self, tmp_path: Path, trouble: str) -> None:
        async def story() -> None:
            file = tmp_path / "vendor.json"
            file.write_bytes(key_set(ONE))
            keys = FileVendorKeys(file)
            await keys.keys(None, NOW)
            file.unlink()
            match trouble:
                case "no keys":
                    file.write_bytes(b"{}")
                case "too long":
                    file.write_bytes(key_set(ONE) + b" " * MAX_BYTES)
                case "a folder":
                    file.mkdir()
                case "a pipe":
                    os.mkfifo(file)
                case _:
                    pass
            with pytest.raises(HouseUnavailable, match="vendor keys"):
                await keys.keys(None, NOW)

        asyncio.run(story())


@dataclass(slots=True)
class Vendor:
    """A server on this machine: its answer, how it answers, and what it was asked."""

    answer: bytes = key_set(ONE)
    status: str = "200 OK"
    headers: str = ""
    wait: float = 0.0
    chunks: int = 1
    asked: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await asyncio.sleep(self.wait)
            head = f"HTTP/1.1 {self.status}\r\nConnection: close\r\n{self.headers}\r\n"
            writer.write(head.encode())
            for _ in range(self.chunks):
                writer.write(self.answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running(vendor: Vendor, tls: ssl.SSLContext | None = None) -> AsyncIterator[Vendor]:
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0, ssl=tls)
    vendor.port = server.sockets[0].getsockname()[1]
    try:
        yield vendor
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def asking(
    vendor: Vendor, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[HttpVendorKeys]:
    """Keys fetched from that server."""
    url = options.pop("url", f"http://localhost:{vendor.port}/jwks?v=1")
    usual: dict[str, Any] = {"allow_loopback": True, "resolve": loopback}
    async with vendor_client(tls) as client:
        yield HttpVendorKeys(url, client, POLICY, **(usual | options))


async def loopback(host: str, port: int) -> Sequence[str]:
    assert host
    assert port
    return ("127.0.0.1",)


def leading_to(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        assert host
        assert port
        return addresses

    return resolve


async def unavailable(keys: HttpVendorKeys, at: datetime = NOW) -> bool:
    try:
        await keys.keys(None, at)
    except HouseUnavailable as away:
        return away.part == "vendor keys"
    return False


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class TestFetching:
    def test_asks_the_vendor_once_while_the_copy_is_fresh(self) -> None:
        async def story() -> None:
            async with running(Vendor()) as vendor, asking(vendor) as keys:
                assert set(await keys.keys("one", NOW)) == {"one"}
                await keys.keys("one", after(POLICY.keys_fresh_seconds - 1))
                await keys.keys(None, after(1))
                (request,) = vendor.asked
                assert request.startswith("GET /jwks?v=1 HTTP/1.1\r\n")
                assert f"host: localhost:{vendor.port}\r\n" in request.lower()
                assert "accept-encoding: identity\r\n" in request.lower()
                assert "cookie" not in request.lower()
                assert "authorization" not in request.lower()

        asyncio.run(story())

    def test_a_rotated_set_takes_the_place_of_the_old_one(self) -> None:
        async def story() -> None:
            async with running(Vendor()) as vendor, asking(vendor) as keys:
                await keys.keys("one", NOW)
                vendor.answer = key_set(TWO)
                assert set(await keys.keys("one", after(POLICY.keys_fresh_seconds))) == {"two"}

        asyncio.run(story())

    def test_an_unknown_kid_has_them_fetched_again_but_seldom(self) -> None:
        async def story() -> None:
            async with running(Vendor()) as vendor, asking(vendor) as keys:
                await keys.keys("one", NOW)
                vendor.answer = key_set(ONE, TWO)
                assert set(await keys.keys("two", after(RETRY_SECONDS - 1))) == {"one"}
                assert len(vendor.asked) == 1
                assert set(await keys.keys("two", after(RETRY_SECONDS))) == {"one", "two"}
                for number in range(50):
                    await keys.keys(f"unknown-{number}", after(RETRY_SECONDS + 1))
                assert len(vendor.asked) == 2

        asyncio.run(story())

    def test_a_clock_put_back_makes_no_copy_young(self) -> None:
        async def story() -> None:
            async with running(Vendor()) as vendor, asking(vendor) as keys:
                await keys.keys("one", NOW)
                await keys.keys("one", after(-3600))
                assert len(vendor.asked) == 2

        asyncio.run(story())

    def test_fifty_at_once_share_one_fetch(self) -> None:
        async def story() -> None:
            async with running(Vendor(wait=0.05)) as vendor, asking(vendor) as keys:
                answers = await asyncio.gather(*(keys.keys(f"kid-{n}", NOW) for n in range(50)))
                assert all(set(answer) == {"one"} for answer in answers)
                assert len(vendor.asked) == 1

        asyncio.run(story())

    def test_one_that_gives_up_leaves_the_fetch_to_the_others(self) -> None:
        async def story() -> None:
            async with running(Vendor(wait=0.05)) as vendor, asking(vendor) as keys:
                hasty, patient = (asyncio.create_task(keys.keys(None, NOW)) for _ in range(2))
                await asyncio.sleep(0.01)
                hasty.cancel()
                assert set(await patient) == {"one"}
                assert hasty.cancelled()
                assert len(vendor.asked) == 1

        asyncio.run(story())

    def test_closing_gives_up_a_fetch_under_way(self) -> None:
        async def story() -> None:
            async with running(Vendor(wait=0.3)) as vendor, asking(vendor) as keys:
                await keys.close()
                waiting = asyncio.create_task(keys.keys(None, NOW))
                await asyncio.sleep(0.05)
                await keys.close()
                with pytest.raises(asyncio.CancelledError):
                    await waiting

        asyncio.run(story())


class TestWhileTheVendorIsAway:
    def test_the_last_good_copy_serves_for_a_day_and_no_longer(self) -> None:
        async def story() -> None:
            async with running(Vendor()) as vendor, asking(vendor) as keys:
                await keys.keys("one", NOW)
                vendor.status = "503 Away"
                assert set(await keys.keys("one", after(POLICY.keys_kept_seconds - 1))) == {"one"}
                assert len(vendor.asked) == 2
                assert await unavailable(keys, after(POLICY.keys_kept_seconds))

        asyncio.run(story())

    def test_it_is_asked_seldom_and_serves_again_once_it_answers(self) -> None:
        async def story() -> None:
            told: list[str] = []
            async with (
                running(Vendor(status="500 Down")) as vendor,
                asking(vendor, told=told.append) as keys,
            ):
                assert await unavailable(keys)
                assert await unavailable(keys, after(RETRY_SECONDS - 1))
                assert (len(vendor.asked), told) == (1, ["status 500"])
                vendor.status = "200 OK"
                assert set(await keys.keys(None, after(RETRY_SECONDS))) == {"one"}

        asyncio.run(story())

    def test_nobody_at_the_address_means_no_keys(self) -> None:
        async def story() -> None:
            async with running(Vendor()) as vendor:
                pass
            async with asking(vendor) as keys:
                assert await unavailable(keys)

        asyncio.run(story())

    def test_the_next_address_is_tried_when_one_does_not_answer(self) -> None:
        async def story() -> None:
            async with (
                running(Vendor()) as vendor,
                asking(vendor, resolve=leading_to("127.0.0.2", "127.0.0.1")) as keys,
            ):
                assert set(await keys.keys(None, NOW)) == {"one"}

        asyncio.run(story())

    @pytest.mark.parametrize(
        ("vendor", "why"),
        [
            (Vendor(status="302 Found", headers="Location: http://localhost/keys\r\n"), "status 302"),
            (Vendor(status="307 Moved", headers="Location: /elsewhere\r\n"), "status 307"),
            (Vendor(status="204 No Content", answer=b""), "status 204"),
            (Vendor(answer=b"<html>"), "no JSON"),
            (Vendor(answer=b"\x1f\x8b", headers="Content-Encoding: gzip\r\n"), "no JSON"),
            (Vendor(answer=b" " * 65_536, chunks=1000), "too long"),
            (Vendor(answer=key_set(weak())), "no usable key"),
            (Vendor(status="two hundred"), "RemoteProtocolError"),
            (Vendor(answer=b"x" * 100, headers="Content-Length: 200\r\n"), "RemoteProtocolError"),
            (Vendor(wait=5), "TimeoutError"),
        ],
    )
    def test_an_answer_that_is_none_leaves_none_and_is_told(self, vendor: Vendor, why: str) -> None:
        async def story() -> None:
            told: list[str] = []
            seconds = 0.3 if vendor.wait else 10
            async with running(vendor), asking(vendor, told=told.append, seconds=seconds) as keys:
                assert await unavailable(keys)
            assert told == [why]
            assert len(vendor.asked) == 1

        asyncio.run(story())

    def test_a_resolver_that_hangs_is_not_waited_for(self) -> None:
        async def hanging(host: str, port: int) -> Sequence[str]:
            await asyncio.sleep(60)
            return (host, str(port))

        async def story() -> None:
            async with asking(Vendor(port=1), resolve=hanging, seconds=0.05) as keys:
                assert await unavailable(keys)

        asyncio.run(story())

    def test_a_name_that_nobody_knows_leads_nowhere(self) -> None:
        async def unknown(host: str, port: int) -> Sequence[str]:
            raise OSError(host, port)

        async def story() -> None:
            async with asking(Vendor(port=1), resolve=unknown) as keys:
                assert await unavailable(keys)

        asyncio.run(story())


REFUSED = (
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",  # noqa: S104 - to be refused
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
)


class TestAddresses:
    @pytest.mark.parametrize("address", REFUSED)
    def test_that_are_not_public_are_not_connected_to(self, address: str) -> None:
        async def story() -> None:
            told: list[str] = []
            async with asking(
                Vendor(),
                url=f"https://{HOST}/keys",
                allow_loopback=False,
                resolve=leading_to("93.184.215.14", address),
                told=told.append,
            ) as keys:
                assert await unavailable(keys)
            assert told == ["the name leads to an address that is not public"]

        asyncio.run(story())

    @pytest.mark.parametrize(
        "address", ["93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
    )
    def test_that_are_public_are_connected_to_as_they_were_looked_at(self, address: str) -> None:
        asked: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(200, stream=httpx.ByteStream(key_set(ONE)))

        async def story() -> None:
            transport = httpx.MockTransport(answer)
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                keys = HttpVendorKeys(
                    f"https://{HOST}:8443/keys", client, POLICY, resolve=leading_to(address)
                )
                assert set(await keys.keys(None, NOW)) == {"one"}
            (request,) = asked
            assert ip_address(request.url.host) == ip_address(address)
            assert request.url.port == 8443
            assert request.headers["Host"] == f"{HOST}:8443"
            assert request.extensions["sni_hostname"] == HOST

        asyncio.run(story())

    def test_nowhere_is_no_address(self) -> None:
        async def story() -> None:
            with pytest.raises(ForbiddenAddress, match="nowhere"):
                await checked_addresses(httpx.URL(f"https://{HOST}/"), leading_to(), allow_loopback=False)

        asyncio.run(story())

    def test_plain_http_goes_to_this_machine_and_nowhere_else(self) -> None:
        async def story() -> None:
            told: list[str] = []
            async with asking(Vendor(port=1), resolve=leading_to("93.184.215.14"), told=told.append) as keys:
                assert await unavailable(keys)
            assert told == ["the name leads to an address that is not public"]

        asyncio.run(story())

    def test_the_machines_own_resolver_knows_addresses(self) -> None:
        assert asyncio.run(resolved("127.0.0.1", 80)) == ("127.0.0.1",)

    @pytest.mark.parametrize(
        ("url", "allow_loopback"),
        [
            (f"http://{HOST}/keys", False),
            (f"http://{HOST}/keys", True),
            ("http://localhost/keys", False),
            ("http://127.0.0.1/keys", False),
            ("http://10.0.0.1/keys", True),
            ("ftp://keys.vendor.example/keys", True),
            ("file:///etc/passwd", True),
            ("https:///keys", True),
            ("keys.vendor.example", True),
            ("https://user:secret@keys.vendor.example/keys", True),
            ("https://keys.vendor.example/keys#part", True),
            ("https://[::1/keys", True),
            ("", True),
        ],
    )
    def test_an_unsafe_url_is_refused_at_the_start(self, url: str, allow_loopback: bool) -> None:
        async def story() -> None:
            async with vendor_client() as client:
                with pytest.raises(ValueError, match="address"):
                    HttpVendorKeys(url, client, POLICY, allow_loopback=allow_loopback)

        asyncio.run(story())

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9/keys", "http://[::1]:9/keys", "http://localhost/"])
    def test_a_sandbox_may_use_plain_http_on_this_machine(self, url: str) -> None:
        async def story() -> None:
            async with vendor_client() as client:
                HttpVendorKeys(url, client, POLICY, allow_loopback=True)

        asyncio.run(story())

    @pytest.mark.parametrize("options", [{"trust_env": True}, {"follow_redirects": True}])
    def test_a_client_that_follows_others_is_refused(self, options: dict[str, bool]) -> None:
        async def story() -> None:
            settings: Mapping[str, Any] = {"trust_env": False} | options
            async with httpx.AsyncClient(**settings) as client:
                with pytest.raises(ValueError, match="neither environment nor redirects"):
                    HttpVendorKeys(f"https://{HOST}/", client, POLICY)

        asyncio.run(story())


class TestTls:
    """Connected to by address, the vendor must still prove its name."""

    def certified(self, folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """What a server of that name shows, and what a client trusts."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        real = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(real - timedelta(days=1))
            .not_valid_after(real + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        chain, secret = folder / "chain.pem", folder / "key.pem"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(chain, secret)
        return server, ssl.create_default_context(cafile=str(chain))

    @pytest.mark.parametrize(("name", "trusted"), [(HOST, True), ("evil.example", False)])
    def test_the_certificate_is_checked_against_the_name(
        self, tmp_path: Path, name: str, trusted: bool
    ) -> None:
        async def story() -> None:
            server, client = self.certified(tmp_path, name)
            told: list[str] = []
            async with running(Vendor(), server) as vendor:
                url = f"https://{HOST}:{vendor.port}/keys"
                async with asking(vendor, client, url=url, told=told.append) as keys:
                    assert await unavailable(keys) is not trusted
            assert told == ([] if trusted else ["ConnectError"])
            assert len(vendor.asked) == int(trusted)

        asyncio.run(story())
