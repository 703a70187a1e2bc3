"""Inclusion proofs of audit rows, and how anybody checks one with the public root key alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from aldaba.crypto import jose
from aldaba.crypto.merkle import leaf_hash, root_by_path
from aldaba.service.key_supply import CHECKPOINT

FORMAT = "aldaba-audit-proof-1"
_COLUMNS = (
    "id", "at", "type", "request_id", "application_id", "ccs_id", "customer_id", "body", "key_id", "mac",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proof:
    """``leaf`` is the row's exact text in the tree; ``path`` its siblings in HEX, lowest first."""

    leaf: str
    index: int
    size: int
    path: tuple[str, ...]
    checkpoint: str
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Proved:
    """What a good proof shows: the row, and the checkpoint that binds it."""

    row: Mapping[str, object]
    event: Mapping[str, object]
    checkpoint: Mapping[str, object]


class BadProof(ValueError):
    """It proves nothing; the text says why."""


def check_proof(document: bytes, root_keys: Mapping[str, Mapping[str, object]]) -> Proved:
    """What the proof shows under these root keys (JWK by kid). Raises ``BadProof``."""
    try:
        proof = msgspec.json.decode(document, type=Proof)
        path = [bytes.fromhex(one) for one in proof.path]
    except (msgspec.DecodeError, ValueError):
        raise BadProof("it is no proof of an audit row") from None
    if proof.format != FORMAT:
        raise BadProof(f"its format is not {FORMAT}")
    try:
        claims = jose.verify(proof.checkpoint, root_keys, algorithms=("ES256",), typ=CHECKPOINT)
    except jose.InvalidToken as invalid:
        raise BadProof(f"the root key did not sign its checkpoint ({invalid.reason})") from None
    tree = claims.get("tree")
    if not isinstance(tree, dict) or tree.get("size") != proof.size:
        raise BadProof("the checkpoint has another tree")
    root = root_by_path(leaf_hash(proof.leaf.encode()), proof.index, proof.size, path)
    if root is None or root.hex() != tree.get("root"):
        raise BadProof("the row is not in the checkpoint's tree")
    return _shown(proof.leaf, claims)


def _shown(leaf: str, claims: Mapping[str, object]) -> Proved:
    # Under the root, so this house wrote it: its form is known.
    values: list[Any] = msgspec.json.decode(leaf)
    row = dict(zip(_COLUMNS, values, strict=True))
    body = msgspec.json.decode(msgspec.convert(row.pop("body"), bytes, strict=False))
    return Proved(row, body["event"], claims)
