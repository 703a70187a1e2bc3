"""A mistake in the contract's files stops the start, and the message says where it stands."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest

from aldaba.contract import FILES, ContractMistake
from aldaba.contract.building import build
from aldaba.contract.source import Spot, parse, read

AS_SHIPPED = {name: read(name) for name in FILES}
GONE = object()
LOGIN = ("apis", 1, "operations", 2)
ROW = (*LOGIN, "errors", 401, 2)
LOGIN_PLACE = "operations.yaml: apis.consumer_security.operations.login"


def changed(name: str, path: Sequence[str | int], value: object) -> dict[str, Any]:
    files = deepcopy(AS_SHIPPED)
    inner = files[name]
    for key in path[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return files


def built(files: dict[str, Any]) -> None:
    documented, companions, reading, texts = (Spot(name, "", files[name]) for name in FILES)
    build(documented, companions, reading, texts)


def test_the_files_as_shipped_fit_together() -> None:
    built(AS_SHIPPED)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((*ROW, "code"), GONE, f"{LOGIN_PLACE}.errors.401[2].code: is missing"),
        ((*ROW, "type"), GONE, f"{LOGIN_PLACE}.errors.401[2].type: is missing"),
        ((*ROW, "details"), GONE, f"{LOGIN_PLACE}.errors.401[2].details: is missing"),
        ((*ROW, "code"), 6666, f"{LOGIN_PLACE}.errors.401[2].code: must be text"),
        ((*ROW, "code"), "8005", f"{LOGIN_PLACE}.errors.401[3].code: stands twice: 8005"),
        ((*ROW, "moreinfo"), "x", f"{LOGIN_PLACE}.errors.401[2].moreinfo: is not known here"),
        ((*LOGIN, "errors", 403), GONE, "operations.yaml: contract.counts.error_rows: says 131, found 130"),
        ((*LOGIN, "errors", 418), [], f"{LOGIN_PLACE}.responses.418: is missing"),
        ((*LOGIN, "errors", 403), {}, f"{LOGIN_PLACE}.errors.403: must be a list"),
        (
            (*LOGIN, "id"),
            "logout",
            "operations.yaml: apis.consumer_security.operations.logout.id: stands twice",
        ),
        (
            (*LOGIN, "path"),
            "/v1/x-global/security/logout",
            "operations.yaml: apis.consumer_security.operations.logout.path: stands twice",
        ),
        ((*LOGIN, "id"), "enter", "reading.yaml: operations.enter: is missing"),
        ((*LOGIN, "method"), "PATCH", f"{LOGIN_PLACE}.method: must be one of GET, POST"),
        ((*LOGIN, "verb"), "POST", f"{LOGIN_PLACE}.verb: is not known here"),
        ((*LOGIN, "request"), "Nothing", f"{LOGIN_PLACE}.request: names no schema: Nothing"),
        ((*LOGIN, "responses", 200), GONE, f"{LOGIN_PLACE}.responses: must hold one success"),
        (
            (*LOGIN, "headers", 0, "required"),
            "yes",
            f"{LOGIN_PLACE}.headers[0].required: must be true or false",
        ),
        ((*LOGIN, "headers"), None, f"{LOGIN_PLACE}.headers: is missing"),
        (("apis", 1, "id"), "other", "reading.yaml: rendering.other: is missing"),
        (
            ("contract", "counts", "apis"),
            "5",
            "operations.yaml: contract.counts.apis: must be a whole number",
        ),
        (
            ("contract", "counts", "schemas"),
            35,
            "operations.yaml: contract.counts.schemas: says 35, found 36",
        ),
        (
            ("schemas", "LoginRequest", "properties", "mobileAML", "$ref"),
            "#/definitions/Nobody",
            "operations.yaml: schemas.LoginRequest.properties.mobileAML.$ref: names no schema: Nobody",
        ),
        (
            ("schemas", "LoginRequest", "required", 0),
            "customerCredential",
            "operations.yaml: schemas.LoginRequest.required[0]: customerCredential is neither",
        ),
        (
            ("schemas", "Phone", "properties", "phoneCountryCode", "pattern"),
            "^(",
            "operations.yaml: schemas.Phone.properties.phoneCountryCode.pattern: is no pattern",
        ),
        (
            ("schemas", "Phone", "properties", "phoneCountryCode", "type"),
            "number",
            "operations.yaml: schemas.Phone.properties.phoneCountryCode.type: must be one of",
        ),
        (
            ("schemas", "SendOtpRequest", "properties", "isFirstTime", "example"),
            "false",
            "operations.yaml: schemas.SendOtpRequest.properties.isFirstTime.example: must be true or false",
        ),
        (
            ("schemas", "SetAccessRequest", "properties", "encryptedMore"),
            {"type": "string", "note": "new"},
            "operations.set_access.request: reading.yaml does not say how encryptedMore is encrypted",
        ),
        (("schemas", "Phone", "type"), None, "operations.yaml: schemas.Phone.type: is missing"),
        (("schemas",), [], "operations.yaml: schemas: must be a mapping"),
    ],
)
def test_a_mistake_in_the_operations_names_its_place(
    path: tuple[str | int, ...], value: object, message: str
) -> None:
    with pytest.raises(ContractMistake) as caught:
        built(changed("operations.yaml", path, value))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("operations", "login"), GONE, "reading.yaml: operations.login: is missing"),
        (("operations", "sing"), {"session": "none"}, "reading.yaml: operations.sing: is no operation"),
        (
            ("operations", "login", "session"),
            "open",
            "reading.yaml: operations.login.session: must be one of none",
        ),
        (("operations", "login", "session"), GONE, "reading.yaml: operations.login.session: is missing"),
        (("operations", "login", "sesion"), "x", "reading.yaml: operations.login.sesion: is not known here"),
        (
            ("operations", "login", "encrypted", "encryptedCredential"),
            {"kind": "a"},
            "reading.yaml: operations.login.encrypted.encryptedCredential: is no field of the request",
        ),
        (
            ("operations", "send_otp", "encrypted", "ccsId", "kind"),
            "d",
            "reading.yaml: operations.send_otp.encrypted.ccsId.kind: must be one of a, b, c",
        ),
        (
            ("operations", "send_otp", "encrypted", "ccsId", "sealed"),
            "often",
            "reading.yaml: operations.send_otp.encrypted.ccsId.sealed: must be one of maybe",
        ),
        (
            ("operations", "login", "encrypted", "customerCredentials.encryptedCredential", "kind_by"),
            "credentialType",
            "encryptedCredential.kind_by: is no field of the request",
        ),
        (
            ("operations", "login", "encrypted", "customerCredentials.encryptedCredential", "kinds"),
            {1: "a"},
            "encryptedCredential.kinds: must name every value of customerCredentials.credentialType",
        ),
        (
            ("operations", "login", "encrypted_answer"),
            ["encryptedLoginId"],
            "reading.yaml: operations.login.encrypted_answer[0]: encryptedLoginId is no field of the answer",
        ),
        (
            ("operations", "credentials_status", "called", "invalidRequest"),
            "bad",
            "operations.credentials_status.called.invalidRequest: this operation has no row bad",
        ),
        (
            ("rendering", "rao_tokens"),
            "base64",
            "reading.yaml: rendering.rao_tokens: must be one of hex, dot",
        ),
        (("fallback", "common", 0), "nobody", "reading.yaml: fallback.common[0]: is no operation"),
        (
            ("fallback", "instead", "invalidRequest"),
            "cannotDecryptData",
            "reading.yaml: fallback.instead.cannotDecryptData: leads on to invalidRequest",
        ),
        (("shapes", "free", "patern"), "x", "reading.yaml: shapes.free.patern: is not known here"),
        (("shapes", "phone", "pattern"), "[", "reading.yaml: shapes.phone.pattern: is no pattern"),
        (("schemas", "Nobody"), {}, "reading.yaml: schemas.Nobody: is no schema of the contract"),
        (
            ("schemas", "LoginRequest", "fields", "instanceID"),
            "free",
            "reading.yaml: schemas.LoginRequest.fields.instanceID: is no property of this schema",
        ),
        (
            ("schemas", "LoginRequest", "fields", "instanceId"),
            "loose",
            "reading.yaml: schemas.LoginRequest.fields.instanceId: names no shape: loose",
        ),
        (
            ("schemas", "CredentialsStatusRequest", "fields", "customerId"),
            {"max_length": 20},
            "max_length would change what the page prints",
        ),
        (
            ("schemas", "ValidateJwtRequest", "aliases"),
            GONE,
            "operations.yaml: schemas.ValidateJwtRequest.required[2]: applicationId is neither a property",
        ),
        (
            ("schemas", "ValidateJwtRequest", "aliases", "applicationId"),
            "grant",
            "reading.yaml: schemas.ValidateJwtRequest.aliases.applicationId: is no property of this schema",
        ),
        (
            ("schemas", "ValidateJwtRequest", "aliases", "customerId"),
            "grantType",
            "schemas.ValidateJwtRequest.aliases.customerId: customerId is a property of its own",
        ),
        (
            ("schemas", "PreloginRequestV1", "required"),
            ["userId"],
            "reading.yaml: schemas.PreloginRequestV1.required[0]: userId is neither a property",
        ),
    ],
)
def test_a_mistake_in_the_reading_names_its_place(
    path: tuple[str | int, ...], value: object, message: str
) -> None:
    with pytest.raises(ContractMistake) as caught:
        built(changed("reading.yaml", path, value))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("details", "Session expired"), GONE, "texts.yaml: details.Session expired: is missing"),
        (("details", "Never said"), "Nunca dicho", "texts.yaml: details.Never said: no error row says this"),
        (
            ("answers", "tokenStatus", "63"),
            GONE,
            "texts.yaml: answers.tokenStatus.63: is missing",
        ),
        (
            ("answers", "registrationStatus", "1", "es"),
            GONE,
            "texts.yaml: answers.registrationStatus.1.es: is missing",
        ),
        (
            ("answers", "registrationStatus", "1", "fr"),
            "Le client",
            "texts.yaml: answers.registrationStatus.1.fr: is not known here",
        ),
        (("answers",), "none", "texts.yaml: answers: must be a mapping"),
    ],
)
def test_a_mistake_in_the_texts_names_its_place(
    path: tuple[str | int, ...], value: object, message: str
) -> None:
    with pytest.raises(ContractMistake) as caught:
        built(changed("texts.yaml", path, value))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("contract", "counts", "operations"),
            3,
            "companions.yaml: contract.counts.operations: says 3, found 4",
        ),
        (
            ("apis", 0, "operations", 0, "id"),
            "login",
            "companions.yaml: apis.e2e_gateway.operations.login.id",
        ),
        (("schemas", "Phone"), {}, "companions.yaml: schemas.Phone: stands already in operations.yaml"),
    ],
)
def test_a_mistake_in_the_companions_names_its_place(
    path: tuple[str | int, ...], value: object, message: str
) -> None:
    with pytest.raises(ContractMistake) as caught:
        built(changed("companions.yaml", path, value))
    assert message in str(caught.value)


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(ContractMistake, match=r"texts.yaml: es: stands twice, again in line 2"):
        parse("texts.yaml", "answers:\n  x: {es: uno, es: dos}\n")


def test_a_file_that_is_no_yaml_is_named() -> None:
    with pytest.raises(ContractMistake, match=r"reading.yaml: no YAML"):
        parse("reading.yaml", "a: [1")


def test_a_file_that_holds_no_mapping_is_named() -> None:
    with pytest.raises(ContractMistake, match=r"reading.yaml: must be a mapping"):
        built(AS_SHIPPED | {"reading.yaml": None})
