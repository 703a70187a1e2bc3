"""What the header reader accepts, which header it names when it does not, and the language it hears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldaba.api.headers import (
    BadHeader,
    HeaderReader,
    Headers,
    claimed_application,
    language_of,
    uuid_or_none,
)
from aldaba.contract import Operation, load

CONTRACT = load()
READERS = {op.id: HeaderReader(CONTRACT, op) for op in CONTRACT.operations.values()}
UUID = "0190c6f5-4d5e-7abc-9def-0123456789ab"
FULL = {
    "client_id": "app-1",
    "authorization": "Bearer a.b.c",
    "uuid": UUID,
    "sid": "s" * 43,
    "channelid": "WEB",
    "countrycode": "MX",
    "businesscode": "GCB",
    "accept": "application/json",
    "accept-language": "en",
    "content-type": "application/json",
}
NEVER_DEMANDED = {"sid", "channelid", "authorization", "client_id", "x-ibm-client-id"}
DEMANDED = [
    pytest.param(operation, header.name, id=f"{operation.id}-{header.name}")
    for operation in CONTRACT.operations.values()
    for header in operation.headers
    if header.required and header.default is None and header.name.lower() not in NEVER_DEMANDED
]
BY_OPERATION = pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=lambda op: op.id)


def raw(values: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in values.items()]


def read(operation: str, values: dict[str, str], *, has_body: bool = True) -> Headers:
    return READERS[operation].read(raw(values), has_body=has_body)


def refused(operation: str, headers: list[tuple[bytes, bytes]], *, has_body: bool = True) -> str:
    with pytest.raises(BadHeader) as caught:
        READERS[operation].read(headers, has_body=has_body)
    return caught.value.location


@BY_OPERATION
def test_full_headers_are_read(operation: Operation) -> None:
    assert read(operation.id, FULL) == Headers(
        client_id="app-1",
        authorization="Bearer a.b.c",
        uuid=UUID,
        sid="s" * 43,
        channel_id="WEB",
        country_code="MX",
        business_code="GCB",
        language="en",
        accept="application/json",
    )


@BY_OPERATION
def test_names_are_matched_without_regard_to_case(operation: Operation) -> None:
    assert read(operation.id, {name.upper(): value for name, value in FULL.items()}) == read(
        operation.id, FULL
    )


@pytest.mark.parametrize(("operation", "name"), DEMANDED)
def test_a_required_header_without_default_is_demanded(operation: Operation, name: str) -> None:
    assert refused(operation.id, raw({key: v for key, v in FULL.items() if key != name.lower()})) == name


@BY_OPERATION
def test_a_documented_default_stands_in_for_an_absent_header(operation: Operation) -> None:
    defaults = {h.name.lower(): h.default for h in operation.headers if h.default is not None}
    headers = read(operation.id, {key: value for key, value in FULL.items() if key not in defaults})
    assert headers.country_code == "MX"
    assert headers.business_code == "GCB"
    assert headers.language == ("es" if "accept-language" in defaults else "en")


@BY_OPERATION
def test_session_channel_and_application_are_not_demanded_here(operation: Operation) -> None:
    headers = read(operation.id, {key: value for key, value in FULL.items() if key not in NEVER_DEMANDED})
    assert (headers.sid, headers.channel_id, headers.client_id, headers.authorization) == (None,) * 4


@BY_OPERATION
def test_content_type_is_looked_at_only_with_a_body(operation: Operation) -> None:
    assert read(operation.id, FULL | {"content-type": "text/plain"}, has_body=False).uuid == UUID
    assert refused(operation.id, raw(FULL | {"content-type": "text/plain"})) == "Content-Type"


@pytest.mark.parametrize(
    ("name", "location", "values"),
    [
        (
            "uuid",
            "uuid",
            [
                *("", UUID[:-1], UUID + "0", UUID.replace("-", ""), "{" + UUID + "}", "urn:uuid:" + UUID),
                *("00000000-0000-0000-0000-000000000001", "0190c6f5-4d5e-9abc-9def-0123456789ab"),
                *(
                    "0190c6f5-4d5e-7abc-cdef-0123456789ab",
                    "0190c6f5-4d5e-7abc-9def-0123456789ag",
                    UUID + "\n",
                ),
            ],
        ),
        ("sid", "sid", ["", "a b", "a" * 129, "a+b", "ñ", "a\n"]),
        ("channelid", "channelId", ["", "a" * 33, "WEB APP", "ñ"]),
        ("countrycode", "countryCode", ["", "mx", "MEX", "M", "M1", "MX\n"]),
        ("businesscode", "businessCode", ["", "GC", "GCBX", "G-B", "ñcb"]),
        ("client_id", "client_id", ["", "a b", "a" * 257, "ñ"]),
        ("authorization", "Authorization", ["", " ", "Bearer a b", "Bearer ñ"]),
        (
            "accept",
            "Accept",
            ["", "json", "application/", "a/b;q", "a/b,", "*/json", "x/y, " * 60 + "a/b", "ñ/a"],
        ),
        (
            "accept-language",
            "Accept-Language",
            ["", "e_s", "español", "es;q=2", "es;q=0.1234", "es;level=1", "es,,en", "toolonglanguage"],
        ),
        (
            "content-type",
            "Content-Type",
            ["", "text/json", "application/json; charset=latin-1", "application/jsonx", "application/json;"],
        ),
        ("content-encoding", "Content-Encoding", ["gzip", "", "identity, gzip", "br"]),
    ],
)
def test_a_malformed_header_is_named_as_the_page_spells_it(
    name: str, location: str, values: list[str]
) -> None:
    for value in values:
        assert refused("login", raw(FULL | {name: value})) == location, value


def test_the_other_spelling_of_the_channel_is_named_where_the_page_uses_it() -> None:
    for operation in ("unlock_access", "generate_rao_token", "retrieve_challenge"):
        assert refused(operation, raw(FULL | {"channelid": "?"})) == "ChannelId"


@BY_OPERATION
@pytest.mark.parametrize(
    "name",
    ["uuid", "sid", "client_id", "authorization", "channelid", "countrycode", "businesscode", "content-type"],
)
def test_a_header_sent_twice_is_malformed(operation: Operation, name: str) -> None:
    twice = [*raw(FULL), (name.title().encode(), FULL[name].encode())]
    assert refused(operation.id, twice).lower() == name


def test_lists_may_be_sent_in_several_lines() -> None:
    assert read("login", FULL).language == "en"
    lines = [*raw(FULL), (b"accept", b"text/*;q=0.5"), (b"accept-language", b"es")]
    headers = READERS["login"].read(lines, has_body=True)
    assert headers.accept == "application/json, text/*;q=0.5"
    assert headers.language == "en"


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json ; charset="UTF-8"',
    ],
)
def test_json_in_utf_8_is_the_content_type(value: str) -> None:
    assert read("login", FULL | {"content-type": value}).uuid == UUID


@pytest.mark.parametrize(
    "value",
    [
        "*/*",
        "application/*;q=0.9, */*;q=0.1",
        'a/b;x="y, z"',
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    ],
)
def test_media_ranges_are_accepted(value: str) -> None:
    assert read("retrieve_challenge", FULL | {"accept": value}).accept == value


def test_identity_is_no_encoding() -> None:
    assert read("login", FULL | {"content-encoding": "Identity"}).uuid == UUID


def test_headers_the_contract_does_not_know_may_hold_anything() -> None:
    assert read("login", FULL | {"user-agent": "señor", "x-more": "\x01"}).uuid == UUID


def test_the_uuid_is_lower_cased() -> None:
    assert read("login", FULL | {"uuid": UUID.upper()}).uuid == UUID


@pytest.mark.parametrize("version", "12345678")
@pytest.mark.parametrize("variant", "89abAB")
def test_any_rfc_9562_uuid_is_well_formed(version: str, variant: str) -> None:
    value = f"0190c6f5-4d5e-{version}abc-{variant}def-0123456789ab"
    assert read("login", FULL | {"uuid": value}).uuid == value.lower()


def test_only_one_well_formed_uuid_is_echoed() -> None:
    assert uuid_or_none([(b"UUID", UUID.upper().encode())]) == UUID
    assert uuid_or_none([]) is None
    assert uuid_or_none([(b"uuid", b"x")]) is None
    assert uuid_or_none([(b"uuid", b"\xff")]) is None
    assert uuid_or_none([(b"uuid", UUID.encode())] * 2) is None


def test_the_client_id_has_a_second_name() -> None:
    others = {key: value for key, value in FULL.items() if key != "client_id"}
    assert read("login", others | {"x-ibm-client-id": "app-2"}).client_id == "app-2"
    assert read("login", FULL | {"x-ibm-client-id": "app-1"}).client_id == "app-1"
    assert refused("login", raw(FULL | {"x-ibm-client-id": "app-2"})) == "client_id"
    assert refused("login", raw(others | {"x-ibm-client-id": "ñ"})) == "client_id"
    assert refused("login", [*raw(FULL), *[(b"x-ibm-client-id", b"app-1")] * 2]) == "client_id"


def test_a_claimed_application_is_one_client_id_and_one_authorization() -> None:
    assert claimed_application(raw(FULL)) == ("app-1", "Bearer a.b.c")
    assert claimed_application([]) == (None, None)
    assert claimed_application(raw(FULL | {"x-ibm-client-id": "app-1"}))[0] == "app-1"
    assert claimed_application(raw(FULL | {"x-ibm-client-id": "app-2"}))[0] is None
    assert claimed_application(raw({"client_id": "ñ"}))[0] is None
    # Nobody's token, and yet not left out: an operation that needs none must see that one was sent.
    assert claimed_application([(b"authorization", b"Bearer a")] * 2)[1] == "Bearer a, Bearer a"


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("es", "es"),
        ("en", "en"),
        ("EN-us", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("es;q=0.1, en;q=0.2", "en"),
        ("es;q=0.5, en;q=0.5", "es"),
        ("en;q=0.5, es;q=0.5", "en"),
        ("fr", "es"),
        ("fr, en;q=0.1", "en"),
        ("*", "es"),
        ("es;q=0, *", "en"),
        ("en;q=0, *;q=0.1", "es"),
        ("es;q=0", "es"),
        ("en;q=0", "es"),
        ("en;q=1.000", "en"),
        ("en , es", "en"),
    ],
)
def test_the_preferred_of_the_two_languages_is_picked(value: str, language: str) -> None:
    assert read("login", FULL | {"accept-language": value}).language == language
    assert language_of([(b"Accept-Language", value.encode())]) == language


def test_an_error_is_answered_in_spanish_where_no_language_can_be_heard() -> None:
    assert language_of([]) == "es"
    assert language_of([(b"accept-language", b"\xff\xfe")]) == "es"
    assert language_of([(b"accept-language", b"en, " * 200)]) == "es"


LINES = st.lists(
    st.tuples(
        st.sampled_from([name.encode() for name in FULL] + [b"x-ibm-client-id", b"x"]), st.binary(max_size=40)
    ),
    max_size=8,
)


@given(st.sampled_from(sorted(READERS)), LINES, st.booleans())
def test_any_headers_are_read_or_refused(
    operation: str, lines: list[tuple[bytes, bytes]], has_body: bool
) -> None:
    assert language_of(lines) in {"es", "en"}
    uuid_or_none(lines)
    claimed_application(lines)
    try:
        READERS[operation].read(lines, has_body=has_body)
    except BadHeader as refusal:
        assert refusal.location  # noqa: PT017 - acceptance is an answer too
