"""A front end as an integrator would write it: httpx and cryptography, nothing of the server's own code.

Tests, races and benchmarks drive the server through it. It keeps what a front end keeps: a token, a
session handle, its keys.
"""

import base64
import hmac
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

GLOBAL = "/api/v1/x-global/security"
RAO = "/api/v1/x-global/account-opening/rao/security/tokens"
PATHS = {
    "retrieve_public_key": f"{GLOBAL}/e2e-gateway/public-key/retrieve",
    "exchange_keys": f"{GLOBAL}/e2e-gateway/symmetric-key/exchange",
    "prelogin_v1": f"{GLOBAL}/login/validate",
    "prelogin_v2": "/api/v2/x-global/security/login/validate",
    "login": f"{GLOBAL}/login",
    "logout": f"{GLOBAL}/logout",
    "validate_credentials": f"{GLOBAL}/customers/credentials/validate",
    "set_credentials": f"{GLOBAL}/customers/credentials",
    "credentials_status": f"{GLOBAL}/customers/credentials/status",
    "validate_card": f"{GLOBAL}/customers/card-plastic/information/validate",
    "validate_mobile_phone": f"{GLOBAL}/customers/mobile-phone/validate",
    "send_otp": f"{GLOBAL}/otp/send",
    "set_access": f"{GLOBAL}/customers/access/set",
    "retrieve_challenge": f"{GLOBAL}/challenge/retrieve",
    "validate_challenge": f"{GLOBAL}/challenge/validate",
    "validate_jwt": f"{GLOBAL}/jwt/validate",
    "register_transmit_customer": f"{GLOBAL}/transmit-customer",
    "validate_transmit_customer": f"{GLOBAL}/transmit-customer/validate",
    "generate_rao_token": f"{RAO}/generate",
    "validate_rao_token": f"{RAO}/validate",
    "certified_phone": f"{RAO}/certified-phone",
    "unlock_access": "/api/v1/open-banking/x-global/security/customers/electronic-banking/access/unlock",
    "enrol_device": f"{GLOBAL}/devices/enrol",
    "revoke_device": f"{GLOBAL}/devices/revoke",
}
GETS = frozenset({"retrieve_public_key", "retrieve_challenge", "certified_phone"})
TYPES = {"pin": 1, "password": 2, "biometric": 3}
KINDS = {"pin": "a", "password": "b", "biometric": "c"}
SEALED_KINDS = {"encryptedCredentialAccess": "a", "newEncryptedAccessCredential": "b"}
"""Of sealed fields that are neither credential nor plain text: the portal profile's letter; c otherwise."""


def uuid7() -> str:
    """RFC 9562 version 7, which Python 3.11 cannot make itself."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def cbc(key: bytes, iv: bytes, text: bytes) -> bytes:
    """AES-256-CBC of a text padded by PKCS#7."""
    fill = 16 - len(text) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(text + bytes([fill]) * fill) + encryptor.finalize()


def _open_cbc(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    return padded[: -padded[-1]]


@dataclass(slots=True)
class Keys:
    """EK, IV, HK and what the session knows of server randoms (profile ``portal``)."""

    profile: str
    ek: bytes = field(default_factory=lambda: os.urandom(32))
    iv: bytes = field(default_factory=lambda: os.urandom(16))
    hk: bytes = field(default_factory=lambda: os.urandom(32))
    randoms: list[str] = field(default_factory=list)
    spending: tuple[str, str] = ("", "")
    """The request being written and the server random that all of its fields share."""

    def digit(self, key: bytes) -> str:
        encryptor = Cipher(algorithms.AES(key), modes.CBC(self.iv)).encryptor()
        return encryptor.update(b" " * 16).hex().upper()[:6]

    def seal(self, text: str, aad: tuple[str, ...], kind: str) -> str:
        if self.profile == "portal":
            clear = os.urandom(16).hex().upper() + self._random(aad[3]) + kind + text
            sealed = cbc(self.ek, self.iv, clear.encode())
            return (sealed + hmac.digest(self.hk, sealed, "sha256")).hex().upper()
        iv = os.urandom(16)
        body = iv + cbc(self.ek, iv, text.encode())
        return (body + self._tag(aad, body)).hex().upper()

    def _random(self, request: str) -> str:
        if self.spending[0] != request:
            self.spending = request, self.randoms.pop()
        return self.spending[1]

    def _tag(self, aad: tuple[str, ...], body: bytes) -> bytes:
        return hmac.digest(self.hk, "\n".join(("aldaba-e2e-1", *aad)).encode() + b"\n" + body, "sha256")

    def open(self, value: str, aad: tuple[str, ...]) -> str:
        """An answer's value; its MAC is checked as a careful front end would."""
        raw = bytes.fromhex(value)
        body, tag = raw[:-32], raw[-32:]
        if self.profile == "portal":
            assert hmac.compare_digest(tag, hmac.digest(self.hk, body, "sha256"))
            return _open_cbc(self.ek, self.iv, body).decode()[65:]
        assert hmac.compare_digest(tag, self._tag(aad, body))
        return _open_cbc(self.ek, body[:16], body[16:]).decode()

    def learn(self, event_id: str) -> None:
        sealed, tag = (base64.b64decode(part) for part in event_id.split("."))
        assert hmac.compare_digest(tag, hmac.digest(self.hk, sealed, "sha256"))
        self.randoms.append(_open_cbc(self.ek, self.iv, sealed).decode())


def offer(public: dict[str, str], keys: Keys) -> dict[str, str]:
    """The body that hands these keys over, under the public key of a retrieval."""
    key = rsa.RSAPublicNumbers(int(public["exponent"], 16), int(public["modulus"], 16)).public_key()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    portal = keys.profile == "portal"
    material = (keys.ek + keys.iv + keys.hk).hex().upper().encode()
    return {
        "algorithm": "AES" if portal else keys.profile,
        "keyId": public["keyId"],
        "encryptedPayload": key.encrypt(material, padding.PKCS1v15() if portal else oaep).hex().upper(),
        "encKeyCheckDigit": keys.digit(keys.ek),
        "hmacKeyCheckDigit": keys.digit(keys.hk),
    }


@dataclass(slots=True)
class FrontEnd:
    """One front end with one session over one HTTP client."""

    http: httpx.AsyncClient
    client_id: str
    client_secret: str
    channel: str = "MOVIL"
    language: str = "en"
    token: str | None = None
    sid: str | None = None
    keys: Keys | None = None
    ccs_id: str | None = None

    async def sign_in(self) -> None:
        """Fetch an access token."""
        answer = await self.http.post(
            "/api/v1/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self.client_id, self.client_secret),
        )
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]

    def headers(self, **changes: str | None) -> dict[str, str]:
        """The common headers with a fresh uuid; a change to None leaves one out."""
        usual: dict[str, str | None] = {
            "client_id": self.client_id,
            "Authorization": f"Bearer {self.token}",
            "uuid": str(uuid.uuid4()),
            "channelId": self.channel,
            "countryCode": "MX",
            "businessCode": "GCB",
            "Accept": "application/json",
            "Accept-Language": self.language,
            "sid": self.sid,
        }
        usual |= changes
        return {name: value for name, value in usual.items() if value is not None}

    async def call(
        self,
        operation: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        keep_sid: bool = True,
    ) -> httpx.Response:
        """Send a request; remember the sid and the server random of its answer."""
        sent = headers or self.headers()
        method = "GET" if operation in GETS else "POST"
        answer = await self.http.request(method, PATHS[operation], headers=sent, json=body)
        if keep_sid and "sid" in answer.headers:
            self.sid = answer.headers["sid"]
        if "eventId" in answer.headers and self.keys is not None:
            self.keys.learn(answer.headers["eventId"])
        return answer

    def seal(self, headers: dict[str, str], operation: str, name: str, text: str, kind: str = "c") -> str:
        """A sealed field for the request with these headers."""
        assert self.keys is not None
        path = PATHS[operation].removeprefix("/api")
        aad = ("request", path, headers.get("sid", ""), headers["uuid"].lower(), name)
        return self.keys.seal(text, aad, kind)

    async def exchange(self, profile: str = "bound-1") -> httpx.Response:
        """Fetch the public key and agree on session keys."""
        public = (await self.call("retrieve_public_key")).json()
        self.keys = Keys(profile)
        return await self.call("exchange_keys", offer(public, self.keys))

    async def ready(self, profile: str = "bound-1") -> "FrontEnd":
        """Token and session keys."""
        await self.sign_in()
        answer = await self.exchange(profile)
        assert answer.status_code == 200, answer.text
        return self

    async def prelogin(self, user: str, operation: str = "prelogin_v1", **more: str) -> httpx.Response:
        headers = self.headers()
        sealed = self.seal(headers, operation, "encryptedUserId", user)
        answer = await self.call(operation, {"encryptedUserId": sealed, **more}, headers=headers)
        if answer.status_code == 200:
            self.ccs_id = answer.json()["ccsId"]
        return answer

    async def login(self, user: str, secret: str, factor: str = "password", **more: Any) -> httpx.Response:
        headers = more.pop("headers", None) or self.headers()
        sealed = self.seal(headers, "login", "encryptedCredential", secret, KINDS[factor])
        credentials = {"userId": user, "credentialType": TYPES[factor], "encryptedCredential": sealed}
        return await self.call("login", {"customerCredentials": credentials, **more}, headers=headers)

    async def logout(self) -> httpx.Response:
        return await self.call("logout")

    async def set_credentials(
        self, status: str, *, pin: str | None = None, password: str | None = None
    ) -> httpx.Response:
        headers = self.headers()
        body = {"credentialStatus": status}
        if pin is not None:
            name = "newEncryptedAccessNumber"
            body[name] = self.seal(headers, "set_credentials", name, pin, "a")
        if password is not None:
            name = "newEncryptedAccessCredential"
            body[name] = self.seal(headers, "set_credentials", name, password, "b")
        return await self.call("set_credentials", body, headers=headers)

    async def status(self, customer: str, **more: str) -> httpx.Response:
        return await self.call("credentials_status", {"customerId": customer, **more})

    def sealed_body(
        self, operation: str, clear: dict[str, Any], headers: dict[str, str] | None = None, **sealed: str
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """A body of clear fields and of sealed ones, given as text, with the headers it is bound to."""
        sent = headers or self.headers()
        secret = {
            name: self.seal(sent, operation, name, text, SEALED_KINDS.get(name, "c"))
            for name, text in sealed.items()
        }
        return clear | secret, sent

    async def validate_card(
        self, nip: str, expires: str = "1230", *, ccs_id: str | None = None
    ) -> httpx.Response:
        clear = {"ccsId": ccs_id or self.ccs_id, "expirationCardDate": expires}
        body, headers = self.sealed_body("validate_card", clear, encryptedCredentialAccess=nip)
        return await self.call("validate_card", body, headers=headers)

    async def validate_phone(
        self, number: str, *, first_time: bool = False, ccs_id: str | None = None
    ) -> httpx.Response:
        body = {"ccsId": ccs_id or self.ccs_id, "phoneNumber": number, "isFirstTime": first_time}
        return await self.call("validate_mobile_phone", body)

    async def send_otp(
        self, auth_type: int = 5, *, first_time: bool = False, ccs_id: str | None = None
    ) -> httpx.Response:
        body = {"ccsId": ccs_id or self.ccs_id, "authType": auth_type, "isFirstTime": first_time}
        return await self.call("send_otp", body)

    async def set_access(
        self, password: str, otp: str, *, first_time: bool = False, ccs_id: str | None = None
    ) -> httpx.Response:
        clear = {"ccsId": ccs_id or self.ccs_id, "isFirstTime": first_time}
        body, headers = self.sealed_body(
            "set_access", clear, newEncryptedAccessCredential=password, encryptedOtp=otp
        )
        return await self.call("set_access", body, headers=headers)

    async def challenge(self) -> httpx.Response:
        return await self.call("retrieve_challenge")

    async def answer_challenge(self, question: str, response: str) -> httpx.Response:
        body, headers = self.sealed_body(
            "validate_challenge", {"challengeQuestion": question}, oneTimePasswordToken=response
        )
        return await self.call("validate_challenge", body, headers=headers)

    async def validate_jwt(self, token: str, customer: str, grant: str = "2") -> httpx.Response:
        body = {"transmitToken": token, "customerId": customer, "grantType": grant}
        return await self.call("validate_jwt", body)

    async def register_transmit(self) -> httpx.Response:
        return await self.call("register_transmit_customer")

    async def transmit_customer(self, customer: str) -> httpx.Response:
        return await self.call("validate_transmit_customer", {"customerId": customer})

    async def generate_rao(self, number: str, country: str = "+52") -> httpx.Response:
        body, headers = self.sealed_body(
            "generate_rao_token", {"phoneCountryCode": country}, encryptedPhoneNumber=number
        )
        return await self.call("generate_rao_token", body, headers=headers)

    async def validate_rao(self, otp: str, number: str, country: str = "+52") -> httpx.Response:
        phone, headers = self.sealed_body(
            "validate_rao_token", {"phoneCountryCode": country}, encryptedPhoneNumber=number
        )
        body, headers = self.sealed_body(
            "validate_rao_token", {"phone": phone}, headers, encryptedOtpToken=otp
        )
        return await self.call("validate_rao_token", body, headers=headers)

    async def certified_phone(self) -> httpx.Response:
        return await self.call("certified_phone")

    async def unlock(
        self,
        customer: str,
        token: str,
        *,
        headers: dict[str, str] | None = None,
        grant: str | None = None,
        representative: str | None = None,
    ) -> httpx.Response:
        clear = {} if representative is None else {"legalRepresentativeId": representative}
        named, headers = self.sealed_body("unlock_access", clear, headers, encryptedCustomerId=customer)
        body = {"jwtToken": token, "customer": named} | ({} if grant is None else {"grantType": grant})
        return await self.call("unlock_access", body, headers=headers)

    async def enrol_device(self, application_id: str, jwk: dict[str, str], **more: str) -> httpx.Response:
        body = {"applicationDeviceId": application_id, "publicKeyJwk": jwk, **more}
        return await self.call("enrol_device", body)

    async def revoke_device(self, application_id: str) -> httpx.Response:
        return await self.call("revoke_device", {"applicationDeviceId": application_id})

    async def messages(self, to: str) -> list[dict[str, Any]]:
        """What the sandbox delivered to this phone (E.164), newest first."""
        answer = await self.http.get("/sandbox/messages", params={"to": to})
        told: list[dict[str, Any]] = answer.json()
        return told

    async def code_sent(self, to: str) -> str:
        """The newest one-time code delivered to this phone."""
        return str((await self.messages(to))[0]["otp"])

    async def vendor_jwt(self, customer: str, grant: str = "2") -> str:
        """What the soft-token vendor signs for this customer."""
        asked = {"customerId": customer, "grantType": grant}
        return str((await self.http.post("/sandbox/vendor-jwt", json=asked)).json()["jwt"])

    async def token_response(self, customer: str, challenge: str = "00000000") -> str:
        """What the customer's token shows for this challenge, or by itself."""
        asked = {"customerId": customer, "challenge": challenge}
        return str((await self.http.post("/sandbox/token-response", json=asked)).json()["response"])
