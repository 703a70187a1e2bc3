"""A front end that knows the way to new access, challenges, the token vendor and account opening too."""

import base64
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import httpx
from tests.conftest import Bank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import NIP, PASSWORD, card_number, phone_number

NEW_PASSWORD = "puente47rojo"
EXPIRES = "1230"
TOKEN_QUESTION = "00000000"
SMS, VOICE, ANY_TOKEN, HARD_TOKEN, SOFT_TOKEN = 5, 4, 0, 1, 2


class Recovering(FrontEnd):
    """The steps that a front end for these journeys takes; each answers what the server answered."""

    async def ready(self, profile: str = "bound-1") -> "Recovering":
        await super().ready(profile)
        return self

    async def identify(self, user: str) -> httpx.Response:
        """As a forgotten password begins: ``validate_credentials``."""
        return await self.prelogin(user, "validate_credentials")

    async def card(
        self, nip: str = NIP, expires: str = EXPIRES, *, ccs_id: str | None = None
    ) -> httpx.Response:
        headers = self.headers()
        sealed = self.seal(headers, "validate_card", "encryptedCredentialAccess", nip, "a")
        body = {"ccsId": ccs_id or self.ccs_id, "encryptedCredentialAccess": sealed}
        return await self.call("validate_card", body | {"expirationCardDate": expires}, headers=headers)

    async def phone(
        self, number: str, *, first_time: bool = False, ccs_id: str | None = None
    ) -> httpx.Response:
        body = {"ccsId": ccs_id or self.ccs_id, "phoneNumber": number, "isFirstTime": first_time}
        return await self.call("validate_mobile_phone", body)

    async def send(
        self, way: int = SMS, *, first_time: bool = False, ccs_id: str | None = None
    ) -> httpx.Response:
        body = {"ccsId": ccs_id or self.ccs_id, "authType": way, "isFirstTime": first_time}
        return await self.call("send_otp", body)

    async def new_access(
        self,
        code: str,
        password: str = NEW_PASSWORD,
        *,
        first_time: bool = False,
        ccs_id: str | None = None,
    ) -> httpx.Response:
        headers = self.headers()
        word, number = "newEncryptedAccessCredential", "encryptedOtp"
        body = {
            "ccsId": ccs_id or self.ccs_id,
            word: self.seal(headers, "set_access", word, password, "b"),
            number: self.seal(headers, "set_access", number, code),
            "isFirstTime": first_time,
        }
        return await self.call("set_access", body, headers=headers)

    async def question(self) -> str:
        answer = await self.call("retrieve_challenge")
        assert answer.status_code == 200, answer.text
        question: str = answer.json()["challengeQuestion"]
        return question

    async def respond(self, question: str, response: str, *, sealed: bool = False) -> httpx.Response:
        headers = self.headers()
        if sealed:
            response = self.seal(headers, "validate_challenge", "oneTimePasswordToken", response)
        body = {"challengeQuestion": question, "oneTimePasswordToken": response}
        return await self.call("validate_challenge", body, headers=headers)

    async def order_code(self, number: str, country: str = "+52") -> httpx.Response:
        """``generate_rao_token``, its field in the dot rendering of that page."""
        headers = self.headers()
        sealed = dotted(self.seal(headers, "generate_rao_token", "encryptedPhoneNumber", number))
        body = {"phoneCountryCode": country, "encryptedPhoneNumber": sealed}
        return await self.call("generate_rao_token", body, headers=headers)

    async def certify(self, number: str, code: str, country: str = "+52") -> httpx.Response:
        headers = self.headers()
        phone = dotted(self.seal(headers, "validate_rao_token", "encryptedPhoneNumber", number))
        body = {
            "phone": {"phoneCountryCode": country, "encryptedPhoneNumber": phone},
            "encryptedOtpToken": dotted(self.seal(headers, "validate_rao_token", "encryptedOtpToken", code)),
        }
        return await self.call("validate_rao_token", body, headers=headers)

    async def unlock_with(self, customer: str, jwt: str, **more: str) -> httpx.Response:
        """``unlock_access``, without a bearer token as its page allows."""
        headers = self.headers(Authorization=None)
        sealed = dotted(self.seal(headers, "unlock_access", "encryptedCustomerId", customer))
        named = {"encryptedCustomerId": sealed}
        if "representative" in more:
            named["legalRepresentativeId"] = more.pop("representative")
        return await self.call("unlock_access", {"jwtToken": jwt, "customer": named} | more, headers=headers)

    async def vendor_token(self, customer: str, jwt: str, grant: str = "3") -> httpx.Response:
        body = {"transmitToken": jwt, "customerId": customer, "grantType": grant}
        return await self.call("validate_jwt", body)


def dotted(sealed: str) -> str:
    """The other rendering: Base64 of value and tag with a dot between."""
    raw = bytes.fromhex(sealed)
    return f"{base64.b64encode(raw[:-32]).decode()}.{base64.b64encode(raw[-32:]).decode()}"


async def recovering(
    bank: Bank, profile: str = "bound-1", *, documented: bool = False, channel: str = "MOVIL"
) -> Recovering:
    """A front end of a ready application with token and session keys."""
    plain = bank.front_end(documented=documented, channel=channel)
    return await Recovering(bank.http, plain.client_id, plain.client_secret, channel=channel).ready(profile)


async def identified(bank: Bank, customer: str, profile: str = "bound-1", **more: Any) -> Recovering:
    front = await recovering(bank, profile, **more)
    answer = await front.identify(customer)
    assert answer.status_code == 200, answer.text
    return front


async def proved(
    bank: Bank, customer: str, profile: str = "bound-1", *, first_time: bool = False, **more: Any
) -> Recovering:
    """A session that has proved card and phone of this customer."""
    front = await identified(bank, customer, profile, **more)
    assert (await front.card()).status_code in {200, 204}
    answer = await front.phone(phone_number(customer), first_time=first_time)
    assert answer.status_code == 200, answer.text
    return front


async def with_code(bank: Bank, customer: str, **more: Any) -> tuple[Recovering, str]:
    """A session to which a code has been sent, and the code."""
    front = await proved(bank, customer, **more)
    done(await front.send())
    return front, await newest_code(bank, customer)


async def entered(
    bank: Bank, customer: str, secret: str = PASSWORD, factor: str = "password", profile: str = "bound-1"
) -> Recovering:
    """An authenticated session."""
    front = await recovering(bank, profile)
    assert (await front.prelogin(customer)).status_code == 200
    answer = await front.login(customer, secret, factor)
    assert answer.status_code == 200, answer.text
    return front


async def strong(bank: Bank, customer: str, profile: str = "bound-1") -> Recovering:
    """An authenticated session that has passed a challenge."""
    front = await entered(bank, customer, profile=profile)
    question = await front.question()
    answer = await front.respond(question, await shown(bank, customer, question))
    assert answer.status_code == 200, answer.text
    return front


async def messages(bank: Bank, customer: str) -> list[dict[str, Any]]:
    """What the customer's ready-made phone got, newest first."""
    return await messages_to(bank, f"+52{phone_number(customer)}")


async def messages_to(bank: Bank, phone: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = (await bank.http.get("/sandbox/messages", params={"to": phone})).json()
    return told


async def newest_code(bank: Bank, customer: str) -> str:
    return str(next(one["otp"] for one in await messages(bank, customer) if one["otp"]))


async def shown(bank: Bank, customer: str, question: str = TOKEN_QUESTION) -> str:
    """What the customer's token shows."""
    body = {"customerId": customer, "challenge": question}
    answer = await bank.http.post("/sandbox/token-response", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["response"])


async def vendor_jwt(bank: Bank, customer: str, grant: str = "2") -> str:
    body = {"customerId": customer, "grantType": grant}
    return str((await bank.http.post("/sandbox/vendor-jwt", json=body)).json()["jwt"])


async def introspected(front: FrontEnd) -> dict[str, Any]:
    """What the bank's other systems are told of this session."""
    bearer = {"Authorization": f"Bearer {front.token}"}
    form = {"token": front.sid or ""}
    answer = await front.http.post("/api/v1/sessions/introspect", data=form, headers=bearer)
    told: dict[str, Any] = answer.json()
    return told


async def imported(bank: Bank, *lines: dict[str, Any]) -> None:
    """Customers of the test's own, as ``customers import`` takes them."""
    encoded = [json.dumps(line).encode() for line in lines]
    report = await bank.house.customer_import.import_lines(encoded, actor="test")
    assert report.refused == (), report.refused


def customer_line(number: str, **more: Any) -> dict[str, Any]:
    """A customer with card, phone and credentials like the ready-made ones."""
    phone = {"countryCode": "+52", "number": phone_number(number), "certified": True, "best": True}
    card = {"number": card_number(number), "expires": EXPIRES, "nip": NIP, "status": "active"}
    return {
        "customerId": number,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "phones": [phone],
        "cards": [card],
        "access": {"pin": "30203021", "password": "mobile20x"},
    } | more


def done(answer: httpx.Response) -> None:
    assert answer.status_code in {200, 204}, answer.text


def told(answer: httpx.Response) -> str:
    """An outcome in one word: the status, and the error's type where it is one."""
    if answer.status_code < 400:
        return str(answer.status_code)
    error = answer.json()
    return f"{answer.status_code} {error['code']} {error['type']}"


def counted(answers: Iterable[httpx.Response]) -> Counter[str]:
    return Counter(told(answer) for answer in answers)


def wrong_code(code: str, n: int = 1) -> str:
    """Another code of the same form."""
    return f"{(int(code) + n) % 10 ** len(code):0{len(code)}d}"
