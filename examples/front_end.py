"""The front end that the later examples share: the one of first_login.py, taught more steps.

Like that one it needs nothing but httpx and cryptography, and imports nothing of the server. The examples
run in this repository's folder while the sandbox is served (`make serve`):

    .venv/bin/python -m examples.forgotten_password
"""

from typing import Any

import httpx
from examples.first_login import SECURITY, Body, Headers, answered, read_options, refused
from examples.first_login import FrontEnd as FirstFrontEnd

__all__ = ["NEW_PASSWORD", "PASSWORD", "SECURITY", "FrontEnd", "Sandbox", "answered", "refused", "step"]

PASSWORD, NEW_PASSWORD = "mobile20x", "puente47rojo"
NIP, CARD_EXPIRES = "1234", "1230"


class Sandbox:
    """The ready-made bank put back to its first state, and an access token for it."""

    def __init__(self) -> None:
        options = read_options()
        self.url, self.client_id = options.url, options.client_id
        self.http = httpx.Client(base_url=options.url, timeout=15)
        self.http.post("/sandbox/reset").raise_for_status()
        # Phones and tokens of these examples go by the real time.
        self.http.post("/sandbox/clock", json={"reset": True}).raise_for_status()
        self.root = self.http.get("/.well-known/aldaba-e2e-root.json").json()
        form, application = {"grant_type": "client_credentials"}, (options.client_id, options.client_secret)
        told = answered(self.http.post("/api/v1/oauth/token", data=form, auth=application))
        self.token: str = told["access_token"]

    def front_end(self, channel: str = "MOVIL") -> "FrontEnd":
        return FrontEnd(self, channel)

    def code_sent_to(self, phone: str) -> str:
        """The newest code that lies in this phone's messages."""
        told = answered_list(self.http.get("/sandbox/messages", params={"to": phone}))
        return next(str(message["otp"]) for message in told if message["otp"])

    def token_shows(self, customer: str, question: str) -> str:
        """What the customer reads on the token."""
        asked = {"customerId": customer, "challenge": question}
        return str(answered(self.http.post("/sandbox/token-response", json=asked))["response"])

    def vendor_signs(self, customer: str, grant: str) -> str:
        """What the customer's soft-token app brings."""
        asked = {"customerId": customer, "grantType": grant}
        return str(answered(self.http.post("/sandbox/vendor-jwt", json=asked))["jwt"])


class FrontEnd(FirstFrontEnd):
    """One session. Each step of a journey is one method."""

    def __init__(self, sandbox: Sandbox, channel: str) -> None:
        self.channel = channel
        super().__init__(sandbox.http, sandbox.client_id, sandbox.token, sandbox.root)

    def headers(self) -> Headers:
        return super().headers() | {"channelId": self.channel}

    def post(
        self, path: str, body: Body, *, sealed: dict[str, str] | None = None, headers: Headers | None = None
    ) -> httpx.Response:
        """Send a body with these fields sealed beside the others."""
        sent = headers or self.headers()
        fields = {name: self.seal(text, path, sent, name) for name, text in (sealed or {}).items()}
        return self.call("POST", path, sent, body | fields)

    def get(self, path: str) -> httpx.Response:
        return self.call("GET", path, self.headers())

    def name_customer(self, customer: str) -> Body:
        """The first step of whoever forgot the password; its `ccsId` names the customer from then on."""
        path = f"{SECURITY}/customers/credentials/validate"
        told = answered(self.post(path, {}, sealed={"encryptedUserId": customer}))
        print(f"   it is {told['maskedCustomerName']}")
        return told

    def prove_card(self, ccs_id: str) -> None:
        path = f"{SECURITY}/customers/card-plastic/information/validate"
        body = {"ccsId": ccs_id, "expirationCardDate": CARD_EXPIRES}
        answered(self.post(path, body, sealed={"encryptedCredentialAccess": NIP}))
        print("   the card is the customer's, and the NIP its own")

    def prove_phone(self, ccs_id: str, phone: str) -> None:
        path = f"{SECURITY}/customers/mobile-phone/validate"
        told = answered(self.post(path, {"ccsId": ccs_id, "phoneNumber": phone, "isFirstTime": False}))
        print(f"   the phone is known; the best one: {told['bestPhoneFlag']}")

    def order_code(self, ccs_id: str, way: int) -> None:
        body = {"ccsId": ccs_id, "authType": way, "isFirstTime": False}
        answered(self.post(f"{SECURITY}/otp/send", body))

    def set_access(self, ccs_id: str, code: str, password: str) -> httpx.Response:
        clear = {"newEncryptedAccessCredential": password, "encryptedOtp": code}
        path = f"{SECURITY}/customers/access/set"
        return self.post(path, {"ccsId": ccs_id, "isFirstTime": False}, sealed=clear)

    def enter(self, customer: str, password: str = PASSWORD) -> Body:
        """Prelogin and login by password."""
        self.identify(customer)
        told = answered(self.log_in(customer, password, 2))
        print(f"   welcome {told['customerName']}; credentialStatus {told['credentialStatus']}")
        return told

    def question(self) -> str:
        """A challenge for the customer's token."""
        return str(answered(self.get(f"{SECURITY}/challenge/retrieve"))["challengeQuestion"])

    def respond(self, question: str, response: str) -> httpx.Response:
        body = {"challengeQuestion": question, "oneTimePasswordToken": response}
        return self.post(f"{SECURITY}/challenge/validate", body)

    def introspect(self) -> Body:
        """What the bank's other systems are told of this session."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        return answered(
            self.http.post("/api/v1/sessions/introspect", data={"token": self.sid}, headers=bearer)
        )


def answered_list(answer: httpx.Response) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = answer.raise_for_status().json()
    return told


def step(text: str) -> None:
    print(text)
