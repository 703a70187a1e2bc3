"""The ready-made bank: one customer for each story, chosen by the last digits of the number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from aldaba.crypto import base64text
from aldaba.crypto.digests import keyed_digest
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.customer import Customer, initial_access
from aldaba.domain.lockout import Guard
from aldaba.domain.policy import Policy
from aldaba.domain.profile import Expiry, enrolled
from aldaba.domain.token import Token
from aldaba.sandbox.wording import wording
from aldaba.service.code_sender import OPENING_TO_PHONE, SENT_TO_CUSTOMER, SENT_TO_PHONE
from aldaba.service.day_limits import DayLimits
from aldaba.service.new_access import OTP_DAY
from aldaba.service.phone_certification import TRIES_DAY
from aldaba.service.ports import Clock, Transaction
from aldaba.service.records import ccs_id_of, phone_key
from aldaba.service.recovery import CARD_DAY, PHONE_DAY
from aldaba.service.secret_rules import LOOKS_DAY

PIN = "30203021"
PASSWORD = "mobile20x"
TEMPORARY_PIN = "71502846"
NIP = "1234"
REPRESENTATIVES = 3
"""The most legal representatives a ready-made company has."""

DAY_LIMITS = (
    CARD_DAY,
    PHONE_DAY,
    OTP_DAY,
    LOOKS_DAY,
    SENT_TO_CUSTOMER,
    SENT_TO_PHONE,
    OPENING_TO_PHONE,
    TRIES_DAY,
)
"""What is counted by the day for a customer or a phone."""

BOTH = {"pin": PIN, "password": PASSWORD}


@dataclass(frozen=True, slots=True)
class Story:
    """A ready-made customer: what its import line says beside the usual. ``texts.yaml`` says its purpose."""

    number: str
    line: Mapping[str, Any] = field(default_factory=dict)
    unlocked: bool = False
    """True for the customer whose password an unlock has expired."""


def _company(*representatives: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return (
        {"name": "FERRETERIA DEL VALLE SA DE CV", "customerType": 1506, "access": None}
        | {"legalRepresentatives": list(representatives)}
        | more
    )


def _representative(number: str, name: str) -> Mapping[str, Any]:
    return {"id": number, "name": name, "access": BOTH}


STORIES = (
    Story("15000010"),
    Story(
        "15000011",
        {"access": {"temporaryPin": TEMPORARY_PIN}},
    ),
    Story(
        "15000012",
        {"access": BOTH | {"temporaryPin": TEMPORARY_PIN}},
    ),
    Story("15000013", {"access": {"pin": PIN}}),
    Story("15000014", unlocked=True),
    Story("15000015", {"access": BOTH | {"locked": "D"}, "transmitCustomer": True}),
    Story("15000016", {"access": BOTH | {"locked": "S"}, "transmitCustomer": True}),
    Story("15000017", {"access": BOTH | {"locked": "I"}, "transmitCustomer": True}),
    Story("15000018", {"blackListed": True}),
    Story(
        "15000019",
        {"electronicBanking": "none", "access": {}},
    ),
    Story("15000020", {"electronicBanking": "cancelled"}),
    Story("15000021", _company(_representative("1", "ELENA TORRES DIAZ"))),
    Story(
        "15000022",
        _company(_representative("1", "ELENA TORRES DIAZ"), _representative("2", "RAUL MEDINA CASTRO")),
    ),
    Story("15000023", _company(access=BOTH)),
    Story("15000024", {"customerType": 1521}),
    Story(
        "15000025",
        {"token": {"kind": "soft", "status": 66}, "transmitCustomer": True},
    ),
    Story("15000026", {"token": {"kind": "soft", "status": 64}}),
    Story("15000027", {"token": {"kind": "soft", "status": 63}}),
    Story("15000028", {"mobileBanking": {"registrationStatus": "2"}}),
    Story("15000029", {"mobileBanking": {"registrationStatus": "0"}}),
    Story("15000030"),
    Story("15000031"),
)

_PLAIN = frozenset({"15000011", "15000019", "15000029"})
"""Without device and token."""


def vasco_id(number: str) -> str:
    """The device id of a ready-made customer's phone: 32 HEX digits."""
    return f"f96dd4b2dc083008f786950f{number}"


def application_device_id(number: str) -> str:
    return f"8f786950fee311df1f96dd4b{number}"


def card_number(number: str) -> str:
    """A Luhn-valid card that ends like the customer's number."""
    body = f"5204164{number}"
    digits = [int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(body))]
    total = sum(value - 9 if value > 9 else value for value in digits)
    return f"{body}{-total % 10}"


def phone_number(number: str) -> str:
    return f"55{number}"


def unused(token: Token) -> Token:
    """The token as it was made: not locked, nothing of it spent."""
    return replace(token, guard=Guard(), counter=0, last_step=-1, drift=0, resyncing=False)


class Bank:
    """The ready-made customers as import lines, with keys and seeds that only this sandbox has."""

    def __init__(self, keyring: Callable[[], Keyring], policy: Policy, clock: Clock) -> None:
        self._keyring = keyring
        self._policy = policy
        self._clock = clock

    def lines(self) -> list[dict[str, Any]]:
        """Every ready-made customer in the format of ``customers import``."""
        return [self.line(story) for story in STORIES]

    def line(self, story: Story) -> dict[str, Any]:
        line: dict[str, Any] = {
            "customerId": story.number,
            "name": "ARTURO HERNANDEZ RAMIREZ",
            "customerType": 1551,
            "electronicBanking": "active",
            "termsAccepted": True,
            "mobileBanking": {"registrationStatus": "1"},
            "phones": [
                {"countryCode": "+52", "number": phone_number(story.number), "certified": True, "best": True}
            ],
            "cards": [
                {"number": card_number(story.number), "expires": "1230", "nip": NIP, "status": "active"}
            ],
            "access": BOTH,
        }
        if story.number not in _PLAIN:
            line |= {"devices": [self._device(story.number)], "token": {"kind": "hard", "status": 56}}
        line |= story.line
        if "token" in line:
            line["token"] = self._token(story.number) | line["token"]
        return line

    def _device(self, number: str) -> dict[str, Any]:
        private = self.device_jwk(number)
        public = {name: value for name, value in private.items() if name != "d"}
        return {
            "vascoDeviceId": vasco_id(number),
            "applicationDeviceId": application_device_id(number),
            "publicKeyJwk": public,
        }

    def _token(self, number: str) -> dict[str, Any]:
        return {
            "serial": f"SB-{number}",
            "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M",
            "secretHex": self._drawn("token", number).hex(),
        }

    def device_jwk(self, number: str) -> dict[str, str]:
        """The private key on the customer's phone, for signing biometric tokens in trials (RFC 7517)."""
        scalar = int.from_bytes(self._drawn("device", number), "big") % (2**255) + 1
        numbers = ec.derive_private_key(scalar, ec.SECP256R1()).private_numbers()
        public = numbers.public_numbers
        coordinates = {"x": public.x, "y": public.y, "d": numbers.private_value}
        encoded = {
            name: base64text.encode_url(value.to_bytes(32, "big")) for name, value in coordinates.items()
        }
        return {"kty": "EC", "crv": "P-256", **encoded}

    def _drawn(self, what: str, number: str) -> bytes:
        return keyed_digest(self._keyring().current(KeyName.IDENTITY).secret, f"sandbox {what}", number)

    def told(self) -> list[dict[str, Any]]:
        """What ``GET /sandbox/customers`` says: import lines, what each is for, and the private halves."""
        told = []
        for story, line in zip(STORIES, self.lines(), strict=True):
            extra: dict[str, Any] = {
                "customerId": story.number,
                "purpose": wording().stories[story.number]["en"],
            }
            if line.get("devices"):
                extra["deviceKeyJwk"] = self.device_jwk(story.number)
            told.append(extra | line)
        return told

    def forget(self, transaction: Transaction) -> None:
        """Take the ready-made customers out: their sessions, what was made of them, what was counted."""
        for story in STORIES:
            self._forget_counts(transaction, phone_key(self._keyring(), f"+52{phone_number(story.number)}"))
            for representative in ("", *(str(number + 1) for number in range(REPRESENTATIVES))):
                ccs_id = ccs_id_of(self._keyring(), story.number, representative)
                profile = transaction.profiles.find(ccs_id)
                if profile is not None and profile.live_session is not None:
                    transaction.sessions.end(profile.live_session.handle)
                transaction.profiles.remove(ccs_id)
                self._forget_counts(transaction, ccs_id)
            transaction.devices.replace_all(story.number, ())
            transaction.tokens.release(story.number)
            token = transaction.tokens.find(f"SB-{story.number}")
            if token is not None:
                transaction.tokens.save(unused(token))
            transaction.customers.remove(story.number)
        transaction.messages.clear()

    def _forget_counts(self, transaction: Transaction, of: str) -> None:
        """Set back today's limits of a profile or a phone."""
        now = self._clock()
        for kind in DAY_LIMITS:
            DayLimits(self._policy).begin_anew(transaction, kind, of, now)

    def finish(self, transaction: Transaction) -> None:
        """What no import line can say: a password that an unlock has expired."""
        for story in STORIES:
            customer = transaction.customers.find(story.number)
            if story.unlocked and customer is not None:
                self._expire(transaction, customer)

    def _expire(self, transaction: Transaction, customer: Customer) -> None:
        ccs_id = ccs_id_of(self._keyring(), customer.customer_id, "")
        access = initial_access(customer, "")
        profile = enrolled(customer, ccs_id, "", access, self._clock(), self._policy)
        password = replace(profile.password, expired=Expiry.UNLOCK)
        transaction.profiles.save(replace(profile, password=password))
