"""Project Wycheproof's vectors, played against the house's own functions, not only the library below them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from tests.front_end import Keys
from tests.scorecard.card import ROOT, Card

from aldaba.crypto import jose
from aldaba.crypto.envelope import Binding, CannotDecrypt, Profile, Rendering, open_bound, seal_bound
from aldaba.crypto.jwk import UnacceptableKey, check_public_jwk
from aldaba.crypto.rsa_transport import open_transport
from aldaba.crypto.session_keys import SessionKeys, parse_key_material

VECTORS = ROOT / "vectors" / "wycheproof"
KINDS = {"EC": frozenset({"P-256", "P-384"}), "RSA": frozenset[str](), "OKP": frozenset({"Ed25519"})}
BINDING = Binding("request", "/v1/login", "sid-1", "a7d1e304-83a9-4413-af97-62615e57eae6", "field")
Vector = dict[str, Any]
Verdict = Callable[[Vector, Vector], str]
"""What the house says to a vector of a group: ``valid`` or ``invalid``, or what else it did."""


def oaep(group: Vector, vector: Vector) -> str:
    # The house's label is empty; what is sealed under any other must not open.
    wanted = bytes.fromhex(vector["msg"]) if vector["label"] == "" else None
    try:
        opened = open_transport(private(group["privateKeyPkcs8"]), vector["ct"], Profile.BOUND)
    except CannotDecrypt:
        return vector["result"] if wanted is None else "invalid"
    return "valid" if opened == wanted else "another text"


def pkcs1(group: Vector, vector: Vector) -> str:
    """Wrong padding raises nothing: what comes out must be good for nothing."""
    try:
        opened = open_transport(private(group["privateKeyPkcs8"]), vector["ct"], Profile.PORTAL)
    except CannotDecrypt:
        return "invalid"
    if opened == bytes.fromhex(vector["msg"]):
        return "valid"
    with pytest.raises(CannotDecrypt):
        parse_key_material(opened, Profile.PORTAL)
    return "invalid"


def envelope(_: Vector, vector: Vector) -> str:
    keys = Keys("bound-1")
    keys.ek = bytes.fromhex(vector["key"])
    body = bytes.fromhex(vector["iv"] + vector["ct"])
    parts = (BINDING.direction, BINDING.path, BINDING.sid, BINDING.uuid, BINDING.field)
    value = (body + keys._tag(parts, body)).hex()
    mine, message = SessionKeys(keys.ek, keys.iv, keys.hk, Profile.BOUND), bytes.fromhex(vector["msg"])
    try:
        text = open_bound(mine, value, BINDING)
    except CannotDecrypt as refused:
        # Most vectors hold bytes that are no text: they were decrypted, and their padding was right.
        return "valid" if refused.step == "utf8" and not is_text(message) else "invalid"
    again = seal_bound(mine, text, BINDING, body[:16], Rendering.HEX)
    return "valid" if text.encode() == message and again == value.upper() else "another text"


def is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def signature(algorithm: str) -> Verdict:
    """What a token's verification is made of: the key as it is read, the algorithm as pinned."""

    def verdict(group: Vector, vector: Vector) -> str:
        try:
            key = jose._public_key(check_public_jwk(group["jwk"], allowed=KINDS))
        except UnacceptableKey as refused:
            # The published verdict speaks of the signature; an exponent of 3 is not taken at all.
            return vector["result"] if refused.reason == "strength" else "a key that is not taken"
        model = jose._Named(algorithms=[algorithm]).get_alg(algorithm)
        message, given = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"])
        return "valid" if model.verify(message, given, key) else "invalid"

    return verdict


@cache
def private(pkcs8: str) -> rsa.RSAPrivateKey:
    key = load_der_private_key(bytes.fromhex(pkcs8), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


FILES: dict[str, tuple[int, Verdict]] = {
    "rsa_oaep_2048_sha256_mgf1sha256": (37, oaep),
    "rsa_oaep_3072_sha256_mgf1sha256": (37, oaep),
    "rsa_pkcs1_2048": (67, pkcs1),
    "rsa_pkcs1_3072": (67, pkcs1),
    "aes_256_cbc_pkcs5": (61, envelope),
    "ecdsa_p256_sha256_p1363": (262, signature("ES256")),
    "ecdsa_p384_sha384_p1363": (280, signature("ES384")),
    "rsa_pkcs1_sha256": (259, signature("RS256")),
    "rsa_pss_sha256_mgf1sha256_32": (108, signature("PS256")),
    "ed25519": (210, signature("EdDSA")),
}
"""How many vectors stand in each, and who judges them."""


def vectors(name: str) -> Iterator[tuple[Vector, Vector]]:
    for group in json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["testGroups"]:
        for vector in group["tests"]:
            yield group, vector


@pytest.mark.parametrize("name", FILES)
def test_every_vector_is_judged_as_published(card: Card, name: str) -> None:
    many, judge = FILES[name]
    told = Counter[str]()
    wrong = []
    for group, vector in vectors(name):
        verdict = judge(group, vector)
        told[verdict] += 1
        # "acceptable" leaves it to the reader.
        if verdict != vector["result"] and vector["result"] != "acceptable":
            wrong.append(f"{vector['tcId']} {verdict}: {vector['comment']}")
    card.tell(
        "Hostile input",
        f"Wycheproof vectors of {name} judged otherwise than published",
        reach=f"0 of {many}",
        measured=f"{'; '.join([str(len(wrong)), *wrong])} of {told.total()}, {told['valid']} of them valid",
        kept=not wrong and told.total() == many and told["valid"] > 0,
    )


def test_every_file_is_played() -> None:
    assert {file.stem for file in Path(VECTORS).glob("*.json")} == FILES.keys()
