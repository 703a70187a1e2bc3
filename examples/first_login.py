"""A first login, as a front end plays it: from the application's token to the customer's new password.

Run it while the sandbox is served (`make serve`):

    .venv/bin/python examples/first_login.py

It needs nothing but httpx and cryptography, and imports nothing of the server.
"""

import argparse
import base64
import hmac
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

SECURITY = "/v1/x-global/security"
PIN, PASSWORD = 1, 2
Headers = dict[str, str]
Body = dict[str, Any]


def main() -> None:
    options = read_options()
    http = httpx.Client(base_url=options.url, timeout=15)
    http.post("/sandbox/reset").raise_for_status()
    # A real front end carries this key in its package; fetched like this it could be anybody's.
    root = http.get("/.well-known/aldaba-e2e-root.json").json()

    print("1. The application signs in")
    application = (options.client_id, options.client_secret)
    form = {"grant_type": "client_credentials"}
    token = answered(http.post("/api/v1/oauth/token", data=form, auth=application))
    print(f"   token of type {token['token_type']}, good for {token['expires_in']} seconds")

    print("2. Keys for the session")
    front = FrontEnd(http, options.client_id, token["access_token"], root)
    print("3. Customer 15000010 is named")
    told = front.identify("15000010")
    print(f"   hello {told['maskedCustomerName']}; next: {told['nextLoginActionDescription']}")
    print("4. A wrong password is refused")
    refused(front.log_in("15000010", "mobile20y", PASSWORD))

    print("5. The right password logs in")
    told = answered(front.log_in("15000010", "mobile20x", PASSWORD))
    print(f"   welcome {told['customerName']}; credentialStatus {told['credentialStatus']}")
    front.log_out()

    print("6. Customer 15000011 comes for the first time, with a temporary PIN")
    front = FrontEnd(http, options.client_id, token["access_token"], root)
    told = front.identify("15000011")
    print(f"   next: {told['nextLoginActionDescription']}")
    told = answered(front.log_in("15000011", "71502846", PIN))
    print(f"   credentialStatus {told['credentialStatus']}: {told['credentialStatusDescription']}")

    print("7. The customer sets a PIN and a password")
    front.set_credentials("NEW", "58204917", "puente47rojo")
    print("   both are set")
    front.log_out()

    print("8. The new password logs in")
    front = FrontEnd(http, options.client_id, token["access_token"], root)
    front.identify("15000011")
    told = answered(front.log_in("15000011", "puente47rojo", PASSWORD))
    print(f"   welcome {told['customerName']}; credentialStatus {told['credentialStatus']}")
    front.log_out()
    print("Done.")


class FrontEnd:
    """One session of one front end: its sid, its keys, and how its fields are sealed (profile bound-1)."""

    def __init__(self, http: httpx.Client, client_id: str, token: str, root: dict[str, str]) -> None:
        self.http, self.client_id, self.token, self.root = http, client_id, token, root
        self.sid: str | None = None
        self.ek, self.iv, self.hk = os.urandom(32), os.urandom(16), os.urandom(32)
        self.exchange_keys()

    def exchange_keys(self) -> None:
        key = answered(self.call("GET", f"{SECURITY}/e2e-gateway/public-key/retrieve", self.headers()))
        check_signed(key, self.root)
        print(f"   public key {key['keyId']}, signed by the root key this program pins")
        public = rsa.RSAPublicNumbers(int(key["exponent"], 16), int(key["modulus"], 16)).public_key()
        material = (self.ek + self.iv + self.hk).hex().upper().encode()
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        path = f"{SECURITY}/e2e-gateway/symmetric-key/exchange"
        body = {
            "algorithm": "bound-1",
            "keyId": key["keyId"],
            "encryptedPayload": public.encrypt(material, oaep).hex().upper(),
            "encKeyCheckDigit": self.check_digit(self.ek),
            "hmacKeyCheckDigit": self.check_digit(self.hk),
        }
        told = answered(self.call("POST", path, self.headers(), body))
        print(f"   session keys agreed, good for {told['expiresIn']} seconds")

    def identify(self, customer: str) -> Body:
        path, headers = f"{SECURITY}/login/validate", self.headers()
        body = {"encryptedUserId": self.seal(customer, path, headers, "encryptedUserId")}
        told = answered(self.call("POST", path, headers, body))
        login_id = self.open(told["encryptedLoginId"], path, headers, "encryptedLoginId")
        print(f"   the server knows the customer as {login_id}")
        return told

    def log_in(self, customer: str, secret: str, kind: int) -> httpx.Response:
        path, headers = f"{SECURITY}/login", self.headers()
        sealed = self.seal(secret, path, headers, "encryptedCredential")
        credentials = {"userId": customer, "credentialType": kind, "encryptedCredential": sealed}
        return self.call("POST", path, headers, {"customerCredentials": credentials})

    def set_credentials(self, status: str, pin: str, password: str) -> None:
        path, headers = f"{SECURITY}/customers/credentials", self.headers()
        number, word = "newEncryptedAccessNumber", "newEncryptedAccessCredential"
        clear = {number: pin, word: password}
        sealed = {field: self.seal(text, path, headers, field) for field, text in clear.items()}
        answered(self.call("POST", path, headers, {"credentialStatus": status} | sealed))

    def log_out(self) -> None:
        answered(self.call("POST", f"{SECURITY}/logout", self.headers()))
        self.sid = None
        print("   logged out")

    def headers(self) -> Headers:
        """What every call carries; the uuid is fresh, for none is accepted twice."""
        who = {"client_id": self.client_id, "Authorization": f"Bearer {self.token}"}
        where = {"channelId": "MOVIL", "countryCode": "MX", "businessCode": "GCB"}
        usual = who | where | {"uuid": str(uuid.uuid4()), "Accept-Language": "en"}
        return usual if self.sid is None else usual | {"sid": self.sid}

    def call(self, method: str, path: str, headers: Headers, body: Body | None = None) -> httpx.Response:
        answer = self.http.request(method, f"/api{path}", headers=headers, json=body)
        # The first answer names the session, a login gives it a new name.
        self.sid = answer.headers.get("sid", self.sid)
        return answer

    def check_digit(self, key: bytes) -> str:
        """How the server sees that it holds the same key."""
        return aes_cbc(key, self.iv, b" " * 16).hex().upper()[:6]

    def seal(self, text: str, path: str, headers: Headers, field: str) -> str:
        iv, fill = os.urandom(16), PKCS7(128).padder()
        body = iv + aes_cbc(self.ek, iv, fill.update(text.encode()) + fill.finalize())
        return (body + self.tag("request", path, headers, field, body)).hex().upper()

    def open(self, value: str, path: str, headers: Headers, field: str) -> str:
        raw = bytes.fromhex(value)
        body, tag = raw[:-32], raw[-32:]
        if not hmac.compare_digest(tag, self.tag("response", path, headers, field, body)):
            raise SystemExit(f"{field} was changed on its way")
        decryptor = Cipher(algorithms.AES(self.ek), modes.CBC(body[:16])).decryptor()
        fill = PKCS7(128).unpadder()
        return (fill.update(decryptor.update(body[16:]) + decryptor.finalize()) + fill.finalize()).decode()

    def tag(self, direction: str, path: str, headers: Headers, field: str, body: bytes) -> bytes:
        """The MAC ties a value to this direction, operation, session, call and field."""
        bound = "\n".join(("aldaba-e2e-1", direction, path, headers.get("sid", ""), headers["uuid"], field))
        return hmac.digest(self.hk, bound.encode() + b"\n" + body, "sha256")


def aes_cbc(key: bytes, iv: bytes, text: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(text) + encryptor.finalize()


def check_signed(key: dict[str, str], root: dict[str, str]) -> None:
    """The public key is the server's, not a gateway's: an ES256 JWS by the root key says the same numbers."""
    header, payload, signature = key["signedKey"].split(".")
    if json.loads(unbase64url(header))["alg"] != "ES256":
        raise SystemExit("the key is signed in a way nobody agreed on")
    x, y = (int.from_bytes(unbase64url(root[name]), "big") for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unbase64url(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    # Raises InvalidSignature when the root key did not sign this.
    public.verify(encode_dss_signature(r, s), f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(unbase64url(payload))
    shown = (key["keyId"], bytes.fromhex(key["modulus"]), bytes.fromhex(key["exponent"]))
    if (said["kid"], unbase64url(said["n"]), unbase64url(said["e"])) != shown or said["exp"] < time.time():
        raise SystemExit("the signature is about another public key, or too old")


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def answered(answer: httpx.Response) -> Body:
    if answer.is_error:
        raise SystemExit(f"refused: {answer.status_code} {answer.text}")
    told: Body = answer.json() if answer.content else {}
    return told


def refused(answer: httpx.Response) -> None:
    error = answer.json()
    print(f"   {answer.status_code} {error['code']} {error['type']}; read {error['moreInfo']}")


def read_options() -> argparse.Namespace:
    kept = Path(os.environ.get("ALDABA_DATA", "var")) / "sandbox-application.json"
    known = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    parser = argparse.ArgumentParser(description="Plays a first login against a sandbox.")
    parser.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('ALDABA_PORT', '8080')}")
    parser.add_argument("--client-id", default=known.get("client_id"), required=not known)
    parser.add_argument("--client-secret", default=known.get("client_secret"), required=not known)
    return parser.parse_args()


if __name__ == "__main__":
    main()
