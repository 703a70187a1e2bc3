"""A phone is enrolled after a challenge, logs in by fingerprint, and is revoked when it is lost.

.venv/bin/python -m examples.fingerprint_login
"""

import base64
import json
import time

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from examples.front_end import SECURITY, FrontEnd, Sandbox, answered, refused, step

CUSTOMER, DEVICE = "15000010", "phone-of-the-example"


def main() -> None:
    bank = Sandbox()
    # On a real phone it is made in secure hardware, and signs only for a known finger.
    key = ec.generate_private_key(ec.SECP256R1())
    enrolment = {"applicationDeviceId": DEVICE, "publicKeyJwk": public_jwk(key)}
    step("1. A password alone enrols no phone")
    front = bank.front_end()
    front.enter(CUSTOMER)
    refused(front.post(f"{SECURITY}/devices/enrol", enrolment))
    step("2. After a challenge it does")
    prove_strongly(bank, front)
    answered(front.post(f"{SECURITY}/devices/enrol", enrolment))
    print("   enrolled")
    front.log_out()
    step("3. A fingerprint logs in")
    front = bank.front_end()
    told = answered(log_in_by_finger(front, key))
    print(f"   welcome {told['customerName']}; aal {front.introspect()['aal']}")
    step("4. The phone is lost: after a challenge it is revoked")
    prove_strongly(bank, front)
    answered(front.post(f"{SECURITY}/devices/revoke", {"applicationDeviceId": DEVICE}))
    front.log_out()
    step("5. It opens nothing any more")
    refused(log_in_by_finger(bank.front_end(), key))
    print("Done.")


def prove_strongly(bank: Sandbox, front: FrontEnd) -> None:
    question = front.question()
    answered(front.respond(question, bank.token_shows(CUSTOMER, question)))


def log_in_by_finger(front: FrontEnd, key: ec.EllipticCurvePrivateKey) -> httpx.Response:
    front.identify(CUSTOMER)
    path, headers, now = f"{SECURITY}/login", front.headers(), int(time.time())
    # Good for this one request: it names the session and the call.
    claims: dict[str, str | int]
    claims = {"sub": CUSTOMER, "sid": headers["sid"], "jti": headers["uuid"], "iat": now, "exp": now + 60}
    token = signed({"alg": "ES256", "typ": "biotoken+jwt", "kid": DEVICE}, claims, key)
    sealed = front.seal(token, path, headers, "encryptedCredential")
    credentials = {"userId": CUSTOMER, "credentialType": 3, "encryptedCredential": sealed}
    body = {"customerCredentials": credentials, "applicationDeviceId": DEVICE}
    return front.post(path, body, headers=headers)


def signed(header: dict[str, str], claims: dict[str, str | int], key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS (RFC 7515)."""
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (base64url(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
