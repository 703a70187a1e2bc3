"""Coverage-guided fuzzing of what parses the words of strangers: only the documented refusals may come out.

python -m tests.scorecard.fuzzing TARGET RUNS SEED FOLDER
"""

import io
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

with atheris.instrument_imports(include=["aldaba"]):
    from aldaba.api.fields import BadBody, BodyReader
    from aldaba.api.headers import BadHeader, HeaderReader, claimed_application, language_of, uuid_or_none
    from aldaba.backends.pskc import read_csv, read_pskc
    from aldaba.backends.pskc_xml import BadFile
    from aldaba.contract import load
    from aldaba.crypto import jose
    from aldaba.crypto.envelope import Binding, CannotDecrypt, open_bound, open_portal
    from aldaba.crypto.session_keys import Profile, SessionKeys

Target = Callable[[bytes], None]
EK, IV, HK = bytes(range(32)), bytes(range(16)), bytes(range(32, 64))
CONTRACT = load()
LONGEST = 4096


def envelope(data: bytes) -> None:
    text = data.decode("latin-1")
    binding = Binding("request", "/v1/login", "sid-1", "a7d1e304-83a9-4413-af97-62615e57eae6", "field")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: open_bound(SessionKeys(EK, IV, HK, Profile.BOUND), text, binding),
        lambda: open_portal(SessionKeys(EK, IV, HK, Profile.PORTAL), text, "b", ("0" * 32,)),
    )
    for attempt in attempts:
        try:
            attempt()
        except CannotDecrypt:
            continue


def token(keys: dict[str, dict[str, object]]) -> Target:
    def target(data: bytes) -> None:
        text = data.decode("latin-1")
        attempts: tuple[Callable[[], object], ...] = (
            lambda: jose.verify(text, keys, algorithms=("ES256", "RS256", "EdDSA"), typ=None),
            lambda: jose.unverified_claims(text),
        )
        for attempt in attempts:
            try:
                attempt()
            except jose.InvalidToken:
                continue

    return target


def seeds(data: bytes) -> None:
    for read in (read_pskc, read_csv):
        try:
            for _ in read(io.BytesIO(data)):
                pass
        except BadFile:
            continue


def headers(data: bytes) -> None:
    reader = HeaderReader(CONTRACT, CONTRACT.operations["login"])
    raw = [
        (name.strip().lower(), value)
        for line in data.split(b"\n")
        for name, colon, value in (line.partition(b":"),)
        if colon
    ]
    uuid_or_none(raw), language_of(raw), claimed_application(raw)
    with suppress(BadHeader):
        reader.read(raw, has_body=True)


def body(data: bytes) -> None:
    for name in ("login", "unlock_access", "enrol_device"):
        operation = CONTRACT.operations[name]
        try:
            BodyReader(CONTRACT, operation).read(data)
        except BadBody:
            continue


def targets() -> dict[str, Target]:
    key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
    public = {name: value for name, value in key.as_dict(private=False).items() if isinstance(value, str)}
    return {
        "envelope": envelope,
        "jwt": token({"k1": {**public, "kid": "k1", "alg": "ES256"}}),
        "pskc": seeds,
        "headers": headers,
        "body": body,
    }


CORPUS: dict[str, list[bytes]] = {
    "envelope": [b"00" * 64, b"AAAAAAAAAAAAAAAAAAAAAA==.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    "jwt": [b"eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiIxIn0.AAAA"],
    "pskc": [
        (
            b'<?xml version="1.0"?><KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">'
            b'<KeyPackage><DeviceInfo><SerialNo>1</SerialNo></DeviceInfo><Key Id="1"'
            b' Algorithm="urn:ietf:params:xml:ns:keyprov:pskc#OCRA-1:HOTP-SHA1-6:QN08"><Data><Secret>'
            b"<PlainValue>MTIz</PlainValue></Secret></Data></Key></KeyPackage></KeyContainer>"
        ),
        b"serial,kind,suite,secretHex,counter\nA1,hard,OCRA-1:HOTP-SHA256-8:QN08,3132333435363738393031323334,0\n",
    ],
    "headers": [
        b"uuid: 6f1c9b7e-0000-4000-8000-000000000000\nchannelId: MOVIL\nAccept-Language: es-MX;q=0.8"
    ],
    "body": [json.dumps({"customerCredentials": {"userId": "1", "credentialType": 1}}).encode()],
}


def main(name: str, runs: int, seed: int, corpus: str) -> None:
    """Ends the process: with 0 when nothing but refusals came out, else with the input that broke it."""
    for number, given in enumerate(CORPUS[name]):
        Path(corpus, f"seed-{number}").write_bytes(given)
    flags = [f"-atheris_runs={runs}", f"-seed={seed}", f"-max_len={LONGEST}", f"-artifact_prefix={corpus}/"]
    atheris.Setup([sys.argv[0], *flags, "-timeout=10", corpus], targets()[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
