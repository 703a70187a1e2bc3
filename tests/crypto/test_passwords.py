"""Argon2id: our own hashes, those of argon2-cffi, and those we refuse."""

import resource
from collections.abc import Iterator

import pytest
from argon2.low_level import Type, hash_secret, verify_secret
from hypothesis import given, settings
from hypothesis import strategies as st

from aldaba.crypto.passwords import (
    CHEAPEST,
    OWASP,
    HashParameters,
    UnacceptableHash,
    check_importable,
    dummy_hash,
    hash_password,
    needs_rehash,
    verify_password,
)

SALT = "c2FsdHNhbHRzYWx0"
HASH = "aGFzaGhhc2hoYXNoaGFzaA"


def foreign(
    password: str,
    *,
    memory: int = 64,
    passes: int = 2,
    lanes: int = 1,
    salt: bytes = b"s" * 16,
    length: int = 32,
) -> str:
    return hash_secret(password.encode(), salt, passes, memory, lanes, length, Type.ID).decode()


def phc(version: str = "19", cost: str = "m=64,t=2,p=1", salt: str = SALT, digest: str = HASH) -> str:
    return f"$argon2id$v={version}${cost}${salt}${digest}"


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=50)
def test_a_hash_verifies_its_password_and_no_other(password: str, other: str) -> None:
    hashed = hash_password(password, CHEAPEST)
    assert verify_password(hashed, password)
    if other != password:
        same_when_normalised = verify_password(hash_password(other, CHEAPEST), password)
        assert verify_password(hashed, other) == same_when_normalised


def test_a_hash_names_its_parameters_and_is_never_the_same_twice() -> None:
    first, second = hash_password("mobile20", OWASP), hash_password("mobile20", OWASP)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


def test_composed_and_decomposed_letters_are_one_password() -> None:
    hashed = hash_password("contrase\u00f1a", CHEAPEST)
    assert verify_password(hashed, "contrasen\u0303a")


def test_a_lone_surrogate_is_a_wrong_password_and_not_an_error() -> None:
    assert not verify_password(hash_password("a", CHEAPEST), "\ud800")


@pytest.mark.parametrize("parameters", [CHEAPEST, HashParameters(64, 3)])
def test_argon2_cffi_verifies_our_hashes(parameters: HashParameters) -> None:
    hashed = hash_password("contraseña", parameters)
    assert verify_secret(hashed.encode(), "contraseña".encode(), Type.ID)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
@pytest.mark.parametrize("salt", [b"s" * 8, b"s" * 16, b"s" * 32])
@pytest.mark.parametrize("length", [16, 32])
def test_we_verify_the_hashes_of_argon2_cffi_of_up_to_four_lanes(
    lanes: int, salt: bytes, length: int
) -> None:
    hashed = foreign("contraseña", memory=64 * lanes, lanes=lanes, salt=salt, length=length)
    check_importable(hashed)
    assert verify_password(hashed, "contraseña")
    assert not verify_password(hashed, "contrasena")
    assert needs_rehash(hashed, OWASP)


def test_new_hashes_have_one_lane() -> None:
    with pytest.raises(ValueError, match="one lane"):
        hash_password("a", HashParameters(64, 1, 2))


def test_a_dummy_costs_what_a_real_hash_costs_and_is_never_right() -> None:
    dummy = dummy_hash(CHEAPEST)
    assert not needs_rehash(dummy, CHEAPEST)
    assert len(dummy) == len(hash_password("a", CHEAPEST))
    assert not verify_password(dummy, "")
    assert dummy != dummy_hash(CHEAPEST)


@pytest.mark.parametrize(
    "other", [HashParameters(16, 1), HashParameters(8, 2), HashParameters(8, 1, 2), OWASP]
)
def test_a_hash_of_other_parameters_needs_a_rehash(other: HashParameters) -> None:
    hashed = hash_password("a", CHEAPEST)
    assert not needs_rehash(hashed, CHEAPEST)
    assert needs_rehash(hashed, other)


@pytest.mark.parametrize("cost", ["m=65536,t=4,p=4", "m=8,t=1,p=1", "m=32,t=1,p=4"])
def test_a_bearable_hash_may_be_imported(cost: str) -> None:
    check_importable(phc(cost=cost))


@pytest.mark.parametrize(
    "hashed",
    [
        phc(salt="c2FsdHNhbHQ"),
        phc(digest="A" * 22),
        phc(digest="A" * (127 - len(phc(digest="")))),
    ],
)
def test_the_shortest_salt_and_hash_and_the_longest_string_may_be_imported(hashed: str) -> None:
    check_importable(hashed)


@pytest.mark.parametrize(
    ("hashed", "reason"),
    [
        ("", "algorithm"),
        ("$2b$12$abcdefghijklmnopqrstuv", "algorithm"),
        (phc().replace("argon2id", "argon2i"), "algorithm"),
        (phc().replace("argon2id", "argon2d"), "algorithm"),
        (" " + phc(), "algorithm"),
        (phc(version="16"), "version"),
        (phc().replace("v=19$", ""), "malformed"),
        (phc(cost="m=65537,t=2,p=1"), "memory"),
        (phc(cost="m=64,t=5,p=1"), "passes"),
        (phc(cost="m=64,t=2,p=5"), "lanes"),
        (phc(cost="m=064,t=2,p=1"), "malformed"),
        (phc(cost="t=2,m=64,p=1"), "malformed"),
        (phc(cost="m=64,t=0,p=1"), "malformed"),
        (phc(cost="m=64,t=2,p=0"), "malformed"),
        (phc(cost="m=31,t=2,p=4"), "malformed"),
        (phc(cost="m=64,t=2,p=1,keyid=a"), "malformed"),
        (phc(cost="m=4294967296,t=2,p=1"), "malformed"),
        (phc(cost="m=99999999999,t=2,p=1"), "malformed"),
        (phc(cost="m=4294967295,t=1,p=1"), "memory"),
        (phc(salt="c2FsdHNhbA"), "malformed"),
        (phc(digest="A" * 20), "malformed"),
        (phc(digest="A" * (128 - len(phc(digest="")))), "malformed"),
        (phc(salt="c2FsdA"), "malformed"),
        (phc(salt=SALT + "="), "malformed"),
        (phc(salt="c2FsdHNhbHRzYWx0A"), "malformed"),
        (phc(digest="aGFzaA"), "malformed"),
        (phc(digest=HASH[:-1] + "B"), "malformed"),
        (phc(digest="A" * 88), "malformed"),
        (phc() + "\n", "malformed"),
        (phc() + "\0", "malformed"),
    ],
)
def test_a_hash_we_cannot_verify_or_afford_is_refused_with_the_reason(hashed: str, reason: str) -> None:
    with pytest.raises(UnacceptableHash) as caught:
        check_importable(hashed)
    assert caught.value.reason == reason


def test_a_stored_hash_that_is_none_is_an_error_and_not_a_wrong_password() -> None:
    with pytest.raises(UnacceptableHash):
        verify_password("plain", "plain")


@pytest.fixture
def little_memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.usefixtures("little_memory")
def test_a_shortage_of_memory_is_an_error_and_not_a_wrong_password() -> None:
    assert not verify_password(hash_password("a", CHEAPEST), "b")
    for _ in range(2):
        with pytest.raises(MemoryError, match="no memory to verify"):
            verify_password(phc(cost=f"m={8 << 20},t=1,p=1"), "a")
