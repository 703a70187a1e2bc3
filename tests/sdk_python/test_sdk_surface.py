"""One surface for both clients, one method for each operation, and what is generated is fresh."""

import asyncio
import inspect
import subprocess
import sys
import threading
from dataclasses import is_dataclass
from typing import Any

import pytest
from aldaba_client import AsyncClient, AuthType, Client, DeviceKey, MobileAml
from aldaba_client._generated import OPERATIONS, WIRE
from aldaba_client.decoding import Undecodable, reader, written
from aldaba_client.envelope import Profile
from aldaba_client.signatures import private_key
from aldaba_client.testing import AldabaServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.sdk_python.conftest import ROOT, SDK
from tests.sdk_python.playing import Opens

from aldaba.contract import load
from aldaba.sandbox.bank import PASSWORD, application_device_id
from aldaba.service.registration import Grant

MOST_LINES = 250
GENERATED = "_generated.py"


def public(client: type) -> dict[str, object]:
    return {
        name: found
        for name, found in inspect.getmembers(client)
        if not name.startswith("_") and name not in {"close", "aclose"}
    }


def test_both_clients_have_the_same_surface() -> None:
    assert public(Client).keys() == public(AsyncClient).keys()
    for name, method in public(Client).items():
        other = public(AsyncClient)[name]
        assert inspect.getdoc(method) == inspect.getdoc(other)
        if callable(method) and callable(other):
            here, there = inspect.signature(method), inspect.signature(other)
            assert list(here.parameters.values()) == list(there.parameters.values()), name


@pytest.mark.parametrize("operation", list(load().operations))
def test_each_operation_has_a_method_with_words(operation: str) -> None:
    method = getattr(Client, operation)
    assert method.__name__ == operation
    assert inspect.getdoc(method)


def test_a_method_shows_its_own_parameters() -> None:
    front = Client("https://bank.example", "app", client_secret="s", trust_on_first_use=True)
    assert list(inspect.signature(front.validate_card).parameters) == ["nip", "expires", "ccs_id"]
    front.close()


def test_what_is_generated_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(SDK / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_generated_operations_are_the_contracts() -> None:
    assert set(OPERATIONS) == set(load().operations)
    for name, operation in load().operations.items():
        ours = OPERATIONS[name]
        assert (ours.method, ours.path, ours.bound_path) == (
            operation.method,
            operation.path,
            operation.bound_path,
        )
        sealed = {one.path for one in operation.encrypted_request if not one.maybe}
        assert sealed <= {one.path for one in ours.sealed}


def test_answers_are_frozen_dataclasses() -> None:
    for answer in WIRE:
        assert is_dataclass(answer)
        assert answer.__dataclass_params__.frozen  # type: ignore[attr-defined]  # a dataclass has it, its type says nothing of it


def test_ways_to_send_a_code_are_the_contracts() -> None:
    values = load().schemas["SendOtpRequest"].properties["authType"].values
    assert {int(way) for way in AuthType} == set(values)
    assert {profile.value for profile in Profile} == {"bound-1", "portal"}


def test_an_answer_of_the_wrong_shape_is_not_read() -> None:
    read: Any = reader(next(cls for cls in WIRE if cls.__name__ == "CertifiedPhoneResponse"))
    for body in ({}, {"phoneCountryCode": "+52"}, {"phoneCountryCode": "+52", "phoneNumber": 5}):
        with pytest.raises(Undecodable) as told:
            read(body)
        assert "+52" not in str(told.value)
    details: Any = reader(next(cls for cls in WIRE if cls.__name__ == "PinDetail"))
    for bad in ({"lastLoginDate": "yesterday"}, {"changedCount": True}):
        with pytest.raises(Undecodable):
            details(bad)


def test_what_callers_build_is_written_without_what_they_left_out() -> None:
    assert written(MobileAml(sim_id="-1", mobile_emulator_indicator=0)) == {
        "simID": "-1",
        "mobileEmulatorIndicator": 0,
    }


def test_a_mobile_login_sends_all_it_has(opens: Opens) -> None:
    async def story() -> None:
        front = opens()
        device = application_device_id("15000010")
        await front.prelogin_v2("15000010", vasco_device_id="f96d", instance_id="p6")
        aml = MobileAml(ip_address="10.102.54.64", query_time="2019-09-22T04:14:00+1:00")
        more: dict[str, Any] = {
            "vasco_device_id": "f96d",
            "application_device_id": device,
            "instance_id": "p6",
        }
        await front.login("15000010", password=PASSWORD, mobile_aml=aml, **more)
        await front.logout()

    asyncio.run(story())


def test_a_login_takes_exactly_one_credential(aldaba_server: AldabaServer) -> None:
    with aldaba_server.client() as front:
        choices: tuple[Any, ...] = ({}, {"pin": "30203021", "password": PASSWORD})
        for given in choices:
            with pytest.raises(ValueError, match="exactly one") as told:
                front.login("15000010", **given)
            assert PASSWORD not in str(told.value)


def test_an_application_signs_in_by_its_key(aldaba_server: AldabaServer) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    jwk = {**DeviceKey("app", key).public_jwk(), "kid": "app-key"}
    house, loop = aldaba_server._house, aldaba_server._loop
    loop.run(house.administration.registration.create("app-by-key", Grant(), "a test"))
    loop.run(house.administration.registration.set_public_key("app-by-key", jwk, "a test"))
    options: dict[str, Any] = {"private_key": pem, "key_id": "app-key", "root_key": aldaba_server.root_key}
    with Client(aldaba_server.url, "app-by-key", transport=aldaba_server.transport, **options) as front:
        assert front.prelogin_v1("15000010").login_id == "15000010"


def test_a_device_key_may_come_from_a_pem() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    device = DeviceKey.from_pem("a-phone", pem.decode())
    assert device.public_jwk() == DeviceKey("a-phone", key).public_jwk()
    assert "PRIVATE" not in repr(device)
    other = rsa.generate_private_key(65537, 2048)
    with pytest.raises(ValueError, match="P-256"):
        private_key(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_registered_keys_seal_without_a_session(aldaba_server: AldabaServer) -> None:
    house, loop = aldaba_server._house, aldaba_server._loop
    given = loop.run(house.administration.registration.register_keys(aldaba_server.client_id, "a test"))
    keys = (given.ek.reveal(), given.hk.reveal())
    with aldaba_server.client(registered_keys=keys) as front:
        front.unlock_access(aldaba_server.vendor_jwt("15000015"), "15000015")
        assert front.sid is None
        assert keys[0] not in repr(front._session.application)


def test_first_calls_in_parallel_share_one_session(aldaba_server: AldabaServer, profile: str) -> None:
    async def story() -> None:
        async with aldaba_server.async_client(profile=profile) as front:
            told = await asyncio.gather(*(front.prelogin_v1("15000010") for _ in range(6)))
            assert {one.login_id for one in told} == {"15000010"}
            assert len({one.ccs_id for one in told}) == 1
            await front.login("15000010", password=PASSWORD)
            await front.logout()

    asyncio.run(story())


def test_threads_share_a_client(aldaba_server: AldabaServer, profile: str) -> None:
    told: list[str | None] = []
    with aldaba_server.client(profile=profile) as front:

        def ask() -> None:
            told.extend(front.prelogin_v1("15000010").login_id for _ in range(4))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert told == ["15000010"] * 12


def test_modules_are_read_in_one_sitting() -> None:
    for module in sorted((SDK / "src").rglob("*.py")):
        if module.name != GENERATED:
            assert len(module.read_text("utf-8").splitlines()) <= MOST_LINES, module.relative_to(ROOT)
