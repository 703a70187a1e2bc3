"""What the body reader accepts, and which field it names when it does not."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldaba.api.fields import MAX_BYTES, MAX_DEPTH, BadBody, BodyReader
from aldaba.contract import Operation, Property, Schema, load
from aldaba.portal.examples import example

CONTRACT = load()
WITH_BODY = [operation for operation in CONTRACT.operations.values() if operation.request]
READERS = {op.id: BodyReader(CONTRACT, op) for op in CONTRACT.operations.values()}
WRONG_TYPES: dict[str, tuple[Any, ...]] = {
    "string": (1, True, 1.5, [], {}),
    "integer": ("1", True, 1.0, 1e3, [], {}, 2**31, -(2**31) - 1, 2**80),
    "boolean": ("true", 0, 1, [], {}),
    "object": ("x", 1, True, []),
}


def right(operation: Operation) -> dict[str, Any]:
    assert operation.request
    return example(CONTRACT, operation.request)


def read(operation: str, body: Any) -> dict[str, Any]:
    return READERS[operation].read(json.dumps(body).encode())


def refused(operation: str, body: Any) -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(BadBody) as caught:
        READERS[operation].read(raw)
    return caught.value.location


def walked(schema: Schema, before: str = "") -> Iterator[tuple[str, Property, bool]]:
    for prop in schema.properties.values():
        yield before + prop.name, prop, prop.name in schema.required
        if prop.ref:
            yield from walked(CONTRACT.schemas[prop.ref], f"{before}{prop.name}.")


def with_value(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    body = deepcopy(body)
    *parents, last = path.split(".")
    inner = body
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    return body


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    body = with_value(body, path, None)
    *parents, last = path.split(".")
    inner = body
    for parent in parents:
        inner = inner[parent]
    del inner[last]
    return body


FIELDS = [
    (operation, path, prop, required)
    for operation in WITH_BODY
    if operation.request
    for path, prop, required in walked(operation.request)
]
PRESENCE = [pytest.param(op, path, required, id=f"{op.id}-{path}") for op, path, _, required in FIELDS]
TYPED = [pytest.param(op, path, prop, id=f"{op.id}-{path}") for op, path, prop, _ in FIELDS]
STRINGS = [
    pytest.param(op, path, prop, id=f"{op.id}-{path}")
    for op, path, prop, _ in FIELDS
    if prop.type == "string" and (prop.pattern or prop.max_length or prop.allowed)
]
OPEN = [
    pytest.param(op, path, id=f"{op.id}-{path}")
    for op, path, prop, _ in FIELDS
    if prop.type == "string" and not (prop.pattern or prop.max_length or prop.allowed)
]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_the_documented_example_is_accepted_whole(operation: Operation) -> None:
    assert read(operation.id, right(operation)) == right(operation)


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_an_unknown_field_is_ignored(operation: Operation) -> None:
    body = right(operation) | {"notKnown": {"a": [1, None, "x:y"]}}
    assert read(operation.id, body) == right(operation)


@pytest.mark.parametrize(("operation", "path", "required"), PRESENCE)
def test_a_missing_or_null_field_is_refused_only_where_it_is_required(
    operation: Operation, path: str, required: bool
) -> None:
    absent, null = without(right(operation), path), with_value(right(operation), path, None)
    if required:
        assert refused(operation.id, absent) == path
        assert refused(operation.id, null) == path
    else:
        assert read(operation.id, absent) == absent
        assert read(operation.id, null) == absent


@pytest.mark.parametrize(("operation", "path", "prop"), TYPED)
def test_a_field_of_the_wrong_type_is_named(operation: Operation, path: str, prop: Property) -> None:
    for value in WRONG_TYPES[prop.type]:
        assert refused(operation.id, with_value(right(operation), path, value)) == path


@pytest.mark.parametrize(("operation", "path", "prop"), STRINGS)
def test_a_string_that_is_too_long_or_breaks_its_line_is_named(
    operation: Operation, path: str, prop: Property
) -> None:
    assert refused(operation.id, with_value(right(operation), path, "1" * 8193)) == path
    if prop.pattern:
        value = right(operation)
        for part in path.split("."):
            value = value[part]
        assert refused(operation.id, with_value(right(operation), path, f"{value}\n")) == path


@pytest.mark.parametrize(("operation", "path"), OPEN)
def test_a_sealed_value_of_any_text_is_left_to_the_step_that_opens_it(
    operation: Operation, path: str
) -> None:
    for value in ("", "1" * 8193, "hello\n"):
        body = with_value(right(operation), path, value)
        assert read(operation.id, body) == body


LOGIN = right(CONTRACT.operation("login"))


@pytest.mark.parametrize(
    ("operation", "path", "wrong"),
    [
        ("login", "customerCredentials.userId", "1234567890123"),
        ("login", "customerCredentials.userId", ""),
        ("login", "customerCredentials.userId", "15000010-"),
        ("login", "customerCredentials.userId", "15000010-123"),
        ("login", "customerCredentials.userId", "١٢٣"),
        ("login", "customerCredentials.userId", "15000010\n"),
        ("login", "customerCredentials.userIdType", "CARD"),
        ("login", "customerCredentials.userIdType", "customer_num"),
        ("login", "customerCredentials.credentialType", 0),
        ("login", "customerCredentials.credentialType", 4),
        ("login", "mobileAML.mobileEmulatorIndicator", 2),
        ("login", "mobileAML.simID", "a\x00b"),
        ("login", "vascoDeviceId", "x" * 257),
        ("validate_card", "expirationCardDate", "1320"),
        ("validate_card", "expirationCardDate", "0020"),
        ("validate_card", "expirationCardDate", "520"),
        ("validate_card", "ccsId", "1" * 33),
        ("validate_card", "ccsId", ""),
        ("validate_mobile_phone", "phoneNumber", "555609321"),
        ("validate_mobile_phone", "phoneNumber", "+15556093218"),
        ("send_otp", "authType", 7),
        ("send_otp", "authType", -1),
        ("set_credentials", "credentialStatus", "OLD"),
        ("credentials_status", "customerId", "1234567890123"),
        ("credentials_status", "legalRepresentativeId", "123"),
        ("credentials_status", "legalRepresentativeId", "a"),
        ("validate_challenge", "challengeQuestion", "1234567"),
        ("validate_challenge", "challengeQuestion", "123456789"),
        ("validate_jwt", "customerId", "12a"),
        ("validate_jwt", "grantType", "123"),
        ("validate_jwt", "transmitToken", ""),
        ("unlock_access", "customer.legalRepresentativeId", "x"),
        ("unlock_access", "grantType", ""),
        ("generate_rao_token", "phoneCountryCode", "52"),
        ("generate_rao_token", "phoneCountryCode", "+52\n"),
        ("validate_rao_token", "phone.phoneCountryCode", "+٥٢"),
        ("exchange_keys", "algorithm", "aes"),
        ("exchange_keys", "encKeyCheckDigit", "3A1AD"),
        ("exchange_keys", "hmacKeyCheckDigit", "3A1ADG"),
    ],
)
def test_a_value_outside_its_form_is_named(operation: str, path: str, wrong: Any) -> None:
    body = right(CONTRACT.operation(operation))
    assert refused(operation, with_value(body, path, wrong)) == path


@pytest.mark.parametrize(
    ("operation", "path", "value"),
    [
        ("login", "customerCredentials.userId", "15000010-2"),
        ("login", "customerCredentials.userId", "1"),
        ("login", "vascoDeviceId", ""),
        ("login", "instanceId", "ñandú 😀"),
        ("validate_mobile_phone", "phoneNumber", "+525556093218"),
        ("send_otp", "ccsId", "AB" * 200),
        ("send_otp", "authType", 0),
        ("validate_jwt", "grantType", "99"),
        ("validate_challenge", "oneTimePasswordToken", "AB" * 200),
    ],
)
def test_a_value_at_the_edge_of_its_form_is_taken(operation: str, path: str, value: Any) -> None:
    body = with_value(right(CONTRACT.operation(operation)), path, value)
    assert read(operation, body) == body


@pytest.mark.parametrize("sent", ["none", "None", "NONE", "nOnE"])
def test_a_credential_status_is_read_without_regard_to_case(sent: str) -> None:
    assert read("set_credentials", {"credentialStatus": sent}) == {"credentialStatus": "NONE"}


def test_case_folding_stays_within_ascii() -> None:
    assert "RP\u0131N".upper() == "RPIN"
    assert refused("set_credentials", {"credentialStatus": "RP\u0131N"}) == "credentialStatus"


@pytest.mark.parametrize(
    ("operation", "path", "odd"),
    [
        ("login", "customerCredentials.encryptedCredential", "encryptedCredentialvascoDeviceId"),
        ("validate_mobile_phone", "phoneNumber", "cellPhoneNumber"),
        ("validate_jwt", "grantType", "applicationId"),
    ],
)
def test_the_odd_spelling_is_folded_into_the_property_it_means(operation: str, path: str, odd: str) -> None:
    body = right(CONTRACT.operation(operation))
    parent, _, name = path.rpartition(".")
    inner = body[parent] if parent else body
    value = inner[name]
    other = f"{parent}.{odd}" if parent else odd
    renamed = with_value(without(body, path), other, value)
    assert read(operation, renamed) == body
    assert read(operation, with_value(body, other, value)) == body
    assert read(operation, with_value(body, other, None)) == body
    assert refused(operation, with_value(body, other, value + "1")) == path
    assert refused(operation, with_value(renamed, other, 5)) == path


def test_of_several_wrong_fields_the_first_in_the_contract_is_named() -> None:
    assert refused("login", {"mobileAML": 1, "vascoDeviceId": 2}) == "customerCredentials"
    wrong = with_value(with_value(LOGIN, "customerCredentials.userIdType", 1), "instanceId", 1)
    assert refused("login", wrong) == "customerCredentials.userIdType"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}{}",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 01}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b'{"\xff": 1}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": "line\nbreak"}',
        b'{"a": "\x00"}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": [{"b": 1, "b": 2}]}',
        b'{"a": {"x": 1}, "a": 2}',
        b'{"a": "::", "b": 1, "b": 2}',
        b'{"n": ' + b"9" * 4300 + b', "a": ":", "a": ":"}',
        b'{"a": ' + b"[" * 100_000 + b"}",
        b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"a": ' + b'{"a": ' * 60 + b"1" + b"}" * 61,
        b'{"a": "' + b"x" * MAX_BYTES + b'"}',
    ],
)
def test_a_body_that_is_no_sound_object_is_refused_whole(raw: bytes) -> None:
    for reader in ("login", "set_credentials"):
        assert refused(reader, raw) == "body"


def test_colons_inside_strings_are_no_duplicates() -> None:
    body = with_value(LOGIN, "mobileAML.queryTime", "2019-09-22T04:14:00+1:00")
    assert read("login", body | {"more": {"a:b": "::", "n": 10**30}}) == body


def test_a_body_at_the_limits_of_size_and_depth_is_read() -> None:
    room = MAX_BYTES - len(b'{"a":""}')
    assert READERS["set_credentials"].read(b'{"a":"' + b"x" * room + b'"}') == {}
    deep = b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)
    assert READERS["set_credentials"].read(b'{"a":' + deep + b"}") == {}
    assert refused("set_credentials", b'{"a":[' + deep + b"]}") == "body"


@pytest.mark.parametrize(
    "operation", ["logout", "certified_phone", "retrieve_challenge", "retrieve_public_key"]
)
def test_an_operation_without_a_body_reads_none(operation: str) -> None:
    assert READERS[operation].read(b"") == {}
    assert READERS[operation].read(b"anything") == {}


NAMES = sorted(
    {path.rpartition(".")[2] for op in WITH_BODY if op.request for path, _, _ in walked(op.request)}
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(operation: str, raw: bytes) -> None:
    try:
        READERS[operation].read(raw)
    except BadBody as refusal:
        assert refusal.location  # noqa: PT017 - acceptance is an answer too


@given(st.sampled_from(WITH_BODY), VALUES)
def test_any_json_is_read_or_refused_with_a_place_of_the_contract(operation: Operation, body: Any) -> None:
    assert operation.request
    places = {"body", *(path for path, _, _ in walked(operation.request))}
    try:
        accepted = read(operation.id, body)
    except BadBody as refusal:
        assert refusal.location in places  # noqa: PT017 - acceptance is an answer too
    else:
        assert set(accepted) <= set(operation.request.properties)


@given(
    st.lists(st.tuples(st.sampled_from("abc:"), st.sampled_from(["1", '":"', '{"a":1}', '{"a":1,"a":2}'])))
)
def test_duplicates_are_found_wherever_they_stand(members: list[tuple[str, str]]) -> None:
    raw = "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"
    names = [name for name, _ in members]
    if len(set(names)) < len(names) or '"a":1,"a":2' in raw:
        assert refused("set_credentials", raw.encode()) == "body"
    else:
        assert READERS["set_credentials"].read(raw.encode()) == {}
