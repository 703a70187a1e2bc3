"""A dump of the database alone, every table of it, tells no credential, seed or key; nor after a rotation."""

import asyncio
import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.crash.served import Served, served
from tests.leaks.hunting import forms, found, raw_forms
from tests.leaks.test_planted_secrets import (
    CARD,
    NEW_PASSWORD,
    NEW_PIN,
    NIP,
    PASSWORD,
    PHONE,
    PIN,
    SEED,
    WRONG_PASSWORD,
    WRONG_PIN,
    luhn,
    prepared,
    story,
)

RING = "keyring.json"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def dumped(server: Served) -> Iterator[tuple[str, bytes]]:
    """Every file of the database byte by byte, and every value of every table, Base64 of it undone."""
    for file in sorted(server.data.glob("aldaba.sqlite3*")):
        yield file.name, file.read_bytes()
    database = sqlite3.connect(server.data / "aldaba.sqlite3")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert {"audit_events", "audit_stub", "audit_outbox", "audit_checkpoints", "messages"} <= set(tables)
    for table in tables:
        for number, row in enumerate(database.execute(f"SELECT * FROM {table}")):  # noqa: S608 - its own names
            for value in row:
                kept = value if isinstance(value, bytes) else str(value).encode()
                yield f"{table} row {number}", kept
                yield f"{table} row {number}, decoded", decoded(kept)
    database.close()


def values(server: Served) -> list[tuple[str, bytes]]:
    """The values of the tables alone, without the free pages of the files."""
    return [(place, kept) for place, kept in dumped(server) if " row " in place]


def decoded(value: bytes) -> bytes:
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def ring_keys(server: Served) -> dict[str, dict[str, bytes]]:
    names = json.loads((server.data / RING).read_text("utf-8"))["keys"]
    return {
        f"{name} key {key['id']}": raw_forms(base64.urlsafe_b64decode(key["secret"] + "="))
        for name, keys in names.items()
        for key in keys
    }


def sealed_under(server: Served) -> dict[str, bytes]:
    """How a value sealed by the current storage key begins: as bytes, and as the text of the same."""
    key_id = json.loads((server.data / RING).read_text("utf-8"))["keys"]["storage"][0]["id"].encode()
    head = bytes([1, len(key_id)]) + key_id
    # Cut to whole groups of three bytes: what follows in the text depends on the nonce.
    text = base64.urlsafe_b64encode(head[: len(head) // 3 * 3])
    return {"bytes": head, "text": text}


def test_a_dump_tells_no_secret_before_and_after_every_key_is_new(tmp_path: Path) -> None:
    settings = {
        "ALDABA__POLICY__LOCKOUT__FAILURES": "50",
        # Nobody listens there: what is to be sent waits in the database.
        "ALDABA__AUDIT__WEBHOOK__URL": "http://127.0.0.1:9/audit",
        "ALDABA__AUDIT__WEBHOOK__SECRET": WEBHOOK_SECRET,
    }
    with served(tmp_path, **settings) as server:
        client_id, secret = prepared(server)
        fronts, _answers = asyncio.run(story(server, client_id, secret))
        registered = server.aldaba("applications", "register-keys", client_id)
        texts = (
            PIN,
            PASSWORD,
            NEW_PIN,
            NEW_PASSWORD,
            WRONG_PIN,
            WRONG_PASSWORD,
            NIP + PIN,
            PHONE,
            luhn(CARD),
        )
        planted = {f"secret {number}": forms(text) for number, text in enumerate(texts)}
        planted |= {
            "client secret": forms(secret),
            "webhook secret": forms(WEBHOOK_SECRET.removeprefix("whsec_")),
            "seed": raw_forms(bytes.fromhex(SEED)),
            "registered EK": raw_forms(bytes.fromhex(registered["ek"])),
            "registered HK": raw_forms(bytes.fromhex(registered["hk"])),
            "hash": {"clear": b"$argon2id$"},
            "private key": {"PEM": b"PRIVATE KEY"},
            **ring_keys(server),
        }
        for number, front in enumerate(fronts):
            assert front.keys is not None
            assert front.sid is not None
            planted[f"EK {number}"] = raw_forms(front.keys.ek)
            planted[f"sid {number}"] = forms(front.sid)
        assert found(planted, list(dumped(server))) == []
        # The search itself sees what may stand there.
        assert found({"application": forms(client_id)}, list(dumped(server)))
        earlier = {"the earlier storage key": sealed_under(server)}
        tables = {hit.split(" in ")[1].split()[0] for hit in found(earlier, values(server))}
        assert tables >= {
            "profiles",
            "customers",
            "tokens",
            "applications",
            "key_pairs",
            "sessions",
            "audit_head",
        }
        for name in ("storage", "otp", "audit", "signing", "e2e", "e2e-root"):
            server.aldaba("keys", "rotate", name)
        server.aldaba("keys", "reseal")
        assert found(earlier, values(server)) == []
        assert found(planted | ring_keys(server), list(dumped(server))) == []
        assert server.stop() == 0
        assert found(planted | ring_keys(server), list(dumped(server))) == []
