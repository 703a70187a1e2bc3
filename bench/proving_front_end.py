"""Front ends that prove who is there: challenges, recovery, account opening, the vendor's tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.factors import Token
from bench.front_ends import NEXT_PASSWORD, Bench, Line, Session, body_of, customer, customer_line

NIP = "3917"
EXPIRES = "1230"
SOFT_ACTIVE = 66
SMS_TO_PROVED_PHONE = 5
FIRST_PROVER = 50_000_000
"""Customers from this one on recover their access or are locked; they never log in."""
FIRST_CERTIFIED = 5_512_000_000
"""Phones from this one on belong to nobody yet."""
VALIDATING, UNLOCKING = "3", "2"
"""Functional ids: a signature, and a binding, which alone unlocks."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A session told which customer it is about."""

    session: Session
    customer: str
    ccs_id: str

    @property
    def phone(self) -> str:
        """Ten national digits."""
        return f"55{int(self.customer) - int(customer(0)):08d}"


def proof_lines(recovering: int, locked: int, phc: str, nip_phc: str) -> Iterator[Line]:
    """Customers with a card, and as many as told locked."""
    for number in range(FIRST_PROVER, FIRST_PROVER + recovering):
        card = {"number": f"5204164{customer(number)}", "expires": EXPIRES, "nipHash": nip_phc}
        yield customer_line(number, phc) | {"cards": [card]}
    for number in locked_customers(recovering, locked):
        access = {"passwordHash": phc, "locked": "S"}
        yield customer_line(number, phc) | {"access": access, "transmitCustomer": True}


def proofs_of(number: int, hard: range, soft: range) -> Line:
    """What an import says of a customer's token: those with a hard one are the vendor's as well."""
    if number in hard:
        return {"token": Token(customer(number)).line, "transmitCustomer": True}
    if number in soft:
        return {"token": Token(customer(number)).line | {"kind": "soft", "status": SOFT_ACTIVE}}
    return {}


def recovering_customers(count: int) -> list[str]:
    return [customer(FIRST_PROVER + number) for number in range(count)]


def locked_customers(recovering: int, count: int) -> range:
    return range(FIRST_PROVER + recovering, FIRST_PROVER + recovering + count)


@dataclass(frozen=True, slots=True)
class Prover:
    """Writes the requests of an application's sessions."""

    bench: Bench

    def question(self, session: Session) -> bytes:
        return self.bench.get("retrieve_challenge", self.bench.headers(session.sid))

    def response(self, session: Session, question: str, response: str) -> bytes:
        headers = self.bench.headers(session.sid)
        name = "oneTimePasswordToken"
        sealed = self.bench.sealed(session, headers, "validate_challenge", name, response, "c")
        return self.bench.post("validate_challenge", headers, {"challengeQuestion": question, name: sealed})

    def card(self, recovery: Recovery) -> bytes:
        headers = self.bench.headers(recovery.session.sid)
        name = "encryptedCredentialAccess"
        sealed = self.bench.sealed(recovery.session, headers, "validate_card", name, NIP, "a")
        body = {"ccsId": recovery.ccs_id, name: sealed, "expirationCardDate": EXPIRES}
        return self.bench.post("validate_card", headers, body)

    def phone(self, recovery: Recovery) -> bytes:
        body = {"ccsId": recovery.ccs_id, "phoneNumber": recovery.phone, "isFirstTime": False}
        return self.bench.post("validate_mobile_phone", self.bench.headers(recovery.session.sid), body)

    def code(self, recovery: Recovery) -> bytes:
        body = {"ccsId": recovery.ccs_id, "authType": SMS_TO_PROVED_PHONE, "isFirstTime": False}
        return self.bench.post("send_otp", self.bench.headers(recovery.session.sid), body)

    def new_access(self, recovery: Recovery, code: str) -> bytes:
        headers, session = self.bench.headers(recovery.session.sid), recovery.session
        word, number = "newEncryptedAccessCredential", "encryptedOtp"
        body = {
            "ccsId": recovery.ccs_id,
            word: self.bench.sealed(session, headers, "set_access", word, NEXT_PASSWORD, "b"),
            number: self.bench.sealed(session, headers, "set_access", number, code, "c"),
            "isFirstTime": False,
        }
        return self.bench.post("set_access", headers, body)

    def order(self, session: Session, phone: str) -> bytes:
        headers = self.bench.headers(session.sid)
        return self.bench.post(
            "generate_rao_token", headers, self._named(session, headers, phone, "generate")
        )

    def certify(self, session: Session, phone: str, code: str) -> bytes:
        headers, operation, name = self.bench.headers(session.sid), "validate_rao_token", "encryptedOtpToken"
        named = self._named(session, headers, phone, "validate")
        sealed = self.bench.sealed(session, headers, operation, name, code, "c")
        return self.bench.post(operation, headers, {"phone": named, name: sealed})

    def certified(self, session: Session) -> bytes:
        return self.bench.get("certified_phone", self.bench.headers(session.sid))

    def _named(self, session: Session, headers: dict[str, str], phone: str, what: str) -> dict[str, str]:
        operation, name = f"{what}_rao_token", "encryptedPhoneNumber"
        sealed = self.bench.sealed(session, headers, operation, name, phone, "c")
        return {"phoneCountryCode": "+52", name: sealed}

    def vendor_token(self, session: Session, user: str, jwt: str) -> bytes:
        body = {"transmitToken": jwt, "customerId": user, "grantType": VALIDATING}
        return self.bench.post("validate_jwt", self.bench.headers(session.sid), body)

    def unlock(self, session: Session, user: str, jwt: str) -> bytes:
        headers, name = self.bench.headers(session.sid), "encryptedCustomerId"
        sealed = self.bench.sealed(session, headers, "unlock_access", name, user, "c")
        return self.bench.post("unlock_access", headers, {"jwtToken": jwt, "customer": {name: sealed}})

    async def begin(self, users: Sequence[str]) -> list[Recovery]:
        """A fresh session for each customer, as a forgotten password begins."""
        sessions = await self.bench.sessions(len(users))
        pairs = list(zip(sessions, users, strict=True))
        answers = await self.bench.set_up([self.bench.validate_request(*pair) for pair in pairs])
        return [
            Recovery(session, user, str(body_of(answer)["ccsId"]))
            for (session, user), answer in zip(pairs, answers, strict=True)
        ]
